package screen

import (
	"fmt"

	"assay"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// AppendVerdict appends v as one line of NDJSON.
func AppendVerdict(dst []byte, v *assay.Verdict) ([]byte, error) {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return dst, fmt.Errorf("writing the verdict on %s %s: %w", v.Marketplace, v.ID, err)
	}
	return append(append(dst, b...), '\n'), nil
}
