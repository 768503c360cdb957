package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay"
)

// plans returns how SQLite goes about the statements that do made, those that hold a text.
func plans(t *testing.T, p pool, text string, do func()) string {
	t.Helper()
	p.statements.close()
	p.statements.byText = map[string]*sql.Stmt{}
	do()
	var all strings.Builder
	found := false
	for query := range p.statements.byText {
		if !strings.Contains(query, text) {
			continue
		}
		found = true
		args := make([]any, 0)
		for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(query, -1) {
			for n, _ := strconv.Atoi(m[1]); len(args) < n; {
				args = append(args, "1")
			}
		}
		rows, err := p.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&all, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Fatalf("nothing was asked with %q", text)
	}
	return all.String()
}

func TestSQLiteReadsWhatIsAskedOftenFromIndexesInTheirOrder(t *testing.T) {
	s := openTemp(t, Options{})
	local, now := assay.LocalScope("test"), time.Unix(1_790_000_000, 0)
	brands := func(parent string, n int) (last string) {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint(parent, i))
		}
		ids, err := s.EnsureBrands(t.Context(), local, names, now)
		if err != nil {
			t.Fatal(err)
		}
		for name, id := range ids {
			last = id
			if parent == "" {
				continue
			}
			if err := s.PutOrganisation(t.Context(), local, assay.Organisation{ID: id, Kind: assay.KindBrand, Name: name, Parent: parent}); err != nil {
				t.Fatal(err)
			}
		}
		return last
	}
	group := func(id string, n int) assay.Scope {
		if err := s.PutOrganisation(t.Context(), local, assay.Organisation{ID: id, Kind: assay.KindBrand, Name: id}); err != nil {
			t.Fatal(err)
		}
		brands(id, n)
		return assay.Scope{Organisation: id}
	}
	list := func(name string, scope assay.Scope) {
		for _, order := range []assay.FindingOrder{assay.OrderChanged, assay.OrderFound, assay.OrderScore} {
			t.Run(fmt.Sprintf("%s, in the order %q", name, order), func(t *testing.T) {
				plan := plans(t, s.reader, "AS r0", func() {
					if _, err := s.ListFindings(t.Context(), scope, assay.FindingFilter{Order: order}, "", 50); err != nil {
						t.Fatal(err)
					}
				})
				// A range is read in its order from an index alone; only what it gives is sorted.
				ranges := regexp.MustCompile(`(?s)CO-ROUTINE r\d+\n(.*?)SCAN r\d+\n`).FindAllStringSubmatch(plan, -1)
				for _, r := range ranges {
					if strings.Contains(r[1], "TEMP B-TREE") || !strings.Contains(r[1], "SEARCH f USING COVERING INDEX") {
						t.Error(r[1])
					}
				}
				if len(ranges) < 1 {
					t.Error(plan)
				}
			})
		}
	}
	list("the installation of few organisations", local)
	brand := assay.Scope{Organisation: brands("", 1)}
	list("one brand", brand)
	list("a group of few", group("few", 3))
	list("a group of as many as are few", group("limit", fewOrganisations-1))
	list("a group of many", group("many", fewOrganisations+1))
	list("the installation of many organisations", local)

	for _, c := range []struct {
		name   string
		scope  assay.Scope
		filter assay.FindingFilter
		index  string // of every range
	}{
		{"of a lane", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice}}, "finding_lane (lane=? AND level=?)"},
		{"of a lane by score", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice}, Order: assay.OrderScore}, "finding_lane_score (lane=? AND level=?)"},
		{"of a lane that is on few, first found", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice}, Order: assay.OrderFound}, "finding_lane (lane=? AND level=?)"},
		{"of lanes", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice, assay.LaneMisuse}}, "finding_lane (lane=? AND level=?)"},
		{"of lanes, for a brand", brand, assay.FindingFilter{Lanes: assay.Lanes()}, "finding_organisation (organisation=? AND level=?)"},
		{"of a marketplace", local, assay.FindingFilter{Marketplace: "m"}, "finding_marketplace (marketplace=? AND level=?)"},
		{"of a marketplace by score", local, assay.FindingFilter{Marketplace: "m", Order: assay.OrderScore}, "finding_marketplace_score (marketplace=? AND level=?)"},
		{"of a lane on a marketplace", local, assay.FindingFilter{Marketplace: "m", Lanes: []assay.Lane{assay.LanePrice}}, "COVERING INDEX finding_marketplace (marketplace=? AND level=?)"},
		{"of a brand on a marketplace", brand, assay.FindingFilter{Marketplace: "m"}, "COVERING INDEX finding_organisation (organisation=? AND level=?)"},
		{"of an owner", local, assay.FindingFilter{Owner: "o", Marketplace: "m"}, "finding_organisation (organisation=? AND level=?)"},
		{"of a seller", local, assay.FindingFilter{Seller: "s", Owner: "o", Marketplace: "m"}, "finding_seller (seller_id=? AND level=?)"},
		{"of a seller by score, for a brand", brand, assay.FindingFilter{Seller: "s", Order: assay.OrderScore}, "finding_seller (seller_id=? AND level=?)"},
		{"of an offer, for a brand", brand, assay.FindingFilter{Offer: "o", Marketplace: "m", Seller: "s"}, "sqlite_autoindex_finding_3 (marketplace=? AND offer=?)"},
	} {
		t.Run("findings "+c.name, func(t *testing.T) {
			plan := plans(t, s.reader, "AS r0", func() {
				if _, err := s.ListFindings(t.Context(), c.scope, c.filter, "", 50); err != nil {
					t.Fatal(err)
				}
			})
			want := len(levels()) - 1
			if strings.HasPrefix(c.index, "finding_lane") {
				want *= len(c.filter.Lanes)
			}
			if strings.Count(plan, c.index) != want || strings.Count(plan, "SEARCH f ") != want+1 {
				t.Errorf("want %s in\n%s", c.index, plan)
			}
		})
	}

	for name, scope := range map[string]assay.Scope{"everybody": local, "a brand": brand} {
		t.Run("replaying events of "+name, func(t *testing.T) {
			if err := s.PutWebhook(t.Context(), local, assay.Webhook{ID: name, Organisation: scope.Organisation, Active: true}); err != nil {
				t.Fatal(err)
			}
			plan := plans(t, s.reader, "FROM event", func() {
				if _, err := s.ReplayEvents(t.Context(), local, name, now, now); err != nil {
					t.Fatal(err)
				}
			})
			index := map[bool]string{true: "event_at", false: "event_organisation_at"}[scope == local]
			if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "SEARCH e USING INDEX "+index+" ") {
				t.Error(plan)
			}
		})
	}
	t.Run("due deliveries", func(t *testing.T) {
		plan := plans(t, s.writer, "UPDATE delivery", func() {
			if _, err := s.DueDeliveries(t.Context(), local, now, now, 10); err != nil {
				t.Fatal(err)
			}
		})
		if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "delivery_due (next_at<?)") || strings.Contains(plan, "webhook") {
			t.Error(plan)
		}
	})
	t.Run("retired rows of owners", func(t *testing.T) {
		version, err := s.BeginReference(t.Context(), local, "i", now, now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		plan := plans(t, s.reader, "count(*) FROM reference_row", func() {
			if _, _, err := s.RetireMissing(t.Context(), local, version, assay.ReferenceMarks, []string{"x"}, 0); err != nil {
				t.Fatal(err)
			}
		})
		if !strings.Contains(plan, "reference_row_retired (kind=? AND owner=? AND until=?)") {
			t.Error(plan)
		}
	})
}

