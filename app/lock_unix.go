//go:build unix

package app

import (
	"os"
	"path/filepath"
	"syscall"

	"assay"
)

// lockFolder takes the folder for this process. The lock ends with the process,
// however that ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, assay.Errorf(assay.Conflict, "another process works in %s", dir)
	}
	return f, nil
}

// freeBytes returns how much of the disk that holds dir may still be written.
func freeBytes(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
