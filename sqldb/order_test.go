package sqldb_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
)

func orders(t *testing.T, e engine) {
	s := worked(t, e)
	o := outcome(1)
	for i := range 12 {
		o.Findings = append(o.Findings, finding(fmt.Sprint(i), []string{"Bellweather", "Corvane"}[i%2], func(f *assay.Finding) {
			f.ID = fmt.Sprintf("id%02d", i)
			f.FoundAt = day.Add(time.Duration(i/2) * time.Minute) // two at each time
			f.ChangedAt = day.Add(time.Duration(i/4) * time.Hour) // four at each time
			f.Score = assay.Points(i%3) * 1_000_000               // four of each
			f.Level = []assay.Level{assay.Review, assay.Block}[i/6]
			f.Lane = []assay.Lane{assay.LaneCounterfeit, assay.LaneMisuse}[i%2]
			f.SellerID = fmt.Sprint("s", i%4/2)
		}))
	}
	o.Findings[3].After.Score = -1_000_000
	commit(t, s, o)
	id := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather", "Corvane"}, day))(t)
	for name, brand := range id {
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "group", Kind: assay.KindBrand, Name: "group"}))
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: brand, Kind: assay.KindBrand, Name: name, Parent: "group"}))
	}
	filters := map[string]assay.FindingFilter{
		"an offer": {Marketplace: "bazar.example", Offer: "3"}, "an offer, wherever": {Offer: "4"},
		"all": {}, "one verdict": {Levels: []assay.Level{assay.Block}}, "every verdict": everything(), "one lane": {Lanes: []assay.Lane{assay.LaneMisuse}},
		"two lanes": {Lanes: []assay.Lane{assay.LaneMisuse, assay.LaneCounterfeit}}, "an owner": {Owner: "Corvane"}, "a marketplace": {Marketplace: "bazar.example"},
		"a seller": {Seller: "s1"}, "a seller's in a lane of an owner": {Seller: "s1", Lanes: []assay.Lane{assay.LaneMisuse}, Owner: "Corvane"},
		"a search": {Query: "bag"}, "a search by texts": {Query: "bag"}, "a search by list": {Query: "bag"}, "a search by sample": {Query: "bag"}, "a search by all": {Query: "bag"},
		"a narrow search by all": {Query: "bag", Lanes: []assay.Lane{assay.LaneMisuse}, Levels: []assay.Level{assay.Block}}, "since": {Since: day.Add(time.Hour)},
	}
	scopes := map[string]assay.Scope{"the installation": local, "a brand": {Organisation: id["Bellweather"]}, "a group": {Organisation: "group"}}
	all := get(s.ListFindings(t.Context(), local, everything(), "", 100))(t).Findings
	for order, want := range map[assay.FindingOrder]struct {
		name string
		less func(a, b *assay.Finding) bool
	}{
		assay.OrderChanged: {"the last changed first", func(a, b *assay.Finding) bool {
			return a.ChangedAt.After(b.ChangedAt) || a.ChangedAt.Equal(b.ChangedAt) && a.ID > b.ID
		}},
		assay.OrderFound: {"the first found first", func(a, b *assay.Finding) bool {
			return a.FoundAt.Before(b.FoundAt) || a.FoundAt.Equal(b.FoundAt) && a.ID < b.ID
		}},
		assay.OrderScore: {"the highest score first, then the last changed", func(a, b *assay.Finding) bool {
			return a.Score > b.Score || a.Score == b.Score && (a.ChangedAt.After(b.ChangedAt) || a.ChangedAt.Equal(b.ChangedAt) && a.ID > b.ID)
		}},
	} {
		t.Run(want.name, func(t *testing.T) {
			sorted := slices.Clone(all)
			slices.SortFunc(sorted, func(a, b assay.Finding) int {
				if want.less(&a, &b) {
					return -1
				}
				return 1
			})
			for what, filter := range filters {
				_, way, _ := strings.Cut(what, "search by ")
				s.Search(cmp.Or(way, "words"))
				for who, scope := range scopes {
					filter.Order = order
					whole := get(s.ListFindings(t.Context(), scope, filter, "", 100))(t).Findings
					members := map[string]bool{}
					for _, f := range whole {
						members[f.ID] = true
					}
					expected := []string{}
					for _, f := range sorted {
						if members[f.ID] {
							expected = append(expected, f.ID)
						}
					}
					for _, limit := range []int{100, 5, 1} {
						got, cursor := []string{}, ""
						for more := true; more; more = cursor != "" {
							page := get(s.ListFindings(t.Context(), scope, filter, cursor, limit))(t)
							for _, f := range page.Findings {
								got = append(got, f.ID)
							}
							cursor = page.Next
							if page.Count > len(whole) || page.Count < len(whole) && !page.Capped || page.Count < len(page.Findings) {
								t.Errorf("%s of %s: the count is %d of %d, capped %v", what, who, page.Count, len(whole), page.Capped)
							}
							if page.Capped && (way == "" || way == "texts") {
								t.Errorf("%s of %s: the count of few is capped", what, who)
							}
						}
						if !slices.Equal(got, expected) {
							t.Errorf("%s of %s in parts of %d: %s, want %s", what, who, limit, strings.Join(got, " "), strings.Join(expected, " "))
						}
					}
				}
			}
		})
	}
	s.Search("words")
	t.Run("an unknown one is Invalid", func(t *testing.T) {
		_, err := s.ListFindings(t.Context(), local, assay.FindingFilter{Order: "title; DROP TABLE finding"}, "", 1)
		wantCode(t, err, assay.Invalid)
	})
	t.Run("a cursor of one order is none of another", func(t *testing.T) {
		for _, a := range []assay.FindingOrder{assay.OrderChanged, assay.OrderFound, assay.OrderScore} {
			next := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Order: a}, "", 1))(t).Next
			for _, b := range []assay.FindingOrder{assay.OrderChanged, assay.OrderFound, assay.OrderScore} {
				if _, err := s.ListFindings(t.Context(), local, assay.FindingFilter{Order: b}, next, 1); a != b {
					wantCode(t, err, assay.Invalid)
				} else {
					must(t, err)
				}
			}
		}
	})
	t.Run("by score, what comes meanwhile is met only further down", func(t *testing.T) {
		seq := uint64(1)
		got := walk(t, s, assay.FindingFilter{Order: assay.OrderScore, Levels: everything().Levels}, 2, func() {
			seq++
			commit(t, s, outcome(seq, finding(fmt.Sprint("new", seq), "Bellweather", func(f *assay.Finding) { f.Score = 9_000_000 })))
		})
		if slices.Sort(got); len(slices.Compact(got)) != 12 {
			t.Errorf("got %q", got)
		}
	})
}

