package app_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"assay"
	"assay/app"
	"assay/demo"
	"assay/feed"
	"assay/sqldb/pgtest"
	"assay/stream/streamtest"

	"github.com/google/go-cmp/cmp"
)

func TestAServerSaysOfAListingWhatTheCommandSaysByteForByte(t *testing.T) {
	t.Parallel()
	world := demo.New(7, demo.Options{})
	dir := t.TempDir()
	if err := app.WriteReference(world, dir); err != nil {
		t.Fatal(err)
	}
	gen, err := app.LoadReference(dir, demo.AsOf())
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, app.ServerOptions{Clock: fixed(demo.AsOf())})
	n.importFolder(dir)
	var lines []string
	for i := range uint64(2_500) {
		l, _ := world.Listing(i)
		lines = append(lines, string(feed.AppendListing(nil, &l)))
	}
	_, want, _ := screened(t, gen, app.ScreenOptions{Least: assay.Clear}, text("a.ndjson", strings.Join(lines, "\n")))
	verdicts := strings.Split(strings.TrimSuffix(want, "\n"), "\n")

	gate := func() {
		t.Helper()
		for at := 0; at < len(lines); at += 500 {
			a := n.do("POST", "/v1/screen", nil, strings.NewReader(`{"listings":[`+strings.Join(lines[at:at+500], ",")+`]}`))
			if got := string(a.body); got != `{"verdicts":[`+strings.Join(verdicts[at:at+500], ",")+"]}\n" {
				t.Errorf("the gate says something else:\n%s", cmp.Diff(verdicts[at:at+500], strings.SplitAfter(got, "Z\"}")))
			}
		}
	}
	gate()
	for i, line := range lines[:20] {
		if got := n.screen(line); got != verdicts[i] {
			t.Errorf("on a listing alone the gate says\n%s\nnot\n%s", got, verdicts[i])
		}
	}

	n.send(lines...)
	n.settled()
	type about struct{ offer, variant, lane, owner string }
	expected := map[about]string{}
	for _, line := range verdicts {
		var v assay.Verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			if a.Level != assay.Clear {
				b, _ := json.Marshal(a)
				expected[about{v.Marketplace + " " + v.ID, a.Variant, string(a.Lane), a.Owner}] = string(b)
			}
		}
	}
	got := map[about]string{}
	for _, f := range n.findings(everyLevel) {
		b, _ := json.Marshal(f.Assessment)
		got[about{f.Marketplace + " " + f.Offer, f.Variant, string(f.Lane), f.Owner}] = string(b)
		if f.Reference != gen.Hash() || !f.AsOf.Equal(demo.AsOf()) || f.Revision != 1 || f.Version != 1 {
			t.Errorf("finding %s is of reference %s as of %s, revision %d, version %d", f.ID, f.Reference, f.AsOf, f.Revision, f.Version)
		}
	}
	if len(expected) < 50 {
		t.Fatalf("the world has %d findings: too few to say anything", len(expected))
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("findings are not what the command says:\n%s", diff)
	}
	gate() // nothing is new about what has arrived since
}

