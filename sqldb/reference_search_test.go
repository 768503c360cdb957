package sqldb_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
)

// imported brings rows of marks into force under a version, which it returns.
func imported(t *testing.T, s *sqldb.Store, mode assay.ImportMode, rows ...assay.ReferenceRow) int64 {
	t.Helper()
	v := get(s.BeginReference(t.Context(), local, "i", day, day.Add(time.Hour)))(t)
	var owners []string
	for part := range slices.Chunk(rows, 5_000) {
		_, _, err := s.StageReference(t.Context(), local, v, mode, part)
		must(t, err)
	}
	for _, r := range rows {
		owners = append(owners, r.Owner)
	}
	for more := mode == assay.ImportReplace; more; {
		var err error
		_, more, err = s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, owners, 0)
		must(t, err)
	}
	must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
	return v
}

// searched are the parts of a list of marks, each its keys and how it goes on.
func searched(t *testing.T, s *sqldb.Store, scope assay.Scope, owner, q string, limit int) (parts []string) {
	t.Helper()
	cursor := ""
	for {
		rows, next, err := s.ListReferenceRows(t.Context(), scope, assay.ReferenceMarks, owner, q, cursor, limit)
		must(t, err)
		var keys []string
		for _, r := range rows {
			if r.Kind != assay.ReferenceMarks || r.Fields == "" {
				t.Errorf("the row is %+v", r)
			}
			keys = append(keys, r.Key)
		}
		parts = append(parts, strings.Join(keys, " ")+">"+next)
		if cursor = next; cursor == "" {
			return parts
		}
	}
}

// finds fails the test unless q finds the marks of the keys, by whatever way.
func finds(t *testing.T, s *sqldb.Store, scope assay.Scope, q, keys string) {
	t.Helper()
	for _, way := range []string{"words", "all"} {
		s.Search(way)
		for _, limit := range []int{1, 100} { // the full text is asked beyond twice as many rows
			var got []string
			for _, part := range searched(t, s, scope, "", q, limit) {
				part, _, _ = strings.Cut(part, ">")
				got = append(got, part)
			}
			if got := strings.Join(got, " "); got != keys {
				t.Errorf("%q finds %q by %q, want %q", q, got, way, keys)
			}
		}
	}
	s.Search("words")
}

// underneath is the database of a store as its own role sees it.
func underneath(t *testing.T, e engine, url string) *sql.DB {
	t.Helper()
	db := get(sql.Open(map[string]string{"sqlite": "sqlite", "postgres": "pgx"}[e.name], url))(t)
	t.Cleanup(func() { db.Close() })
	return db
}

