package pagestest

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"assay/web/browsertest"

	"go.uber.org/goleak"
)

// ends is what the tests share and TestMain ends, in the order of its beginning.
var ends []func() error

func TestMain(m *testing.M) {
	code := m.Run()
	for _, end := range append([]func() error{browsertest.End}, backwards(ends)...) {
		if err := end(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func backwards(list []func() error) []func() error {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
