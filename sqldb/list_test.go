package sqldb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
)

func offers(t *testing.T, e engine) {
	key := assay.OfferKey{Marketplace: "bazar.example", ID: "1"}
	t.Run("revisions come newest first, and one that is sent again is replaced", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"))
		for _, n := range []int{1, 2, 2} {
			o.Revisions = append(o.Revisions, assay.Revision{OfferKey: key, Number: n, SeenAt: day, Listing: fmt.Append(nil, "r", n, len(o.Revisions))})
		}
		o.Revisions[1].State = assay.State{Revision: 2, Changed: []string{"images"}}
		o.Revisions[2].State = o.Revisions[1].State
		commit(t, s, o)
		want := []assay.Revision{o.Revisions[2], o.Revisions[0]}
		for i := range want {
			same(t, get(s.RevisionListing(t.Context(), local, key, want[i].Number))(t), want[i].Listing)
			want[i].Listing = nil
		}
		same(t, get(s.Revisions(t.Context(), local, key))(t), want)
		_, err := s.RevisionListing(t.Context(), local, key, 3)
		wantCode(t, err, assay.NotFound)
	})
	t.Run("who a seller is in law is for the installation only", func(t *testing.T) {
		s := worked(t, e)
		b := assay.Scope{Organisation: get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]}
		listing := `{"id":"1","title":"\"legal_name\":","seller":{"id":"s","legal\u005fname":"Wang Ltd","identifiers":[{"type":"phone","value":"1"}],"country":"CN"},"x":[1e2,{"legal_name":"not a seller's"}]}`
		o := outcome(1, finding("1", "Bellweather"))
		o.Revisions = []assay.Revision{{OfferKey: key, Number: 1, SeenAt: day, Listing: []byte(listing)}, {OfferKey: key, Number: 2, SeenAt: day, Listing: []byte(listing + "{}")},
			{OfferKey: key, Number: 3, SeenAt: day, Listing: []byte(`[]`)}}
		commit(t, s, o)
		same(t, string(get(s.RevisionListing(t.Context(), local, key, 1))(t)), listing)
		same(t, string(get(s.RevisionListing(t.Context(), b, key, 1))(t)),
			`{"id":"1","title":"\"legal_name\":","seller":{"id":"s","country":"CN"},"x":[1e2,{"legal_name":"not a seller's"}]}`)
		for _, broken := range []int{2, 3} { // what can't be read is shown to nobody
			if shown, err := s.RevisionListing(t.Context(), b, key, broken); err == nil || shown != nil {
				t.Errorf("%q, %v", shown, err)
			}
		}
	})
	t.Run("observations come newest first; unknown is not nought", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"))
		o.Observations = []assay.Observation{{OfferKey: key, At: day, Sold: assay.Count{N: 0, Known: true}}, {OfferKey: key, At: day.Add(time.Hour), Variant: "v", Quantity: assay.Count{N: 5, Known: true}}}
		commit(t, s, o)
		same(t, get(s.Observations(t.Context(), local, key, 10))(t), []assay.Observation{o.Observations[1], o.Observations[0]})
	})
	t.Run("offers with findings come once each, latest revision, in the order of keys, in parts", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1)
		for _, id := range []string{"b", "a", "B", "é", "c"} {
			o.Findings = append(o.Findings, finding(id, "Bellweather"), finding(id, "Corvane"))
			if id == "c" {
				continue // nothing is kept of it
			}
			for n := 1; n <= 2; n++ {
				o.Revisions = append(o.Revisions, assay.Revision{OfferKey: assay.OfferKey{Marketplace: "bazar.example", ID: id}, Number: n, SeenAt: day})
			}
		}
		commit(t, s, o)
		var got []string
		var after assay.OfferKey
		for {
			part := get(s.FoundOffers(t.Context(), local, after, 3))(t)
			for _, r := range part {
				got = append(got, fmt.Sprint(r.ID, r.Number))
				after = r.OfferKey
			}
			if len(part) < 3 {
				break
			}
		}
		if want := []string{"B2", "a2", "b2", "é2"}; !slices.Equal(got, want) {
			t.Errorf("offers are %q, want %q", got, want)
		}
		if n := get(s.CountFoundOffers(t.Context(), local))(t); n != 5 {
			t.Errorf("count is %d", n)
		}
	})
	t.Run("findings of many offers are found in one call", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1)
		var keys []assay.OfferKey
		for i := range 150 {
			o.Findings = append(o.Findings, finding(fmt.Sprint(i), "Bellweather"))
			keys = append(keys, assay.OfferKey{Marketplace: "bazar.example", ID: fmt.Sprint(i)})
		}
		commit(t, s, o)
		if n := len(get(s.FindingsOf(t.Context(), local, append(keys, keys...)))(t)); n != 150 {
			t.Errorf("%d findings", n)
		}
		if n := len(get(s.FindingsOf(t.Context(), local, nil))(t)); n != 0 {
			t.Errorf("%d findings of no offers", n)
		}
	})
}

