package watch

import (
	"context"
	"testing"
	"time"

	"assay"

	"github.com/google/go-cmp/cmp"
)

// shelf is a Store of which only FindingsOf is asked.
type shelf struct {
	Store
	findings []assay.Finding
}

func (s shelf) FindingsOf(context.Context, assay.Scope, []assay.OfferKey) ([]assay.Finding, error) {
	return s.findings, nil
}

func says(level assay.Level, owner string, score assay.Points) assay.Assessment {
	return assay.Assessment{Level: level, Lane: assay.LaneCounterfeit, Owner: owner, Score: score,
		Contributions: []assay.Contribution{{Signal: assay.SignalMark, Points: score}}}
}

func screening(revision int, said ...assay.Assessment) *screened {
	key := assay.OfferKey{Marketplace: "bazar.example", ID: "1"}
	return &screened{offer: key, number: revision, at: time.Unix(int64(revision), 0), verdicts: said,
		finding: assay.Finding{Marketplace: key.Marketplace, Offer: key.ID, Revision: revision}}
}

// revise brings stored findings through screenings and returns what changed as
// "owner before>after".
func revise(t *testing.T, stored []assay.Finding, cause assay.Cause, screenings ...*screened) (list []string, after []assay.Finding) {
	b, err := openBook(t.Context(), shelf{findings: stored}, assay.Scope{}, []assay.OfferKey{{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range screenings {
		b.revise(s, cause)
	}
	for _, c := range b.changes() {
		before := "none"
		if c.Before != nil {
			before = string(c.Before.Level)
			if c.After.Version != c.Before.Version+1 || c.After.ID != c.Before.ID || c.After.FoundAt != c.Before.FoundAt {
				t.Errorf("%+v after %+v", c.After, *c.Before)
			}
		} else if c.After.Version != 1 || c.After.ID == "" {
			t.Errorf("a new finding is %+v", c.After)
		}
		list = append(list, c.After.Owner+" "+before+">"+string(c.After.Level))
		after = append(after, c.After)
	}
	return list, after
}

func TestWhatBecomesOfFindings(t *testing.T) {
	_, stored := revise(t, nil, assay.CauseListing, screening(1, says(assay.Block, "Bellweather", 5), says(assay.Review, "Corvale", 2)))
	for _, c := range []struct {
		name  string
		cause assay.Cause
		from  []assay.Finding
		next  []*screened
		want  []string
	}{
		{"new ones are those that ask for a look", assay.CauseListing, nil,
			[]*screened{screening(1, says(assay.Block, "Bellweather", 5), says(assay.Clear, "Corvale", 0))}, []string{"Bellweather none>block"}},
		{"a new revision is a change, whatever is said", assay.CauseListing, stored,
			[]*screened{screening(2, says(assay.Block, "Bellweather", 5), says(assay.Review, "Corvale", 2))}, []string{"Bellweather block>block", "Corvale review>review"}},
		{"a better offer clears them", assay.CauseListing, stored,
			[]*screened{screening(2, says(assay.Clear, "Bellweather", -1))}, []string{"Bellweather block>clear", "Corvale review>clear"}},
		{"the same under another generation is no change", assay.CauseGeneration, stored,
			[]*screened{screening(1, says(assay.Block, "Bellweather", 5), says(assay.Review, "Corvale", 2))}, nil},
		{"another score under another generation is", assay.CauseGeneration, stored,
			[]*screened{screening(1, says(assay.Block, "Bellweather", 6), says(assay.Review, "Corvale", 2))}, []string{"Bellweather block>block"}},
		{"an owner who is not named any more", assay.CauseGeneration, stored,
			[]*screened{screening(1, says(assay.Block, "Bellweather", 5))}, []string{"Corvale review>clear"}},
		{"several revisions in one run are one change", assay.CauseListing, nil,
			[]*screened{screening(1, says(assay.Block, "Bellweather", 5)), screening(2), screening(3, says(assay.Review, "Bellweather", 2))}, []string{"Bellweather none>review"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := revise(t, c.from, c.cause, c.next...)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAClearedFindingStaysAsItIsUntilItIsOneAgain(t *testing.T) {
	_, found := revise(t, nil, assay.CauseListing, screening(1, says(assay.Block, "Bellweather", 5)))
	_, cleared := revise(t, found, assay.CauseListing, screening(2))
	if list, _ := revise(t, cleared, assay.CauseListing, screening(3), screening(4)); len(list) > 0 {
		t.Errorf("clear again is a change: %v", list)
	}
	list, again := revise(t, cleared, assay.CauseListing, screening(5, says(assay.Block, "Bellweather", 5)))
	if diff := cmp.Diff([]string{"Bellweather clear>block"}, list); diff != "" {
		t.Fatal(diff)
	}
	if again[0].ID != found[0].ID || again[0].Version != 3 || again[0].Revision != 5 {
		t.Errorf("%+v", again[0])
	}
}

func TestAVariantsFindingHasTheVariantsPrice(t *testing.T) {
	l := &assay.Listing{Marketplace: "bazar.example", ID: "1", Title: "t", Price: assay.Money{Amount: 900, Scale: 2, Currency: "EUR"},
		Variants: []assay.Variant{{ID: "v", Price: assay.Money{Amount: 3900, Scale: 2, Currency: "EUR"}}}}
	a := says(assay.Block, "Bellweather", 5)
	a.Variant = "v"
	s := keep(l, []byte("{}"), &assay.Verdict{Assessment: says(assay.Review, "Bellweather", 2), Other: []assay.Assessment{a}}, 1, time.Unix(1, 0))
	_, found := revise(t, nil, assay.CauseListing, &s)
	if len(found) != 2 || found[0].Price != "9.00" || found[1].Price != "39.00" || found[1].Variant != "v" {
		t.Errorf("%+v", found)
	}
}
