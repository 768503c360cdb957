package reference

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"assay"
)

// Bank is a named set of reference images, known by their bytes or by their
// perceptual hashes.
type Bank struct {
	Name    string
	Meaning assay.BankMeaning
	Owner   string      // empty only in a benign bank that serves everybody
	Images  []BankImage // by path
	Hashes  []BankHash  // by hash, then label
}

// BankImage is an image file of a bank.
type BankImage struct {
	Path   string // within the reference folder
	SHA256 [sha256.Size]byte
}

// BankHash is a perceptual hash (Meta's PDQ, 256 bits) of a bank.
type BankHash struct {
	PDQ   [32]byte
	Label string
}

const imageSuffixes = " .jpg .jpeg .png .gif .webp .bmp .tiff .avif "

var hashesColumns = layout{columns: []string{"pdq", "label"}, needed: []string{"pdq"}}

// AddBank adds an image bank.
func (b *Builder) AddBank(bank Bank, at Place) {
	trimAll(&bank.Name, &bank.Owner)
	ok := true
	bad := func(field, format string, args ...any) {
		b.mistakes.add(at, 0, field, format, args...)
		ok = false
	}
	if bank.Name == "" {
		bad("name", "a bank needs a name")
	}
	switch bank.Meaning {
	case assay.Official, assay.Counterfeit:
		if bank.Owner == "" {
			bad("owner", "a bank of %s images needs an owner", bank.Meaning)
		}
	case assay.Benign:
	default:
		bad("meaning", "%s is neither official, counterfeit nor benign", quoted(string(bank.Meaning)))
	}
	bank.Images, bank.Hashes = slices.Clone(bank.Images), slices.Clone(bank.Hashes)
	slices.SortFunc(bank.Images, func(a, b BankImage) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), bytes.Compare(a.SHA256[:], b.SHA256[:]))
	})
	slices.SortFunc(bank.Hashes, func(a, b BankHash) int {
		return cmp.Or(bytes.Compare(a.PDQ[:], b.PDQ[:]), strings.Compare(a.Label, b.Label))
	})
	bank.Images, bank.Hashes = slices.Compact(bank.Images), slices.Compact(bank.Hashes)
	if ok {
		b.banks = append(b.banks, bankRow{bank, at})
	}
}

func encodeBank(e *encoder, b *bankRow) digest {
	e.start().str(b.Name, string(b.Meaning), b.Owner).num(uint64(len(b.Images)))
	for i := range b.Images {
		e.str(b.Images[i].Path).bytes(b.Images[i].SHA256[:])
	}
	e.num(uint64(len(b.Hashes)))
	for i := range b.Hashes {
		e.bytes(b.Hashes[i].PDQ[:]).str(b.Hashes[i].Label)
	}
	return e.digest()
}

// compileBanks puts the banks into order and reports names that stand twice.
func (b *Builder) compileBanks(g *Generation, t *table) {
	b.banks = unique(b.banks, t, encodeBank)
	slices.SortStableFunc(b.banks, func(a, b bankRow) int { return strings.Compare(a.Name, b.Name) })
	for i := range b.banks {
		if i > 0 && b.banks[i].Name == b.banks[i-1].Name {
			b.mistakes.add(b.banks[i].at, 0, "name", "two banks are named %s", quoted(b.banks[i].Name))
		}
		g.banks = append(g.banks, b.banks[i].Bank)
	}
}

// readBanks reads every folder of banks/.
func (b *Builder) readBanks(fsys fs.FS) error {
	if info, err := fs.Stat(fsys, banksFolder); err == nil && !info.IsDir() {
		b.mistakes.add(Place{File: banksFolder}, 0, "", "is not a folder")
		return nil
	}
	entries, err := fs.ReadDir(fsys, banksFolder)
	if err != nil {
		return fmt.Errorf("reading %s: %w", banksFolder, err)
	}
	for _, entry := range entries {
		dir := path.Join(banksFolder, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if info, err := fs.Stat(fsys, dir); err != nil {
			return fmt.Errorf("reading %s: %w", dir, err)
		} else if !info.IsDir() {
			continue
		}
		if err := b.readBank(fsys, dir); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) readBank(fsys fs.FS, dir string) error {
	bank := Bank{Name: path.Base(dir)}
	at, described := Place{File: path.Join(dir, bankFile)}, false
	var m mistakes
	err := fs.WalkDir(fsys, dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); strings.HasPrefix(name, ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		switch suffix := strings.ToLower(path.Ext(file)); {
		case file == at.File:
			described = true
			return readBankFile(fsys, &bank, at, &m)
		case file == path.Join(dir, hashesFile):
			return readHashes(fsys, &bank, file, &m)
		case suffix == ".csv":
			m.add(Place{File: file}, 0, "", "no such file is known here; hashes stand in %s", path.Join(dir, hashesFile))
		case oneOf(imageSuffixes, suffix):
			return hashImage(fsys, &bank, file, &m)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", dir, err)
	}
	if !described {
		m.add(at, 0, "", "is missing; it says the bank's meaning (official, counterfeit or benign) and its owner")
	}
	sound := !m.any()
	b.mistakes.take(&m)
	if sound {
		b.AddBank(bank, at)
	}
	return nil
}

// hashImage records an image. It is not decoded.
func hashImage(fsys fs.FS, bank *Bank, file string, m *mistakes) error {
	f, ok, err := open(fsys, file)
	if err != nil || !ok {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	if n == 0 {
		m.add(Place{File: file}, 0, "", "the image is empty")
		return nil
	}
	bank.Images = append(bank.Images, BankImage{file, [sha256.Size]byte(h.Sum(nil))})
	return nil
}

func readHashes(fsys fs.FS, bank *Bank, file string, m *mistakes) error {
	f, ok, err := open(fsys, file)
	if err != nil || !ok {
		return err
	}
	defer f.Close()
	l := hashesColumns
	l.file = file
	return l.read(f, m, func(c *columnMap, w *row) {
		r := rowReader{c, w, m, true}
		hash := BankHash{Label: r.text("label")}
		pdq := r.text("pdq")
		if n, err := hex.Decode(hash.PDQ[:], []byte(pdq[:min(len(pdq), 2*len(hash.PDQ))])); err != nil || n != len(hash.PDQ) || len(pdq) != 2*n {
			r.bad("pdq", "%s is not a PDQ hash: 64 hex digits", quoted(pdq))
			return
		}
		bank.Hashes = append(bank.Hashes, hash)
	})
}

// open opens a regular file. ok is false for anything else, which has no
// content of its own and might never end.
func open(fsys fs.FS, name string) (f fs.File, ok bool, err error) {
	info, err := fs.Stat(fsys, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false, err
	}
	f, err = fsys.Open(name)
	return f, err == nil, err
}