func sellers(t *testing.T, e engine) {
	s := worked(t, e)
	at := func(minute int) time.Time { return day.Add(time.Duration(minute) * time.Minute) }
	add := func(offer, owner, marketplace, seller string, level assay.Level, found, changed int) assay.FindingChange {
		return finding(offer, owner, func(f *assay.Finding) {
			f.Marketplace, f.SellerID, f.Level, f.FoundAt, f.ChangedAt = marketplace, seller, level, at(found), at(changed)
		})
	}
	commit(t, s, outcome(1,
		add("1", "Bellweather", "bazar.example", "s", assay.Review, 5, 6), add("2", "Bellweather", "bazar.example", "s", assay.Block, 2, 9),
		add("2", "Corvane", "bazar.example", "s", assay.Review, 1, 20), add("3", "Bellweather", "bazar.example", "s", assay.Clear, 3, 7),
		add("1", "Bellweather", "souk.example", "s", assay.Block, 0, 30), add("4", "Bellweather", "bazar.example", "t", assay.Block, 0, 30),
	))
	bellweather := assay.Scope{Organisation: get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]}
	for _, c := range []struct {
		name                string
		scope               assay.Scope
		marketplace, seller string
		want                assay.SellerSummary
	}{
		{"all that the scope sees, by verdict, and when", local, "bazar.example", "s", assay.SellerSummary{Findings: 4, Review: 2, Block: 1, First: at(1), Last: at(20)}},
		{"not what it does not see", bellweather, "bazar.example", "s", assay.SellerSummary{Findings: 3, Review: 1, Block: 1, First: at(2), Last: at(9)}},
		{"not those of the same name elsewhere", local, "souk.example", "s", assay.SellerSummary{Findings: 1, Block: 1, First: at(0), Last: at(30)}},
		{"nothing of a seller without findings", local, "bazar.example", "u", assay.SellerSummary{}},
		{"nothing for nobody", assay.Scope{}, "bazar.example", "s", assay.SellerSummary{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, get(s.SellerFindings(t.Context(), c.scope, c.marketplace, c.seller))(t), c.want)
		})
	}
	t.Run("no more are counted than lists count, the last changed of them", func(t *testing.T) {
		s := worked(t, e)
		for seq := uint64(1); seq <= 11; seq++ {
			o := outcome(seq)
			for i := range 1000 {
				o.Findings = append(o.Findings, finding(fmt.Sprint(seq, "-", i), "Bellweather", func(f *assay.Finding) { f.Contributions, f.ChangedAt = nil, at(int(seq)) }))
			}
			commit(t, s, o)
		}
		same(t, get(s.SellerFindings(t.Context(), local, "bazar.example", "s1"))(t),
			assay.SellerSummary{Findings: assay.MaxCount, Review: assay.MaxCount, First: day, Last: at(11)})
	})
}

func lastPosition(t *testing.T, e engine) {
	s := worked(t, e)
	is := func(name string, scope assay.Scope) {
		t.Helper()
		want := int64(0)
		for more := true; more; {
			more = false
			for _, event := range get(s.Events(t.Context(), scope, want, 1000))(t) {
				want, more = event.Position, true
			}
		}
		if got := get(s.LastPosition(t.Context(), scope))(t); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	ids := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather", "Corvane", "Silent"}, day))(t)
	all := func(when string) {
		t.Helper()
		for name, scope := range map[string]assay.Scope{"the installation": local, "nobody": {}, "a stranger": {Organisation: "stranger"}, "a group": {Organisation: "group"},
			"Bellweather": {Organisation: ids["Bellweather"]}, "Corvane": {Organisation: ids["Corvane"]}, "Silent": {Organisation: ids["Silent"]}} {
			is(name+", "+when, scope)
		}
	}
	all("before anything")
	must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "group", Kind: assay.KindBrand, Name: "group"}))
	for _, name := range []string{"Bellweather", "Silent"} {
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: ids[name], Kind: assay.KindBrand, Name: name, Parent: "group"}))
	}
	commit(t, s, outcome(1, finding("1", "Bellweather"), finding("2", "Corvane")))
	all("among the recent ones")
	o := outcome(2)
	for i := range 1_000 {
		o.Findings = append(o.Findings, finding(fmt.Sprint("later ", i), "Corvane"))
	}
	commit(t, s, o)
	all("behind many others")
}
