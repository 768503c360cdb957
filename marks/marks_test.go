package marks_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"assay/marks"

	"pgregory.net/rapid"
)

func build(t testing.TB, terms ...string) *marks.Matcher {
	t.Helper()
	m, err := marks.Build(terms)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// found formats hits as TERM@WRITTEN[how].
func found(m *marks.Matcher, text string) []string {
	var got []string
	for _, h := range m.NewFinder().Find(text) {
		s := m.Term(h.Term) + "@" + text[h.Start:h.End]
		if how := h.How.Disguises(); how != nil {
			s += fmt.Sprint(how)
		}
		got = append(got, s)
	}
	return got
}

func TestWhatIsFound(t *testing.T) {
	for _, c := range []struct {
		name, term, text string
		want             []string
	}{
		{"a word as it is", "Caldera", "new Caldera bag", []string{"Caldera@Caldera"}},
		{"whatever its case", "Caldera", "CALDERA caldera", []string{"Caldera@CALDERA[case]", "Caldera@caldera[case]"}},
		{"not inside a longer word", "Coach", "coaching coaches", nil},
		{"in full-width letters", "Caldera", "Ｃａｌｄｅｒａ", []string{"Caldera@Ｃａｌｄｅｒａ[width]"}},
		{"with diacritics left out", "Hévéa", "HEVEA", []string{"Hévéa@HEVEA[case confusable]"}},
		{"with diacritics added, composed or not", "Hevea", "Hévéa He\u0301ve\u0301a", []string{"Hevea@Hévéa[confusable]", "Hevea@He\u0301ve\u0301a[confusable]"}},
		{"a sharp s as two", "Weiß", "WEISS", []string{"Weiß@WEISS[case]"}},
		{"several words", "Maison Exemple", "sac Maison Exemple neuf", []string{"Maison Exemple@Maison Exemple"}},
		{"several words with another separator", "Maison Exemple", "maison-exemple", []string{"Maison Exemple@maison-exemple[case separator]"}},
		{"not with much between them", "Maison Exemple", "Maison .... Exemple", nil},
		{"a term and a longer one", "Maison", "Maison Exemple", []string{"Maison@Maison"}},
		{"single letters only with their separators", "A.P.Q.", "a p q, A.P.Q.", []string{"A.P.Q.@A.P.Q"}},
		{"numbers only with their separators", "1:1", "1 1, 1:1, 1：1, 1 : 1, 11:1", []string{"1:1@1:1", "1:1@1：1[separator]", "1:1@1 : 1[separator]"}},
		{"an ampersand with or without spaces", "H&Q", "H & Q, h&q", []string{"H&Q@H & Q[separator]", "H&Q@h&q[case]"}},
		{"a curly apostrophe", "Levin's", "LEVIN’S", []string{"Levin's@LEVIN’S[case separator]"}},
		{"Chinese anywhere in a sentence", "古岚", "正品古岚女包", []string{"古岚@古岚"}},
		{"Chinese beside Latin letters", "古岚", "CALDERA古岚bag", []string{"古岚@古岚"}},
		{"mixed scripts", "A货", "超A货 高仿", []string{"A货@A货"}},
		{"half-width kana", "ガルド", "ｶﾞﾙﾄﾞ", []string{"ガルド@ｶﾞﾙﾄﾞ[width]"}},
		{"Korean with a particle", "구라", "구라를", []string{"구라@구라"}},
		{"Thai in unspaced text", "ของแท้", "ขายของแท้ราคาถูก", []string{"ของแท้@ของแท้"}},
		{"between bytes that are not UTF-8", "Caldera", "\xffCaldera\xfe", []string{"Caldera@Caldera"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(build(t, c.term), c.text); !slices.Equal(got, c.want) {
				t.Errorf("%q in %q: %q, want %q", c.term, c.text, got, c.want)
			}
		})
	}
	t.Run("equal terms each give a hit, and overlapping ones too", func(t *testing.T) {
		m := build(t, "Polo", "POLO", "Polo Verde", "Verde Mar")
		want := []string{"Polo@polo[case]", "POLO@polo[case]", "Polo Verde@polo verde[case]", "Verde Mar@verde mar[case]"}
		if got := found(m, "polo verde mar"); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestATermWithoutWordsIsRefused(t *testing.T) {
	for _, terms := range [][]string{{"ok", ""}, {"—"}, {"\xff"}, {"\u0301"}} {
		if _, err := marks.Build(terms); err == nil {
			t.Errorf("%q: built", terms)
		}
	}
	if m := build(t); len(m.NewFinder().Find("anything")) != 0 {
		t.Error("an empty matcher finds something")
	}
}

// text draws words, separators and look-alikes that collide often.
func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pieces := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{"a", "A", "ａ", "á", "a\u0301", "ab", "Ab", "ß", "1", "11", "古", "驰", "ガ", "ｶﾞ", "か\u3099", "구", "ｷ", "㎏", "½", "…", "\u0301"}),
			rapid.SampledFrom([]string{" ", " ", "-", ".", "’", "'", "&", "+", ":", "：", "    ", "\xff", "\u200b", "\u3000"}),
		), 0, 12).Draw(t, "pieces")
		s := ""
		for _, p := range pieces {
			s += p
		}
		return s
	})
}

