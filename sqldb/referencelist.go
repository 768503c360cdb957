package sqldb

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"assay"
)

// maxLookedThrough bounds the rows that one call looks through for words.
const maxLookedThrough = 20_000

// ListReferenceRows lists rows of a kind in force that the scope sees, by key; only those
// of owner, and those that q finds, if given: words that must all occur in key or
// fields, the last one perhaps only begun, in the way of ListFindings. A q without a letter
// or digit finds nothing. Where very many rows have the words, one call looks through a bounded
// number of rows: a part may be short, or empty, and still have a next cursor.
func (s *Store) ListReferenceRows(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, owner, q, cursor string, limit int) (list []assay.ReferenceRow, next string, err error) {
	limit = page(limit)
	order := "reference " + string(kind)
	at, err := openCursor(cursor, order)
	if err != nil {
		return nil, "", err
	}
	terms := termsOf(q)
	if strings.TrimSpace(q) != "" && len(terms) == 0 {
		return nil, "", nil
	}
	err = s.list(ctx, scope, "listing the reference", func(t *tx) error {
		f, err := t.sees("r")
		if err != nil {
			return err
		}
		var version int64
		if _, err := t.row(`SELECT current FROM reference_version`, nil, &version); err != nil {
			return err
		}
		f.and(`r.kind = %s`, string(kind))
		f.and(`r.since <= %s`, version)
		f.and(`(r.until IS NULL OR r.until > %s)`, version)
		if owner != "" {
			f.and(`r.owner = %s`, owner)
		}
		l := referenceList{tx: t, rows: f, kind: kind, limit: limit, at: at.Text, behind: cursor != ""}
		if len(terms) == 0 {
			_, err = l.take(`reference_row r`, `r.key`, l.own(), limit+1, nil)
		} else {
			err = l.search(terms)
		}
		list = l.found
		if l.more {
			next = position{Order: order, Text: l.next}.cursor()
		}
		return err
	})
	return list, next, err
}

// referenceList is a part of a list that is being read.
type referenceList struct {
	*tx
	rows   *filter // what the list is of
	kind   assay.ReferenceKind
	limit  int
	at     string // key of the row that was looked at last
	behind bool   // whether there is such a row
	found  []assay.ReferenceRow
	more   bool   // there is, or may be, more behind next
	next   string // a key
}

// own returns the filter of the list for one query to add to.
func (l *referenceList) own() filter {
	return filter{slices.Clone(l.rows.where), slices.Clone(l.rows.args)}
}

// search reads what terms find. Words that many rows have fill the part from the list's next rows;
// if those don't, the full text tells whether few are left, which are put in order,
// or the list is looked through further. All ways give the same.
func (l *referenceList) search(terms []term) error {
	d, few := l.store.dialect, l.store.search.few
	part := 2 * l.limit
	looked, err := l.take(`reference_row r`, `r.key`, l.own(), part, terms)
	if err != nil || l.more || looked < part {
		return err
	}
	all := append([]term{{phrase: []string{kindWord(l.kind)}}}, terms...)
	hits, err := l.hits("reference_text", all, few+1)
	if err != nil || hits.count == 0 {
		return err
	}
	if hits.count <= few {
		q := l.own()
		q.and(`r.number = h.n`)
		// The texts are read first: CROSS tells SQLite, and PostgreSQL knows by LIMIT that they are few.
		_, err := l.take(`(SELECT `+d.textKey+` AS n FROM reference_text t WHERE `+fmt.Sprintf(d.matching, q.param(d.matchOf(all)))+
			` LIMIT `+q.param(few)+`) AS h CROSS JOIN reference_row r`, d.unindexed(`r.key`), q, l.limit+1, nil)
		return err
	}
	for looked < maxLookedThrough {
		part = min(2*part, maxLookedThrough-looked)
		n, err := l.take(`reference_row r`, `r.key`, l.own(), part, terms)
		if looked += n; err != nil || l.more || n < part {
			return err
		}
	}
	l.more, l.next = true, l.at
	return nil
}

