package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"
)

//go:embed all:dist
var dist embed.FS

//go:embed src/icon.svg
var iconFile []byte

// assets are the files of dist, which the build has named by their content.
type assets struct {
	script, styles string // paths; empty: the program was built without them
}

func openAssets() (*assets, error) {
	b, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return &assets{}, nil // a bare go build: readable pages
	}
	var names map[string]string
	if err := json.Unmarshal(b, &names); err != nil {
		return nil, fmt.Errorf("reading what the pages' build wrote: %w", err)
	}
	return &assets{script: "/assets/" + names["app.js"], styles: "/assets/" + names["app.css"]}, nil
}

// encodings are the packed forms of a file, the smallest first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	name := "/assets/" + r.PathValue("file")
	if name == "/assets/icon.svg" {
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Write(iconFile)
		return
	}
	kind := ""
	switch name {
	case a.script:
		kind = "text/javascript; charset=utf-8"
	case a.styles:
		kind = "text/css; charset=utf-8"
	}
	if kind == "" || name == "/assets/" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable") // another content has another name
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	path := "dist/" + r.PathValue("file")
	for _, e := range encodings {
		if b, err := fs.ReadFile(dist, path+e.suffix); err == nil && accepts(r, e.name) {
			h.Set("Content-Encoding", e.name)
			w.Write(b)
			return
		}
	}
	b, err := fs.ReadFile(dist, path)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Write(b)
}

// accepts reports whether a browser takes an encoding. Browsers send plain lists; one
// that forbids with q=0 is taken at its word.
func accepts(r *http.Request, encoding string) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// packed gathers an answer and sends it with gzip where the browser takes it: pages
// are text, and a slow line is what people wait for.
type packed struct{ bytes.Buffer }

func writePacked(w http.ResponseWriter, r *http.Request, status int, render func(context.Context, *packed) error) error {
	var out packed
	if err := render(r.Context(), &out); err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept-Encoding")
	if out.Len() < 1<<10 || !accepts(r, "gzip") {
		w.WriteHeader(status)
		out.WriteTo(w) // whoever asked may be gone: nobody to tell
		return nil
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := gzip.NewWriter(w)
	out.WriteTo(z)
	z.Close()
	return nil
}
