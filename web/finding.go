package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
	"assay/feed"
	"assay/score"
	"assay/screen"
)

// Bounds of what a finding's page shows of its past.
const (
	shownRevisions = 20
	// comparedRevisions is how many of those are compared: a page must not cost more than a
	// person reads.
	comparedRevisions = 6
	shownEvents       = 50
	shownCounts       = 100
	maxRaw            = 256 << 10
	shownOthers       = 8  // findings on the same offer
	maxPhotoLinks     = 60 // to photos that are not shown at once
	// maxShown is how much of a description is shown; no person reads more, and the raw
	// record has the rest.
	maxShown = 20_000
)

// findingView is a finding and what it rests on, as a page shows it.
type findingView struct {
	finding    assay.Finding
	listing    *assay.Listing // at the revision that was screened; nil: not kept any more
	kept       []byte         // the same as it is kept
	revisions  []revisionView
	events     []assay.Event
	counts     []assay.Observation
	others     []assay.Finding // on the same offer
	seller     assay.SellerSummary
	prices     *screen.PriceView
	thresholds score.Thresholds
	pictures   []pictureView
	back       string // the list that the reader came from
}

// genuine lists the official photos of the product that the price was compared with.
func (v *findingView) genuine() []string {
	if v.prices == nil || v.prices.Product == nil {
		return nil
	}
	return v.prices.Product.Images
}

// revisionView is one revision with what it changed.
type revisionView struct {
	assay.Revision
	changes  []change
	compared bool // one of those whose listings are looked at
	kept     bool // its listing is known
}

// pictureView is one picture of an offer, and what it is of.
type pictureView struct {
	name string // in the address
	of   string // variant's title; empty: the offer
}

func (w *Web) finding(c *visit, id string) (v findingView, err error) {
	ctx, scope := c.r.Context(), c.who.scope
	if v.finding, err = w.s.Findings.Finding(ctx, scope, id); err != nil {
		return v, err
	}
	f := &v.finding
	v.kept, err = w.s.Findings.RevisionListing(ctx, scope, f.Key(), f.Revision)
	switch {
	case err == nil:
		v.listing = decodeListing(v.kept)
	case assay.CodeOf(err) != assay.NotFound:
		return v, err
	}
	v.pictures = picturesOf(v.listing)
	return v, nil
}

// compare adds what the generation in force says of the finding's price.
func (w *Web) compare(c *visit, v *findingView) error {
	f := &v.finding
	v.thresholds = score.DefaultThresholds(f.Lane)
	session, err := w.s.Screening.Open(c.r.Context())
	if assay.CodeOf(err) == assay.Unavailable {
		return nil // the page can do without
	}
	if err != nil {
		return err
	}
	defer session.Close()
	v.thresholds = session.Thresholds(f.Lane)
	if v.listing != nil {
		if p, ok := session.Prices(v.listing, f.Owner, f.Variant); ok {
			v.prices = &p
		}
	}
	return nil
}

// past adds what happened to the finding and its offer.
func (w *Web) past(c *visit, v *findingView) (err error) {
	ctx, scope, f := c.r.Context(), c.who.scope, &v.finding
	revisions, err := w.s.Findings.Revisions(ctx, scope, f.Key())
	if err != nil {
		return err
	}
	if v.revisions, err = w.changes(c, f.Key(), revisions[:min(len(revisions), shownRevisions)]); err != nil {
		return err
	}
	if v.events, err = w.s.Findings.SubjectEvents(ctx, scope, f.ID, shownEvents); err != nil {
		return err
	}
	if v.counts, err = w.s.Findings.Observations(ctx, scope, f.Key(), shownCounts); err != nil {
		return err
	}
	page, err := w.s.Findings.ListFindings(ctx, scope, assay.FindingFilter{
		Levels: []assay.Level{assay.Block, assay.Review, assay.Clear}, Marketplace: f.Marketplace, Offer: f.Offer}, "", pageRows)
	if err != nil {
		return err
	}
	v.others = slices.DeleteFunc(page.Findings, func(o assay.Finding) bool { return o.ID == f.ID })
	if f.SellerID != "" {
		if v.seller, err = w.s.Findings.SellerFindings(ctx, scope, f.Marketplace, f.SellerID); err != nil {
			return err
		}
	}
	return nil
}

// changes tells what each revision changed against the one before it, which is the
// next in the list.
func (w *Web) changes(c *visit, key assay.OfferKey, revisions []assay.Revision) ([]revisionView, error) {
	views := make([]revisionView, len(revisions))
	listings := make([]*assay.Listing, len(revisions))
	for i, r := range revisions {
		views[i].Revision = r
		if i >= comparedRevisions {
			continue
		}
		views[i].compared = true
		b, err := w.s.Findings.RevisionListing(c.r.Context(), c.who.scope, key, r.Number)
		if assay.CodeOf(err) == assay.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		listings[i] = decodeListing(b)
		views[i].kept = listings[i] != nil
	}
	for i := range views[:max(0, len(views)-1)] {
		if before, after := listings[i+1], listings[i]; before != nil && after != nil {
			views[i].changes = changesBetween(c, before, after)
		}
	}
	return views, nil
}

