package feed

import (
	"strings"
	"testing"

	"assay"
)

func TestPrices(t *testing.T) {
	for _, c := range []struct{ rule, text, currency, decimal, want string }{
		{"a symbol before", "Rp10.000", "", "", "10000.00 IDR"},
		{"a symbol with its dot", "Rp. 1.250.000", "", "", "1250000.00 IDR"},
		{"a symbol after", "1.234,50 €", "", "", "1234.50 EUR"},
		{"a code after", "15.00 USD", "", "", "15.00 USD"},
		{"a code before", "EUR 15", "", "", "15.00 EUR"},
		{"symbol and code that agree", "US$ 15.00 USD", "", "", "15.00 USD"},
		{"symbol and code that agree by exclusion", "$15.00 CAD", "", "", "15.00 CAD"},
		{"full width", "￥１，２９８", "JPY", "", "1298 JPY"},
		{"yuan after", "129元", "CNY", "", "129.00 CNY"},
		{"ringgit", "RM 39.90", "", "", "39.90 MYR"},
		{"dong", "1.290.000₫", "", "", "1290000 VND"},
		{"peso", "₱1,299.00", "", "", "1299.00 PHP"},
		{"krona with a code given", "1 299 kr", "SEK", "", "1299.00 SEK"},
		{"pound alone is sterling", "£9.99", "", "", "9.99 GBP"},
		{"złoty", "1 234,56 zł", "", "", "1234.56 PLN"},
		{"scientific", "1.580950000000000e+03", "MYR", "", "1580.95 MYR"},
		{"scientific with a float's residue", "6.906999999999999e+01", "MYR", "", "69.07 MYR"},
		{"scientific below one", "1.000000000000000e-02", "MYR", "", "0.01 MYR"},
		{"both signs, point last", "1,234.5", "EUR", "", "1234.50 EUR"},
		{"both signs, comma last", "1.234.567,89", "EUR", "", "1234567.89 EUR"},
		{"lakh and crore", "₹1,00,000.00", "", "", "100000.00 INR"},
		{"apostrophes group", "CHF 1’234.50", "", "", "1234.50 CHF"},
		{"no-break spaces group", "1\u00a0234,50 €", "", "", "1234.50 EUR"},
		{"one sign twice groups", "1.234.567", "EUR", "", "1234567.00 EUR"},
		{"one sign once, two digits", "12,34", "EUR", "", "12.34 EUR"},
		{"one sign once, one digit", "2.1", "USD", "", "2.10 USD"},
		{"no digit before", ".99", "USD", "", "0.99 USD"},
		{"three digits after 0", "0.123", "USD", "", "0.123 USD"},
		{"three digits after more than three", "1234.567", "USD", "", "1234.567 USD"},
		{"three digits in a currency without minor units", "1.234", "JPY", "", "1234 JPY"},
		{"three digits in a currency used without them", "10.000", "IDR", "", "10000.00 IDR"},
		{"three digits with a symbol", "€1.234", "", "", "1234.00 EUR"},
		{"three digits in dinars", "1.234", "KWD", "", "1.234 KWD"},
		{"three digits with a comma in dinars and a code", "KWD 1,234", "", "", "1234.000 KWD"},
		{"three digits settled as decimals", "1.234", "EUR", "point", "1.234 EUR"},
		{"three digits settled as a group", "1.234", "EUR", "comma", "1234.00 EUR"},
		{"German no cents", "5,- €", "", "", "5.00 EUR"},
		{"zero", "0", "EUR", "", "0.00 EUR"},
		{"invisible marks", "\u200e12.50\u200f €", "", "", "12.50 EUR"},
		{"empty", " ", "", "", ""},
		{"null", "null", "EUR", "", ""},
		{"n/a", "N/A", "EUR", "", ""},

		{"ambiguous", "1.234", "EUR", "", `! price "1.234" may be 1234 or 1.234: say --decimal point or comma`},
		{"ambiguous with a comma", "1,234", "EUR", "", `! "1,234" may be 1234 or 1.234`},
		{"a shared symbol alone", "$15.00", "", "", "! several currencies share"},
		{"yen or yuan", "¥15", "", "", "! several currencies share"},
		{"symbol against the currency", "€15", "USD", "", "! does not fit the currency USD"},
		{"two currencies", "€15 USD", "", "", "! names two currencies"},
		{"no currency", "15.00", "", "", "! has no currency"},
		{"unknown currency", "15.00", "XXQ", "", "! not an ISO 4217 code"},
		{"negative", "-15.00", "EUR", "", "! is negative"},
		{"negative after the symbol", "€ −15", "", "", "! is negative"},
		{"range", "12-15", "EUR", "", "! is a range"},
		{"range with words", "from 12", "EUR", "", "! no currency: \"from\""},
		{"words", "call us", "EUR", "", "! is not an amount"},
		{"words that are codes only in capitals", "try 5", "EUR", "", "! no currency"},
		{"too many digits", "1234567890123456789", "EUR", "", "! 18 digits"},
		{"groups that are none", "1.23.456", "EUR", "", "! by threes"},
		{"groups mixed", "1,2.3,4", "EUR", "", "! mixes the signs"},
		{"two numbers", "12 15", "EUR", "", "! by threes"},
		{"long text", strings.Repeat("1", 5000), "EUR", "", "! is not an amount"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			m, err := parsePrice(c.text, c.currency, Options{Decimal: Decimal(c.decimal)})
			if reason, refused := strings.CutPrefix(c.want, "! "); refused {
				reason = strings.TrimPrefix(reason, "price ")
				if err == nil || !strings.Contains(err.Error(), reason) {
					t.Errorf("%q in %q = %v, %v; want a refusal: %s", c.text, c.currency, m, err, reason)
				}
				return
			}
			if err != nil || m.String() != c.want {
				t.Errorf("%q in %q = %v, %v; want %s", c.text, c.currency, m, err, c.want)
			}
		})
	}
	t.Run("a dollar is what the options say", func(t *testing.T) {
		if m, err := parsePrice("$15", "", Options{Currency: "SGD"}); err != nil || m.String() != "15.00 SGD" {
			t.Error(m, err)
		}
	})
}

func FuzzPrice(f *testing.F) {
	for _, s := range []string{"Rp10.000", "1.234,50 €", "1e5", "1,00,000.00", "$ 5", "12-15", "..", ",", "0x1", "1'2", "1.580950000000000e+03"} {
		f.Add(s, "EUR", true)
		f.Add(s, "", false)
	}
	f.Fuzz(func(t *testing.T, text, currency string, comma bool) {
		o := Options{Decimal: DecimalPoint}
		if comma {
			o.Decimal = DecimalComma
		}
		m, err := parsePrice(text, currency, o)
		if err != nil {
			if _, ok := err.(*assay.Problem); !ok || m != (assay.Money{}) {
				t.Fatalf("%q: error %T, money %v", text, err, m)
			}
			return
		}
		if m.Amount < 0 || m.Scale > assay.MaxScale || m.Amount >= 1e18 {
			t.Fatalf("%q = %+v", text, m)
		}
		if m.IsZero() {
			return
		}
		// The amount as a machine writes it, in its currency, reads as itself.
		again, err := parsePrice(m.String(), "", Options{Decimal: DecimalPoint})
		ambiguous := m.Scale == 3 && assay.MinorDigits(m.Currency) != 3
		if !ambiguous && (err != nil || again.Compare(m) != 0 || again.Currency != m.Currency) {
			t.Fatalf("%q = %v, which reads as %v, %v", text, m, again, err)
		}
	})
}
