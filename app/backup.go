package app

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"assay"
	"assay/blob"
	"assay/sqldb"
	"assay/stream"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
)

// A backup is a tar archive that any database and any log can be restored from:
//
//	assay-backup.json       format, version, time
//	tables/000001.ndjson.zst …  rows: {"table":…,"columns":[…]}, then an array a row
//	log/PARTITION/SEQUENCE  envelopes that were acknowledged but not committed
//	blobs/SHA256            what the store and the envelopes name
//	end.json                how many entries came before, and the SHA-256 over them
//
// The tables are one consistent reading. The log is read after it: what is not
// committed in the one is in the other. The admin token is not in it.
const (
	backupFormat = 1
	backupHead   = "assay-backup.json"
	backupEnd    = "end.json"
	tableChunk   = 4 << 20   // bytes of rows in one entry, before packing
	maxEntry     = 256 << 20 // of an archive that is restored
)

type backupHeader struct {
	Format     int       `json:"format"`
	Version    string    `json:"version"`
	CreatedAt  time.Time `json:"created_at"`
	Partitions int       `json:"partitions"`
}

type backupTrailer struct {
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"`
}

// Backup writes a backup while everything goes on.
func (s *Server) Backup(ctx context.Context, w io.Writer) error {
	// While it runs, what of the log it has yet to read is not freed.
	if !s.backingUp.CompareAndSwap(false, true) {
		return assay.Errorf(assay.Busy, "another backup is being written")
	}
	defer s.backingUp.Store(false)
	b := &backupWriter{tar: tar.NewWriter(w), sum: sha256.New(), at: s.o.Clock()}
	// What is committed before the tables are read is in them.
	parts, err := s.store.PartitionStates(ctx, s.scope)
	if err != nil {
		return err
	}
	if err := b.tables(ctx, s); err != nil {
		return fmt.Errorf("backing up the tables: %w", err)
	}
	for _, p := range parts {
		if err := b.log(ctx, s, p); err != nil {
			return fmt.Errorf("backing up partition %d of the log: %w", p.ID, err)
		}
	}
	if err := s.blobs.Walk(ctx, func(sum string, _ int64) error {
		r, err := s.blobs.Get(ctx, sum)
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return b.entry("blobs/"+sum, data)
	}); err != nil {
		return fmt.Errorf("backing up the blobs: %w", err)
	}
	end := backupTrailer{b.entries, hex.EncodeToString(b.sum.Sum(nil))}
	if err := b.json(backupEnd, end); err != nil {
		return err
	}
	return b.tar.Close()
}

type backupWriter struct {
	tar     *tar.Writer
	sum     hash.Hash
	entries int
	at      time.Time
}

func (b *backupWriter) entry(name string, data []byte) error {
	b.entries++
	fmt.Fprintf(b.sum, "%s %d\n", name, len(data))
	b.sum.Write(data)
	err := b.tar.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600, ModTime: b.at, Format: tar.FormatPAX})
	if err == nil {
		_, err = b.tar.Write(data)
	}
	return err
}

func (b *backupWriter) json(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.entry(name, append(data, '\n'))
}

