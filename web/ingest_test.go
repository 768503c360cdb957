package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assay"
)

func poisoned(id, data string) assay.Poison {
	return assay.Poison{ID: id, Partition: 1, Sequence: 42, Reason: "not an envelope: <version 9>", At: now.Add(-time.Hour), Bytes: len(data), Data: []byte(data)}
}

func TestIngestShowsWhatIsWorkedAndWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.partitions = []assay.PartitionStatus{
		{Partition: assay.Partition{ID: 0, Committed: 1_000, Listings: 300_000, Holder: "one"}, Last: 1_020, Backlog: 20, Bytes: 5_000_000, Rate: 1_200.4},
		{Partition: assay.Partition{ID: 1, Committed: 900, Listings: 200_000}, Last: 900, Bytes: 2_500_000, Rate: 0.5},
	}
	w.rates = []float64{0, 500, 1_200}
	b := w.visit(t, operatorSecret)
	a := b.get("/ingest")
	b.shows(a, http.StatusOK, ">1,201</a></dd>", ">500,000</a></dd>", ">20</a></dd>", "7.5\u00a0MB", "nobody", `hx-trigger="every 2s"`, "at most 1,200, 1,200 now", "No envelope was set aside")
	part := b.part("/ingest")
	b.shows(part, http.StatusOK, ">500,000</a></dd>")
	b.hides(part, "<html", "hx-trigger")
}

func TestIngestBeforeAnythingCame(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.get("/ingest"), http.StatusOK, "There are no partitions yet.", "The picture begins after some seconds", "No envelope was set aside")
}

func TestEnvelopesThatWereSetAsideAreListedInParts(t *testing.T) {
	w := newWorld(t)
	for i := range 51 {
		w.poison = append(w.poison, poisoned("p"+string(rune('A'+i)), "x"))
	}
	b := w.visit(t, operatorSecret)
	a := b.get("/ingest")
	b.shows(a, http.StatusOK, `href="/ingest/poison/pA"`, "not an envelope: &lt;version 9&gt;", `/ingest?after=pr#poison`)
	b.hides(a, `href="/ingest/poison/ps"`)
	b.shows(b.get("/ingest?after=pr"), http.StatusOK, `href="/ingest/poison/ps"`, `hx-get="/ingest?after=pr"`)
}

func TestAnEnvelopeIsShownAsItIs(t *testing.T) {
	w := newWorld(t)
	w.poison = []assay.Poison{
		poisoned("text", `{"title":"<script>alert(1)</script>`+"\u202e\"}"),
		poisoned("packed", "\x01\x00\xff\xfe\x80Bellweather"),
		poisoned("long", strings.Repeat("a", 64<<10)+"THE END"),
	}
	b := w.visit(t, operatorSecret)
	a := b.get("/ingest/poison/text")
	b.shows(a, http.StatusOK, "&lt;script&gt;", "RIGHT-TO-LEFT OVERRIDE")
	b.hides(a, "<script>alert")
	b.shows(b.get("/ingest/poison/packed"), http.StatusOK, "01 00 ff fe 80 42", "|.....Bellweather|")
	a = b.get("/ingest/poison/long")
	b.shows(a, http.StatusOK, "There is more of it.")
	b.hides(a, "THE END")
	b.shows(b.get("/ingest/poison/none"), http.StatusNotFound)
}

func TestReplayingAnEnvelopeTakesOneStep(t *testing.T) {
	w := newWorld(t)
	w.poison = []assay.Poison{poisoned("p1", "x")}
	b := w.visit(t, operatorSecret)
	if a := b.post("/ingest/poison/p1", "do", "replay"); a.status != http.StatusSeeOther || len(w.replayed) != 1 {
		t.Error("it answered", a.status, "and replayed", w.replayed)
	}
}

func TestDroppingAnEnvelopeAsksTwice(t *testing.T) {
	w := newWorld(t)
	w.poison = []assay.Poison{poisoned("p1", "x")}
	b := w.visit(t, operatorSecret)
	for _, sure := range []string{"", "no"} {
		b.shows(b.post("/ingest/poison/p1", "do", "drop", "sure", sure), http.StatusOK, "Really drop it?", "This cannot be undone.", `value="yes"`)
		if len(w.poison) != 1 {
			t.Fatal("it was dropped without a second question")
		}
	}
	if a := b.post("/ingest/poison/p1", "do", "drop", "sure", "yes"); a.status != http.StatusSeeOther || len(w.poison) != 0 {
		t.Error("it answered", a.status, "and kept", len(w.poison))
	}
	b.shows(b.post("/ingest/poison/p1", "do", "drop", "sure", "yes"), http.StatusNotFound)
	b.shows(b.post("/ingest/poison/p1", "do", "burn"), http.StatusUnprocessableEntity)
}

func TestOnlyTheOperatorSeesIngest(t *testing.T) {
	w := newWorld(t)
	w.poison = []assay.Poison{poisoned("p1", "x")}
	b := w.visit(t, memberSecret)
	b.shows(b.get("/ingest"), http.StatusForbidden)
	b.shows(b.get("/ingest/poison/p1"), http.StatusForbidden)
	b.shows(b.post("/ingest/poison/p1", "do", "drop", "sure", "yes"), http.StatusForbidden)
	if len(w.poison) != 1 {
		t.Error("a member has dropped an envelope")
	}
}
