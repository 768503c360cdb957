package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assay"
	"assay/web/words"
)

func englishVisit(t testing.TB) *visit {
	t.Helper()
	c, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &visit{Words: c.For("en")}
}

func contribution(where string, from, to int) assay.Contribution {
	return assay.Contribution{Signal: assay.SignalMark, Mark: "Bellweather", Where: where, Span: &assay.Span{from, to}}
}

func TestTextIsMarkedWhereAContributionStands(t *testing.T) {
	c := englishVisit(t)
	marked := func(text string, contributions ...assay.Contribution) string {
		var b strings.Builder
		for _, p := range c.marked(text, "title", contributions) {
			if p.signal != "" {
				b.WriteString("[" + p.text + p.hidden() + "]")
			} else {
				b.WriteString(p.text + p.hidden())
			}
		}
		return b.String()
	}
	for _, k := range []struct{ name, got, want string }{
		{"at its place", marked("a Bellweather bag", contribution("title", 2, 13)), "a [Bellweather] bag"},
		{"not one of another field", marked("a bag", contribution("description", 0, 1)), "a bag"},
		{"the longer of two that begin together", marked("Bellweather", contribution("title", 0, 4), contribution("title", 0, 11)), "[Bellweather]"},
		{"the first of two that overlap", marked("abcdef", contribution("title", 2, 5), contribution("title", 0, 3)), "[abc]def"},
		{"nowhere if the span is of another text", marked("ab", contribution("title", 1, 9)), "ab"},
		{"nowhere if it would cut a character", marked("日本", contribution("title", 1, 3)), "日本"},
		{"nowhere if it is turned round", marked("abc", contribution("title", 2, 1)), "abc"},
	} {
		if k.got != k.want {
			t.Errorf("%s: %q, want %q", k.name, k.got, k.want)
		}
	}
}

func TestNoTextGetsLostInPieces(t *testing.T) {
	c := englishVisit(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		var contributions []assay.Contribution
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			contributions = append(contributions, contribution("title", rapid.IntRange(-1, 40).Draw(t, "from"), rapid.IntRange(-1, 40).Draw(t, "to")))
		}
		shown := 0
		for _, p := range c.marked(text, "title", contributions) {
			shown += len([]rune(p.text)) + p.times + p.rest
		}
		if want := len([]rune(text)); shown != want {
			t.Fatalf("%d of %d characters of %q are shown", shown, want, text)
		}
	})
}

func TestWhatCannotBeSeenIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"Bell\u200bweather": "U+200B ZERO WIDTH SPACE",
		"\u202egnp.exe":     "U+202E RIGHT-TO-LEFT OVERRIDE",
		"a\u3164b":          "U+3164 HANGUL FILLER",
		"a\x00b":            "U+0000",
		"a\u00adb":          "U+00AD SOFT HYPHEN",
		"a\u200b\u200bb":    "U+200B ZERO WIDTH SPACE ×2",
	} {
		var hidden []string
		for _, p := range seen(nil, text, "", "") {
			if name := p.hidden(); name != "" {
				hidden = append(hidden, name)
			}
		}
		if diff := cmp.Diff([]string{want}, hidden); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, plain := range []string{"a bag\nwith lines", "手袋", "café ☕️"} {
		if p := seen(nil, plain, "", ""); len(p) != 1 || p[0].text != plain {
			t.Errorf("%q has nothing that cannot be seen: %v", plain, p)
		}
	}
}

func TestATextThatHidesALotIsShownShort(t *testing.T) {
	pieces := seen(nil, strings.Repeat("a\u200b\u2060", 10_000), "", "")
	named := 0
	for i := range pieces {
		if pieces[i].hidden() != "" {
			named++
		}
	}
	if last := pieces[len(pieces)-1]; named != maxHidden+1 || last.rest != 20_000-maxHidden {
		t.Errorf("%d characters are named, %d left out", named, last.rest)
	}
}

func TestADisguiseIsShownLetterByLetter(t *testing.T) {
	row := func(written, mark string) (w, r, differs string) {
		for _, l := range letters(written, mark) {
			w += or(l.written, "_")
			r += or(l.read, "_")
			differs += map[bool]string{true: "x", false: "."}[l.differs]
		}
		return w, r, differs
	}
	for _, k := range [][5]string{
		{"Веllwеаthеr", "Bellweather", "Веllwеаthеr", "Bellweather", "xx...xx..x."},
		{"B3llw34ther", "Bellweather", "B3llw34ther", "Bellweather", ".x...xx...."},
		{"B-e-ll", "Bell", "B-e-ll", "B_e_ll", ".x.x.."},
		{"Bel", "Bell", "Be_l", "Bell", "..x."},
		{"BELL", "Bell", "BELL", "Bell", "...."},
	} {
		w, r, d := row(k[0], k[1])
		if w != k[2] && k[0] != "Bel" || r != k[3] || d != k[4] && k[0] != "Bel" || strings.Count(d, "x") != strings.Count(k[4], "x") {
			t.Errorf("%s as %s: %s %s %s, want %s %s %s", k[0], k[1], w, r, d, k[2], k[3], k[4])
		}
	}
	if letters(strings.Repeat("a", 200), "a") != nil {
		t.Error("a name of 200 characters is compared letter by letter")
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func TestOnlyAWebAddressBecomesALink(t *testing.T) {
	for address, want := range map[string]string{
		"https://bazar.example/1":           "https://bazar.example/1",
		"http://bazar.example/a b":          "http://bazar.example/a%20b",
		"javascript:alert(1)":               "",
		"JaVaScRiPt:alert(1)":               "",
		"data:text/html,<script>":           "",
		"//bazar.example":                   "",
		"https://user:pw@bazar.example/":    "",
		"https:bazar.example":               "",
		"\tjavascript:alert(1)":             "",
		"https://bazar.example/\"><script>": "https://bazar.example/%22%3E%3Cscript%3E",
	} {
		if got := webAddress(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestABackLinkStaysHere(t *testing.T) {
	for to, want := range map[string]bool{
		"/findings": true, "/findings?q=a%2Fb": true, "": false, "findings": false, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example/": false, "/\n/evil.example": false, "javascript:alert(1)": false,
	} {
		if local(to) != want {
			t.Errorf("%q: %v", to, !want)
		}
	}
}

func TestASpreadsheetTakesNoCellForAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "＝1": "'＝1", "a=1": "a=1", "": "",
	} {
		if got := plainCell(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

func TestMoneyIsGroupedAndKeepsItsDigits(t *testing.T) {
	for amount, want := range map[string]string{"39.00": "39.00", "1890.00": "1\u202f890.00", "1512000.00": "1\u202f512\u202f000.00", "-12345": "−12\u202f345", "0": "0"} {
		if got := grouped(amount); got != want {
			t.Errorf("%s: %s, want %s", amount, got, want)
		}
	}
}