func TestRevisionsOfAnOffer(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	listing := func(title, image string, more string) string {
		return fmt.Sprintf(`{"marketplace":"bazar.example","id":"1","title":%q,"images":[{"url":%q}]%s}`, title, image, more)
	}
	// step sends a listing and holds the gate's word before against the finding after.
	step := func(line string, revision int, changed ...string) {
		t.Helper()
		before := n.screen(line)
		n.send(line)
		n.settled()
		o := n.offer("1", revision)
		if o.Revision != revision || strings.Join(o.Changed, ",") != strings.Join(changed, ",") {
			t.Fatalf("the offer is at revision %d, changed %v; want %d, %v", o.Revision, o.Changed, revision, changed)
		}
		var v assay.Verdict
		if err := json.Unmarshal([]byte(before), &v); err != nil {
			t.Fatal(err)
		}
		signal := strings.Contains(before, `"signal":"revision"`)
		if len(v.State.Changed) > 0 != signal && v.Level != assay.Clear {
			t.Errorf("the gate's verdict has the state %+v and the signal %t: %s", v.State, signal, before)
		}
		if again := n.screen(line); again != before && len(changed) == 0 {
			t.Errorf("after it was fed the gate says\n%s\nnot\n%s", again, before)
		}
		if len(o.Findings) == 0 {
			if v.Level != assay.Clear {
				t.Errorf("there is no finding for %s", before)
			}
			return
		}
		f := o.Findings[0]
		if diff := cmp.Diff(v.Assessment, f.Assessment); diff != "" && v.Level != assay.Clear {
			t.Errorf("the finding is not what the gate said:\n%s", diff)
		}
		if f.Level != v.Level {
			t.Errorf("the finding is %s, the gate said %s", f.Level, v.Level)
		}
	}
	const fake, plain = "Bellweather bag mirror quality", "Garden hose"
	step(listing(plain, "a.jpg", ""), 1)
	step(listing(plain, "a.jpg", ""), 1)
	step(listing(plain, "a.jpg", `,"sold":3`), 1)
	step(listing(plain, "a.jpg", `,"sold":4,"quantity":9`), 1)
	until(t, "the offer's counts are the last ones", func() bool {
		o := n.offer("1", 1)
		return o.Sold != nil && *o.Sold == 4 && o.Quantity != nil && *o.Quantity == 9
	})
	step(listing(fake, "a.jpg", ""), 2, "title")
	step(listing(fake, "a.jpg", ""), 2, "title")
	step(listing(fake, "b.jpg", ""), 3, "images")
	step(listing(fake+" bag", "c.jpg", ""), 4, "images", "title")
	step(listing(plain, "a.jpg", ""), 5, "images", "title") // back to the first content
	if f := n.findings(everyLevel); len(f) != 1 || f[0].Level != assay.Clear || f[0].Revision != 5 {
		t.Errorf("the finding that was cleared is %+v", f)
	}
	if f := n.findings(""); len(f) != 0 {
		t.Errorf("a cleared finding is listed without being asked for: %+v", f)
	}
	step(listing(fake, "a.jpg", ""), 6, "title")

	events := n.events()
	var levels []string
	for i, e := range events {
		levels = append(levels, string(e.Data.After.Level))
		if e.Data.After.Version != i+1 || e.Data.Cause != assay.CauseListing || (e.Data.Before == nil) != (i == 0) || (e.Kind == assay.EventFindingNew) != (i == 0) {
			t.Errorf("event %d is %s, version %d, because of %s", i, e.Kind, e.Data.After.Version, e.Data.Cause)
		}
	}
	if len(events) != 5 || levels[3] != "clear" || levels[4] == "clear" {
		t.Errorf("the events say %v", levels)
	}
	before, _ := n.partitions()
	n.send(listing(fake, "a.jpg", ""), listing(fake, "a.jpg", ""))
	n.settled()
	after, _ := n.partitions()
	var listings, revisions int64
	for i := range before {
		listings += after[i].Listings - before[i].Listings
		revisions += after[i].Revisions - before[i].Revisions
	}
	if listings != 2 || revisions != 0 {
		t.Errorf("the same listing twice again counts as %d listings, %d revisions", listings, revisions)
	}
}

func TestRevisionsWithinOneBodyAreAllKept(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	n.send(bag("1", 1), bag("1", 2), bag("1", 2), bag("1", 1), bag("1", 3))
	n.settled()
	if o := n.offer("1", 4); o.Revision != 4 {
		t.Errorf("1, 2, 2, 1, 3 make %d revisions", o.Revision)
	}
	var detail struct {
		Finding   assay.Finding
		Listing   struct{ Title string }
		Revisions []assay.Revision
		Events    []event
	}
	n.get("/v1/findings/"+n.findings("")[0].ID, &detail)
	if len(detail.Revisions) != 4 || detail.Revisions[0].Number != 4 || detail.Revisions[3].Number != 1 {
		t.Errorf("the revisions are %+v", detail.Revisions)
	}
	if !strings.HasSuffix(detail.Listing.Title, "000003") || detail.Finding.Revision != 4 || len(detail.Events) == 0 {
		t.Errorf("the finding is %+v on %+v", detail.Finding, detail.Listing)
	}
}

func TestWhatCountsWhileAFindingStandsIsObserved(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	n.importFolder("../examples/reference")
	for i := range 3 {
		n.send(strings.TrimSuffix(bag("1", 1), "}") + fmt.Sprintf(`,"sold":%d,"variants":[{"id":"red","quantity":%d}]}`, i, 10-i))
		n.settled()
	}
	f := n.findings("")
	if len(f) == 0 || f[0].Version != 1 {
		t.Fatalf("findings: %+v", f)
	}
	var detail struct {
		Observations []struct {
			Variant        string
			Quantity, Sold *int64
		}
	}
	n.get("/v1/findings/"+f[0].ID, &detail)
	sold, red := map[int64]bool{}, map[int64]bool{}
	for _, o := range detail.Observations {
		if o.Sold != nil {
			sold[*o.Sold] = true
		}
		if o.Variant == "red" && o.Quantity != nil {
			red[*o.Quantity] = true
		}
	}
	if len(sold) != 3 || len(red) != 3 {
		t.Errorf("observed: %+v", detail.Observations)
	}
}