func rescreening(t *testing.T, e engine) {
	t.Run("everybody may know how far it is, and nobody else which offer it has come to", func(t *testing.T) {
		s := worked(t, e)
		b := assay.Scope{Organisation: get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]}
		job := assay.Rescreen{Generation: "g", Position: assay.OfferKey{Marketplace: "bazar.example", ID: "2"}, Total: 2, Done: 1, StartedAt: day}
		must(t, s.PutRescreen(t.Context(), local, job))
		got, there, err := s.Rescreen(t.Context(), b)
		must(t, err)
		job.Position = assay.OfferKey{}
		if same(t, got, job); !there {
			t.Error("it is not there")
		}
		if _, there, err := s.Rescreen(t.Context(), assay.Scope{}); there || err != nil {
			t.Error("nobody gets", there, err)
		}
		wantCode(t, s.PutRescreen(t.Context(), b, job), assay.Forbidden)
	})
	t.Run("what changed meanwhile is passed over, the rest is written with the job", func(t *testing.T) {
		s := worked(t, e)
		if _, there, err := s.Rescreen(t.Context(), local); there || err != nil {
			t.Fatal(there, err)
		}
		commit(t, s, outcome(1, finding("1", "Bellweather"), finding("2", "Bellweather")))
		found := get(s.ListFindings(t.Context(), local, everything(), "", 10))(t).Findings
		commit(t, s, outcome(2, changed(found[0])))
		job := assay.Rescreen{Generation: "g", AsOf: day, Position: assay.OfferKey{Marketplace: "bazar.example", ID: "2"}, Total: 2, Done: 2, Changed: 1, StartedAt: day}
		clear := func(f *assay.Finding) { f.Level = assay.Clear }
		must(t, s.ReviseFindings(t.Context(), local, []assay.FindingChange{changed(found[0], clear), changed(found[1], clear)}, job, day))
		if f := get(s.Finding(t.Context(), local, found[0].ID))(t); f.Level != assay.Review || f.Version != 2 {
			t.Errorf("the newer one is %+v", f)
		}
		if f := get(s.Finding(t.Context(), local, found[1].ID))(t); f.Level != assay.Clear || f.Version != 2 {
			t.Errorf("the other is %+v", f)
		}
		if n := len(get(s.Events(t.Context(), local, 0, 10))(t)); n != 4 {
			t.Errorf("%d events", n)
		}
		got, there, err := s.Rescreen(t.Context(), local)
		must(t, err)
		if !there {
			t.Error("the job is not there")
		}
		same(t, got, job)
		job.EndedAt = day
		must(t, s.PutRescreen(t.Context(), local, job))
		got, _, err = s.Rescreen(t.Context(), local)
		must(t, err)
		same(t, got, job)
	})
}

func rescreeningOfEarlierRevisions(t *testing.T, e engine) {
	t.Run("what was screened of an earlier revision is passed over, whatever the finding's version", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"))
		o.Revisions = []assay.Revision{{OfferKey: assay.OfferKey{Marketplace: "bazar.example", ID: "1"}, Number: 1, SeenAt: day, Listing: []byte("{}")}}
		commit(t, s, o)
		found := get(s.ListFindings(t.Context(), local, everything(), "", 10))(t).Findings
		later := outcome(2) // says nothing new of the finding, but it is another listing
		later.Revisions = []assay.Revision{{OfferKey: found[0].Key(), Number: 2, SeenAt: day, Listing: []byte("{}")}}
		commit(t, s, later)
		c := changed(found[0], func(f *assay.Finding) { f.Level = assay.Clear })
		must(t, s.ReviseFindings(t.Context(), local, []assay.FindingChange{c}, assay.Rescreen{Generation: "g"}, day))
		if f := get(s.Finding(t.Context(), local, found[0].ID))(t); f.Level != assay.Review || f.Version != 1 {
			t.Errorf("%+v", f)
		}
	})
}

