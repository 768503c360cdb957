package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/app"
	"assay/demo"
	"assay/feed"
	"assay/reference"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func exampleReference(t testing.TB) *reference.Generation {
	t.Helper()
	gen, err := app.LoadReference("../examples/reference", day)
	if err != nil {
		t.Fatal(err)
	}
	return gen
}

func text(name, data string) app.Input {
	return app.Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

// screened runs inputs and returns verdicts and complaints.
func screened(t testing.TB, gen *reference.Generation, o app.ScreenOptions, inputs ...app.Input) (app.ScreenSummary, string, string) {
	t.Helper()
	var out, complaints bytes.Buffer
	o.Errors = &complaints
	s, err := app.ScreenFeeds(context.Background(), gen, inputs, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, out.String(), complaints.String()
}

func TestTheSameInputGivesTheSameBytesWhateverTheWorkers(t *testing.T) {
	world := demo.New(7, demo.Options{})
	dir := t.TempDir()
	if err := app.WriteReference(world, dir); err != nil {
		t.Fatal(err)
	}
	gen, err := app.LoadReference(dir, demo.AsOf())
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for i := range uint64(6_000) {
		l, _ := world.Listing(i)
		data = append(feed.AppendListing(data, &l), '\n')
		if i%500 == 0 {
			data = append(data, "{\"broken\": \n"...)
		}
	}
	var want, wantComplaints string
	for _, workers := range []int{1, 2, 3, 16} {
		s, got, complaints := screened(t, gen, app.ScreenOptions{Least: assay.Clear, Workers: workers}, text("a.ndjson", string(data)), text("b.ndjson", string(data)))
		if s.Listings != 12_000 || s.Written != 12_000 || s.Rejected != 24 {
			t.Errorf("%d workers: %+v", workers, s)
		}
		if want == "" {
			want, wantComplaints = got, complaints
		}
		if got != want || complaints != wantComplaints {
			t.Errorf("%d workers say something else", workers)
		}
	}
}

func TestAnInputThatCannotBeReadDoesNotStopTheOthers(t *testing.T) {
	gone := app.Input{Name: "gone", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone: no such file") }}
	good := text("good.ndjson", `{"marketplace":"m","id":"1","title":"Bellweather replica"}`)
	s, out, complaints := screened(t, exampleReference(t), app.ScreenOptions{Least: assay.Review}, gone, good)
	if s.Failed != 1 || s.Written != 1 || strings.Count(out, "\n") != 1 || complaints != "gone: no such file\n" {
		t.Errorf("%+v\n%s%s", s, out, complaints)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAnOutputThatBreaksEndsTheRun(t *testing.T) {
	line := `{"marketplace":"m","id":"1","title":"Bellweather replica"}` + "\n"
	in := text("a.ndjson", strings.Repeat(line, 100_000))
	_, err := app.ScreenFeeds(context.Background(), exampleReference(t), []app.Input{in}, brokenWriter{}, app.ScreenOptions{Least: assay.Review})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

func TestACancelledRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	endless := app.Input{Name: "a.ndjson", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&endlessReader{line: []byte(`{"marketplace":"m","id":"1","title":"hose"}` + "\n"), after: 1 << 20, then: cancel}), nil
	}}
	if _, err := app.ScreenFeeds(ctx, exampleReference(t), []app.Input{endless}, io.Discard, app.ScreenOptions{Least: assay.Review}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAnInputThatSaysNothingDoesNotHoldUpTheEnd(t *testing.T) {
	silent, mute := io.Pipe()
	defer mute.Close()
	ctx, cancel := context.WithCancel(context.Background())
	in := app.Input{Name: "pipe.ndjson", Open: func() (io.ReadCloser, error) { cancel(); return silent, nil }}
	if _, err := app.ScreenFeeds(ctx, exampleReference(t), []app.Input{in}, io.Discard, app.ScreenOptions{Least: assay.Review}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// endlessReader repeats a line and calls then once, after so many bytes.
type endlessReader struct {
	line  []byte
	at    int
	after int
	then  func()
}

func (r *endlessReader) Read(b []byte) (int, error) {
	n := copy(b, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	if r.after -= n; r.after < 0 && r.then != nil {
		r.then()
		r.then = nil
	}
	return n, nil
}

// TestRealListings screens 2,000 real listings against 57,939 real names taken as
// marks. It asserts what must hold on any data and logs what was found; the
// figures stand in docs/how-it-decides.md.
func TestRealListings(t *testing.T) {
	data := os.Getenv("ASSAY_TESTDATA")
	if data == "" {
		t.Skip("ASSAY_TESTDATA is not set: real listings are NOT tested (docs/test-data.md)")
	}
	dir := t.TempDir()
	writeRealMarks(t, filepath.Join(data, "names", "names.tsv.gz"), filepath.Join(dir, "marks.csv"))
	if err := os.WriteFile(filepath.Join(dir, "claims.csv"), []byte(demo.ClaimsCSV()), 0o666); err != nil {
		t.Fatal(err)
	}
	gen, err := app.LoadReference(dir, day)
	if err != nil {
		t.Fatal(err)
	}
	writeRealProducts(t, gen, filepath.Join(data, "listings", "lazada.csv.gz"), dir)
	if gen, err = app.LoadReference(dir, day); err != nil {
		t.Fatal(err)
	}
	file := func(name string) app.Input {
		return app.Input{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(filepath.Join(data, "listings", name)) }}
	}
	s, out, complaints := screened(t, gen, app.ScreenOptions{Least: assay.Clear}, file("lazada.csv.gz"), file("shein.csv.gz"))
	if s.Listings+s.Rejected != 2000 || s.Rejected > 5 || s.Failed != 0 {
		t.Errorf("%+v\n%s", s, complaints)
	}
	if n := strings.Count(out, "\n"); n != int(s.Listings) {
		t.Errorf("%d verdicts on %d listings", n, s.Listings)
	}
	byOwner := map[string]int{}
	for line := range strings.Lines(out) {
		var v assay.Verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Level != assay.Clear {
			byOwner[v.Owner]++
		}
	}
	t.Logf("to look at, by owner: %v", byOwner)
	t.Logf("%d listings, %d bad records, by lane and level: %v\n%s", s.Listings, s.Rejected, s.Assessments, complaints)
}
