package sqldb_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"assay"
	"assay/sqldb"
	"assay/sqldb/pgtest"
)

// twoBrands is a store where Bellweather and Corvane have a finding, an event, a
// webhook with a delivery, a token, an answer and a row of reference each.
func twoBrands(t *testing.T, e engine) (s *sqldb.Store, bellweather, corvane assay.Scope) {
	t.Helper()
	s = worked(t, e)
	ids := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather", "Corvane"}, day))(t)
	bellweather = assay.Scope{Organisation: ids["Bellweather"], Actor: "b"}
	corvane = assay.Scope{Organisation: ids["Corvane"], Actor: "c"}
	for _, scope := range []assay.Scope{bellweather, corvane} {
		must(t, s.PutWebhook(t.Context(), scope, assay.Webhook{ID: "hook of " + scope.Actor, Organisation: scope.Organisation, URL: "https://hook.example", Active: true, CreatedAt: day}))
		must(t, s.PutToken(t.Context(), scope, assay.Token{ID: scope.Actor, Organisation: scope.Organisation, Name: "api", Hash: [32]byte{scope.Actor[0]}, CreatedAt: day}))
		must(t, s.PutIdempotentResult(t.Context(), scope, "key", [32]byte{1}, 200, []byte(scope.Actor), day))
	}
	o := outcome(1, finding("of b", "Bellweather"), finding("of c", "Corvane"))
	for _, id := range []string{"of b", "of c"} {
		key := assay.OfferKey{Marketplace: "bazar.example", ID: id}
		o.Revisions = append(o.Revisions, assay.Revision{OfferKey: key, Number: 1, SeenAt: day, Listing: []byte(`{"id":"` + id + `"}`)})
		o.Observations = append(o.Observations, assay.Observation{OfferKey: key, At: day})
	}
	commit(t, s, o)
	get(s.FanOut(t.Context(), local, 10, day))(t)
	v := get(s.BeginReference(t.Context(), local, "i", day, day.Add(time.Hour)))(t)
	_, _, err := s.StageReference(t.Context(), local, v, assay.ImportMerge, []assay.ReferenceRow{
		{Kind: assay.ReferenceMarks, Key: "b", Owner: "Bellweather", Fields: "of b"}, {Kind: assay.ReferenceMarks, Key: "c", Owner: "Corvane", Fields: "of c"}})
	must(t, err)
	must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
	return s, bellweather, corvane
}

