package streamtest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system of so many bytes for the test and returns its folder. The
// test is skipped where that is not allowed.
func SmallDisk(tb testing.TB, bytes int) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		tb.Skipf("NOT TESTED: what happens when the disk is full. A small file system cannot be mounted here: %v", err)
	}
	tb.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			tb.Error(err)
		}
	})
	return dir
}
