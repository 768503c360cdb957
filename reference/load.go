package reference

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"assay"
)

var csvFiles = []string{marksFile, claimsFile, productsFile, authorisedFile, gatedFile, ratesFile}

// Load compiles a reference folder as of a day (UTC). If the folder holds any
// mistake the error is assay.Problems, which lists all of them in all files, at
// most MaxProblems; other errors are of reading. Only marks.csv must be there.
func Load(fsys fs.FS, asOf time.Time) (*Generation, error) {
	b := New()
	names, err := b.survey(fsys)
	if err != nil {
		return nil, err
	}
	read := func(name string, do func(fs.File) error) {
		if err != nil || !slices.Contains(names, name) {
			return
		}
		f, ok, openErr := open(fsys, name)
		if openErr != nil {
			err = fmt.Errorf("reading %s: %w", name, openErr)
			return
		}
		if !ok {
			b.mistakes.add(Place{File: name}, 0, "", "is not a file")
			return
		}
		defer f.Close()
		err = do(f)
	}
	rows := func(l *layout, add func(*columnMap, *row)) {
		read(l.file, func(f fs.File) error { return l.read(f, &b.mistakes, add) })
	}
	rows(marksLayout, b.mark)
	rows(claimsLayout, b.claim)
	if err == nil {
		b.beginTerms() // beside what follows
	}
	read(productsFile, func(f fs.File) error { return b.readProducts(f) })
	rows(authorisedLayout, b.account)
	rows(gatedLayout, b.gate)
	rows(ratesLayout, b.rate)
	read(screeningFile, func(f fs.File) error { return b.readScreening(screeningFile, f) })
	if err == nil && slices.Contains(names, banksFolder) {
		err = b.readBanks(fsys)
	}
	if err != nil {
		return nil, err
	}
	return b.Build(asOf)
}

// survey lists the folder and reports files whose name is a slip: a table or a
// policy that nobody reads is worse than one that is missing.
func (b *Builder) survey(fsys fs.FS) (names []string, err error) {
	entries, err := fs.ReadDir(fsys, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, assay.Errorf(assay.NotFound, "the reference folder does not exist: %w", err)
	} else if err != nil {
		return nil, fmt.Errorf("reading the reference folder: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		known := name == screeningFile || name == banksFolder || slices.Contains(csvFiles, name)
		if known {
			names = append(names, name)
			continue
		}
		if strings.HasPrefix(name, ".") {
			continue
		}
		switch stem := strings.TrimSuffix(strings.ToLower(name), path.Ext(strings.ToLower(name))); path.Ext(strings.ToLower(name)) {
		case ".csv":
			b.mistakes.add(Place{File: name}, 0, "", "no such file is known; known are %s", strings.Join(csvFiles, ", "))
		case ".yaml", ".yml":
			if stem == "screening" {
				b.mistakes.add(Place{File: name}, 0, "", "is not read under this name; call it %s", screeningFile)
			}
		}
	}
	if !slices.Contains(names, marksFile) {
		b.mistakes.add(Place{File: marksFile}, 0, "", "is missing; a reference folder needs it")
	}
	return names, nil
}