// sights are all the ways to see, each as the texts that identify what was seen.
var sights = map[string]func(t *testing.T, s *sqldb.Store, scope assay.Scope) []string{
	"findings": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		page := get(s.ListFindings(t.Context(), scope, everything(), "", 10))(t)
		for _, f := range page.Findings {
			seen = append(seen, f.Offer)
		}
		return seen
	},
	"count": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for range get(s.ListFindings(t.Context(), scope, everything(), "", 1))(t).Count {
			seen = append(seen, "of one")
		}
		return seen
	},
	"search": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		page := get(s.ListFindings(t.Context(), scope, assay.FindingFilter{Query: "bag"}, "", 10))(t)
		for _, f := range page.Findings {
			seen = append(seen, f.Offer)
		}
		return seen
	},
	"findings by owner": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, owner := range []string{"Bellweather", "Corvane"} {
			for _, f := range get(s.ListFindings(t.Context(), scope, assay.FindingFilter{Owner: owner}, "", 10))(t).Findings {
				seen = append(seen, f.Offer)
			}
		}
		return seen
	},
	"findings of offers": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, f := range get(s.FindingsOf(t.Context(), scope, []assay.OfferKey{{Marketplace: "bazar.example", ID: "of b"}, {Marketplace: "bazar.example", ID: "of c"}}))(t) {
			seen = append(seen, f.Offer)
		}
		return seen
	},
	"findings of a seller": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for range get(s.SellerFindings(t.Context(), scope, "bazar.example", "s1"))(t).Findings {
			seen = append(seen, "of one")
		}
		return seen
	},
	"offers found": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, r := range get(s.FoundOffers(t.Context(), scope, assay.OfferKey{}, 10))(t) {
			seen = append(seen, r.ID)
		}
		return seen
	},
	"count of offers found": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for range get(s.CountFoundOffers(t.Context(), scope))(t) {
			seen = append(seen, "of one")
		}
		return seen
	},
	"revisions": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, id := range []string{"of b", "of c"} {
			for _, r := range get(s.Revisions(t.Context(), scope, assay.OfferKey{Marketplace: "bazar.example", ID: id}))(t) {
				seen = append(seen, r.ID)
			}
		}
		return seen
	},
	"listings of revisions": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, id := range []string{"of b", "of c"} {
			listing, err := s.RevisionListing(t.Context(), scope, assay.OfferKey{Marketplace: "bazar.example", ID: id}, 1)
			if err != nil {
				wantCode(t, err, assay.NotFound)
				continue
			}
			seen = append(seen, strings.TrimSuffix(strings.TrimPrefix(string(listing), `{"id":"`), `"}`))
		}
		return seen
	},
	"observations": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, id := range []string{"of b", "of c"} {
			for _, o := range get(s.Observations(t.Context(), scope, assay.OfferKey{Marketplace: "bazar.example", ID: id}, 10))(t) {
				seen = append(seen, o.ID)
			}
		}
		return seen
	},
	"events": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, event := range get(s.Events(t.Context(), scope, 0, 10))(t) {
			if strings.HasPrefix(event.Kind, "finding.") {
				seen = append(seen, "of one")
			}
		}
		return seen
	},
	"events of subjects": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, f := range get(s.ListFindings(t.Context(), local, everything(), "", 10))(t).Findings {
			for range get(s.SubjectEvents(t.Context(), scope, f.ID, 10))(t) {
				seen = append(seen, f.Offer)
			}
		}
		return seen
	},
	"webhooks": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, w := range get(s.Webhooks(t.Context(), scope))(t) {
			seen = append(seen, strings.TrimPrefix(w.ID, "hook "))
		}
		return seen
	},
	"deliveries": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, id := range []string{"of b", "of c"} {
			list, _, err := s.Deliveries(t.Context(), scope, "hook "+id, "", "", 10)
			must(t, err)
			for range list {
				seen = append(seen, id)
			}
		}
		return seen
	},
	"reference": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		version := get(s.ReferenceVersion(t.Context(), scope))(t)
		must(t, s.ReferenceRows(t.Context(), scope, version, assay.ReferenceMarks, func(_, _, fields string) error {
			seen = append(seen, fields)
			return nil
		}))
		return seen
	},
	"list of the reference": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		rows, _, err := s.ListReferenceRows(t.Context(), scope, assay.ReferenceMarks, "", "of", "", 10)
		must(t, err)
		for _, r := range rows {
			seen = append(seen, r.Fields)
		}
		return seen
	},
	"organisations": func(t *testing.T, s *sqldb.Store, scope assay.Scope) (seen []string) {
		for _, o := range get(s.Organisations(t.Context(), scope, "", 10))(t) {
			if o.Kind == assay.KindBrand {
				seen = append(seen, "of "+strings.ToLower(o.Name[:1]))
			}
		}
		return seen
	},
}

