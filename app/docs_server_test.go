package app_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"assay/app"
)

// TestTheExamplesOfTheAPIsDocumentationRun runs each shell example of docs/api.md
// against a server with the example reference and compares what it prints with what
// the page shows. They run in their order and in one folder; each has a shell of its
// own, with ASSAY and TOKEN set.
//
// An example is a block that begins with ```sh example. If a ```text or ```json
// block follows at once, it is what the example prints: in both, … stands for
// anything, and in JSON white space between tokens makes no difference.
func TestTheExamplesOfTheAPIsDocumentationRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bash", "curl", "gzip", "openssl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("the examples of docs/api.md need %s, which is not installed (Debian: apt-get install %s)", name, name)
		}
	}
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, app.ServerOptions{Clock: fixed(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))})
	n.importFolder("../examples/reference")
	dir := t.TempDir()
	examples := shellExamples(string(page))
	if len(examples) == 0 {
		t.Fatal("docs/api.md has no example")
	}
	for _, e := range examples {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", e.script)
		shell.Dir = dir
		shell.Env = append(os.Environ(), "ASSAY="+n.url, "TOKEN="+n.token)
		var out, errs bytes.Buffer
		shell.Stdout, shell.Stderr = &out, &errs
		err := shell.Run()
		cancel()
		if err != nil {
			t.Fatalf("docs/api.md:%d: %v\n%s%s", e.line, err, errs.Bytes(), out.Bytes())
		}
		if !e.shown.MatchString(e.form(out.String())) {
			t.Errorf("docs/api.md:%d: the example prints\n%s\nbut the page shows\n%s", e.line, out.Bytes(), e.output)
		}
	}
}

// shellExample is one example of a page.
type shellExample struct {
	line   int // of the page, where it begins
	script string
	output string // as the page shows it
	shown  *regexp.Regexp
	form   func(string) string // in which the output is compared
}

func shellExamples(page string) (list []shellExample) {
	block := regexp.MustCompile("(?ms)^```sh example\n(.*?)^```\n(?:```(text|json)\n(.*?)^```\n)?")
	for _, at := range block.FindAllStringSubmatchIndex(page, -1) {
		e := shellExample{line: 1 + strings.Count(page[:at[0]], "\n"), script: page[at[2]:at[3]], shown: regexp.MustCompile(""), form: strings.TrimSpace}
		if at[4] >= 0 {
			if page[at[4]:at[5]] == "json" {
				e.form = compactJSON
			}
			e.output = page[at[6]:at[7]]
			var parts []string
			for part := range strings.SplitSeq(e.form(e.output), "…") {
				parts = append(parts, regexp.QuoteMeta(part))
			}
			e.shown = regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$")
		}
		list = append(list, e)
	}
	return list
}

// compactJSON drops the white space between tokens. It takes JSON with parts left out,
// too.
func compactJSON(text string) string {
	var b strings.Builder
	inString, escaped := false, false
	for _, r := range text {
		if !inString && unicode.IsSpace(r) {
			continue
		}
		switch {
		case escaped:
			escaped = false
		case inString && r == '\\':
			escaped = true
		case r == '"':
			inString = !inString
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestEveryLinkBetweenPagesLeadsSomewhere follows the links of all pages to files and
// to headings. Links to the outside are not followed.
func TestEveryLinkBetweenPagesLeadsSomewhere(t *testing.T) {
	pages := map[string]string{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) == ".md" {
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			pages[name] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fence := regexp.MustCompile("(?ms)^```.*?^```$")
	links := 0
	for name, text := range pages {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			to := name
			if target != "" {
				to = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(to))); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
				continue
			}
			if anchor != "" && !headings(pages[to])[anchor] {
				t.Errorf("%s: the link %s leads to no heading of %s", name, m[1], to)
			}
		}
	}
	if links == 0 {
		t.Error("no page has a link")
	}
}

// headings returns the anchors of a page's headings as they are usually made: lower
// case, hyphens for spaces, nothing else but letters, digits, - and _.
func headings(text string) map[string]bool {
	anchors := map[string]bool{}
	text = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchors[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return anchors
}
