package assay_test

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"assay"

	"pgregory.net/rapid"
)

func TestMoneyIsReadExactlyOrRefused(t *testing.T) {
	for _, c := range []struct{ amount, currency, want string }{
		{"129.00", "EUR", "129.00 EUR"},
		{"129", "eur", "129.00 EUR"},
		{"0.5", "USD", "0.50 USD"},
		{"10000", "JPY", "10000 JPY"},
		{"1.2345", "KWD", "1.2345 KWD"},
		{"1.580950000000000e+03", "MYR", "1580.95 MYR"},
		{"1e-2", "EUR", "0.01 EUR"},
		{"0", "EUR", "0.00 EUR"},
		{"000123.40", "EUR", "123.40 EUR"},
		{"999999999999999999", "JPY", "999999999999999999 JPY"},
	} {
		m, err := assay.ParseMoney(c.amount, c.currency)
		if err != nil || m.String() != c.want {
			t.Errorf("%s %s = %v (%v), want %s", c.amount, c.currency, m, err, c.want)
		}
	}
	for _, c := range [][2]string{
		{"-1", "EUR"}, {"", "EUR"}, {".5", "EUR"}, {"1.", "EUR"}, {"1,5", "EUR"}, {"1e99", "EUR"}, {"0x10", "EUR"}, {"NaN", "EUR"},
		{"1 000", "EUR"}, {"1000000000000000000", "JPY"}, {"0.0000000001", "EUR"}, {"1", "EURO"}, {"1", ""}, {strings.Repeat("1", 99), "EUR"},
	} {
		m, err := assay.ParseMoney(c[0], c[1])
		var p *assay.Problem
		if !errors.As(err, &p) || p.Field == "" || p.Reason == "" || assay.CodeOf(err) != assay.Invalid {
			t.Errorf("%q %q = %v, %v", c[0], c[1], m, err)
		}
	}
}

func TestMoneyComparesAndPrintsLikeTheNumberItIs(t *testing.T) {
	money := rapid.Custom(func(t *rapid.T) assay.Money {
		return assay.Money{Amount: rapid.Int64Range(0, 999_999_999_999_999_999).Draw(t, "amount"),
			Scale: uint8(rapid.IntRange(0, assay.MaxScale).Draw(t, "scale")), Currency: "EUR"}
	})
	rational := func(m assay.Money) *big.Rat {
		r, _ := new(big.Rat).SetString(m.Decimal())
		return r
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := money.Draw(t, "a"), money.Draw(t, "b")
		if got, want := a.Compare(b), rational(a).Cmp(rational(b)); got != want {
			t.Fatalf("%v against %v: %d, want %d", a, b, got, want)
		}
		again, err := assay.ParseMoney(a.Decimal(), "EUR")
		if err != nil || again.Compare(a) != 0 {
			t.Fatalf("%v reads back as %v, %v", a, again, err)
		}
	})
}

func TestPointsPrintWithSixDecimalsAndReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := assay.Points(rapid.Int64Range(-1e12, 1e12).Draw(t, "points"))
		b, _ := p.MarshalJSON()
		if i := strings.IndexByte(string(b), '.'); len(b)-i-1 != 6 {
			t.Fatalf("%s", b)
		}
		var again assay.Points
		if err := again.UnmarshalJSON(b); err != nil || again != p {
			t.Fatalf("%s reads back as %v, %v", b, again, err)
		}
	})
}

func TestGTIN(t *testing.T) {
	for s, want := range map[string]assay.GTINFault{
		"4006381333931":          assay.GTINFine, // GTIN-13
		"04006381333931":         assay.GTINFine, // the same as GTIN-14
		"036000291452":           assay.GTINFine, // GTIN-12
		"73513537":               assay.GTINFine, // GTIN-8
		"4 006381-333931":        assay.GTINFine,
		"4006381333932":          assay.GTINCheckDigit,
		"400638133393":           assay.GTINCheckDigit,
		"123":                    assay.GTINShape,
		"":                       assay.GTINShape,
		"00000000":               assay.GTINShape,
		"400638133393X":          assay.GTINShape,
		"1234567890123456789012": assay.GTINShape,
	} {
		if _, fault := assay.ParseGTIN(s); fault != want {
			t.Errorf("%q: %q, want %q", s, fault, want)
		}
	}
	a, _ := assay.ParseGTIN("4006381333931")
	b, _ := assay.ParseGTIN("04006381333931")
	if a != b || a.String() != "04006381333931" {
		t.Errorf("%v and %v are one item", a, b)
	}
}

func full() assay.Listing {
	return assay.Listing{
		Marketplace: "bazar.example", ID: "1", PageID: "p", Title: "t", Description: "d", URL: "u", Brand: "b", Category: "A > B",
		GTIN: "g", MPN: "m", SKU: "s", Condition: assay.ConditionNew, Price: assay.Money{Amount: 1, Currency: "EUR"},
		Variants: []assay.Variant{{ID: "v", Title: "vt", Price: assay.Money{Amount: 2, Currency: "EUR"}, GTIN: "vg",
			Images: []assay.Image{{URL: "vi"}}, Quantity: assay.Count{N: 1, Known: true}}},
		Quantity: assay.Count{N: 3, Known: true}, Sold: assay.Count{N: 4, Known: true}, ShipFrom: "DE",
		Images:     []assay.Image{{URL: "i", SHA256: "x", PDQ: "y", Data: []byte("z")}},
		Attributes: []assay.Attribute{{Name: "n", Value: "v"}},
		Seller: assay.Seller{ID: "s", Name: "sn", LegalName: "sl", Country: "DE", JoinedAt: time.Unix(1, 0),
			Identifiers: []assay.Identifier{{Type: "phone", Value: "1"}}},
		ListedAt: time.Unix(2, 0), UpdatedAt: time.Unix(3, 0),
		Extra: []assay.ExtraField{{Name: "e", JSON: "1"}},
	}
}