// walk reads a list in parts of limit and calls between after each.
func walk(t *testing.T, s *sqldb.Store, f assay.FindingFilter, limit int, between func()) (offers []string) {
	t.Helper()
	cursor := ""
	for {
		page := get(s.ListFindings(t.Context(), local, f, cursor, limit))(t)
		for _, f := range page.Findings {
			offers = append(offers, f.Offer)
		}
		if cursor = page.Next; cursor == "" {
			return offers
		}
		if between != nil {
			between()
		}
	}
}

func listing(t *testing.T, e engine) {
	s := worked(t, e)
	o := outcome(1)
	for i := range 10 {
		o.Findings = append(o.Findings, finding(fmt.Sprint(i), []string{"Bellweather", "Corvane"}[i%2], func(f *assay.Finding) {
			f.FoundAt = day.Add(time.Duration(i/2) * time.Minute) // two at each time
			f.ChangedAt = day.Add(time.Duration(-i/2) * time.Minute)
			f.Level = []assay.Level{assay.Review, assay.Block, assay.Clear}[i%3]
			f.Lane = []assay.Lane{assay.LaneCounterfeit, assay.LaneMisuse}[i/5]
			f.SellerID = fmt.Sprint("s", i%4)
			f.Marketplace = []string{"bazar.example", "souk.example"}[i/8]
			f.ID = fmt.Sprint("id", i)
		}))
	}
	commit(t, s, o)
	for _, c := range []struct {
		name   string
		filter assay.FindingFilter
		want   string
	}{
		{"without a filter, review and block", assay.FindingFilter{}, "0 1 3 4 6 7 9"},
		{"every verdict", everything(), "0 1 2 3 4 5 6 7 8 9"},
		{"one verdict", assay.FindingFilter{Levels: []assay.Level{assay.Block}}, "1 4 7"},
		{"one lane", assay.FindingFilter{Lanes: []assay.Lane{assay.LaneMisuse}}, "6 7 9"},
		{"several lanes", assay.FindingFilter{Lanes: assay.Lanes()}, "0 1 3 4 6 7 9"},
		{"an owner", assay.FindingFilter{Owner: "Corvane"}, "1 3 7 9"},
		{"an owner that is not there", assay.FindingFilter{Owner: "Nobody"}, ""},
		{"a marketplace", assay.FindingFilter{Marketplace: "souk.example"}, "9"},
		{"an offer", assay.FindingFilter{Offer: "3"}, "3"},
		{"a seller", assay.FindingFilter{Seller: "s1"}, "1 9"},
		{"changed since", assay.FindingFilter{Since: day.Add(-time.Minute)}, "0 1 3"},
		{"all of it at once", assay.FindingFilter{Levels: []assay.Level{assay.Review}, Lanes: []assay.Lane{assay.LaneMisuse}, Owner: "Corvane",
			Marketplace: "souk.example", Offer: "9", Seller: "s1", Query: "bag"}, "9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := get(s.ListFindings(t.Context(), local, c.filter, "", 100))(t)
			var got []string
			for _, f := range page.Findings {
				got = append(got, f.Offer)
			}
			if !slices.IsSortedFunc(page.Findings, func(a, b assay.Finding) int { return b.ChangedAt.Compare(a.ChangedAt) }) {
				t.Errorf("%q are not the last changed first", got)
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want || page.Count != len(got) || page.Next != "" {
				t.Errorf("got %q, count %d, next %q, want %q", got, page.Count, page.Next, c.want)
			}
			parts := walk(t, s, c.filter, 1, nil)
			slices.Sort(parts)
			if !slices.Equal(parts, got) {
				t.Errorf("in parts of one it is %q", parts)
			}
		})
	}
	t.Run("an unknown verdict is Invalid", func(t *testing.T) {
		_, err := s.ListFindings(t.Context(), local, assay.FindingFilter{Levels: []assay.Level{"?"}}, "", 1)
		wantCode(t, err, assay.Invalid)
	})
	t.Run("a list read in parts stays whole while findings come", func(t *testing.T) {
		seq := uint64(1)
		got := walk(t, s, everything(), 2, func() {
			seq++
			commit(t, s, outcome(seq, finding(fmt.Sprint("new", seq), "Bellweather", func(f *assay.Finding) { f.ChangedAt = day.Add(time.Hour) })))
		})
		slices.Sort(got)
		if strings.Join(got, " ") != "0 1 2 3 4 5 6 7 8 9" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a cursor of another list, or none at all, is Invalid", func(t *testing.T) {
		next := get(s.ListFindings(t.Context(), local, everything(), "", 1))(t).Next
		oldest := everything()
		oldest.Order = assay.OrderFound
		_, err := s.ListFindings(t.Context(), local, oldest, next, 1)
		wantCode(t, err, assay.Invalid)
		for _, cursor := range []string{"x", "AQ", "AXt9", "' OR 1=1 --", strings.Repeat("A", 1<<20), next + "A", "é"} {
			_, err := s.ListFindings(t.Context(), local, everything(), cursor, 1)
			wantCode(t, err, assay.Invalid)
		}
	})
	t.Run("a count stops where it says no more", func(t *testing.T) {
		s := worked(t, e)
		for seq := uint64(1); seq <= 11; seq++ {
			o := outcome(seq)
			for i := range 1000 {
				o.Findings = append(o.Findings, finding(fmt.Sprint(seq, "-", i), "Bellweather", func(f *assay.Finding) { f.Contributions = nil }))
			}
			commit(t, s, o)
		}
		if page := get(s.ListFindings(t.Context(), local, assay.FindingFilter{}, "", 1))(t); page.Count != assay.MaxCount || !page.Capped {
			t.Errorf("count is %d, capped %v", page.Count, page.Capped)
		}
		if page := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Query: "bag"}, "", 1))(t); page.Count < 1_000 || page.Count > assay.MaxCount || !page.Capped {
			t.Errorf("count of a search is %d, capped %v", page.Count, page.Capped)
		}
	})
	t.Run("a group of many brands reads one list of all their findings", func(t *testing.T) {
		s := worked(t, e)
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "group", Kind: assay.KindBrand, Name: "group"}))
		for _, n := range []int{1, 5, 60} {
			o := outcome(uint64(n))
			for i := range n {
				brand := fmt.Sprint("brand", n, "-", i)
				o.Findings = append(o.Findings, finding(brand, brand))
			}
			commit(t, s, o)
			for i := range n {
				brand := fmt.Sprint("brand", n, "-", i)
				id := get(s.EnsureBrands(t.Context(), local, []string{brand}, day))(t)[brand]
				must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: id, Kind: assay.KindBrand, Name: brand, Parent: "group"}))
			}
			if page := get(s.ListFindings(t.Context(), assay.Scope{Organisation: "group"}, everything(), "", 1000))(t); page.Count < n || len(page.Findings) != page.Count {
				t.Errorf("of %d more brands it sees %d findings, count %d", n, len(page.Findings), page.Count)
			}
		}
	})
}

