//go:build !unix

package app

import (
	"os"
	"path/filepath"
)

// lockFolder opens the folder's lock. This system has no lock that ends with the
// process, so it is up to its users not to run two.
func lockFolder(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
}

// freeBytes is not known on this system.
func freeBytes(string) (int64, bool) { return 0, false }