func scopes(t *testing.T, e engine) {
	s, bellweather, corvane := twoBrands(t, e)
	for _, name := range slices.Sorted(maps.Keys(sights)) {
		look := sights[name]
		t.Run(name+" of others are invisible", func(t *testing.T) {
			for who, c := range map[string]struct {
				scope assay.Scope
				want  []string
			}{
				"the installation": {local, []string{"of b", "of c"}},
				"Bellweather":      {bellweather, []string{"of b"}},
				"Corvane":          {corvane, []string{"of c"}},
				"nobody":           {assay.Scope{}, nil},
				"a stranger":       {assay.Scope{Organisation: "stranger"}, nil},
			} {
				seen := look(t, s, c.scope)
				slices.Sort(seen)
				if len(seen) > 0 && seen[0] == "of one" { // only how many
					if len(seen) != len(c.want) {
						t.Errorf("%s sees %d, want %d", who, len(seen), len(c.want))
					}
					continue
				}
				if !slices.Equal(seen, c.want) {
					t.Errorf("%s sees %q, want %q", who, seen, c.want)
				}
			}
		})
	}

	theirs := get(s.ListFindings(t.Context(), corvane, everything(), "", 1))(t).Findings[0]
	event := get(s.Events(t.Context(), corvane, 0, 1))(t)[0]
	deliveries, _, err := s.Deliveries(t.Context(), corvane, "hook of c", "", "", 1)
	must(t, err)
	for name, try := range map[string]func(assay.Scope) error{
		"finding": func(scope assay.Scope) error { _, err := s.Finding(t.Context(), scope, theirs.ID); return err },
		"event":   func(scope assay.Scope) error { _, err := s.EventByID(t.Context(), scope, event.ID); return err },
		"organisation": func(scope assay.Scope) error {
			_, err := s.Organisation(t.Context(), scope, corvane.Organisation)
			return err
		},
		"webhook":         func(scope assay.Scope) error { _, err := s.Webhook(t.Context(), scope, "hook of c"); return err },
		"webhook to drop": func(scope assay.Scope) error { return s.DropWebhook(t.Context(), scope, "hook of c") },
		"webhook to take over": func(scope assay.Scope) error {
			return s.PutWebhook(t.Context(), scope, assay.Webhook{ID: "hook of c", Organisation: scope.Organisation, URL: "https://evil.example"})
		},
		"webhook to make": func(scope assay.Scope) error {
			return s.PutWebhook(t.Context(), scope, assay.Webhook{ID: "new", Organisation: corvane.Organisation})
		},
		"delivery to end":    func(scope assay.Scope) error { return s.EndDelivery(t.Context(), scope, deliveries[0]) },
		"delivery to replay": func(scope assay.Scope) error { return s.ReplayDelivery(t.Context(), scope, deliveries[0].ID, day) },
		"events to replay": func(scope assay.Scope) error {
			_, err := s.ReplayEvents(t.Context(), scope, "hook of c", time.Time{}, day)
			return err
		},
		"token to make": func(scope assay.Scope) error {
			return s.PutToken(t.Context(), scope, assay.Token{ID: "x", Organisation: corvane.Organisation, Hash: [32]byte{9}})
		},
	} {
		t.Run("another's "+name+" is not found", func(t *testing.T) {
			unchanged(t, s, func() {
				if code := assay.CodeOf(try(bellweather)); code != assay.NotFound && code != assay.Conflict {
					t.Errorf("Bellweather gets %q", code)
				}
				if code := assay.CodeOf(try(assay.Scope{})); code != assay.NotFound && code != assay.Forbidden && code != assay.Invalid {
					t.Errorf("nobody gets %q", code)
				}
			})
		})
	}
	t.Run("leasing deliveries takes the scope's own only", func(t *testing.T) {
		due := get(s.DueDeliveries(t.Context(), bellweather, day.Add(time.Hour), day.Add(2*time.Hour), 10))(t)
		if len(due) != 1 || due[0].Webhook != "hook of b" {
			t.Errorf("due are %+v", due)
		}
	})
	t.Run("an answer belongs to who got it", func(t *testing.T) {
		_, _, body, found, err := s.IdempotentResult(t.Context(), bellweather, "key")
		if !found || string(body) != "b" || err != nil {
			t.Errorf("%q %v %v", body, found, err)
		}
		_, _, _, found, err = s.IdempotentResult(t.Context(), assay.Scope{}, "key")
		if found || err != nil {
			t.Error(found, err)
		}
	})
	t.Run("dropping tokens and answers leaves those of others", func(t *testing.T) {
		must(t, s.DropTokens(t.Context(), bellweather, "api", ""))
		must(t, s.DropIdempotent(t.Context(), bellweather, day.AddDate(1, 0, 0)))
		if has := get(s.HasTokens(t.Context(), bellweather, "api"))(t); has {
			t.Error("its own are there")
		}
		if has := get(s.HasTokens(t.Context(), corvane, "api"))(t); !has {
			t.Error("the other's are gone")
		}
		if _, _, _, found, err := s.IdempotentResult(t.Context(), corvane, "key"); !found || err != nil {
			t.Error(found, err)
		}
	})
	for name, try := range map[string]func(assay.Scope) error{
		"commit": func(scope assay.Scope) error { return s.Commit(t.Context(), scope, outcome(9)) },
		"acquire": func(scope assay.Scope) error {
			_, _, err := s.Acquire(t.Context(), scope, 0, "x", day, day)
			return err
		},
		"partitions": func(scope assay.Scope) error {
			_, err := s.PartitionStates(t.Context(), scope)
			return err
		},
		"segments": func(scope assay.Scope) error { return s.Segments(t.Context(), scope, 0, 0, nil) },
		"poisoned": func(scope assay.Scope) error { _, err := s.Poisoned(t.Context(), scope, "", 1); return err },
		"fan out":  func(scope assay.Scope) error { _, err := s.FanOut(t.Context(), scope, 1, day); return err },
		"import": func(scope assay.Scope) error {
			_, err := s.BeginReference(t.Context(), scope, "x", day, day.Add(time.Hour))
			return err
		},
		"brands": func(scope assay.Scope) error {
			_, err := s.EnsureBrands(t.Context(), scope, []string{"x"}, day)
			return err
		},
		"organisation": func(scope assay.Scope) error {
			return s.PutOrganisation(t.Context(), scope, assay.Organisation{ID: "x", Kind: "brand", Name: "x"})
		},
		"dump": func(scope assay.Scope) error { return s.Dump(t.Context(), scope, nil) },
		"load": func(scope assay.Scope) error { return s.Load(t.Context(), scope, nil) },
	} {
		t.Run("the installation's own work is forbidden to others: "+name, func(t *testing.T) {
			unchanged(t, s, func() {
				wantCode(t, try(corvane), assay.Forbidden)
				wantCode(t, try(assay.Scope{}), assay.Forbidden)
			})
		})
	}
}