func term() *rapid.Generator[string] {
	return text().Filter(func(s string) bool { return marks.Fold(s) != "" })
}

// oracle is the definition: every range of text that starts and ends with a word
// and folds to what a term folds to. A range is its shortest writing.
func oracle(terms []string, text string) []marks.Hit {
	var boundaries []int
	for i := range text {
		boundaries = append(boundaries, i)
	}
	boundaries = append(boundaries, len(text))
	var hits []marks.Hit
	for i, start := range boundaries {
		for _, end := range boundaries[i+1:] {
			if !marks.WholeWords(text, start, end) {
				continue
			}
			for id, term := range terms {
				if marks.Fold(text[start:end]) == marks.Fold(term) {
					hits = append(hits, marks.Hit{Term: int32(id), Start: start, End: end})
				}
			}
		}
	}
	return hits
}

func TestTheMatcherFindsWhatTheDefinitionFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(term(), 1, 8).Draw(t, "terms")
		text := text().Draw(t, "text")
		m, err := marks.Build(terms)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Clone(m.NewFinder().Find(text))
		for i, h := range got {
			if h.Start < 0 || h.End > len(text) || h.Start >= h.End ||
				!utf8.RuneStart(text[h.Start]) && utf8.ValidString(text) || h.End < len(text) && !utf8.RuneStart(text[h.End]) && utf8.ValidString(text) {
				t.Fatalf("hit %+v does not fall on characters of %q", h, text)
			}
			got[i].How = 0
		}
		if want := oracle(terms, text); !slices.Equal(got, want) {
			t.Fatalf("terms %q in %q:\n got %v\nwant %v", terms, text, got, want)
		}
	})
}

func TestAddingATermRemovesNoHit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(term(), 2, 8).Draw(t, "terms")
		text := text().Draw(t, "text")
		fewer, err := marks.Build(terms[:len(terms)-1])
		if err != nil {
			t.Fatal(err)
		}
		all, err := marks.Build(terms)
		if err != nil {
			t.Fatal(err)
		}
		kept := slices.DeleteFunc(slices.Clone(all.NewFinder().Find(text)), func(h marks.Hit) bool { return int(h.Term) == len(terms)-1 })
		if !slices.Equal(kept, fewer.NewFinder().Find(text)) {
			t.Fatalf("%q in %q: %v without the last term, %v with it", terms, text, fewer.NewFinder().Find(text), kept)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("Caldera bag 古岚 1:1 Ｃａｌｄｅｒａ")
	f.Add("\xff\xfeH & Q\u0301\u200b")
	f.Add("0 \u031f!0")
	m := build(f, "Caldera", "古岚", "1:1", "H&Q", "Maison Exemple", "A货")
	finder := m.NewFinder()
	f.Fuzz(func(t *testing.T, text string) {
		for _, h := range finder.Find(text) {
			if marks.Fold(text[h.Start:h.End]) != marks.Fold(m.Term(h.Term)) {
				t.Fatalf("%q is not %q", text[h.Start:h.End], m.Term(h.Term))
			}
		}
		if folded := marks.Fold(text); marks.Fold(folded) != folded {
			t.Fatalf("Fold(%q) = %q, which folds on to %q", text, folded, marks.Fold(folded))
		}
	})
}
