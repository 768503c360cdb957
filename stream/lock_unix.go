//go:build unix

package stream

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"assay"
)

// lockDir takes the folder for this process until the file is closed or the process
// ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, noRoomOr("locking the log's folder", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, assay.Errorf(assay.Conflict, "the log in %s is in use by another process", dir)
		}
		return nil, fmt.Errorf("locking the log's folder: %w", err)
	}
	return f, nil
}

// isNoRoom reports whether nothing can be written for want of room or because the
// disk is read-only.
func isNoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}
