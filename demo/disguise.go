package demo

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Ways to write a name so that people read it and a plain comparison does not.

// confusables are letters of other scripts that look like Latin ones.
var confusables = map[rune]rune{
	'a': 'а', 'c': 'с', 'e': 'е', 'i': 'і', 'o': 'о', 'p': 'р', 'x': 'х', 'y': 'у', 's': 'ѕ', 'j': 'ј',
	'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'K': 'К', 'M': 'М', 'O': 'О', 'P': 'Р', 'T': 'Т', 'X': 'Х', 'N': 'Ν',
}

// leet are digits and signs that stand for letters.
var leet = map[rune]rune{'a': '4', 'e': '3', 'i': '1', 'l': '1', 'o': '0', 's': '5', 't': '7', 'A': '4', 'E': '3', 'O': '0', 'S': '5'}

// disguise writes the brand's name in a disguise and names it in a few words.
func (d *draft) disguise(b *brand) (name, how string) {
	if local := b.in("zh"); d.speaks == langZH && local != "" && d.dice.chance(40) {
		return d.pinyin(b, []rune(local)), "pinyin"
	}
	switch d.dice.n(9) {
	case 0, 1:
		return d.confusable(b.name), "look-alike letters"
	case 2:
		return d.separated(b.name), "separators"
	case 3, 4:
		return d.swap(b.name, leet, 70), "digits for letters"
	case 5:
		return wide(b.name), "full-width letters"
	case 6:
		return d.at(b.name, func(r rune) string { return strings.Repeat(string(r), 3) }), "repeated letters"
	case 7:
		return d.at(b.name, func(r rune) string { return string(r) + "\u200b" }), "invisible character"
	}
	if d.dice.chance(50) {
		return d.at(b.name, func(rune) string { return "" }), "a letter left out"
	}
	return d.at(b.name, func(r rune) string { return "&#" + strconv.Itoa(int(r)) + ";" }), "entity"
}

func (d *draft) confusable(name string) string { return d.swap(name, confusables, 60) }

// swap replaces letters that the table has: each in percent of cases, the first
// always.
func (d *draft) swap(name string, table map[rune]rune, percent int) string {
	first := true
	return strings.Map(func(r rune) rune {
		to, ok := table[r]
		if !ok || !first && !d.dice.chance(percent) {
			return r
		}
		first = false
		return to
	}, name)
}

// separated puts a sign between the letters of the first word: M.a.i.s.o.n.
func (d *draft) separated(name string) string {
	sign := pick(&d.dice, []string{".", "-", "_", " ", "*"})
	word, rest, _ := strings.Cut(name, " ")
	spread := strings.Join(strings.Split(word, ""), sign)
	if rest == "" {
		return spread
	}
	return spread + " " + rest
}

// wide writes ASCII letters and digits in their full-width forms.
func wide(name string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, name)
}

// at changes one letter inside the name's first word.
func (d *draft) at(name string, change func(rune) string) string {
	word, _, _ := strings.Cut(name, " ")
	at := d.dice.between(1, max(utf8.RuneCountInString(word)-2, 1))
	var b strings.Builder
	k := 0
	for _, r := range name {
		if k == at {
			b.WriteString(change(r))
		} else {
			b.WriteRune(r)
		}
		k++
	}
	return b.String()
}

// pinyin spells some or all characters of the Chinese name by their sound: 梅sang例.
func (d *draft) pinyin(b *brand, name []rune) string {
	all := d.dice.chance(30)
	one := d.dice.n(len(name))
	var out strings.Builder
	for i, r := range name {
		if all || i == one {
			out.WriteString(b.pinyin[i])
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}