func referenceSearch(t *testing.T, e engine) {
	mark := func(key, owner, fields string) assay.ReferenceRow {
		return assay.ReferenceRow{Kind: assay.ReferenceMarks, Key: key, Owner: owner, Fields: fields}
	}
	marks := []assay.ReferenceRow{
		mark("a", "Bellweather", `Bellweather Fold,distinctive,Bellweather,en,9 18,EU 009,BW-4410`),
		mark("b", "Bellweather", `"Été, ""Fold""",distinctive,Bellweather,fr,,,`),
		mark("c", "Corvane", `正品古驰包,distinctive,Corvane,zh,,,`),
		mark("d", "Corvane", `Ｃｏｒｖａｎｅ,dictionary,Corvane,,,,`),
	}
	product := assay.ReferenceRow{Kind: assay.ReferenceProducts, Key: "p", Owner: "Corvane", Fields: "Corvane fold 4410"}

	t.Run("all words must occur, in key or fields", func(t *testing.T) {
		s := e.open(t)
		imported(t, s, assay.ImportMerge, append(slices.Clone(marks), product)...)
		for _, c := range []struct{ q, want string }{
			{"fold", "a b"}, {"FOLD bellweather", "a b"}, {"fold corvane", ""}, {"ete", ""}, {"ÉTÉ", "b"}, {"corvane", "c d"},
			{"古驰", "c"}, {"古驰包", "c"}, {"驰", "c"}, {"包", "c"}, {"驰古", ""}, {"正品 包", "c"},
			{"4410", "a"}, {"bw-44", "a"}, {"BW-4410", "a"}, {"009", "a"},
			{"bell", "a b"}, {"bell fold", ""}, {"fold bell", "a b"}, {"f", ""}, {"fr", "b"}, {"d", "d"}, {"distinctive", "a b c"},
			{"key", ""}, {"owner", ""}, {"fields", ""}, {"kind", ""}, {"marks", ""}, {"k6d61726b73", ""},
			{`%"_`, ""}, {`,`, ""}, {"", "a b c d"}, {" \t", "a b c d"},
		} {
			finds(t, s, local, c.q, c.want)
		}
	})
	t.Run("what is changed is found as it is now, and as it was until the import is in force", func(t *testing.T) {
		s := e.open(t)
		imported(t, s, assay.ImportMerge, marks...)
		v := get(s.BeginReference(t.Context(), local, "i", day, day.Add(time.Hour)))(t)
		for _, fields := range []string{"Interim", "Novel"} { // the file has it twice
			_, _, err := s.StageReference(t.Context(), local, v, assay.ImportMerge, []assay.ReferenceRow{mark("a", "Corvane", fields), mark("e", "Corvane", fields)})
			must(t, err)
		}
		finds(t, s, local, "fold", "a b")
		finds(t, s, local, "novel", "")
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		finds(t, s, local, "fold", "b")
		finds(t, s, local, "novel", "a e")
		finds(t, s, local, "interim", "")
	})
	t.Run("what is retired is not found, and leaves no words once it is pruned", func(t *testing.T) {
		url := e.newURL(t)
		s := open(t, url)
		imported(t, s, assay.ImportMerge, marks...)
		imported(t, s, assay.ImportReplace, mark("b", "Bellweather", "Bellweather only"), marks[2])
		finds(t, s, local, "bellweather", "b")
		finds(t, s, local, "fold", "")
		finds(t, s, local, "distinctive", "c")
		must(t, s.PruneReference(t.Context(), local, 0))
		finds(t, s, local, "bellweather", "b")
		finds(t, s, local, "distinctive", "c")
		wantWords(t, underneath(t, e, url), 2)
	})
	t.Run("what is taken back leaves no words, and its numbers are not given again", func(t *testing.T) {
		url := e.newURL(t)
		s := open(t, url)
		imported(t, s, assay.ImportMerge, marks...)
		v := get(s.BeginReference(t.Context(), local, "i", day, day.Add(time.Hour)))(t)
		_, _, err := s.StageReference(t.Context(), local, v, assay.ImportReplace, []assay.ReferenceRow{mark("a", "Bellweather", "Novel"), mark("e", "Bellweather", "Novel")})
		must(t, err)
		_, _, err = s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, nil, 0)
		must(t, err)
		must(t, s.AbandonReference(t.Context(), local, "i", v))
		finds(t, s, local, "novel", "")
		finds(t, s, local, "distinctive", "a b c")
		db := underneath(t, e, url)
		wantWords(t, db, 4)
		imported(t, s, assay.ImportMerge, mark("e", "Corvane", "Later"))
		finds(t, s, local, "later", "e")
		var last int
		must(t, db.QueryRow(`SELECT max(t.`+map[string]string{"sqlite": "rowid", "postgres": "number"}[e.name]+`) FROM reference_text t`).Scan(&last))
		if last != 7 {
			t.Errorf("the seventh row that was written has number %d", last)
		}
	})
	t.Run("others' rows are not found", func(t *testing.T) {
		s := e.open(t)
		imported(t, s, assay.ImportMerge, append(slices.Clone(marks), mark("f", "", "distinctive of nobody"))...)
		ids := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather", "Corvane"}, day))(t)
		finds(t, s, local, "distinctive", "a b c f")
		finds(t, s, assay.Scope{Organisation: ids["Bellweather"]}, "distinctive", "a b")
		finds(t, s, assay.Scope{Organisation: ids["Corvane"]}, "distinctive", "c")
		finds(t, s, assay.Scope{Organisation: "stranger"}, "distinctive", "")
		finds(t, s, assay.Scope{}, "distinctive", "")
	})
	t.Run("the list is the same in parts, however it is searched", func(t *testing.T) {
		s := e.open(t)
		var rows []assay.ReferenceRow
		for i := range 420 {
			rows = append(rows, mark(fmt.Sprintf("k%04d", i), []string{"Bellweather", "Corvane"}[i%2], fmt.Sprintf("Every 古驰 third%d seventh%d", i%3, i%210)))
		}
		imported(t, s, assay.ImportMerge, append(rows, product)...)
		ids := get(s.EnsureBrands(t.Context(), local, []string{"Corvane"}, day))(t)
		for _, scope := range []assay.Scope{local, {Organisation: ids["Corvane"]}} {
			for _, owner := range []string{"", "Bellweather", "Corvane"} {
				for _, q := range []string{"every", "every third1", "古驰 third2", "seventh209", "seventh208", "seventh1", "k01", "nothing"} {
					for _, limit := range []int{1, 40, 100} {
						if limit == 1 && q[0] != 's' {
							continue
						}
						s.Search("words")
						words := searched(t, s, scope, owner, q, limit)
						s.Search("all")
						same(t, searched(t, s, scope, owner, q, limit), words)
					}
				}
			}
		}
		s.Search("words")
		if got := searched(t, s, local, "", "seventh209", 2); !slices.Equal(got, []string{"k0209 k0419>"}) {
			t.Errorf("a part that holds the last ends the list: %q", got)
		}
	})
	t.Run("a call looks through a bounded number of rows, and the next goes on there", func(t *testing.T) {
		s := e.open(t)
		var rows []assay.ReferenceRow
		for i := range 20_003 {
			rows = append(rows, mark(fmt.Sprintf("k%05d", i), "", map[bool]string{true: "rare", false: "usual"}[i >= 19_999]))
		}
		imported(t, s, assay.ImportMerge, rows...)
		s.Search("all")
		got := searched(t, s, local, "", "rare", 3)
		if len(got) != 2 || !strings.HasPrefix(got[0], "k19999>") || got[1] != "k20000 k20001 k20002>" {
			t.Errorf("the parts are %q", got)
		}
		s.Search("words")
		if got := searched(t, s, local, "", "rare", 4); !slices.Equal(got, []string{"k19999 k20000 k20001 k20002>"}) {
			t.Errorf("few are found at once: %q", got)
		}
	})
	t.Run("rows from before the full text get their words when the database is opened", func(t *testing.T) {
		url := e.newURL(t)
		s := get(sqldb.Open(t.Context(), sqldb.Options{URL: url}))(t)
		rows := slices.Clone(marks)
		for i := range 5_100 {
			rows = append(rows, mark(fmt.Sprintf("k%04d", i), "", fmt.Sprintf("many%d", i)))
		}
		imported(t, s, assay.ImportMerge, rows...)
		imported(t, s, assay.ImportMerge, mark("a", "Bellweather", "Bellweather twice"))
		before := dump(t, s)
		must(t, s.Close())
		db := underneath(t, e, url)
		for _, back := range []string{`DROP TABLE reference_text`, `DROP INDEX reference_row_number`, `ALTER TABLE reference_row DROP COLUMN number`,
			`ALTER TABLE reference_version DROP COLUMN numbered`, `DELETE FROM goose_db_version WHERE version_id = 11`} {
			_, err := db.Exec(back)
			must(t, err)
		}
		must(t, db.Close())

		s = open(t, url)
		same(t, dump(t, s), before)
		finds(t, s, local, "bellweather", "a b")
		finds(t, s, local, "fold", "b")
		finds(t, s, local, "many5099", "k5099")
		wantWords(t, underneath(t, e, url), 5_105)
		unchanged(t, s, func() { open(t, url) })
		imported(t, s, assay.ImportReplace, mark("b", "Bellweather", "Bellweather thrice"))
		imported(t, s, assay.ImportMerge, mark("k0000", "", "other"))
		must(t, s.PruneReference(t.Context(), local, 0))
		finds(t, s, local, "many0", "")
		finds(t, s, local, "bellweather", "b")
		wantWords(t, underneath(t, e, url), 5_103)
	})
	t.Run("what is loaded is found as in what was dumped, and goes on from there", func(t *testing.T) {
		s := e.open(t)
		imported(t, s, assay.ImportMerge, marks...)
		imported(t, s, assay.ImportReplace, mark("b", "Bellweather", "Bellweather only"))
		url := e.newURL(t)
		loaded := open(t, url)
		must(t, load(t, loaded, allRows(t, s)))
		for _, q := range []string{"bellweather", "fold", "古驰", "distinctive", "4410"} {
			same(t, searched(t, loaded, local, "", q, 2), searched(t, s, local, "", q, 2))
		}
		wantWords(t, underneath(t, e, url), 5)
		imported(t, loaded, assay.ImportMerge, mark("a", "Bellweather", "Bellweather anew"))
		must(t, loaded.PruneReference(t.Context(), local, 0))
		finds(t, loaded, local, "bellweather", "a b")
		finds(t, loaded, local, "fold", "")
		wantWords(t, underneath(t, e, url), 4)
	})
}

// wantWords fails the test unless so many rows of the reference have words.
func wantWords(t *testing.T, db *sql.DB, want int) {
	t.Helper()
	var n int
	must(t, db.QueryRow(`SELECT count(*) FROM reference_text`).Scan(&n))
	if n != want {
		t.Errorf("%d rows have words, want %d", n, want)
	}
}