// walk calls f with every settable string, number and byte of v, each with its path.
func walk(v reflect.Value, path string, f func(reflect.Value, string)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			f(v, path)
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	default:
		f(v, path)
	}
}

func TestTheContentHashCoversEveryFieldButObservations(t *testing.T) {
	original := full()
	hash := original.ContentHash()
	paths := 0
	l := full()
	walk(reflect.ValueOf(&l).Elem(), "", func(v reflect.Value, path string) {
		paths++
		saved := reflect.New(v.Type()).Elem()
		saved.Set(v)
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "!")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Uint8:
			v.SetUint(v.Uint() + 1)
		case reflect.Struct:
			v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Hour)))
		default:
			t.Fatalf("%s: a %s is not covered by this test", path, v.Kind())
		}
		observation := strings.Contains(path, "Quantity") || strings.Contains(path, "Sold") || strings.HasPrefix(path, ".UpdatedAt") || strings.HasPrefix(path, ".Extra")
		if changed := l.ContentHash() != hash; changed == observation {
			t.Errorf("%s: hash changed: %v", path, changed)
		}
		v.Set(saved)
	})
	if paths < 40 {
		t.Errorf("only %d fields walked", paths)
	}
	l.Price = assay.Money{Amount: 100, Scale: 2, Currency: "EUR"}
	if l.ContentHash() != hash {
		t.Error("1 EUR and 1.00 EUR are two revisions")
	}
}

func TestFieldsCannotRunIntoEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(0, 6, -1)
		a := assay.Listing{Title: s.Draw(t, "title"), Description: s.Draw(t, "description"), Brand: s.Draw(t, "brand")}
		b := assay.Listing{Title: s.Draw(t, "title"), Description: s.Draw(t, "description"), Brand: s.Draw(t, "brand")}
		same := a.Title == b.Title && a.Description == b.Description && a.Brand == b.Brand
		if (a.ContentHash() == b.ContentHash()) != same {
			t.Fatal("two listings share a hash, or one has two")
		}
	})
}

func TestACloneSharesNothing(t *testing.T) {
	l := full()
	c := l.Clone()
	if !reflect.DeepEqual(l, c) {
		t.Fatalf("%+v\nis not\n%+v", c, l)
	}
	at := map[string]unsafe.Pointer{}
	address := func(v reflect.Value) unsafe.Pointer {
		if v.Kind() == reflect.String {
			return unsafe.Pointer(unsafe.StringData(v.String()))
		}
		return v.Addr().UnsafePointer()
	}
	walk(reflect.ValueOf(&l).Elem(), "", func(v reflect.Value, path string) { at[path] = address(v) })
	walk(reflect.ValueOf(&c).Elem(), "", func(v reflect.Value, path string) {
		if v.Kind() != reflect.Struct && address(v) != nil && at[path] == address(v) {
			t.Errorf("%s is shared", path)
		}
	})
}

func TestNormalizedListingsDoNotDependOnTheOrderOfAttributes(t *testing.T) {
	a, b := full(), full()
	a.Attributes = []assay.Attribute{{Name: "x", Value: "1"}, {Name: "a", Value: "2"}, {Name: "a", Value: "1"}}
	b.Attributes = []assay.Attribute{{Name: "a", Value: "1"}, {Name: "x", Value: "1"}, {Name: "a", Value: "2"}}
	a.Normalize()
	b.Normalize()
	if a.ContentHash() != b.ContentHash() {
		t.Error("two orders, two hashes")
	}
}

func TestErrorsCarryACodeAndAProblemItsPlace(t *testing.T) {
	cause := errors.New("disk full")
	err := fmt.Errorf("importing: %w", assay.Errorf(assay.Unavailable, "try again: %w", cause))
	if assay.CodeOf(err) != assay.Unavailable || !errors.Is(err, cause) {
		t.Error(err)
	}
	if assay.CodeOf(cause) != assay.Internal || assay.CodeOf(nil) != "" {
		t.Error("an error without a code is internal, none has none")
	}
	for want, p := range map[string]assay.Problem{
		"f.csv:3: price: is negative":     {File: "f.csv", Line: 3, Field: "price", Reason: "is negative"},
		"f.csv: is empty":                 {File: "f.csv", Reason: "is empty"},
		"line 3: is empty":                {Line: 3, Reason: "is empty"},
		`a\u000af.csv:9: b: is \u001bodd`: {Field: "a\nf.csv:9: b", Reason: "is \x1bodd"},
		"price: is negative":              {Field: "price", Reason: "is negative"},
	} {
		if p.Error() != want {
			t.Errorf("%q, want %q", p.Error(), want)
		}
	}
	if assay.Problems(nil).Err() != nil {
		t.Error("no problems are no error")
	}
}