// tables writes the rows in entries of about tableChunk. They are read in one go into a
// temporary file first: a reader that takes its time must not hold a reading of the
// database open for so long.
func (b *backupWriter) tables(ctx context.Context, s *Server) error {
	spool, err := os.CreateTemp(s.data.temp, "backup-")
	if err != nil {
		return err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	sizes, err := dumpTables(ctx, s, spool)
	if err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	// Nothing was written so far: what failed until here can still be said.
	if err := b.json(backupHead, backupHeader{backupFormat, s.o.Version, b.at.UTC(), s.o.Partitions}); err != nil {
		return err
	}
	var chunk []byte
	for i, size := range sizes {
		chunk = append(chunk[:0], make([]byte, size)...)
		if _, err := io.ReadFull(spool, chunk); err != nil {
			return err
		}
		if err := b.entry(fmt.Sprintf("tables/%06d.ndjson.zst", i+1), chunk); err != nil {
			return err
		}
	}
	return nil
}

// dumpTables writes packed chunks of rows to w, and returns how long each is.
func dumpTables(ctx context.Context, s *Server, w io.Writer) (sizes []int, err error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	var rows bytes.Buffer
	current := ""
	flush := func() error {
		if rows.Len() == 0 {
			return nil
		}
		defer rows.Reset()
		current = "" // each chunk names its table anew
		packed := z.EncodeAll(rows.Bytes(), nil)
		sizes = append(sizes, len(packed))
		_, err := w.Write(packed)
		return err
	}
	err = s.store.Dump(ctx, s.scope, func(table string, columns []string, row []any) error {
		if rows.Len() > tableChunk {
			if err := flush(); err != nil {
				return err
			}
		}
		if table != current {
			current = table
			if err := appendJSON(&rows, dumpedTable{table, columns}); err != nil {
				return err
			}
		}
		for i, v := range row {
			if data, ok := v.([]byte); ok {
				row[i] = map[string]string{"base64": base64.StdEncoding.EncodeToString(data)}
			}
		}
		return appendJSON(&rows, row)
	})
	if err != nil {
		return nil, err
	}
	err = flush()
	return sizes, err
}

type dumpedTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

func appendJSON(to *bytes.Buffer, v any) error {
	if err := json.MarshalWrite(to, v, jsontext.AllowInvalidUTF8(true)); err != nil {
		return err
	}
	return to.WriteByte('\n')
}

// log writes the envelopes behind those that were committed. Some of them may be in
// the tables too; restoring leaves those out.
func (b *backupWriter) log(ctx context.Context, s *Server, p assay.Partition) error {
	state, err := s.log.State(ctx, p.ID)
	if err != nil {
		return err
	}
	r := s.log.Reader(p.ID, p.Committed)
	defer r.Close()
	for seq := p.Committed; seq < state.Last; {
		e, err := r.Next(ctx)
		if err != nil {
			return err
		}
		seq = e.Seq
		if err := b.entry(fmt.Sprintf("log/%d/%020d", p.ID, seq), e.Data); err != nil {
			return err
		}
	}
	return nil
}

// Restored says what a restore brought back.
type Restored struct {
	CreatedAt              time.Time
	Rows, Envelopes, Blobs int
	TokenFile              string
	Partitions             int
}

// Restore makes a server's data from a backup: into a folder that holds none, and a
// database and a log that are empty. The whole archive is checked before it says
// that it is done; if it fails, what it made is of no use and must be removed. A new
// admin token is written.
func Restore(ctx context.Context, o ServerOptions, archive io.Reader) (r Restored, err error) {
	if err := o.complete(); err != nil {
		return r, err
	}
	if err := empty(o.Data); err != nil {
		return r, err
	}
	data, err := openData(o.Data)
	if err != nil {
		return r, err
	}
	defer data.close()
	in := &backupReader{tar: tar.NewReader(archive), sum: sha256.New()}
	head, err := in.head()
	if err != nil {
		return r, err
	}
	r.CreatedAt, r.Partitions = head.CreatedAt, head.Partitions
	store, err := sqldb.Open(ctx, sqldb.Options{URL: o.Database})
	if err != nil {
		return r, err
	}
	defer store.Close()
	blobs, err := blob.Open(o.Blobs)
	if err != nil {
		return r, err
	}
	if r.Rows, err = in.tables(ctx, store); err != nil {
		return r, fmt.Errorf("restoring the tables: %w", err)
	}
	scope := assay.LocalScope("restore")
	parts, err := store.Partitions(ctx, scope, head.Partitions)
	if err != nil {
		return r, err
	}
	log, err := stream.Open(ctx, o.logOptions(head.Partitions))
	if err != nil {
		return r, err
	}
	defer log.Close()
	for _, p := range parts {
		// Ensure would take what it finds for the rest of this installation's log.
		if s, err := log.State(ctx, p.ID); err == nil && s.Last > 0 {
			return r, assay.Errorf(assay.Conflict, "partition %d of the log is not empty: restore into a log of its own", p.ID)
		} else if err != nil && assay.CodeOf(err) != assay.NotFound {
			return r, err
		}
		// The lease is that of the installation which was backed up.
		if err := store.Release(ctx, scope, p.ID, p.Holder); err != nil {
			return r, err
		}
		if err := log.Ensure(ctx, p.ID, p.Committed+1); err != nil {
			return r, err
		}
	}
	if err := in.rest(ctx, &r, parts, log, blobs); err != nil {
		return r, err
	}
	r.TokenFile = filepath.Join(o.Data, adminTokenFile)
	_, err = rotateToken(ctx, store, r.TokenFile, o)
	return r, err
}

// empty refuses a folder that a server has data in.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return assay.Errorf(assay.Conflict, "%s is not empty: restore into a new folder", dir)
	}
	return nil
}