func TestAListThatTakesTooLongIsUnavailableAndSaysWhy(t *testing.T) {
	s := openTemp(t, Options{})
	s.listTime = 1
	for name, list := range map[string]func(context.Context) error{
		"findings": func(ctx context.Context) error {
			_, err := s.ListFindings(ctx, assay.LocalScope("test"), assay.FindingFilter{Query: "bag"}, "", 1)
			return err
		},
		"reference": func(ctx context.Context) error {
			_, _, err := s.ListReferenceRows(ctx, assay.LocalScope("test"), assay.ReferenceMarks, "", "x", "", 1)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := list(t.Context()); assay.CodeOf(err) != assay.Unavailable || !strings.Contains(err.Error(), "too broad") {
				t.Error(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := list(ctx); assay.CodeOf(err) == assay.Unavailable {
				t.Errorf("a caller who went away gets %v", err)
			}
		})
	}
}

func TestReadingThePartitionsMakesNone(t *testing.T) {
	s := openTemp(t, Options{})
	local := assay.LocalScope("test")
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA query_only=1"); err != nil {
		t.Fatal(err)
	}
	if parts, err := s.PartitionStates(t.Context(), local); len(parts) != 0 || err != nil {
		t.Errorf("%+v, %v", parts, err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA query_only=0"); err != nil {
		t.Fatal(err)
	}
	made, err := s.Partitions(t.Context(), local, 3)
	if err != nil {
		t.Fatal(err)
	}
	if parts, err := s.PartitionStates(t.Context(), local); len(parts) != 3 || parts[2] != made[2] || err != nil {
		t.Errorf("%+v, %v", parts, err)
	}
}
