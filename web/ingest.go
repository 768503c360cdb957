package web

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"assay"
)

const (
	// poisonRows is how many envelopes that were set aside one page lists.
	poisonRows = 50
	// shownPoison is how much of one is shown as text, shownHex as numbers.
	shownPoison = 64 << 10
	shownHex    = 16 << 10
)

// ingestView is how far the listings that came in are worked.
type ingestView struct {
	partitions []assay.PartitionStatus
	rates      []float64
	poison     []assay.Poison
	next       string // of the list of poison
	after      string
}

// rate is how many listings are committed a second now.
func (v *ingestView) rate() (sum float64) {
	for i := range v.partitions {
		sum += v.partitions[i].Rate
	}
	return sum
}

func (v *ingestView) listings() (sum int64) {
	for i := range v.partitions {
		sum += v.partitions[i].Listings
	}
	return sum
}

func (v *ingestView) backlog() (sum uint64) {
	for i := range v.partitions {
		sum += v.partitions[i].Backlog
	}
	return sum
}

func (v *ingestView) bytes() (sum uint64) {
	for i := range v.partitions {
		sum += v.partitions[i].Bytes
	}
	return sum
}

// unheld counts the partitions that no process works.
func (v *ingestView) unheld() (n int) {
	for i := range v.partitions {
		if v.partitions[i].Holder == "" {
			n++
		}
	}
	return n
}

func (w *Web) ingestPage(c *visit) error {
	var v ingestView
	var err error
	ctx, scope := c.r.Context(), c.who.scope
	if v.partitions, err = w.s.Ingest.Partitions(ctx, scope); err != nil {
		return err
	}
	v.rates = w.s.Ingest.Rates()
	if v.after = c.r.URL.Query().Get("after"); len(v.after) > maxFilterChars || !utf8.ValidString(v.after) {
		return assay.Errorf(assay.Invalid, "the list has no such part")
	}
	if v.poison, err = w.s.Ingest.Poisoned(ctx, scope, v.after, poisonRows+1); err != nil {
		return err
	}
	if len(v.poison) > poisonRows {
		v.poison = v.poison[:poisonRows]
		v.next = v.poison[poisonRows-1].ID
	}
	if c.htmx() {
		return c.show(http.StatusOK, ingestNow(c, &v))
	}
	return c.page(http.StatusOK, c.Say("ingest.title"), "ingest", ingestPart(c, &v))
}

// poisonView is one envelope that was set aside.
type poisonView struct {
	assay.Poison
	text string // what of it is shown
	hex  bool   // as numbers: it is not text
	cut  bool   // there is more of it
	sure bool   // dropping it is asked for
}

func (w *Web) poisonPage(c *visit) error { return w.showPoison(c, false) }

func (w *Web) showPoison(c *visit, sure bool) error {
	p, err := w.s.Ingest.PoisonData(c.r.Context(), c.who.scope, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	v := poisonView{Poison: p, sure: sure}
	v.text, v.hex, v.cut = readable(p.Data)
	return c.page(http.StatusOK, c.Say("poison.title"), "ingest", poisonPart(c, &v))
}

// readable returns the beginning of data as text, or as numbers if it is none.
func readable(data []byte) (text string, numbers, more bool) {
	short, whole := cut(string(data), shownPoison)
	if isText(short) {
		return short, false, !whole
	}
	return hex.Dump(data[:min(len(data), shownHex)]), true, len(data) > shownHex
}

// isText reports whether people can read s: text, and hardly anything that cannot be
// seen.
func isText(s string) bool {
	unseen, all := 0, 0
	for _, r := range s {
		all++
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			unseen++
		}
	}
	return unseen*20 <= all
}

// poison works an envelope again, or gives it up: after having been asked twice.
func (w *Web) poison(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxForm)
	if err := c.r.ParseMultipartForm(maxForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return assay.Errorf(assay.Invalid, "the form could not be read (%w)", err)
	}
	ctx, scope, id := c.r.Context(), c.who.scope, c.r.PathValue("id")
	switch c.r.PostFormValue("do") {
	case "replay":
		if err := w.s.Ingest.ReplayPoison(ctx, scope, id); err != nil {
			return err
		}
	case "drop":
		if c.r.PostFormValue("sure") != "yes" {
			return w.showPoison(c, true)
		}
		if err := w.s.Ingest.DropPoison(ctx, scope, id); err != nil {
			return err
		}
	default:
		return assay.Errorf(assay.Invalid, "an envelope can be replayed or dropped, nothing else")
	}
	return c.redirect("/ingest#poison")
}

// perSecond writes a rate as people read it.
func (c *visit) perSecond(rate float64) string {
	if rate > 0 && rate < 10 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return c.Number(int(rate + 0.5))
}

// size writes a number of bytes as people read it.
func (c *visit) size(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	value, unit := float64(n), 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	if unit == 0 || value >= 100 {
		return c.Number(int(value+0.5)) + "\u00a0" + units[unit]
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + "\u00a0" + units[unit]
}

// big writes a count that is no int.
func (c *visit) big(n uint64) string { return c.Number(int(min(n, 1<<62))) }
