package demo

import (
	_ "embed"
	"fmt"
	"strings"

	"assay/demo/picture"
)

// colours is how many names for colours each language has.
const colours = 8

//go:embed texts.txt
var textsTXT string

// role says what a text is for. The names are those of texts.txt.
type role int

const (
	titleGoods role = iota
	titleOwn
	titleGenuine
	titleResale
	titleUsed
	titlePlain
	titleAccessory
	titleDisclaim
	titleBox
	titleBait
	titleFake
	titleConfess
	titleDeny
	titleCurio
	descAny
	descGenuine
	descResale
	descUsed
	descAccessory
	descFake
	descConfess
	descBox
	descCurio
	roles
)

var roleNames = [roles]string{
	"title.goods", "title.own", "title.genuine", "title.resale", "title.used", "title.plain", "title.accessory",
	"title.disclaim", "title.box", "title.bait", "title.fake", "title.confess", "title.deny", "title.curio",
	"desc.any", "desc.genuine", "desc.resale", "desc.used", "desc.accessory", "desc.fake", "desc.confess",
	"desc.box", "desc.curio",
}

// language is what a language's listings are made of.
type language struct {
	code    string
	soup    []string // words that sellers add to a title
	colours []string
	texts   [roles][]template
	claims  []string        // phrases that confess
	curios  []picture.Thing // what the titles of titleCurio are of
	spaced  bool            // words are written apart
}

// template is a text with slots: literal, slot, literal, slot, …
type template []piece

type piece struct {
	text string // before the slot
	slot slot
}

type slot int

const (
	slotNone slot = iota
	slotBrand
	slotModel
	slotItem
	slotPart
	slotAcc
	slotColour
	slotMPN
	slotClaim
	slots
)

var slotNames = [slots]string{"", "brand", "model", "item", "part", "acc", "colour", "mpn", "claim"}

// fill is what goes into the slots.
type fill [slots]string

func (t template) append(dst []byte, f *fill) []byte {
	for i := range t {
		dst = append(append(dst, t[i].text...), f[t[i].slot]...)
	}
	return dst
}

func parseTemplate(text string) template {
	var t template
	for {
		before, rest, found := strings.Cut(text, "{")
		name, after, _ := strings.Cut(rest, "}")
		p := piece{text: before}
		for i, n := range slotNames {
			if found && n == name {
				p.slot = slot(i)
			}
		}
		if found && p.slot == slotNone {
			panic("demo: texts.txt: " + text + ": no such slot")
		}
		t = append(t, p)
		if !found {
			return t
		}
		text = after
	}
}

// readTexts reads texts.txt into languages, in the order of the languages table.
func readTexts() []*language {
	read := map[string]*language{}
	var current *language
	for i, line := range strings.Split(textsTXT, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			code := strings.Trim(line, "[]")
			current = &language{code: code, spaced: code != "zh" && code != "ja"}
			read[code] = current
			continue
		}
		name, rest, _ := strings.Cut(line, ": ")
		if !current.add(name, strings.Split(rest, " | ")) {
			panic(fmt.Sprintf("demo: texts.txt:%d: no role %q", i+1, name))
		}
	}
	var out []*language
	for _, code := range languages {
		l := read[code]
		for r, texts := range l.texts {
			if len(texts) == 0 {
				panic("demo: texts.txt: " + code + " has no " + roleNames[r])
			}
		}
		if len(l.colours) != colours {
			panic("demo: texts.txt: colours of " + code)
		}
		if len(l.curios) != len(l.texts[titleCurio]) {
			panic("demo: texts.txt: curios of " + code)
		}
		out = append(out, l)
	}
	for _, r := range rows("claims.csv", claimsCSV) {
		if l := read[r[2]]; l != nil && r[1] == "replica" {
			l.claims = append(l.claims, r[0])
		}
	}
	return out
}

func (l *language) add(name string, alternatives []string) bool {
	switch name {
	case "soup":
		l.soup = alternatives
		return true
	case "colour":
		l.colours = alternatives
		return true
	case "picture.curio":
		for _, name := range alternatives {
			l.curios = append(l.curios, drawn(name))
		}
		return true
	}
	for r, n := range roleNames {
		if n == name {
			for _, text := range alternatives {
				l.texts[r] = append(l.texts[r], parseTemplate(text))
			}
			return true
		}
	}
	return false
}
