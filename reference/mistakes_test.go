package reference_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay"
	"assay/reference"
)

const (
	marksHeader    = "mark,kind,owner,language,classes,right,alias_of\n"
	productsHeader = "owner,gtin,mpn,name,category,currency,list_price,minimum_price,images\n"
)

// TestEveryMistakeIsReportedWithItsPlace gives, for each case, the files beside a
// sound marks.csv and all that is reported of them.
func TestEveryMistakeIsReportedWithItsPlace(t *testing.T) {
	pdq := strings.Repeat("0", 64)
	for _, c := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"no marks.csv", []string{"marks.csv", ""}, []string{
			"marks.csv:1: the file is empty; its first line names the columns: mark,kind,owner,language,classes,right,alias_of"}},
		{"a table under a name that nobody reads", []string{"mark.csv", oneMark, "notes.txt", "", "._marks.csv", ""}, []string{
			"mark.csv: no such file is known; known are marks.csv, claims.csv, products.csv, authorised.csv, gated.csv, rates.csv"}},
		{"a policy under a name that nobody reads", []string{"screening.yml", ""}, []string{
			"screening.yml: is not read under this name; call it screening.yaml"}},

		{"an unknown column", []string{"marks.csv", "mark,owner,colour\nA1,B1,red\n"}, []string{
			"marks.csv:1: colour: no such column; known are mark, kind, owner, language, classes, right, alias_of"}},
		{"a column twice", []string{"marks.csv", "mark,owner,MARK\n"}, []string{"marks.csv:1: mark: the column stands twice"}},
		{"a column without a name", []string{"marks.csv", "mark,owner,\n"}, []string{"marks.csv:1: column 3 has no name"}},
		{"a column that is missing", []string{"claims.csv", "phrase\n"}, []string{"claims.csv:1: meaning: the column is missing"}},
		{"semicolons between columns", []string{"claims.csv", "phrase;meaning\n"}, []string{"claims.csv:1: columns are separated by commas"}},
		{"a header in UTF-16", []string{"claims.csv", "\xff\xfep\x00h\x00"}, []string{`claims.csv:1: the header is not UTF-8; save the file as "CSV UTF-8"`}},
		{"fewer or more fields than columns", []string{"claims.csv", "phrase,meaning\nmirror quality\nmirror,replica,en\n"}, []string{
			"claims.csv:2: the row has 1 fields, the header 2", "claims.csv:3: the row has 3 fields, the header 2"}},
		{"a quote in a field without quotes", []string{"claims.csv", "phrase,meaning\n5\" screen,excuse\n"}, []string{
			`claims.csv:2: phrase: a quote stands within a field that is not quoted; quote the field and write the quote as ""`}},
		{"text behind a closing quote", []string{"claims.csv", "phrase,meaning\n\"case\" for,excuse\n"}, []string{
			`claims.csv:2: phrase: text follows the quote that closes the field; write a quote within a field as ""`}},
		{"a quote that is not closed", []string{"claims.csv", "phrase,meaning\nmirror,odd\n\"case for,excuse\n"}, []string{
			`claims.csv:2: meaning: "odd" is neither replica nor excuse`,
			"claims.csv:3: a quote opens a field that is not closed before the end of the file; the rest of the file was not read"}},
		{"a field that is not UTF-8", []string{"claims.csv", "phrase,meaning\nk\xf6nigsklasse,replica\n"}, []string{
			`claims.csv:2: phrase: is not UTF-8; save the file as "CSV UTF-8"`}},
		{"a field that is too long", []string{"claims.csv", "phrase,meaning\n" + strings.Repeat("a", 70_000) + ",replica\n"}, []string{
			"claims.csv:2: phrase: the field has 70000 bytes; at most 64 KiB are allowed"}},
		{"lines are counted through quoted line ends", []string{"claims.csv", "phrase,meaning\r\n\"mirror\r\nquality\",replica\r\n\r\n,odd\r\n"}, []string{
			`claims.csv:5: phrase: a phrase is needed`, `claims.csv:5: meaning: "odd" is neither replica nor excuse`}},

		{"marks.csv", []string{"marks.csv", marksHeader +
			",,A1,,,,\n" + "®,,A1,,,,\n" + strings.Repeat("a ", 65) + ",,A1,,,,\n" + "B1,,,,,,\n" + "B2,slang,A1,,,,\n" + "B3,,A1,,0;18;x,,\n"}, []string{
			`marks.csv:2: mark: a mark is needed`,
			`marks.csv:3: mark: "®" has no letter or digit to look for`,
			`marks.csv:4: mark: "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a …" has more than 64 words`,
			`marks.csv:5: owner: an owner is needed`,
			`marks.csv:6: kind: "slang" is neither distinctive nor dictionary`,
			`marks.csv:7: classes: "0" is not a class of the Nice Classification (1 to 45, such as 18;25)`,
			`marks.csv:7: classes: "x" is not a class of the Nice Classification (1 to 45, such as 18;25)`}},
		{"a mark twice, with other values", []string{"marks.csv", marksHeader + "A1,,H,,,EU 1,\nA1,,H,,,EU 1,\nA1,dictionary,H,,18,EU 1,\nA1,,Other,,,,\n"}, []string{
			`marks.csv:4: mark: "A1" of this owner stands on line 2 with another kind, classes`}},
		{"an alias of no mark, of another owner's, of itself, in a circle", []string{"marks.csv", marksHeader +
			"A1,,H,,,,A9\nA2,,H,,,,B1\nA3,,H,,,,A3\nA4,,H,,,,A5\nA5,,H,,,,A4\nB1,,I,,,,\n"}, []string{
			`marks.csv:2: alias_of: "A9" is not a mark of "H"`,
			`marks.csv:3: alias_of: "B1" is not a mark of "H"`,
			`marks.csv:4: alias_of: a mark is no alias of itself`,
			`marks.csv:5: alias_of: "A5" leads back to itself; one of the aliases must be the mark`}},
		{"a mistake does not make others", []string{"marks.csv", marksHeader + "A1,slang,H,,,,\nA2,,H,,,,A1\n"}, []string{
			`marks.csv:2: kind: "slang" is neither distinctive nor dictionary`}},

		{"claims.csv", []string{"claims.csv", "phrase,meaning\n,replica\n!!,replica\nmirror,\nfake,replica\nFAKE,excuse\n"}, []string{
			`claims.csv:2: phrase: a phrase is needed`,
			`claims.csv:3: phrase: "!!" has no letter or digit to look for`,
			`claims.csv:4: meaning: "" is neither replica nor excuse`,
			`claims.csv:6: meaning: "FAKE" is excuse here and replica on line 5`}},

		{"products.csv", []string{"products.csv", productsHeader +
			",,,,,,,,\n" + // blank: passed over
			",,M-1,,,,,,\n" +
			"H,4006381333932,,,,,,,\n" +
			"H,12345,,,,,,,\n" +
			"H,,,,,,12,,\n" +
			"H,,,,,QQQ,12,,\n" +
			"H,,,,,EUR,cheap,-1,\n" +
			"H,,,,,EUR,0,0.00,\n" +
			"H,,,,,EUR,10,10.01,\n"}, []string{
			`products.csv:3: owner: an owner is needed`,
			`products.csv:4: gtin: "4006381333932" has a wrong check digit`,
			`products.csv:5: gtin: "12345" is not a GTIN: 8, 12, 13 or 14 digits`,
			`products.csv:6: currency: a price needs a currency`,
			`products.csv:7: currency: "QQQ" is not an ISO 4217 code`,
			`products.csv:8: list_price: "cheap" is not a decimal amount`,
			`products.csv:8: minimum_price: "-1" is negative`,
			`products.csv:9: list_price: must be above 0; leave it empty if there is none`,
			`products.csv:9: minimum_price: must be above 0; leave it empty if there is none`,
			`products.csv:10: minimum_price: 10.01 is above list_price 10.00`}},

		{"authorised.csv", []string{"authorised.csv", "owner,marketplace,seller_id,regions,valid_from,valid_to\n" +
			",,,,,\n" + ",m,,,,\n" + "H,,s,,,\n" + "H,m,s,DE;UK;Mars,,\n" + "H,m,s,,2026-02-30,1.1.2026\n" + "H,m,s,,2026-02-02,2026-02-01\n"}, []string{
			`authorised.csv:3: owner: must not be empty`,
			`authorised.csv:3: seller_id: must not be empty`,
			`authorised.csv:4: marketplace: must not be empty`,
			`authorised.csv:5: regions: "Mars" is not an ISO 3166-1 alpha-2 code`,
			`authorised.csv:5: regions: "UK" is not an ISO 3166-1 alpha-2 code (the United Kingdom is "GB")`,
			`authorised.csv:6: valid_from: "2026-02-30" is not a date such as 2026-11-23`,
			`authorised.csv:6: valid_to: "1.1.2026" is not a date such as 2026-11-23`,
			`authorised.csv:7: valid_to: 2026-02-01 is before valid_from 2026-02-02`}},
		{"gated.csv", []string{"gated.csv", "owner,marketplace,category,valid_from,valid_to\n,,Bags,,\nH,m,,2026-02-02,2026-02-01\n"}, []string{
			`gated.csv:2: owner: must not be empty`,
			`gated.csv:2: marketplace: must not be empty`,
			`gated.csv:3: valid_to: 2026-02-01 is before valid_from 2026-02-02`}},
		{"rates.csv", []string{"rates.csv", "date,currency,per_eur\n,USD,1\n2026-01-01,XX,1\n2026-01-01,USD,0\n2026-01-01,USD,\n2026-01-01,EUR,2\n" +
			"2026-01-02,USD,1.1\n2026-01-02,usd,1.10\n2026-01-02,USD,1.2\n"}, []string{
			`rates.csv:2: date: a date is needed`,
			`rates.csv:3: currency: "XX" is not an ISO 4217 code`,
			`rates.csv:4: per_eur: must be above 0`,
			`rates.csv:5: per_eur: "" is not a decimal amount`,
			`rates.csv:6: per_eur: 1 EUR is 1 EUR`,
			`rates.csv:9: per_eur: USD on 2026-01-02 is 1.2 here and 1.1 on line 7`}},

		{"screening.yaml that is not YAML", []string{"screening.yaml", "thresholds:\n  a: [1\nb: 2\n"}, []string{
			`screening.yaml:3: is not YAML: mapping values are not allowed in this context`}},
		{"screening.yaml in two documents", []string{"screening.yaml", "thresholds: {}\n---\nlanes: {}\n"}, []string{
			`screening.yaml:2: a second document; one is read`}},
		{"screening.yaml", []string{"screening.yaml", `
threshold: {}
thresholds:
  fake: {review: 1, block: 2}
  counterfeit: {review: 5, block: 2}
  lookalike: {review: 6}
  copyright: {review: x, block: -1, warn: 1}
  copyright: {}
  misuse: 3
lanes:
  resale: on
  price:
    - owner: H
    - {owner: H, jurisdiction: fr, marketplaces: [m], basis: b}
    - {owner: H, jurisdiction: NO, marketplaces: [m], basis: b}
    - {owner: I, jurisdiction: UK, marketplaces: [m], basis: b}
    - {owner: I, jurisdiction: US, marketplaces: m, basis: [b]}
    - {owner: J, jurisdiction: US, marketplaces: [m], basis: b}
    - {owner: J, jurisdiction: us, marketplaces: [n], basis: b}
`}, []string{
			`screening.yaml:2: threshold: no such key; known are lanes, thresholds`,
			`screening.yaml:4: thresholds.fake: no such lane; known are counterfeit, lookalike, copyright, misuse, parallel, unauthorised, price`,
			`screening.yaml:5: thresholds.counterfeit: review 5.000000 must be below block 2.000000`,
			`screening.yaml:6: thresholds.lookalike: review 6.000000 must be below block 4.500000`,
			`screening.yaml:7: thresholds.copyright.block: must be above 0`,
			`screening.yaml:7: thresholds.copyright.review: "x" is not a number of points (at most six decimals)`,
			`screening.yaml:7: thresholds.copyright.warn: no such key; known are block, review`,
			`screening.yaml:8: thresholds.copyright: the key stands twice`,
			`screening.yaml:9: thresholds.misuse: keys and values are expected`,
			`screening.yaml:11: lanes.resale: no such key; known are price`,
			`screening.yaml:13: lanes.price[0].basis: say why agreed prices may be enforced there`,
			`screening.yaml:13: lanes.price[0].jurisdiction: an ISO 3166-1 alpha-2 code is needed`,
			`screening.yaml:13: lanes.price[0].marketplaces: name the marketplaces of that jurisdiction`,
			`screening.yaml:14: lanes.price[1].jurisdiction: the price lane can't be on in FR: agreed resale prices are a hard-core restriction of competition in the European Union and the EEA (TFEU Art 101, EEA Agreement Art 53)`,
			`screening.yaml:15: lanes.price[2].jurisdiction: the price lane can't be on in NO: agreed resale prices are a hard-core restriction of competition in the European Union and the EEA (TFEU Art 101, EEA Agreement Art 53)`,
			`screening.yaml:16: lanes.price[3].jurisdiction: "UK" is not an ISO 3166-1 alpha-2 code (the United Kingdom is "GB")`,
			`screening.yaml:17: lanes.price[4].basis: a single value is expected`,
			`screening.yaml:17: lanes.price[4].basis: say why agreed prices may be enforced there`,
			`screening.yaml:17: lanes.price[4].marketplaces: a list is expected`,
			`screening.yaml:17: lanes.price[4].marketplaces: name the marketplaces of that jurisdiction`,
			`screening.yaml:19: lanes.price[6]: "J" in US stands twice`}},

		{"banks", []string{
			"banks/a/front.jpg", "x",
			"banks/b/bank.yaml", "meaning: nice\nowner: H\nowners: I\n",
			"banks/c/bank.yaml", "meaning: counterfeit\n",
			"banks/d/bank.yaml", "meaning: benign\n", "banks/d/hashes.csv", "pdq,label\n" + pdq + ",fine\n12,short\n" + pdq + "0,long\n",
			"banks/e/bank.yaml", "meaning: benign\n", "banks/e/hash.csv", "", "banks/e/empty.png", "",
			"banks/f/bank.yaml", "meaning: nice\n"}, []string{
			`banks/a/bank.yaml: is missing; it says the bank's meaning (official, counterfeit or benign) and its owner`,
			`banks/b/bank.yaml:3: owners: no such key; known are meaning, owner`,
			`banks/c/bank.yaml: owner: a bank of counterfeit images needs an owner`,
			`banks/d/hashes.csv:3: pdq: "12" is not a PDQ hash: 64 hex digits`,
			`banks/d/hashes.csv:4: pdq: "000000000000000000000000000000000000000000000000000000000000…" is not a PDQ hash: 64 hex digits`,
			`banks/e/empty.png: the image is empty`,
			`banks/e/hash.csv: no such file is known here; hashes stand in banks/e/hashes.csv`,
			`banks/f/bank.yaml: meaning: "nice" is neither official, counterfeit nor benign`}},
		{"banks that is no folder", []string{"banks", "x"}, []string{"banks: is not a folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := reference.Load(folder(append([]string{"marks.csv", oneMark}, c.files...)...), asOf)
			var ps assay.Problems
			if g != nil || !errors.As(err, &ps) {
				t.Fatalf("no problems: %v", err)
			}
			if got, want := err.Error(), strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	t.Run("no marks.csv at all", func(t *testing.T) {
		_, err := reference.Load(folder("claims.csv", "phrase,meaning\nx,\n"), asOf)
		want := "marks.csv: is missing; a reference folder needs it\nclaims.csv:2: meaning: \"\" is neither replica nor excuse"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
}

func TestAThousandMistakesAreListedAndTheRestCounted(t *testing.T) {
	var rows strings.Builder
	rows.WriteString(productsHeader)
	for range 50_000 { // several blocks, read side by side
		rows.WriteString("House,1,,a name that is long enough to fill a block,,,,,\n")
	}
	_, err := reference.Load(folder("marks.csv", marksHeader+"A1,,,,,,\n", "products.csv", rows.String(), "rates.csv", "date\n"), asOf)
	var ps assay.Problems
	if !errors.As(err, &ps) || len(ps) != reference.MaxProblems+1 {
		t.Fatalf("%d problems", len(ps))
	}
	if got := ps[0].Error(); got != "marks.csv:2: owner: an owner is needed" {
		t.Errorf("first: %s", got)
	}
	for i, p := range ps[1:reference.MaxProblems] {
		if p.File != "products.csv" || p.Line != i+2 {
			t.Fatalf("problem %d is %v", i+1, p)
		}
	}
	if got, want := ps[reference.MaxProblems].Reason, "and 49003 more mistakes"; got != want {
		t.Errorf("last: %q, want %q", got, want)
	}
}

// endless is a file of one repeated text; it counts what is read of it.
type endless struct {
	text string
	size int64
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := int64(0)
	for n < int64(len(p)) && e.read < e.size {
		k := copy(p[n:], e.text[e.read%int64(len(e.text)):])
		n, e.read = n+int64(k), e.read+int64(k)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}
func (e *endless) Close() error               { return nil }
func (e *endless) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

// withEndless is a folder in which one file is endless.
type withEndless struct {
	fstest.MapFS
	name string
	file *endless
}

func (w withEndless) Open(name string) (fs.File, error) {
	if name == w.name {
		return w.file, nil
	}
	return w.MapFS.Open(name)
}

func TestHostileFilesEndInAMistakeWithinBoundedMemory(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct{ name, file, start, repeat, want string }{
		{"a line of a gigabyte", "products.csv", "owner\n", "aaaaaaaaaaaaaaaa", "products.csv:2: the row is longer than 1 MiB; the rest of the file was not read"},
		{"a header of a gigabyte", "marks.csv", "", "owner,", "marks.csv:1: the row is longer than 1 MiB; the rest of the file was not read"},
		{"a quote that swallows a gigabyte", "products.csv", "owner\nA1\n\"", "aaaaaaaaaaaa\n,", "products.csv:3: a quote opens a field that is not closed before the row passes 1 MiB; the rest of the file was not read"},
		{"a policy of a gigabyte", "screening.yaml", "", "# aaaaaaaaaaaaa\n", "screening.yaml: is larger than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			repeat := strings.Repeat(c.repeat, 1000)
			file := &endless{text: repeat, size: gigabyte}
			f := withEndless{folder("marks.csv", oneMark, c.file, "x"), c.file, file}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := reference.Load(startWith{f, c.file, c.start}, asOf)
			runtime.ReadMemStats(&after)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v", err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("allocated %d MB", used>>20)
			}
			if file.read > 8<<20 {
				t.Errorf("read %d MB", file.read>>20)
			}
		})
	}
	t.Run("a million columns", func(t *testing.T) {
		_, err := reference.Load(folder("marks.csv", strings.Repeat(",", 1_000_000)), asOf)
		if err == nil || !strings.HasPrefix(err.Error(), "marks.csv:1: has more than 64 columns; known are") {
			t.Error(err)
		}
		_, err = reference.Load(folder("marks.csv", oneMark+strings.Repeat("a,", 400_000)), asOf)
		if want := "marks.csv:3: the row has more than 64 fields, the header 2"; err == nil || err.Error() != want {
			t.Error(err)
		}
	})
}

// startWith puts a text before a file.
type startWith struct {
	fs.FS
	name, start string
}

func (s startWith) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err == nil && name == s.name {
		return struct {
			io.Reader
			closing
		}{io.MultiReader(strings.NewReader(s.start), f), closing{f}}, nil
	}
	return f, err
}

func (s startWith) Stat(name string) (fs.FileInfo, error) {
	return fs.Stat(s.FS.(withEndless).MapFS, name)
}
func (s startWith) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(s.FS.(withEndless).MapFS, name)
}

type closing struct{ f fs.File }

func (c closing) Close() error               { return c.f.Close() }
func (c closing) Stat() (fs.FileInfo, error) { return c.f.Stat() }

func TestAnErrorOfReadingIsNoMistake(t *testing.T) {
	f := folder("marks.csv", oneMark, "products.csv", "owner\nA1\n")
	for _, name := range []string{"marks.csv", "products.csv"} {
		_, err := reference.Load(failing{f, name}, time.Now())
		var ps assay.Problems
		if err == nil || errors.As(err, &ps) || !strings.Contains(err.Error(), "reading "+name) || !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errDisk = fmt.Errorf("disk on fire")

type failing struct {
	fstest.MapFS
	name string
}

func (f failing) Open(name string) (fs.File, error) {
	file, err := f.MapFS.Open(name)
	if name == f.name {
		return struct {
			io.Reader
			closing
		}{io.MultiReader(io.LimitReader(file, 3), brokenReader{}), closing{file}}, err
	}
	return file, err
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errDisk }