func organisations(t *testing.T, e engine) {
	put := func(t *testing.T, s *sqldb.Store, id, parent string) error {
		t.Helper()
		return s.PutOrganisation(t.Context(), local, assay.Organisation{ID: id, Kind: assay.KindBrand, Name: "name of " + id, Parent: parent, CreatedAt: day})
	}
	sees := func(t *testing.T, s *sqldb.Store, viewer string) string {
		t.Helper()
		var ids []string
		for _, o := range get(s.Organisations(t.Context(), assay.Scope{Organisation: viewer}, "", 100))(t) {
			ids = append(ids, o.ID)
		}
		return strings.Join(ids, " ")
	}
	t.Run("a group sees its brands, and theirs, and nobody sees upwards or beside", func(t *testing.T) {
		s := e.open(t)
		for _, o := range [][2]string{{"a", ""}, {"aa", "a"}, {"ab", "a"}, {"aaa", "aa"}, {"z", ""}} {
			must(t, put(t, s, o[0], o[1]))
		}
		for viewer, want := range map[string]string{"a": "a aa aaa ab", "aa": "aa aaa", "aaa": "aaa", "ab": "ab", "z": "z", "local": "a aa aaa ab local z"} {
			if got := sees(t, s, viewer); got != want {
				t.Errorf("%s sees %q, want %q", viewer, got, want)
			}
		}
		must(t, put(t, s, "aa", "z"))
		for viewer, want := range map[string]string{"a": "a ab", "aa": "aa aaa", "z": "aa aaa z", "local": "a aa aaa ab local z"} {
			if got := sees(t, s, viewer); got != want {
				t.Errorf("after the sale %s sees %q, want %q", viewer, got, want)
			}
		}
		must(t, put(t, s, "aa", ""))
		if got := sees(t, s, "z"); got != "z" {
			t.Errorf("after the spin-off z sees %q", got)
		}
	})
	t.Run("an organisation can't belong to itself, or to nobody known", func(t *testing.T) {
		s := e.open(t)
		must(t, put(t, s, "a", ""))
		must(t, put(t, s, "b", "a"))
		unchanged(t, s, func() {
			wantCode(t, put(t, s, "a", "b"), assay.Invalid)
			wantCode(t, put(t, s, "a", "a"), assay.Invalid)
			wantCode(t, put(t, s, "a", "ghost"), assay.Invalid)
		})
	})
	t.Run("a second brand of one name is a conflict", func(t *testing.T) {
		s := e.open(t)
		must(t, put(t, s, "a", ""))
		unchanged(t, s, func() {
			wantCode(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "b", Kind: assay.KindBrand, Name: "name of a"}), assay.Conflict)
		})
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "c", Kind: assay.KindPlatform, Name: "name of a"}))
	})
	t.Run("brands are made once, and those there are found", func(t *testing.T) {
		s := e.open(t)
		first := get(s.EnsureBrands(t.Context(), local, []string{"x", "y", "x"}, day))(t)
		again := get(s.EnsureBrands(t.Context(), local, []string{"y", "z", "x"}, day))(t)
		if len(first) != 2 || again["x"] != first["x"] || again["y"] != first["y"] || again["z"] == "" {
			t.Errorf("%v, then %v", first, again)
		}
		var names []string
		for i := range 300 {
			names = append(names, fmt.Sprint("brand ", i))
		}
		if ids := get(s.EnsureBrands(t.Context(), local, names, day))(t); len(ids) != 300 {
			t.Errorf("%d brands", len(ids))
		}
	})
	t.Run("a marketplace names its platform", func(t *testing.T) {
		s := e.open(t)
		wantCode(t, s.PutMarketplace(t.Context(), local, assay.Marketplace{Name: "bazar.example", Platform: "ghost"}), assay.Invalid)
		must(t, s.PutMarketplace(t.Context(), local, assay.Marketplace{Name: "bazar.example"}))
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "p", Kind: assay.KindPlatform, Name: "Bazar"}))
		must(t, s.PutMarketplace(t.Context(), local, assay.Marketplace{Name: "bazar.example", Platform: "p"}))
		same(t, get(s.Marketplaces(t.Context(), assay.Scope{Organisation: "p"}))(t), []assay.Marketplace{{Name: "bazar.example", Platform: "p"}})
	})
}

