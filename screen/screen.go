package screen

import (
	"cmp"
	"slices"
	"strings"

	"assay"
	"assay/marks"
	"assay/price"
	"assay/reference"
	"assay/score"
)

// Screener screens listings against one reference generation. It is immutable
// and safe for concurrent use.
type Screener struct {
	gen    *reference.Generation
	price  *price.Model
	policy score.Policy

	disguises [marks.HowSets]assay.Points // what each set of disguises weighs
}

// New returns a Screener for gen.
func New(gen *reference.Generation) *Screener {
	s := &Screener{gen: gen, price: price.NewModel(), policy: gen.Policy()}
	for how := range s.disguises {
		for _, d := range marks.How(how).Disguises() {
			s.disguises[how] += score.Disguise(d)
		}
	}
	return s
}

// Worker screens one listing at a time. It holds scratch memory that grows with
// the largest listing; use one for each goroutine.
type Worker struct {
	*Screener
	finder *marks.Finder

	listing *assay.Listing
	state   assay.State
	fields  []field
	found   []mention // of one field
	marks   []mention
	claims  []mention
	excuses []mention
	goods   []good // the offer (index 0) and its variants

	markRange, claimRange, excuseRange ranges

	candidates []candidate
	index      []int32 // by owner: where in candidates, valid if the owner stands there
	evidence   []evidence
	results    []result
}

// NewWorker returns a Worker.
func (s *Screener) NewWorker() *Worker {
	return &Worker{Screener: s, finder: s.gen.Matcher().NewFinder(), index: make([]int32, s.gen.Owners())}
}

// result is an assessment before it is put into words.
type result struct {
	level      assay.Level
	lane       assay.Lane
	owner      reference.OwnerID
	variant    int
	score      assay.Points
	start, end int // in Worker.evidence
}

// Screen returns the verdict on a listing. Assessments below least are left out;
// ok is false when none is left, and then the verdict is empty. With assay.Clear
// every listing has a verdict. The listing is only read; its texts are shared by
// the verdict.
func (w *Worker) Screen(l *assay.Listing, least assay.Level) (v assay.Verdict, ok bool) {
	return w.ScreenRevision(l, assay.State{}, least)
}

// ScreenRevision is Screen for an offer of which something is known: its state
// before the listing came. The verdict carries the state if it counted.
func (w *Worker) ScreenRevision(l *assay.Listing, state assay.State, least assay.Level) (v assay.Verdict, ok bool) {
	w.listing, w.state = l, state
	w.evidence, w.results = w.evidence[:0], w.results[:0]
	w.read(l)
	w.identify()
	if len(w.candidates) > 0 {
		w.assess(least)
	}
	if len(w.results) == 0 && least != assay.Clear {
		return assay.Verdict{}, false
	}
	v = assay.Verdict{
		Marketplace: l.Marketplace, ID: l.ID,
		Model: score.Version, Reference: w.gen.Hash(), AsOf: w.gen.AsOf(),
	}
	if !state.IsZero() {
		v.State = state
	}
	if len(w.results) == 0 {
		v.Assessment = assay.Assessment{Level: assay.Clear, Contributions: []assay.Contribution{}}
		return v, true
	}
	slices.SortFunc(w.results, w.compare)
	v.Assessment = w.word(w.results[0])
	for _, r := range w.results[1:] {
		v.Other = append(v.Other, w.word(r))
	}
	return v, true
}

// compare orders results as a verdict lists them: by falling score, then lane,
// owner and variant.
func (w *Worker) compare(a, b result) int {
	return cmp.Or(
		cmp.Compare(b.score, a.score),
		strings.Compare(string(a.lane), string(b.lane)),
		cmp.Compare(a.owner, b.owner), // ids are in the order of names
		cmp.Compare(a.variant, b.variant),
	)
}

// word puts a result into words.
func (w *Worker) word(r result) assay.Assessment {
	a := assay.Assessment{Level: r.level, Lane: r.lane, Owner: w.gen.Owner(r.owner), Score: r.score,
		Contributions: make([]assay.Contribution, 0, r.end-r.start)}
	if r.variant != whole {
		a.Variant = VariantName(w.listing, r.variant)
	}
	for _, e := range w.evidence[r.start:r.end] {
		a.Contributions = append(a.Contributions, w.contribution(e))
	}
	return a
}
