package notify_test

import (
	"bytes"
	"testing"
	"time"

	"assay"
	"assay/notify"
)

func TestABodyIsOneObjectOfTypeTimestampIdAndData(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 250_000_000, time.FixedZone("", 8*3600))
	for name, c := range map[string]struct{ data, want string }{
		"data":         {`{"level": "block", "mark": "古驰"}`, `{"level":"block","mark":"古驰"}`},
		"without data": {``, `null`},
		"data without end": {`{"text":"` + string(bytes.Repeat([]byte("a"), notify.MaxBodyBytes)) + `"}`,
			`null`},
		"data that just does not fit": {`{"text":"` + string(bytes.Repeat([]byte("a"), notify.MaxBodyBytes-20)) + `"}`,
			`null`},
	} {
		t.Run(name, func(t *testing.T) {
			e := assay.Event{ID: "e-1", Kind: assay.EventFindingNew, At: at, Data: []byte(c.data), Organisation: "secret-org", Actor: "token:admin"}
			body, err := notify.Body(e)
			want := `{"type":"finding.new","timestamp":"2026-03-01T01:30:00.25Z","id":"e-1","data":` + c.want + `}`
			if err != nil || string(body) != want {
				t.Errorf("Body = %.300s, %v", body, err)
			}
		})
	}
	if _, err := notify.Body(assay.Event{ID: "e", Data: []byte(`{"a":`)}); err == nil {
		t.Error("data that is no JSON makes a body")
	}
}
