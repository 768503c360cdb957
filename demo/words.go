package demo

// Invented words. A word is a function of its number: different numbers give
// different words, so that any count of unique names costs no memory. Latin words
// end in a pair of consonants that hardly ends a real word.

var (
	onsets = []string{"b", "br", "d", "dr", "f", "g", "gl", "h", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w", "z"}
	vowels = []string{"a", "e", "i", "o", "u"}
	codas  = []string{"lk", "rv", "mf", "rx", "zk", "pf", "vt", "lb", "rg", "nz", "mz", "lv"}
	second = []string{"Atelier", "Optik", "Sport", "Home", "Lab", "Studio", "Kids", "Audio", "Beauty", "Outdoor", "Tools", "Moda"}
	third  = []string{"Paris", "Berlin", "Milano", "Tokyo", "Official", "Collection", "1897", "Originals"}
	hanzi  = []rune("云岚青木枝溪澜朵沐禾锦瑶翎珂凌霄栖梧砚墨荻芷蘅昀晞玥璟琅珞霁霖渺泠潼浔汀屿峤崇岑嵘巍峻")
	kana   = []rune("アイウエオカキクケコサシスセソタチツテトナニヌネノマミムメモラリルレロワヴ")
)

// latinWords is how many numbers latinWord tells apart.
const latinWords = 23 * 5 * 23 * 5 * 23 * 5 * 12

// latinWord spells the n-th word of three syllables, capitalised.
func latinWord(n uint64) string {
	// Multiplying by a number that shares no factor with latinWords scatters
	// neighbours and keeps every word unique.
	n = n % latinWords * 7_654_321 % latinWords
	var buf [12]byte
	b := buf[:0]
	for range 3 {
		b = append(b, onsets[n%23]...)
		n /= 23
		b = append(b, vowels[n%5]...)
		n /= 5
	}
	b = append(b, codas[n]...)
	b[0] -= 'a' - 'A'
	return string(b)
}

// runeWord spells the n-th word of size characters of an alphabet.
func runeWord(alphabet []rune, size int, n uint64) string {
	base, total := uint64(len(alphabet)), uint64(1)
	for range size {
		total *= base
	}
	n = n % total * 2_000_000_011 % total // shares no factor with an alphabet of 37 or 43
	word := make([]rune, size)
	for i := range word {
		word[i] = alphabet[n%base]
		n /= base
	}
	return string(word)
}

// filler returns the n-th invented trade name, its language ("" for Latin) and
// whether it is in Chinese or Japanese script. Of 20 names 14 are one word, three
// are two, one is three, one is Chinese and one Japanese.
func filler(n uint64) (name, language string) {
	switch n % 20 {
	case 14, 15, 16:
		return latinWord(n) + " " + second[n/20%12], ""
	case 17:
		return latinWord(n) + " " + second[n/20%12] + " " + third[n/240%8], ""
	case 18:
		return runeWord(hanzi, 4, n/20), "zh"
	case 19:
		return runeWord(kana, 6, n/20), "ja"
	}
	return latinWord(n), ""
}

// Numbers of words with a purpose: filler marks count from 0, the rest stands
// where they never reach.
const (
	wordNoMark uint64 = 8_000_000  // sellers' own brands, which nobody protects
	wordBrand  uint64 = 12_000_000 // brands beyond the hand-made ones
	wordSeller uint64 = 14_000_000 // in what sellers give of themselves
)
