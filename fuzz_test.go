package assay_test

import (
	"testing"

	"assay"
)

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"129.00", "1.580950000000000e+03", "-1", "0", "1e-9", "999999999999999999", "00.1", "1e40", "."} {
		f.Add(s, "EUR")
	}
	f.Add("1.234", "kwd")
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := assay.ParseMoney(amount, currency)
		if err != nil {
			if !m.IsZero() || assay.CodeOf(err) != assay.Invalid {
				t.Fatalf("%v with %v", m, err)
			}
			return
		}
		again, err := assay.ParseMoney(m.Decimal(), m.Currency)
		if err != nil || again != m || m.Amount < 0 || m.Scale > assay.MaxScale {
			t.Fatalf("%q is %+v, which reads back as %+v, %v", amount, m, again, err)
		}
	})
}

func FuzzParseGTIN(f *testing.F) {
	f.Add("4006381333931")
	f.Add("0-36000 29145-2")
	f.Fuzz(func(t *testing.T, s string) {
		g, fault := assay.ParseGTIN(s)
		if fault == assay.GTINShape {
			return
		}
		if again, f := assay.ParseGTIN(g.String()); again != g || f != fault {
			t.Fatalf("%q is %v (%q), which reads back as %v (%q)", s, g, fault, again, f)
		}
	})
}

func FuzzParsePoints(f *testing.F) {
	f.Add("1.8")
	f.Add("-0.000001")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := assay.ParsePoints(s)
		if err != nil {
			return
		}
		if again, err := assay.ParsePoints(p.String()); err != nil || again != p {
			t.Fatalf("%q is %v, which reads back as %v, %v", s, p, again, err)
		}
	})
}