// ownedTables are the tables that row-level security guards.
var ownedTables = strings.Fields(`sight organisation marketplace finding finding_text event outbox webhook delivery reference_row reference_text token
	idempotent_result intake_partition segment poison job_lease rescreen seller offer_revision observation session`)

func onlyPostgres(t *testing.T, server *pgtest.Server) {
	t.Run("a role that row-level security does not bind is refused, and told the way out", func(t *testing.T) {
		address := server.Database(t)
		u, err := url.Parse(address)
		must(t, err)
		_, err = sqldb.Open(t.Context(), sqldb.Options{URL: server.Superuser(strings.TrimPrefix(u.Path, "/"))})
		wantCode(t, err, assay.Invalid)
		if err == nil || !strings.Contains(err.Error(), "NOBYPASSRLS") {
			t.Errorf("it says %q", err)
		}
	})
	t.Run("the second belt holds where a query forgets the first", func(t *testing.T) {
		var address string
		s, bellweather, _ := twoBrands(t, engine{"postgres", func(t *testing.T) string { address = server.Database(t); return address }})
		must(t, s.SetAside(t.Context(), local, "w", assay.Poison{Partition: 0, Sequence: 2}, day))
		must(t, s.PutRescreen(t.Context(), local, assay.Rescreen{Generation: "g"}))
		get(s.AcquireJob(t.Context(), local, "j", "h", day, day))(t)
		must(t, s.PutSession(t.Context(), [32]byte{1}, []byte("a"), day))
		o := outcome(3, finding("3", "Bellweather"))
		o.Sellers = []assay.SellerRecord{{Marketplace: "bazar.example", Seller: assay.Seller{ID: "s"}, Hash: 1}}
		commit(t, s, o)
		db, err := sql.Open("pgx", address) // as the application's role, which owns the tables
		must(t, err)
		defer db.Close()
		count := func(t *testing.T, table, organisation string) (n int) {
			t.Helper()
			tx, err := db.BeginTx(t.Context(), nil)
			must(t, err)
			defer tx.Rollback()
			if organisation != "unset" {
				_, err = tx.Exec(`SELECT set_config('assay.organisation', $1, true)`, organisation)
				must(t, err)
			}
			must(t, tx.QueryRow(`SELECT count(*) FROM `+table).Scan(&n))
			return n
		}
		var guarded []string
		rows, err := db.Query(`SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity`)
		must(t, err)
		for rows.Next() {
			var name string
			must(t, rows.Scan(&name))
			guarded = append(guarded, name)
		}
		must(t, rows.Err())
		slices.Sort(guarded)
		if want := slices.Sorted(slices.Values(ownedTables)); !slices.Equal(guarded, want) {
			t.Errorf("guarded are %q, want %q", guarded, want)
		}
		for _, table := range ownedTables {
			switch table { // words are read by way of their rows only
			case "finding_text":
				table = "finding_text t JOIN finding f ON f.number = t.number"
			case "reference_text":
				table = "reference_text t JOIN reference_row r ON r.number = t.number"
			}
			t.Run(table, func(t *testing.T) {
				if n := count(t, table, "local"); n == 0 {
					t.Error("the installation sees none: the test proves nothing")
				}
				for _, organisation := range []string{"unset", "", "stranger"} {
					if n := count(t, table, organisation); n != 0 {
						t.Errorf("%q sees %d rows", organisation, n)
					}
				}
				if n, all := count(t, table, bellweather.Organisation), count(t, table, "local"); n >= all {
					t.Errorf("a brand sees %d of %d rows", n, all)
				}
			})
		}
		t.Run("nor can it write into another's", func(t *testing.T) {
			tx, err := db.BeginTx(t.Context(), nil)
			must(t, err)
			defer tx.Rollback()
			_, err = tx.Exec(`SELECT set_config('assay.organisation', $1, true)`, bellweather.Organisation)
			must(t, err)
			for _, table := range []string{"finding_text", "reference_text"} {
				result, err := tx.Exec(`DELETE FROM ` + table)
				must(t, err)
				if n := get(result.RowsAffected())(t); n != 0 {
					t.Errorf("it took %d texts of %s away", n, table)
				}
			}
			if _, err := tx.Exec(`INSERT INTO outbox (position, organisation) VALUES (99999, 'local')`); err == nil {
				t.Error("it could")
			}
		})
	})
	t.Run("a server that is away is Unavailable, and back when it is back", func(t *testing.T) {
		s := open(t, server.Database(t))
		must(t, s.Ping(t.Context()))
		server.Stop(t)
		wantCode(t, s.Ping(t.Context()), assay.Unavailable)
		_, err := s.Events(t.Context(), local, 0, 1)
		wantCode(t, err, assay.Unavailable)
		_, err = sqldb.Open(t.Context(), sqldb.Options{URL: server.Superuser("postgres")})
		wantCode(t, err, assay.Unavailable)
		server.Start(t)
		must(t, s.Ping(t.Context()))
	})
}