// backupReader reads a backup's entries in their order and sums them up.
type backupReader struct {
	tar     *tar.Reader
	sum     hash.Hash
	entries int
	ahead   *backupEntry
	ended   bool
}

type backupEntry struct {
	name string
	data []byte
}

func damaged(format string, args ...any) error {
	return assay.Errorf(assay.Invalid, "the backup is damaged: "+format, args...)
}

// next returns the next entry before the end; nil at a sound end.
func (b *backupReader) next() (*backupEntry, error) {
	if e := b.ahead; e != nil {
		b.ahead = nil
		return e, nil
	}
	if b.ended {
		return nil, nil
	}
	h, err := b.tar.Next()
	if err == io.EOF {
		return nil, damaged("it ends early")
	}
	if err != nil {
		return nil, damaged("%w", err)
	}
	if h.Size > maxEntry {
		return nil, damaged("%q is too large", h.Name)
	}
	data, err := io.ReadAll(io.LimitReader(b.tar, h.Size+1))
	if err != nil || int64(len(data)) != h.Size {
		return nil, damaged("%q ends early", h.Name)
	}
	if h.Name == backupEnd {
		var end backupTrailer
		if err := json.Unmarshal(data, &end); err != nil {
			return nil, damaged("its end cannot be read")
		}
		if end.Entries != b.entries || end.SHA256 != hex.EncodeToString(b.sum.Sum(nil)) {
			return nil, damaged("its contents are not what was written")
		}
		b.ended = true
		return nil, nil
	}
	b.entries++
	fmt.Fprintf(b.sum, "%s %d\n", h.Name, len(data))
	b.sum.Write(data)
	return &backupEntry{h.Name, data}, nil
}

func (b *backupReader) head() (h backupHeader, err error) {
	e, err := b.next()
	if err != nil {
		return h, assay.Errorf(assay.Invalid, "this is not a backup of Assay: %w", err)
	}
	if e == nil || e.name != backupHead || json.Unmarshal(e.data, &h) != nil {
		return h, assay.Errorf(assay.Invalid, "this is not a backup of Assay")
	}
	if h.Format != backupFormat {
		return h, assay.Errorf(assay.Invalid, "the backup has format %d; this version reads %d", h.Format, backupFormat)
	}
	if h.Partitions < 1 || h.Partitions > stream.MaxPartitions {
		return h, damaged("%d partitions", h.Partitions)
	}
	return h, nil
}

