// Package blob keeps bytes under their SHA-256, as files in a folder. A blob never
// changes, and putting it again is the same as having it. Several processes may
// share one folder.
//
// A blob stands at DIR/ab/abcdef…, where ab are the first two of its 64 lower-case
// hex digits. What is being written has a name of its own in DIR until it is whole
// and durable, so whatever has a hash for a name is complete.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"assay"
)

const (
	partPrefix = "part-"   // of names in DIR of what is being written
	chunkBytes = 128 << 10 // between two looks at the context
)

// Store is a folder of blobs. Its methods may be called from any goroutine.
type Store struct {
	dir    string
	verify bool
}

// Option changes how a Store works.
type Option func(*Store)

// VerifyOnRead makes every reader of Get hash what it reads. Instead of io.EOF it
// returns an error when the file is not what its name says. It costs the hashing.
func VerifyOnRead() Option { return func(s *Store) { s.verify = true } }

// Open makes the folder if it is not there, and removes what crashed processes left
// half-written. What a living process is writing stays. A disk without room is Full.
func Open(dir string, options ...Option) (*Store, error) {
	s := &Store{dir: dir}
	for _, o := range options {
		o(s)
	}
	// All folders are made now, and made durable by one sync of their parent.
	for i := range 256 {
		if err := os.MkdirAll(filepath.Join(dir, fmt.Sprintf("%02x", i)), 0o700); err != nil {
			return nil, failed("making the blob folder", err)
		}
	}
	if err := syncDir(dir); err != nil {
		return nil, failed("syncing the blob folder", err)
	}
	if err := s.clean(); err != nil {
		return nil, failed("cleaning the blob folder", err)
	}
	return s, nil
}

// clean removes the parts that nobody holds a lock on.
func (s *Store) clean() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), partPrefix) || !e.Type().IsRegular() {
			continue
		}
		if err := removeAbandoned(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func removeAbandoned(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if free, err := tryLock(f); err != nil || !free {
		return err
	}
	return os.Remove(name)
}

// Put stores what r holds, at most limit bytes, and returns its SHA-256 in hex and
// its size. When it returns nil the blob is durable: file and name are synced. The
// same bytes again give the same hash and leave one blob, whole again if it was
// damaged. After an error nothing is kept.
//
// Codes: TooLarge for more than limit; Full when the disk has no room or is
// read-only. An error of r is returned wrapped.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (sha256hex string, size int64, err error) {
	part, err := s.newPart()
	if err != nil {
		return "", 0, failed("making a blob", err)
	}
	kept := false
	defer func() {
		if !kept {
			os.Remove(part.Name())
		}
		part.Close() // and its lock; whoever waits for it finds no such name
	}()
	sum := sha256.New()
	if size, err = copyLimited(ctx, part, sum, r, limit); err != nil {
		return "", 0, err
	}
	if err := part.Sync(); err != nil {
		return "", 0, failed("syncing a blob", err)
	}
	sha256hex = hex.EncodeToString(sum.Sum(nil))
	name := s.path(sha256hex)
	if err := os.Rename(part.Name(), name); err != nil {
		return "", 0, failed("naming a blob", err)
	}
	kept = true
	if err := syncDir(filepath.Dir(name)); err != nil {
		return "", 0, failed("syncing a blob's name", err)
	}
	return sha256hex, size, nil
}

// newPart makes a file that this process alone has, and that nobody cleans away.
func (s *Store) newPart() (*os.File, error) {
	for {
		f, err := os.CreateTemp(s.dir, partPrefix)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			os.Remove(f.Name())
			f.Close()
			return nil, err
		}
		mine, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		there, err := os.Lstat(f.Name())
		if err == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close() // cleaned away before it was locked
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

func copyLimited(ctx context.Context, f *os.File, sum hash.Hash, r io.Reader, limit int64) (size int64, err error) {
	chunk := make([]byte, chunkBytes)
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, readErr := r.Read(chunk)
		if size += int64(n); size > limit {
			return 0, assay.Errorf(assay.TooLarge, "a file of more than %d bytes is not taken here", limit)
		}
		sum.Write(chunk[:n])
		if _, err := f.Write(chunk[:n]); err != nil {
			return 0, failed("writing a blob", err)
		}
		if readErr == io.EOF {
			return size, nil
		}
		if readErr != nil {
			return 0, fmt.Errorf("reading what to store: %w", readErr)
		}
	}
}

// Get opens a blob. Codes: NotFound; Invalid for what is not a hash.
func (s *Store) Get(ctx context.Context, sha256hex string) (io.ReadCloser, error) {
	if err := check(ctx, sha256hex); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path(sha256hex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, assay.Errorf(assay.NotFound, "there is no file %s", sha256hex)
	}
	if err != nil {
		return nil, failed("opening a blob", err)
	}
	if s.verify {
		return &verifier{f: f, sum: sha256.New(), want: sha256hex}, nil
	}
	return f, nil
}

// Has reports whether there is a blob. Invalid: it is not a hash.
func (s *Store) Has(ctx context.Context, sha256hex string) (bool, error) {
	if err := check(ctx, sha256hex); err != nil {
		return false, err
	}
	_, err := os.Lstat(s.path(sha256hex))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, failed("looking for a blob", err)
	}
	return true, nil
}

// Walk visits every blob in the order of the hashes, until visit returns an error,
// which Walk returns. Blobs that come during the walk may be missed.
func (s *Store) Walk(ctx context.Context, visit func(sha256hex string, size int64) error) error {
	for i := range 256 {
		shard := fmt.Sprintf("%02x", i)
		entries, err := os.ReadDir(filepath.Join(s.dir, shard))
		if err != nil {
			return failed("listing blobs", err)
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !isHash(e.Name()) || e.Name()[:2] != shard || !e.Type().IsRegular() {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return failed("listing blobs", err)
			}
			if err := visit(e.Name(), info.Size()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) path(sha256hex string) string {
	return filepath.Join(s.dir, sha256hex[:2], sha256hex)
}

// check keeps everything from the file system that is not exactly a hash: paths
// cannot be made out of one.
func check(ctx context.Context, sha256hex string) error {
	if !isHash(sha256hex) {
		return assay.Errorf(assay.Invalid, "a file is named by its SHA-256: %d lower-case hex digits", hex.EncodedLen(sha256.Size))
	}
	return ctx.Err()
}

func isHash(s string) bool {
	return len(s) == hex.EncodedLen(sha256.Size) && strings.Trim(s, "0123456789abcdef") == ""
}

// verifier is the reader of VerifyOnRead.
type verifier struct {
	f    *os.File
	sum  hash.Hash
	want string
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.f.Read(p)
	v.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(v.sum.Sum(nil)) != v.want {
		return n, assay.Errorf(assay.Internal, "the file %s is damaged: its bytes have another SHA-256", v.want)
	}
	return n, err
}

func (v *verifier) Close() error { return v.f.Close() }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func failed(doing string, err error) error {
	if isNoRoom(err) {
		return &assay.Error{
			Code:    assay.Full,
			Message: "the disk that keeps files has no room left",
			Err:     fmt.Errorf("%s: %w", doing, err),
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
