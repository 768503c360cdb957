package demo

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"assay"
)

// WriteReference writes the reference folder of the world (marks, claims,
// products, authorised, gated, rates) through create, which is called once for
// every file name and whose result is closed. Rows are streamed: a catalogue of a
// million products costs no memory.
func (w *World) WriteReference(create func(name string) (io.WriteCloser, error)) error {
	for _, file := range []struct {
		name   string
		header string
		rows   func(row func(fields ...string))
	}{
		{"marks.csv", "mark,kind,owner,language,classes,right,alias_of", w.marks},
		{"products.csv", "owner,gtin,mpn,name,category,currency,list_price,minimum_price,images", w.catalogue},
		{"authorised.csv", "owner,marketplace,seller_id,regions,valid_from,valid_to", w.authorised},
		{"gated.csv", "owner,marketplace,category,valid_from,valid_to", w.gatedRows},
		{"rates.csv", "date,currency,per_eur", w.rates},
	} {
		err := writeTo(create, file.name, func(to io.Writer) error {
			c := csv.NewWriter(to)
			c.Write(strings.Split(file.header, ","))
			file.rows(func(fields ...string) { c.Write(fields) })
			c.Flush()
			return c.Error() // the first error of all the writes
		})
		if err != nil {
			return err
		}
	}
	return writeTo(create, "claims.csv", func(to io.Writer) error {
		_, err := io.WriteString(to, claimsCSV)
		return err
	})
}

func writeTo(create func(name string) (io.WriteCloser, error), name string, write func(io.Writer) error) error {
	file, err := create(name)
	if err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func (w *World) marks(row func(fields ...string)) {
	right := 0
	for _, b := range w.brands {
		classes := b.classes()
		mark := func(text string, kind assay.MarkKind, language, aliasOf string) {
			right++
			row(text, string(kind), b.owner, language, classes, fmt.Sprintf("DEMO-%06d", right), aliasOf)
		}
		mark(b.name, b.kind, "", "")
		for _, a := range b.aliases {
			mark(a.text, a.kind, a.language, b.name)
		}
		for _, m := range b.models {
			mark(m, assay.Distinctive, "", b.name)
		}
	}
	for n := range w.extraMarks {
		name, language := filler(n)
		d := newDice(w.seed, streamFiller, n)
		row(name, string(assay.Distinctive), fillerOwner(n), language,
			strconv.Itoa(d.between(1, 34)), fmt.Sprintf("DEMO-X%06d", n), "")
	}
}

// fillerOwner owns four extra marks each.
func fillerOwner(n uint64) string { return latinWord(n/4*4) + " Holding" }

// classes are the Nice classes of what the brand makes.
func (b *brand) classes() string {
	var out []string
	seen := map[uint8]bool{}
	for _, items := range [][]item{b.sector.products, b.sector.parts} {
		for i := range items {
			for _, c := range items[i].classes {
				if !seen[c] {
					seen[c] = true
					out = append(out, strconv.Itoa(int(c)))
				}
			}
		}
	}
	return strings.Join(out, ";")
}

func (w *World) catalogue(row func(fields ...string)) {
	colour := w.languages[langEN].colours
	for j := range w.products {
		b := w.brands[j%len(w.brands)]
		p := w.product(b, j/len(w.brands))
		minimum := ""
		if m := p.minimum(); m > 0 {
			minimum = money(m, p.home).Decimal()
		}
		row(b.owner, string(appendGTIN13(nil, p.gtin)), p.mpn(), p.name(colour[p.colour]), p.item.category,
			p.home, money(p.list, p.home).Decimal(), minimum, p.photo())
	}
}

func (w *World) authorised(row func(fields ...string)) {
	for i, b := range w.brands {
		for _, m := range markets {
			if w.flagship[i][m.index] {
				row(b.owner, m.host, m.accountID(firstFlagship+i), "", "2024-01-01", "")
			}
		}
	}
	for o, owner := range w.owners {
		for _, m := range markets {
			c := &w.channels[o][m.index]
			for s := range c.shops {
				regions := ""
				if s%2 == 1 {
					regions = m.country
				}
				row(owner, m.host, m.accountID(firstAuthorised+o*shopsPerOwner+s), regions, "2025-01-01", "2027-12-31")
			}
			if c.expired {
				row(owner, m.host, m.accountID(firstExpired+o), "", "2024-01-01", "2026-03-31")
			}
		}
	}
}

func (w *World) gatedRows(row func(fields ...string)) {
	for o, owner := range w.owners {
		for _, m := range markets {
			c := &w.channels[o][m.index]
			if c.gate == "" {
				continue
			}
			until := ""
			if c.lapsed {
				until = "2026-06-30"
			}
			row(owner, m.host, c.gate, "2025-07-01", until)
		}
	}
}

// rates drift a little from day to day and stand at their figure on AsOf.
func (w *World) rates(row func(fields ...string)) {
	for back := rateDays - 1; back >= 0; back-- {
		day := asOf.AddDate(0, 0, -back).Format(time.DateOnly)
		for _, r := range rates {
			value := assay.Money{Amount: r.perEUR + r.perEUR*int64(back%5)/1000, Scale: 4}
			row(day, r.currency, value.Decimal())
		}
	}
}
