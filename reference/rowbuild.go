package reference

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"assay"
)

// RowSource yields the rows of one kind, in any order. It ends with visit's error,
// if there is one, or its own.
type RowSource func(kind assay.ReferenceKind, visit func(owner, key, fields string) error) error

// BuildRows compiles stored rows as of a day (UTC), as Load compiles a folder: the
// same rows make the same hash. No kind need have any; without marks nothing is
// found in any listing. Mistakes, which stored rows can only have together, are
// assay.Problems.
func BuildRows(asOf time.Time, rows RowSource) (*Generation, error) {
	return buildRows(asOf, rows, func(k *rowKind, _ string) Place { return k.stored() })
}

// stored is the place of a row that is not of the file at hand.
func (k *rowKind) stored() Place { return Place{File: "stored " + string(k.kind)} }

// buildRows is BuildRows; place says where a row stands.
func buildRows(asOf time.Time, rows RowSource, place func(k *rowKind, key string) Place) (*Generation, error) {
	b := New()
	each := func(kind assay.ReferenceKind, add func(*columnMap, *row)) error {
		k := kindOf(kind)
		c, w, line := k.layout.whole(), &row{}, []byte(nil)
		return rows(kind, func(_, key, fields string) error {
			line = append(line[:0], fields...)
			w.at = place(k, key)
			w.split(line)
			if c.check(w, false, &b.mistakes) {
				add(&c, w)
			}
			return nil
		})
	}
	if err := each(assay.ReferenceMarks, b.mark); err != nil {
		return nil, err
	}
	if err := each(assay.ReferenceClaims, b.claim); err != nil {
		return nil, err
	}
	b.beginTerms() // beside what follows
	if err := b.storedProducts(rows); err != nil {
		return nil, err
	}
	if err := each(assay.ReferenceAuthorised, b.account); err != nil {
		return nil, err
	}
	if err := each(assay.ReferenceGated, b.gate); err != nil {
		return nil, err
	}
	if err := each(assay.ReferenceRates, b.rate); err != nil {
		return nil, err
	}
	if err := b.storedScreening(rows, place); err != nil {
		return nil, err
	}
	if err := b.storedBanks(each); err != nil {
		return nil, err
	}
	return b.Build(asOf)
}

// storedBanks puts the banks and their images together.
func (b *Builder) storedBanks(each func(assay.ReferenceKind, func(*columnMap, *row)) error) error {
	var banks []*bankRow
	named := map[string]*bankRow{}
	if err := each(assay.ReferenceBanks, func(c *columnMap, w *row) {
		if cells, ok := bankCells(b, c, w); ok {
			bank := &bankRow{Bank{Name: cells[0], Meaning: assay.BankMeaning(cells[1]), Owner: cells[2]}, w.at}
			banks = append(banks, bank)
			if named[bank.Name] == nil {
				named[bank.Name] = bank
			}
		}
	}); err != nil {
		return err
	}
	if err := each(assay.ReferenceBankImages, func(c *columnMap, w *row) {
		if cells, ok := bankImageCells(b, c, w); ok {
			if bank := named[cells[0]]; bank == nil {
				bankImagesLayout.mistake(&b.mistakes, w.at, "bank", "there is no bank %s", quoted(cells[0]))
			} else {
				bank.addImage(c, w)
			}
		}
	}); err != nil {
		return err
	}
	slices.SortStableFunc(banks, func(x, y *bankRow) int { return cmp.Compare(x.at.Line, y.at.Line) })
	b.banks = nil
	for _, bank := range banks {
		b.AddBank(bank.Bank, bank.at)
	}
	return nil
}

// addImage adds what a sound row of bank_images says.
func (b *bankRow) addImage(c *columnMap, w *row) {
	r := rowReader{c, w, &mistakes{}, true}
	if sum := r.hash("sha256", ""); sum != nil {
		b.Images = append(b.Images, BankImage{r.text("path"), *sum})
	}
	if pdq := r.hash("pdq", ""); pdq != nil {
		b.Hashes = append(b.Hashes, BankHash{*pdq, r.text("label")})
	}
}

func (b *Builder) storedScreening(rows RowSource, place func(*rowKind, string) Place) error {
	k := kindOf(assay.ReferenceScreening)
	return rows(k.kind, func(_, key, fields string) error {
		return b.readScreening(place(k, key).File, strings.NewReader(onlyCell(fields)))
	})
}

// onlyCell returns the cell of a line that has one.
func onlyCell(line string) string {
	inner, quoted := strings.CutPrefix(line, `"`)
	if !quoted {
		return line
	}
	return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
}