func TestFindingsAreOnePerOfferVariantLaneAndOwner(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	two := `{"marketplace":"bazar.example","id":"two","title":"Bellweather and Maison Exemple replica mirror quality 1:1","price":{"amount":"20.00","currency":"EUR"}}`
	n.send(two)
	n.settled()
	owners := map[string]bool{}
	for _, f := range n.findings("") {
		owners[f.Owner] = true
	}
	if !owners["Bellweather Group"] || !owners["Maison Exemple SA"] {
		t.Errorf("owners with a finding: %v", owners)
	}
	variant := `{"marketplace":"bazar.example","id":"variant","title":"Phone case","variants":[{"id":"plain","title":"black"},{"id":"fake","title":"Bellweather bag 1:1 mirror quality","price":{"amount":"30.00","currency":"EUR"}}]}`
	n.send(variant)
	n.settled()
	o := n.offer("variant", 1)
	if len(o.Findings) != 1 || o.Findings[0].Variant != "fake" || o.Findings[0].Price != "30.00" {
		t.Errorf("findings on variants: %+v", o.Findings)
	}
	organisations := map[string]bool{}
	for _, f := range n.findings("") {
		organisations[f.Organisation] = true
	}
	if len(organisations) != 2 {
		t.Errorf("the findings belong to %v", organisations)
	}
}

func TestPicturesAndLargeEnvelopesGoToBlobs(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Partitions: 1})
	n.importFolder("../examples/reference")
	blobs := func() (count int) {
		_ = filepath.WalkDir(filepath.Join(n.data, "blobs"), func(_ string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				count++
			}
			return nil
		})
		return count
	}
	picture := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n the bytes of a picture"))
	line := strings.TrimSuffix(bag("1", 1), "}") + `,"images":[{"url":"a.png","data":"` + picture + `"}]}`
	before := n.screen(line)
	if blobs() != 0 {
		t.Error("the gate kept something")
	}
	n.send(line)
	n.settled()
	if got := blobs(); got != 1 {
		t.Errorf("one picture makes %d blobs", got)
	}
	if after := n.screen(line); after != before {
		t.Errorf("after feeding the gate says\n%s\nnot\n%s", after, before)
	}
	var detail struct {
		Listing struct {
			Images []struct{ SHA256, Data string }
		}
	}
	n.get("/v1/findings/"+n.findings("")[0].ID, &detail)
	if im := detail.Listing.Images; len(im) != 1 || im[0].SHA256 == "" || im[0].Data != "" {
		t.Errorf("the listing that was kept has the pictures %+v", im)
	}

	noise := rand.New(rand.NewChaCha8([32]byte{1}))
	large := func(i int) string {
		b := make([]rune, 200_000)
		for j := range b {
			b[j] = 0x20000 + rune(noise.IntN(40_000)) // four bytes each
		}
		return strings.TrimSuffix(bag(fmt.Sprintf("large%d", i), 1), "}") + `,"description":"` + string(b) + `"}`
	}
	n.send(large(1), large(2), large(3), bag("small", 1))
	n.settled()
	for _, id := range []string{"large1", "large2", "large3", "small"} {
		if o := n.offer(id, 1); o.Revision != 1 || len(o.Findings) == 0 {
			t.Errorf("offer %s: %+v", id, o)
		}
	}
	if n := blobs(); n != 4 {
		t.Errorf("one picture and three large envelopes make %d blobs", n)
	}
	var poison struct{ Poison []assay.Poison }
	n.get("/v1/ingest/poison", &poison)
	if len(poison.Poison) != 0 {
		t.Errorf("set aside: %+v", poison.Poison)
	}
	p, _ := n.partitions()
	if p[0].Bytes > 1<<20 {
		t.Errorf("the log holds %d bytes", p[0].Bytes)
	}
}