// take looks at the next rows in the order of key, at most most of them, takes those that have
// the terms, and returns how many it looked at.
func (l *referenceList) take(from, key string, q filter, most int, terms []term) (looked int, err error) {
	if l.behind {
		q.and(key+` > %s`, l.at)
	}
	query := `SELECT r.key, r.owner, r.fields FROM ` + from + ` WHERE ` + q.String() + ` ORDER BY ` + key + ` LIMIT ` + q.param(most)
	err = l.tx.rows(query, q.args, func(rows *sql.Rows) error {
		r := assay.ReferenceRow{Kind: l.kind}
		if err := rows.Scan(&r.Key, &r.Owner, &r.Fields); err != nil {
			return err
		}
		looked++
		l.at, l.behind = r.Key, true
		if wanted := (finder{terms: terms}); !wanted.look(r.Key, searchedFields(&r)) {
			return nil
		}
		if len(l.found) == l.limit {
			l.more, l.next = true, l.found[l.limit-1].Key
			return errStop
		}
		l.found = append(l.found, r)
		return nil
	})
	if err == errStop {
		err = nil
	}
	return looked, err
}

// searchedFields is the part of a row's fields that is searched.
func searchedFields(r *assay.ReferenceRow) string {
	return r.Fields[:min(len(r.Fields), maxSearched)]
}

// kindWord is a word that every row of a kind has, and no text: a search in one kind does not
// come upon what another has of the same words.
func kindWord(kind assay.ReferenceKind) string { return "k" + hex.EncodeToString([]byte(kind)) }

// referenceNumbers gives n numbers in a row and returns the first. None is given twice.
func (t *tx) referenceNumbers(n int) (int64, error) {
	var last int64
	_, err := t.row(`UPDATE reference_version SET numbered = numbered + $1 RETURNING numbered`, []any{n}, &last)
	return last - int64(n) + 1, err
}

// putReferenceText writes the words of a row; fresh, if the number has none yet.
func (t *tx) putReferenceText(number int64, organisation string, r *assay.ReferenceRow, fresh bool) error {
	found := append([]string{kindWord(r.Kind)}, words(r.Key, searchedFields(r))...)
	return t.store.dialect.putText(t, "reference_text", number, organisation, found, fresh)
}

// referencePlace is where a row stands among all.
type referencePlace struct {
	kind  assay.ReferenceKind
	key   string
	since int64
}

// fillReferenceText writes the words of rows from before there was a full text of them, in
// short transactions. If it is stopped, it goes on from there the next time.
func (s *Store) fillReferenceText(ctx context.Context) error {
	var at referencePlace
	for more := true; more; {
		err := s.writeLocal(ctx, assay.LocalScope("migration"), "writing the words of the reference", func(t *tx) (err error) {
			more, err = t.fillReferenceText(&at)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillReferenceText numbers the next rows without a number behind a place, writes their words,
// and moves the place. It reports whether there may be more of them.
func (t *tx) fillReferenceText(at *referencePlace) (more bool, err error) {
	if missing, err := t.row(`SELECT 1 FROM reference_row WHERE number IS NULL LIMIT 1`, nil, new(int)); err != nil || !missing {
		return false, err
	}
	number, err := t.referenceNumbers(maxStaged) // from here on no import changes a row
	if err != nil {
		return false, err
	}
	type row struct {
		referencePlace
		organisation, fields string
	}
	var part []row
	err = t.rows(`SELECT kind, key, since, organisation, fields FROM reference_row WHERE number IS NULL AND (kind, key, since) > ($1, $2, $3)
		ORDER BY kind, key, since LIMIT $4`, []any{string(at.kind), at.key, at.since, maxStaged}, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.kind, &r.key, &r.since, &r.organisation, &r.fields)
		part = append(part, r)
		return err
	})
	if err != nil {
		return false, err
	}
	for i, r := range part {
		touched, err := t.exec(`UPDATE reference_row SET number = $1 WHERE kind = $2 AND key = $3 AND since = $4`, number+int64(i), string(r.kind), r.key, r.since)
		if err != nil {
			return false, err
		}
		if touched == 0 { // pruned meanwhile
			continue
		}
		whole := assay.ReferenceRow{Kind: r.kind, Key: r.key, Fields: r.fields}
		if err := t.putReferenceText(number+int64(i), r.organisation, &whole, true); err != nil {
			return false, err
		}
		*at = r.referencePlace
	}
	return len(part) == maxStaged, nil
}