func fullText(t *testing.T, e engine) {
	s := worked(t, e)
	add := func(id string, change func(*assay.Finding)) assay.FindingChange {
		return finding(id, "Owner", func(f *assay.Finding) {
			f.Title, f.SellerID, f.SellerName, f.Contributions, f.ID = "", "", "", nil, "id-"+id
			change(f)
		})
	}
	commit(t, s, outcome(1,
		add("han", func(f *assay.Finding) { f.Title = "正品古驰包 2026" }),
		add("cyr", func(f *assay.Finding) {
			f.Title = "Gцcci shoulder bag"
			f.Contributions = []assay.Contribution{{Mark: "Gucci", Written: "Gцcci"}}
		}),
		add("wide", func(f *assay.Finding) { f.Title = "ＡＤＩＤＡＳ Ultra Café" }),
		add("kana", func(f *assay.Finding) { f.Title = "グッチのバッグ" }),
		add("thai", func(f *assay.Finding) { f.Title = "กระเป๋าแท้" }),
		add("hangul", func(f *assay.Finding) { f.Title = "구찌 가방" }),
		add("text", func(f *assay.Finding) { f.Text = "Beschreibung mit Wörtern" }),
		add("seller", func(f *assay.Finding) { f.SellerID, f.SellerName = "shop-77", "Golden Dragon" }),
		add("OFFER-991", func(f *assay.Finding) {}),
		add("long", func(f *assay.Finding) { f.Text = strings.Repeat("filler 填充 ", 3000) + "unreached" }),
	))
	queries := []struct{ query, want string }{
		{"古驰", "han"}, {"正品古驰包", "han"}, {"驰包", "han"}, {"包", "han"}, {"古", "han"}, {"驰", "han"}, {"驰古", ""}, {"古包", ""},
		{"古驰 2026", "han"}, {"2026 古", "han"}, {"古 2026", "han"},
		{"Gцcci", "cyr"}, {"gцcci", "cyr"}, {"gucci", "cyr"}, {"GUCCI bag", "cyr"}, {"guc", "cyr"}, {"guc bag", ""}, {"bag gucci", "cyr"},
		{"adidas", "wide"}, {"ａｄｉ", "wide"}, {"café", "wide"}, {"CAFE\u0301", "wide"},
		{"グッチ", "kana"}, {"ｸﾞｯﾁ", "kana"}, {"バッグ", "kana"},
		{"กระเป๋า", "thai"}, {"구찌", "hangul"}, {"가방", "hangul"},
		{"wörter", "text"}, {"beschreibung", "text"}, {"dragon golden", "seller"}, {"shop-77", "seller"}, {"shop 77", "seller"}, {"dragon sh", "seller"}, {"shop 7", ""}, {"g", ""}, {"グ", "kana"},
		{"offer-991", "OFFER-991"}, {"filler", "long"}, {"unreached", ""},
		{"owner gucci", "cyr"}, {"nothing", ""},
	}
	for _, way := range []string{"texts", "list", "sample", "all", "words"} { // the last stays
		s.Search(way)
		for _, c := range queries {
			t.Run(fmt.Sprintf("%q finds %q, by %s", c.query, c.want, way), func(t *testing.T) {
				page := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Query: c.query}, "", 100))(t)
				var got []string
				for _, f := range page.Findings {
					got = append(got, f.Offer)
				}
				if strings.Join(got, " ") != c.want || page.Count != len(got) || page.Capped {
					t.Errorf("got %q, count %d, capped %v", got, page.Count, page.Capped)
				}
			})
		}
	}
	for _, query := range []string{`"`, `'`, `*`, `-`, `gucci OR adidas`, `gucci" OR "adidas`, `NEAR(a b)`, `title:gucci`, `^zebra`, `words:*`, `a & b | !c`, `'a' <-> 'b'`,
		"\x00", "\xff\xfe", `\`, `%`, `$1`, `)`, strings.Repeat("a ", 10_000), strings.Repeat("古", 10_000), strings.Repeat("x", 1<<20), "\u202e\u202d", `""*`, `w67 AND`} {
		t.Run(fmt.Sprintf("hostile text %.20q is only text", query), func(t *testing.T) {
			if page := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Query: query}, "", 100))(t); len(page.Findings) != 0 {
				t.Errorf("it finds %d", len(page.Findings))
			}
		})
	}
	t.Run("only blank text asks for nothing in particular", func(t *testing.T) {
		if n := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Query: "  "}, "", 100))(t).Count; n != 10 {
			t.Errorf("count is %d", n)
		}
	})
	t.Run("a change is found by its new text and not by its old", func(t *testing.T) {
		f := get(s.Finding(t.Context(), local, "id-han"))(t)
		commit(t, s, outcome(2, changed(f, func(f *assay.Finding) { f.Title = "普拉达 bag" })))
		for query, want := range map[string]int{"古驰": 0, "普拉达": 1} {
			if n := get(s.ListFindings(t.Context(), local, assay.FindingFilter{Query: query}, "", 100))(t).Count; n != want {
				t.Errorf("%s is found %d times", query, n)
			}
		}
	})
}
