package notify

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// MaxBodyBytes bounds the body of a message. An event that makes more is told
// without its data, as null: its receiver asks for it by its id.
const MaxBodyBytes = 256 << 10

// message is the body of a request, as the specification recommends it.
type message struct {
	Type      string         `json:"type"`
	Timestamp time.Time      `json:"timestamp"` // of the event, not of the attempt
	ID        string         `json:"id"`
	Data      jsontext.Value `json:"data"`
}

// Body returns what is sent for an event: one JSON object, always the same bytes
// for the same event.
func Body(e assay.Event) ([]byte, error) {
	m := message{Type: e.Kind, Timestamp: e.At.UTC(), ID: e.ID, Data: jsontext.Value("null")}
	if len(e.Data) > 0 && len(e.Data) <= MaxBodyBytes {
		m.Data = e.Data
	}
	body, err := json.Marshal(m)
	if err == nil && len(body) > MaxBodyBytes {
		m.Data = jsontext.Value("null")
		body, err = json.Marshal(m)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the message of event %s: %w", e.ID, err)
	}
	return body, nil
}
