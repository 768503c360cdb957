package app_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"assay"
	"assay/app"
	"assay/feed"
	"assay/screen"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the verdicts in the documentation anew")

// TestTheVerdictsInTheDocumentationAreWhatAssaySays screens each listing that a
// page shows against examples/reference and compares the verdict below it.
func TestTheVerdictsInTheDocumentationAreWhatAssaySays(t *testing.T) {
	w := screen.New(exampleReference(t)).NewWorker()
	for _, page := range []string{"../README.md", "../docs/how-it-decides.md"} {
		before, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		const listing, verdict, end = "```json listing\n", "```text verdict\n", "```\n"
		var after strings.Builder
		shown := 0
		for rest := string(before); ; shown++ {
			text, more, found := strings.Cut(rest, listing)
			after.WriteString(text)
			if !found {
				break
			}
			record, more, _ := strings.Cut(more, end)
			between, more, found := strings.Cut(more, verdict)
			if !found {
				t.Fatalf("%s: a listing without a verdict below it", page)
			}
			_, rest, _ = strings.Cut(more, end)
			after.WriteString(listing + record + end + between + verdict + explain(t, w, record) + end)
		}
		if shown == 0 {
			t.Errorf("%s shows no verdict", page)
		}
		if after.String() == string(before) {
			continue
		}
		if *update {
			if err := os.WriteFile(page, []byte(after.String()), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s shows other verdicts (go test ./app -run Documentation -update writes them):\n%s", page, cmp.Diff(string(before), after.String()))
	}
}

func explain(t *testing.T, w *screen.Worker, record string) string {
	t.Helper()
	r, err := feed.Open("page.ndjson", strings.NewReader(record), feed.Options{Format: feed.NDJSON})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	for {
		var b feed.Batch
		if err := r.Next(&b); err == io.EOF {
			return out.String()
		} else if err != nil {
			t.Fatal(err)
		}
		b.Decode(func(l *assay.Listing, p *assay.Problem) {
			if p != nil {
				t.Fatal(p)
			}
			v, _ := w.Screen(l, assay.Clear)
			app.WriteExplanation(&out, l, &v)
		})
	}
}
