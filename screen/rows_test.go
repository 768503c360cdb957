package screen_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// rowsReversed returns the CSV files of a folder with their rows in the opposite
// order, and the other files as they are.
func rowsReversed(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	reversed := fstest.MapFS{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), ".csv") {
			lines := bytes.SplitAfter(data, []byte("\n"))
			slices.Reverse(lines[1 : len(lines)-1])
			data = bytes.Join(lines, nil)
		}
		reversed[f.Name()] = &fstest.MapFile{Data: data}
	}
	return reversed
}