func (w *Web) findingPage(c *visit) error {
	v, err := w.finding(c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := w.compare(c, &v); err != nil {
		return err
	}
	if err := w.past(c, &v); err != nil {
		return err
	}
	v.back = listBefore(c.r)
	return c.page(http.StatusOK, tabTitle(v.finding.Title), "findings", findingPart(c, &v))
}

// findingPanel answers with what a list shows beside itself.
func (w *Web) findingPanel(c *visit) error {
	v, err := w.finding(c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := w.compare(c, &v); err != nil {
		return err
	}
	return c.show(http.StatusOK, panelPart(c, &v))
}

// listBefore is the list that a browser came from, with its filter; else all findings.
func listBefore(r *http.Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && u.Path == "/findings" && (u.Host == "" || u.Host == r.Host) && local(u.RequestURI()) {
		return u.RequestURI()
	}
	return "/findings"
}

// picturesOf lists a listing's pictures: the offer's, then its variants'.
func picturesOf(l *assay.Listing) []pictureView {
	if l == nil {
		return nil
	}
	var pictures []pictureView
	seen := map[string]bool{}
	add := func(prefix, of string, images []assay.Image) {
		for i, im := range images {
			if im.URL != "" && seen[im.URL] || im.URL == "" && len(im.Data) == 0 {
				continue
			}
			seen[im.URL] = true
			pictures = append(pictures, pictureView{prefix + strconv.Itoa(i), of})
		}
	}
	add("offer-", "", l.Images)
	for i := range l.Variants {
		v := &l.Variants[i]
		of := v.Title
		if of == "" {
			of = v.ID
		}
		add("variant-"+strconv.Itoa(i)+"-", of, v.Images)
	}
	return pictures
}

// pictureAddress is where a picture of a finding is had; another revision has another.
func pictureAddress(v *findingView, name string) string {
	return "/findings/" + v.finding.ID + "/pictures/" + name + "?revision=" + strconv.Itoa(v.finding.Revision)
}

// imageAt returns the picture of a name that picturesOf gave.
func imageAt(l *assay.Listing, name string) (assay.Image, bool) {
	images := l.Images
	rest, ok := strings.CutPrefix(name, "offer-")
	if !ok {
		of, number, found := strings.Cut(strings.TrimPrefix(name, "variant-"), "-")
		i, err := strconv.Atoi(of)
		if !found || err != nil || i < 0 || i >= len(l.Variants) {
			return assay.Image{}, false
		}
		images, rest = l.Variants[i].Images, number
	}
	i, err := strconv.Atoi(rest)
	if err != nil || i < 0 || i >= len(images) {
		return assay.Image{}, false
	}
	return images[i], true
}

// findingPicture answers with a picture of the finding's offer, or of the genuine
// product that its price was compared with. Only what a listing or the reference names
// is fetched: this is no way to have the server fetch anything else.
func (w *Web) findingPicture(c *visit) error {
	v, err := w.finding(c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	missing := assay.Errorf(assay.NotFound, "the finding has no such picture")
	name := c.r.PathValue("number")
	var image assay.Image
	n, genuine := strings.CutPrefix(name, "genuine-")
	if genuine {
		if err := w.compare(c, &v); err != nil {
			return err
		}
		i, err := strconv.Atoi(n)
		if err != nil || i < 0 || i >= len(v.genuine()) {
			return missing
		}
		image.URL = v.genuine()[i]
	} else if v.listing == nil {
		return missing
	} else if im, ok := imageAt(v.listing, name); ok {
		image = im
	} else {
		return missing
	}
	var b []byte
	if image.URL != "" {
		b, err = w.s.Pictures.Picture(c.r.Context(), image.URL)
	} else {
		b, err = w.s.Pictures.Encode(c.r.Context(), image.Data)
	}
	if err != nil {
		// A browser shows the alternative text in its place.
		c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		c.w.Header().Set("Cache-Control", "private, max-age=60")
		c.w.WriteHeader(statusOf(err))
		return nil
	}
	h := c.w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400")
	if genuine {
		h.Set("Cache-Control", "private, max-age=300") // the reference may name another product soon
	}
	c.w.Write(b)
	return nil
}

// decodeListing reads a listing as it was kept; nil if it is none.
func decodeListing(b []byte) *assay.Listing {
	d, err := feed.NewDecoder(feed.Options{})
	if err != nil {
		return nil
	}
	var kept *assay.Listing
	d.Decode(b, 0, func(l *assay.Listing, _ *assay.Problem) {
		if l != nil {
			c := l.Clone()
			kept = &c
		}
	})
	return kept
}

// pretty indents a record for people.
func pretty(b []byte) string {
	if len(b) > maxRaw {
		b = b[:maxRaw]
		return strings.ToValidUTF8(string(b), "�") + "…"
	}
	v := jsontext.Value(slices.Clone(b))
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		return strings.ToValidUTF8(string(b), "�")
	}
	return string(v)
}

// tabTitle is a seller's title as the name of a tab: short, and without what cannot be
// seen or turns the reading direction.
func tabTitle(s string) string {
	s = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

// dayOf is the date of a time, for tables.
func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
