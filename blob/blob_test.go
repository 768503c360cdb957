package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"assay"
	"assay/blob"
)

func open(t *testing.T, dir string, options ...blob.Option) *blob.Store {
	t.Helper()
	s, err := blob.Open(dir, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *blob.Store, content string) string {
	t.Helper()
	h, size, err := s.Put(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if h != hashOf(content) || size != int64(len(content)) {
		t.Fatalf("%d bytes are %s, got %d and %s", len(content), hashOf(content), size, h)
	}
	return h
}

func get(t *testing.T, s *blob.Store, h string) string {
	t.Helper()
	r, err := s.Get(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// parts returns what stands in the folder beside the blobs' own folders.
func parts(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestABlobIsFoundUnderItsHash(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, content := range []string{"", "a", strings.Repeat("large", 100_000)} {
		h := put(t, s, content)
		if got := get(t, s, h); got != content {
			t.Errorf("%d bytes came back as %d", len(content), len(got))
		}
		if has, err := s.Has(t.Context(), h); err != nil || !has {
			t.Errorf("has: %v, %v", has, err)
		}
	}
	t.Run("also after the store was opened again", func(t *testing.T) {
		if got := get(t, open(t, dir), hashOf("a")); got != "a" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("in the folder of its first two digits", func(t *testing.T) {
		h := hashOf("a")
		if _, err := os.Stat(filepath.Join(dir, h[:2], h)); err != nil {
			t.Error(err)
		}
	})
	t.Run("and another one is not", func(t *testing.T) {
		h := hashOf("never stored")
		if _, err := s.Get(t.Context(), h); assay.CodeOf(err) != assay.NotFound {
			t.Errorf("get: %v", err)
		}
		if has, err := s.Has(t.Context(), h); err != nil || has {
			t.Errorf("has: %v, %v", has, err)
		}
	})
}

func TestTheSameBytesAgainAreOneBlob(t *testing.T) {
	dir := t.TempDir()
	s, other := open(t, dir), open(t, dir)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, _, err := []*blob.Store{s, other}[i%2].Put(t.Context(), strings.NewReader("same"), 10); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	if err := s.Walk(t.Context(), func(string, int64) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("there are %d: %v", n, err)
	}
	if got := get(t, s, hashOf("same")); got != "same" {
		t.Errorf("got %q", got)
	}
	if left := parts(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPutKeepsNothingAfterAnError(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		ctx   context.Context
		r     io.Reader
		limit int64
		want  func(error) bool
	}{
		"one byte too many": {t.Context(), strings.NewReader("12345"), 4,
			func(err error) bool { return assay.CodeOf(err) == assay.TooLarge }},
		"an endless source": {t.Context(), endless{}, 1 << 20,
			func(err error) bool { return assay.CodeOf(err) == assay.TooLarge }},
		"a source that breaks": {t.Context(), io.MultiReader(strings.NewReader("1"), iotest.ErrReader(broken)), 4,
			func(err error) bool { return errors.Is(err, broken) }},
		"a context that has ended": {ended, strings.NewReader("1"), 4,
			func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := s.Put(c.ctx, c.r, c.limit); !c.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := s.Walk(t.Context(), func(h string, _ int64) error { return fmt.Errorf("there is %s", h) }); err != nil {
		t.Error(err)
	}
	if left := parts(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Run("exactly the limit is taken", func(t *testing.T) {
		if _, _, err := s.Put(t.Context(), strings.NewReader("1234"), 4); err != nil {
			t.Error(err)
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestOnlyAHashNamesABlob(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(dir, "blobs"))
	h := put(t, s, "a")
	for _, name := range []string{
		"", "a", "../secret", h + "0", h[1:], strings.ToUpper(h), "../" + h[3:], h[:62] + "/.", h[:63] + "\x00", h[:61] + "é",
		strings.Repeat(".", 64), strings.Repeat("../", 21) + "x",
	} {
		t.Run(fmt.Sprintf("%q is none", name), func(t *testing.T) {
			if _, err := s.Get(t.Context(), name); assay.CodeOf(err) != assay.Invalid {
				t.Errorf("get: %v", err)
			}
			if _, err := s.Has(t.Context(), name); assay.CodeOf(err) != assay.Invalid {
				t.Errorf("has: %v", err)
			}
		})
	}
}

func TestWalkVisitsEveryBlobInTheOrderOfTheHashesAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var want []string
	for i := range 50 {
		want = append(want, put(t, s, strings.Repeat("x", i)))
	}
	slices.Sort(want)
	for _, name := range []string{"ab/README", "ab/" + hashOf("a"), "ab/" + strings.Repeat("ab", 31), "notes"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "ab", strings.Repeat("ab", 32)), 0o700); err != nil {
		t.Fatal(err)
	}
	var got []string
	bytes := int64(0)
	err := s.Walk(t.Context(), func(h string, size int64) error {
		got, bytes = append(got, h), bytes+size
		return nil
	})
	if err != nil || !slices.Equal(got, want) || bytes != 49*50/2 {
		t.Errorf("%v: visited %d of %d, %d bytes", err, len(got), len(want), bytes)
	}
	t.Run("until a visit fails", func(t *testing.T) {
		enough := errors.New("enough")
		visits := 0
		err := s.Walk(t.Context(), func(string, int64) error { visits++; return enough })
		if visits != 1 || !errors.Is(err, enough) {
			t.Errorf("%d visits: %v", visits, err)
		}
	})
}

func TestVerifyOnReadNoticesDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blob.VerifyOnRead())
	h := put(t, s, "the original")
	if got := get(t, s, h); got != "the original" {
		t.Errorf("undamaged: %q", got)
	}
	for _, damaged := range []string{"the originaL", "the origin", "the original and more", ""} {
		if err := os.WriteFile(filepath.Join(dir, h[:2], h), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := s.Get(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); assay.CodeOf(err) != assay.Internal || err == nil {
			t.Errorf("%q: %v", damaged, err)
		}
		r.Close()
	}
	t.Run("and putting the bytes again mends it", func(t *testing.T) {
		put(t, s, "the original")
		if got := get(t, s, h); got != "the original" {
			t.Errorf("got %q", got)
		}
	})
}

func TestOpenRemovesWhatACrashLeftAndLeavesWhatIsBeingWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	h := put(t, s, "kept")
	if err := os.WriteFile(filepath.Join(dir, "part-crashed"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, _, err := s.Put(t.Context(), r, 100)
		done <- err
	}()
	if _, err := w.Write([]byte("being ")); err != nil { // the put has its part now
		t.Fatal(err)
	}
	other := open(t, dir)
	if left := parts(t, dir); len(left) != 1 || strings.HasSuffix(left[0], "crashed") {
		t.Errorf("parts: %v", left)
	}
	if _, err := w.Write([]byte("written")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := get(t, other, hashOf("being written")); got != "being written" {
		t.Errorf("got %q", got)
	}
	if got := get(t, other, h); got != "kept" {
		t.Errorf("got %q", got)
	}
	if left := parts(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func BenchmarkPut(b *testing.B) {
	s, err := blob.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	content := make([]byte, 1<<20)
	b.SetBytes(int64(len(content)))
	for i := range b.N {
		copy(content, fmt.Sprint(i))
		if _, _, err := s.Put(b.Context(), bytes.NewReader(content), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
