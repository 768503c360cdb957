package sqldb_test

import (
	"encoding/binary"
	"testing"
	"time"

	"assay/sqldb"
)

func sessions(t *testing.T, e engine) {
	s := e.open(t)
	hash := func(n int) (h [32]byte) {
		binary.BigEndian.PutUint64(h[:], uint64(n))
		return h
	}
	is := func(t *testing.T, s *sqldb.Store, n int, now time.Time, want string, there bool) {
		t.Helper()
		data, found, err := s.Session(t.Context(), hash(n), now)
		if err != nil || found != there || string(data) != want {
			t.Errorf("%q, %t, %v", data, found, err)
		}
	}
	t.Run("what is kept comes back until it expires", func(t *testing.T) {
		must(t, s.PutSession(t.Context(), hash(1), []byte{0, 255}, day.Add(time.Hour)))
		is(t, s, 1, day, "\x00\xff", true)
		is(t, s, 1, day.Add(time.Hour), "", false)
		is(t, s, 2, day, "", false)
	})
	t.Run("the last one put counts, with its own end", func(t *testing.T) {
		must(t, s.PutSession(t.Context(), hash(1), []byte("b"), day.Add(2*time.Hour)))
		is(t, s, 1, day.Add(time.Hour), "b", true)
		must(t, s.PutSession(t.Context(), hash(1), nil, day.Add(2*time.Hour)))
		is(t, s, 1, day.Add(time.Hour), "", true)
	})
	t.Run("one that is dropped is gone, and may be dropped again", func(t *testing.T) {
		for range 2 {
			must(t, s.DropSession(t.Context(), hash(1)))
			is(t, s, 1, day, "", false)
		}
	})
	t.Run("old ones are forgotten, however many, and no others", func(t *testing.T) {
		s := e.open(t)
		for n := range 1_005 {
			must(t, s.PutSession(t.Context(), hash(n), []byte("a"), day.Add(time.Duration(n)*time.Second)))
		}
		must(t, s.DropSessions(t.Context(), day.Add(1_003*time.Second)))
		is(t, s, 1_002, day, "", false)
		is(t, s, 1_003, day, "a", true)
	})
	t.Run("they are no part of a dump, and a restored installation has none", func(t *testing.T) {
		from, to := full(t, e), e.open(t)
		for _, s := range []*sqldb.Store{from, to} {
			must(t, s.PutSession(t.Context(), hash(7), []byte("a"), day))
		}
		must(t, load(t, to, allRows(t, from)))
		is(t, to, 7, day.Add(-1), "", false)
	})
}
