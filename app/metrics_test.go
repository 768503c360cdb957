package app_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/app"
)

func TestEveryMetricIsInTheDocumentAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	n.importFolder("../examples/reference")
	n.send(bag("1", 1))
	n.screen(bag("1", 1))
	n.do("POST", "/v1/listings", ndjson, strings.NewReader("{broken\n"))
	n.settled()
	a := n.do("GET", "/metrics", nil, nil)
	var shown []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (assay_\w+) `).FindAllStringSubmatch(string(a.body), -1) {
		shown = append(shown, m[1])
	}
	if len(shown) < 20 {
		t.Fatalf("there are %d metrics: %s", len(shown), a)
	}
	doc, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, name := range regexp.MustCompile(`assay_\w+`).FindAllString(string(doc), -1) {
		if !slices.Contains(listed, name) && !strings.HasSuffix(name, "_") { // as in assay_partition_*
			listed = append(listed, name)
		}
	}
	for _, name := range shown {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is not in docs/metrics.md", name)
		}
	}
	for _, name := range listed {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} { // of a histogram, in examples
			if b, ok := strings.CutSuffix(name, suffix); ok && slices.Contains(shown, b) {
				base = b
			}
		}
		if !slices.Contains(shown, base) {
			t.Errorf("docs/metrics.md has %s, which is not among the metrics", name)
		}
	}
}
