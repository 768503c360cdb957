package sqldb

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// undisclosed returns a listing without its seller's identifiers and legal name. It is
// an error if it is not one JSON object: what can't be read is shown to nobody.
func undisclosed(listing []byte) ([]byte, error) {
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out)
	err := copyObject(enc, jsontext.NewDecoder(bytes.NewReader(listing)), func(name string, value jsontext.Value) (jsontext.Value, error) {
		if name != "seller" || value.Kind() != '{' {
			return value, nil
		}
		var seller bytes.Buffer
		err := copyObject(jsontext.NewEncoder(&seller), jsontext.NewDecoder(bytes.NewReader(value)), func(name string, value jsontext.Value) (jsontext.Value, error) {
			if name == "identifiers" || name == "legal_name" {
				return nil, nil
			}
			return value, nil
		})
		return bytes.TrimSpace(seller.Bytes()), err
	})
	return bytes.TrimSpace(out.Bytes()), err
}

// copyObject copies the one object that dec holds; change returns a member's value, nil
// to leave it out, and must not keep what it is given.
func copyObject(enc *jsontext.Encoder, dec *jsontext.Decoder, change func(name string, value jsontext.Value) (jsontext.Value, error)) error {
	if dec.PeekKind() != '{' {
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if value, err = change(name, value); err != nil {
			return err
		}
		if value == nil {
			continue
		}
		if err := enc.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := enc.WriteValue(value); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil { // the end
		return err
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return enc.WriteToken(jsontext.EndObject)
}
