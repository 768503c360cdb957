//go:build linux

package blob_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"

	"assay"
	"assay/blob"
)

func TestADiskThatIsFullOrReadOnlySaysSo(t *testing.T) {
	dir := t.TempDir()
	const disk = 4 << 20
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", disk)); err != nil {
		t.Skipf("NOT TESTED: what happens when the disk is full. A small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := open(t, dir)
	if _, _, err := s.Put(t.Context(), bytes.NewReader(make([]byte, disk+1)), 2*disk); assay.CodeOf(err) != assay.Full {
		t.Errorf("full: %v", err)
	}
	if left := parts(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	h := put(t, s, "what fits")

	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Put(t.Context(), bytes.NewReader(nil), disk); assay.CodeOf(err) != assay.Full {
		t.Errorf("read-only: %v", err)
	}
	if got := get(t, s, h); got != "what fits" {
		t.Errorf("got %q", got)
	}
	t.Run("and a store on a read-only disk opens for reading when its folders are there", func(t *testing.T) {
		s, err := blob.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, h); got != "what fits" {
			t.Errorf("got %q", got)
		}
	})
}
