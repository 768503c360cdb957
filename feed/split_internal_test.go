package feed

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"
)

func rules() map[string]func() rule {
	return map[string]func() rule{
		"line": func() rule { return &lineRule{} },
		"csv":  func() rule { return &csvRule{comma: ','} },
		"json": func() rule { return &jsonRule{} },
		"xml":  func() rule { return &xmlRule{} },
		"html": func() rule { return &htmlRule{} },
	}
}

// splitAll cuts r into records, with a limit low enough for a fuzzer to reach.
func splitAll(r io.Reader, rl rule) (out []string) {
	s := newSplitter(r, rl, 64)
	for {
		rec, err := s.next()
		if err != nil {
			return append(out, err.Error())
		}
		out = append(out, fmt.Sprintf("%d %q %s", rec.line, rec.data, rec.reason))
	}
}

// FuzzSplit checks that records do not depend on how the input arrives, that they
// are parts of the input in its order, and that lines are counted right.
func FuzzSplit(f *testing.F) {
	f.Add("a\nb\r\n\n\"c\nd\",e\n\"open\n")
	f.Add("[{\"a\":\"]\\\"\"},5 \"x\"]{}")
	f.Add("<r><item a='>'><![CDATA[</item>]]></item><item/><item><item></item><!--<item>")
	f.Add("<script type='application/ld+json'>{}</script><style><script></style><!-->")
	f.Add(strings.Repeat("x", 100) + "\n" + strings.Repeat("\"y\n", 40))
	f.Fuzz(func(t *testing.T, text string) {
		for name, rl := range rules() {
			want := splitAll(strings.NewReader(text), rl())
			for how, r := range map[string]io.Reader{"byte by byte": iotest.OneByteReader(strings.NewReader(text)), "halves": iotest.HalfReader(strings.NewReader(text))} {
				if got := splitAll(r, rl()); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%s of %q, %s:\n%q\nnot\n%q", name, text, how, got, want)
				}
			}
			s, at, line := newSplitter(strings.NewReader(text), rl(), 1<<20), 0, 1
			for {
				rec, err := s.next()
				if err != nil {
					break
				}
				if rec.reason != "" {
					continue
				}
				i := strings.Index(text[at:], string(rec.data))
				if i < 0 {
					t.Fatalf("%s: record %q is not in the rest of %q", name, rec.data, text[at:])
				}
				if least := line + strings.Count(text[at:at+i], "\n"); rec.line < least {
					t.Fatalf("%s: record %q on line %d, not before %d", name, rec.data, rec.line, least)
				}
				at += i
			}
		}
	})
}

// FuzzScripts compares with the HTML tokenizer wherever scripts have no comments in
// them, which the standard treats specially.
func FuzzScripts(f *testing.F) {
	f.Add("<p><script type='application/ld+json'>{}</script x><script>a</script><!-- <script type=application/ld+json>1</script>-->")
	f.Add("<title><script type=application/ld+json>x</title><a b=\"<script type='application/ld+json'>\">")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "<!") || strings.ContainsAny(text, "\x00\r") || strings.Contains(strings.ToLower(text), "plaintext") {
			return
		}
		text += "<!-- --></script>" // ends whatever is open
		var want []string
		z := html.NewTokenizer(strings.NewReader(text))
		for open := false; ; {
			k := z.Next()
			if k == html.ErrorToken {
				break
			}
			if k == html.TextToken && open {
				if b := bytes.Clone(z.Raw()); !blank(b) {
					want = append(want, string(b))
				}
			}
			raw := bytes.Clone(z.Raw())
			name, _ := z.TagName()
			open = k == html.StartTagToken && string(name) == "script" && isLinkedData(raw)
		}
		var got []string
		s := newSplitter(strings.NewReader(text), &htmlRule{}, MaxDocument)
		for {
			rec, err := s.next()
			if err != nil {
				break
			}
			got = append(got, string(rec.data))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q:\n%q\nnot\n%q", text, got, want)
		}
	})
}