// tables loads all rows in one go.
func (b *backupReader) tables(ctx context.Context, store *sqldb.Store) (rows int, err error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxEntry))
	if err != nil {
		return 0, err
	}
	defer z.Close()
	var chunk []byte
	var table dumpedTable
	err = store.Load(ctx, assay.LocalScope("restore"), func() (string, []string, []any, error) {
		for {
			if len(chunk) == 0 {
				e, err := b.next()
				if err != nil {
					return "", nil, nil, err
				}
				if e == nil {
					return "", nil, nil, io.EOF // nothing waits in the log, and there are no blobs
				}
				if path.Dir(e.name) != "tables" {
					b.ahead = e
					return "", nil, nil, io.EOF
				}
				if chunk, err = z.DecodeAll(e.data, nil); err != nil {
					return "", nil, nil, damaged("%q: %w", e.name, err)
				}
				continue
			}
			line, rest, _ := bytes.Cut(chunk, []byte{'\n'})
			chunk = rest
			if len(line) > 0 && line[0] == '{' {
				table = dumpedTable{}
				if err := json.Unmarshal(line, &table); err != nil {
					return "", nil, nil, damaged("%w", err)
				}
				continue
			}
			row, err := readRow(line)
			if err != nil || len(row) != len(table.Columns) {
				return "", nil, nil, damaged("a row of %q cannot be read", table.Table)
			}
			rows++
			return table.Table, table.Columns, row, nil
		}
	})
	return rows, err
}

// readRow reads a row as it was dumped: integers, texts, bytes and nothing else.
func readRow(line []byte) (row []any, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(line), jsontext.AllowInvalidUTF8(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '[' {
		return nil, errors.New("not an array")
	}
	for {
		switch d.PeekKind() {
		case ']':
			return row, nil
		case 'n':
			_, err = d.ReadToken()
			row = append(row, nil)
		case '"':
			var t jsontext.Token
			if t, err = d.ReadToken(); err == nil {
				row = append(row, t.String())
			}
		case '0':
			var t jsontext.Token
			if t, err = d.ReadToken(); err == nil {
				var n int64
				n, err = strconv.ParseInt(t.String(), 10, 64)
				row = append(row, n)
			}
		case '{':
			var v jsontext.Value
			if v, err = d.ReadValue(); err == nil {
				var b struct {
					Base64 string `json:"base64"`
				}
				var data []byte
				if err = json.Unmarshal(v, &b); err == nil {
					data, err = base64.StdEncoding.DecodeString(b.Base64)
				}
				row = append(row, data)
			}
		default:
			return nil, errors.New("not a value of a row")
		}
		if err != nil {
			return nil, err
		}
	}
}

// rest restores envelopes and blobs, up to the sound end.
func (b *backupReader) rest(ctx context.Context, r *Restored, parts []assay.Partition, log *stream.Log, blobs *blob.Store) error {
	for {
		e, err := b.next()
		if err != nil || e == nil {
			return err
		}
		switch kind, rest, _ := strings.Cut(e.name, "/"); kind {
		case "log":
			partition, err := strconv.Atoi(path.Dir(rest))
			seq, err2 := strconv.ParseUint(path.Base(rest), 10, 64)
			if err != nil || err2 != nil || partition < 0 || partition >= len(parts) {
				return damaged("%q is no envelope", e.name)
			}
			if seq <= parts[partition].Committed {
				continue // it is in the tables
			}
			got, err := log.Append(ctx, partition, "restore-"+path.Base(rest), e.data)
			if err != nil {
				return fmt.Errorf("restoring the log: %w", err)
			}
			if got != seq {
				return damaged("envelope %d of partition %d is missing", got, partition)
			}
			r.Envelopes++
		case "blobs":
			sum, _, err := blobs.Put(ctx, bytes.NewReader(e.data), int64(len(e.data)))
			if err != nil {
				return fmt.Errorf("restoring the blobs: %w", err)
			}
			if sum != rest {
				return damaged("%q is not what it is named", e.name)
			}
			r.Blobs++
		default:
			return damaged("%q is unknown", e.name)
		}
	}
}

// CheckBackup reads a backup to its end and returns what is wrong with it.
func CheckBackup(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in := &backupReader{tar: tar.NewReader(f), sum: sha256.New()}
	if _, err := in.head(); err != nil {
		return err
	}
	for {
		if e, err := in.next(); err != nil || e == nil {
			return err
		}
	}
}