// storedProducts reads the products on all cores while the source goes on.
func (b *Builder) storedProducts(rows RowSource) error {
	k := kindOf(assay.ReferenceProducts)
	c := k.layout.named(k.stored().File).whole()
	q := &rowQueue{full: make(chan []byte, 2), free: make(chan []byte, 2+workerCount()), stop: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.fill(rows)
	}()
	err := parseProducts(&c, q, &block{}, &b.mistakes, (*productReader).keep, b.mergeProducts)
	close(q.stop)
	<-done
	return err
}

// rowQueue turns a run of stored rows into blocks.
type rowQueue struct {
	full, free chan []byte
	stop       chan struct{} // closed when no more blocks are wanted
	err        error         // once full is closed
}

var errStopped = errors.New("no more rows are wanted")

func (q *rowQueue) fill(rows RowSource) {
	defer close(q.full)
	var data []byte
	send := func() error {
		select {
		case q.full <- data:
		case <-q.stop:
			return errStopped
		}
		select {
		case data = <-q.free:
			data = data[:0]
		default:
			data = make([]byte, 0, blockBytes+blockBytes/8)
		}
		return nil
	}
	q.err = rows(assay.ReferenceProducts, func(_, _, fields string) error {
		data = append(append(data, fields...), '\n')
		if len(data) < blockBytes {
			return nil
		}
		return send()
	})
	if q.err == nil && len(data) > 0 {
		q.err = send()
	}
}

func (q *rowQueue) next(b *block) error {
	if cap(b.data) > 0 {
		select {
		case q.free <- b.data:
		default:
		}
	}
	b.data, b.line = nil, 0
	data, ok := <-q.full
	if !ok {
		if q.err != nil {
			return q.err
		}
		return io.EOF
	}
	b.data = data
	return nil
}

// WriteRows writes rows as a file that can be imported: a header, then a line a
// row; the row of kind screening as its YAML alone.
func WriteRows(w io.Writer, kind assay.ReferenceKind, rows RowSource) error {
	k := kindOf(kind)
	if k == nil {
		return assay.Errorf(assay.Invalid, "no kind of reference data is called %s", quoted(string(kind)))
	}
	if kind == assay.ReferenceScreening {
		return rows(kind, func(_, _, fields string) error {
			_, err := io.WriteString(w, onlyCell(fields))
			return err
		})
	}
	if _, err := io.WriteString(w, strings.Join(k.layout.columns, ",")+"\n"); err != nil {
		return err
	}
	return rows(kind, func(_, _, fields string) error {
		_, err := io.WriteString(w, fields+"\n")
		return err
	})
}

// WriteBanks writes the image banks of a reference folder as the two files of which
// a server makes banks: one of kind banks, one of kind bank_images. Mistakes are
// assay.Problems, as Load reports them.
func WriteBanks(fsys fs.FS, banks, images io.Writer) error {
	b := New()
	if _, err := fs.Stat(fsys, banksFolder); err == nil {
		if err := b.readBanks(fsys); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", banksFolder, err)
	}
	if err := b.mistakes.err(); err != nil {
		return err
	}
	return b.writeBanks(banks, images)
}

// WriteBank does so for the one bank in a folder of fsys that has the bank's name.
// Its images' paths are those that they would have in a reference folder.
func WriteBank(fsys fs.FS, name string, banks, images io.Writer) error {
	b := New()
	if err := b.readBank(fsys, name); err != nil {
		return err
	}
	if err := b.mistakes.err(); err != nil {
		return err
	}
	for i := range b.banks {
		for j := range b.banks[i].Images {
			image := &b.banks[i].Images[j]
			image.Path = path.Join(banksFolder, image.Path)
		}
	}
	return b.writeBanks(banks, images)
}

func (b *Builder) writeBanks(banks, images io.Writer) error {
	bankLines := appendCells(nil, banksLayout.columns...)
	imageLines := appendCells(nil, bankImagesLayout.columns...)
	for i := range b.banks {
		bank := &b.banks[i]
		bankLines = appendCells(append(bankLines, '\n'), bank.Name, string(bank.Meaning), bank.Owner)
		for _, image := range bank.Images {
			imageLines = appendCells(append(imageLines, '\n'), bank.Name, image.Path, hex.EncodeToString(image.SHA256[:]), "", "")
		}
		for _, hash := range bank.Hashes {
			imageLines = appendCells(append(imageLines, '\n'), bank.Name, "", "", hex.EncodeToString(hash.PDQ[:]), hash.Label)
		}
	}
	for _, out := range [...]struct {
		io.Writer
		lines []byte
	}{{banks, bankLines}, {images, imageLines}} {
		if _, err := out.Write(append(out.lines, '\n')); err != nil {
			return err
		}
	}
	return nil
}