func TestABodyThatIsCutShortSaysHowMuchOfItIsDurable(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	n.importFolder("../examples/reference")
	var plain bytes.Buffer
	const all = 40_000
	for i := range all {
		fmt.Fprintln(&plain, bag(fmt.Sprint("cut", i%50), i))
	}
	for name, c := range map[string]struct {
		body func() []byte
	}{
		"plain": {func() []byte { return plain.Bytes()[:plain.Len()/2] }},
		"gzip": {func() []byte {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(plain.Bytes())
			z.Close()
			return b.Bytes()[:b.Len()/2]
		}},
	} {
		t.Run(name, func(t *testing.T) {
			before, _ := n.partitions()
			body := c.body()
			// A body that says it is twice as long, and ends.
			conn := dial(t, n.url)
			fmt.Fprintf(conn, "POST /v1/listings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n", n.token, 2*len(body))
			conn.Write(body)
			conn.(interface{ CloseWrite() error }).CloseWrite()
			reply, err := io.ReadAll(conn)
			conn.Close()
			if err != nil {
				t.Fatal(err)
			}
			_, problem, _ := bytes.Cut(reply, []byte("\r\n\r\n"))
			var p struct {
				Status, Accepted int
				DurableThrough   int `json:"durable_through"`
			}
			if err := json.Unmarshal(problem, &p); err != nil || p.Status != 400 && p.Status != 503 || p.DurableThrough > p.Accepted {
				t.Fatalf("%v: %s", err, reply)
			}
			n.settled()
			after, _ := n.partitions()
			var listings int64
			for i := range before {
				listings += after[i].Listings - before[i].Listings
			}
			if listings != int64(p.Accepted) {
				t.Errorf("%d are said to be durable, %d were worked", p.Accepted, listings)
			}
		})
	}
}

func dial(t testing.TB, url string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAnIdempotencyKeyGivesTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	n.importFolder("../examples/reference")
	key := ndjson.Clone()
	key.Set("Idempotency-Key", "feed-1")
	first := n.do("POST", "/v1/listings", key, strings.NewReader(bag("1", 1)+"\n{broken\n"))
	again := n.do("POST", "/v1/listings", key, strings.NewReader(bag("1", 1)+"\n{broken\n"))
	if first.status != 200 || !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %s, then %s (%v)", first, again, again.header)
	}
	other := n.do("POST", "/v1/listings", key, strings.NewReader(bag("1", 2)+"\n"))
	if other.status != 422 {
		t.Errorf("another body under the same key: %s", other)
	}
	n.settled()
	p, _ := n.partitions()
	if got := p[0].Listings + p[1].Listings; got != 1 {
		t.Errorf("%d listings were worked", got)
	}
}

// A process of role api that nobody works for fills its log for certain.
func TestAFullLogIsAnsweredWith429AndMemoryStaysBounded(t *testing.T) {
	t.Parallel()
	nats, database := streamtest.Server(t), pgtest.Start(t)
	o := app.ServerOptions{Role: app.RoleAPI, Database: database, NATS: nats.URL, Partitions: 1, LogBytes: 4 << 20}
	door := start(t, o)
	noise := rand.New(rand.NewChaCha8([32]byte{2}))
	body := func(from int) *strings.Reader {
		var b strings.Builder
		// Envelopes of 500, 500 and 1: the last one may fit where those before it did not.
		for i := range 1_001 {
			fmt.Fprintf(&b, `{"marketplace":"bazar.example","id":"%d","title":"Garden hose","brand":"%x%x%x%x%x%x%x%x"}`+"\n", from+i, noise.Uint64(),
				noise.Uint64(), noise.Uint64(), noise.Uint64(), noise.Uint64(), noise.Uint64(), noise.Uint64(), noise.Uint64())
		}
		return strings.NewReader(b.String())
	}
	accepted, refused := 0, answer{}
	for i := 0; refused.status == 0; i += 1_001 {
		a := door.do("POST", "/v1/listings", ndjson, body(i))
		var got struct {
			Accepted       int
			DurableThrough int `json:"durable_through"`
		}
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatal(err)
		}
		if a.status != 200 && got.DurableThrough != got.Accepted {
			t.Errorf("of a body of one partition %d lines are durable, and all up to line %d: it will be sent again from there", got.Accepted, got.DurableThrough)
		}
		accepted += got.Accepted
		if a.status != 200 {
			refused = a
		}
	}
	if refused.status != http.StatusTooManyRequests || refused.header.Get("Retry-After") == "" {
		t.Fatalf("a full log is answered with %s (%v)", refused, refused.header)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 200 {
		if a := door.do("POST", "/v1/listings", ndjson, body(1_000_000+i*1_001)); a.status != http.StatusTooManyRequests {
			t.Fatalf("still full: %s", a)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB while the log was full", grown>>20)
	}
	if v := door.screen(bag("gate", 1)); !strings.Contains(v, `"verdict":`) {
		t.Errorf("the gate says %s", v)
	}
	// What is worked makes room, whatever was said of how much is kept for replay.
	o.Data, o.Role = "", app.RoleWorker
	worker := start(t, o)
	worker.token = door.token
	until(t, "the log has room again", func() bool {
		return door.do("POST", "/v1/listings", ndjson, body(9_000_000)).status == 200
	})
	worker.settled()
	p, _ := worker.partitions()
	if p[0].Listings < int64(accepted)+1_001 {
		t.Errorf("%d were accepted, %d were worked", accepted+1_001, p[0].Listings)
	}
}
