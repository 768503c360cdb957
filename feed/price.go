package feed

import (
	"math/big"
	"strconv"
	"strings"

	"assay"
)

// currencySigns maps what stands beside an amount to the currencies it may mean,
// the sign's case as it is written. One code is certain; of several, a given
// currency decides.
var currencySigns = func() map[string][]string {
	m := map[string][]string{}
	for sign, codes := range map[string]string{
		"$":  "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP BBD BMD BND BSD BZD CUP DOP FJD GYD JMD KYD LRD NAD SBD SRD TTD UYU XCD",
		"¥":  "JPY CNY",
		"kr": "SEK NOK DKK ISK", "kr.": "DKK SEK NOK ISK", "Kr": "SEK NOK DKK ISK", "Kr.": "DKK SEK NOK ISK",
		"Rs": "INR PKR LKR NPR MUR", "Rs.": "INR PKR LKR NPR MUR", "₨": "INR PKR LKR NPR MUR",
		"£": "GBP EGP GIP FKP SHP SYP LBP", "元": "CNY TWD HKD", "圓": "TWD HKD", "lei": "RON MDL", "Lei": "RON MDL",
		"US$": "USD", "USD$": "USD", "U$": "USD", "S$": "SGD", "SG$": "SGD", "HK$": "HKD", "A$": "AUD", "AU$": "AUD",
		"C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "NT$": "TWD", "MX$": "MXN", "Mex$": "MXN", "R$": "BRL",
		"€": "EUR", "Rp": "IDR", "Rp.": "IDR", "rp": "IDR", "RP": "IDR", "RM": "MYR", "₱": "PHP", "฿": "THB", "บาท": "THB",
		"円": "JPY", "JP¥": "JPY", "CN¥": "CNY", "RMB": "CNY", "人民币": "CNY", "₩": "KRW", "원": "KRW", "₫": "VND", "đ": "VND", "VNĐ": "VND",
		"zł": "PLN", "ZŁ": "PLN", "Kč": "CZK", "KČ": "CZK", "Ft": "HUF", "₹": "INR", "₺": "TRY", "TL": "TRY", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "р.": "RUB",
		"₴": "UAH", "грн": "UAH", "₪": "ILS", "₦": "NGN", "₸": "KZT", "₾": "GEL", "лв": "BGN", "лв.": "BGN",
		"Fr.": "CHF", "SFr.": "CHF", "Dh": "AED", "د.إ": "AED", "﷼": "SAR IRR OMR QAR YER", "৳": "BDT", "₡": "CRC", "S/": "PEN", "S/.": "PEN",
	} {
		m[sign] = strings.Fields(codes)
	}
	return m
}()

// wholeCurrencies are written without minor units by custom, beside those that
// have none in ISO 4217.
const wholeCurrencies = " IDR VND COP HUF TWD IRR LAK MMK MNT KHR LBP SYP UZS AMD "

func isWhole(code string) bool {
	return assay.MinorDigits(code) == 0 || strings.Contains(wholeCurrencies, " "+code+" ")
}

// parsePrice reads an amount as people and machines write it, by the rule in the
// package's documentation. currency is what the record says beside it, or "".
// Text that means "no price" gives the zero Money. Errors are *assay.Problem.
func parsePrice(text, currency string, o Options) (assay.Money, error) {
	folded, ok := foldPrice(text)
	refuse := func(reason string) (assay.Money, error) {
		return assay.Money{}, bad("", quote(text)+" "+reason)
	}
	if !ok {
		return refuse("is not an amount")
	}
	if folded == "" || placeholder(folded) == "" {
		return assay.Money{}, nil
	}
	first := strings.IndexAny(folded, digits)
	last := strings.LastIndexAny(folded, digits)
	if first < 0 {
		return refuse("is not an amount")
	}
	prefix, number, suffix := folded[:first], folded[first:last+1], folded[last+1:]
	if prefix == "." || prefix == "," {
		prefix, number = "", prefix+number // .99
	}
	for _, none := range []string{",--", ".--", ",-", ".-"} { // 5,- as in German and Dutch
		if rest, ok := strings.CutPrefix(suffix, none); ok {
			suffix = rest
			break
		}
	}
	if strings.HasSuffix(strings.TrimSpace(prefix), "-") || strings.HasPrefix(prefix, "-") {
		return refuse("is negative")
	}
	code, carries, err := priceCurrency(strings.Fields(prefix), strings.Fields(suffix), currency, o)
	if err != "" {
		return refuse(err)
	}
	if code == "" {
		return assay.Money{}, bad("currency", quote(text)+" has no currency (give a fixed one with --currency)")
	}
	amount, err := plainAmount(number, code, carries, o)
	if err != "" {
		return refuse(err)
	}
	m, perr := assay.ParseMoney(amount, code)
	if p, ok := perr.(*assay.Problem); ok {
		return assay.Money{}, bad("", p.Reason)
	}
	return m, nil
}

const (
	digits       = "0123456789"
	maxPriceText = 100 // bytes
)

// foldPrice brings the variants of digits, signs and spaces to their plain form.
func foldPrice(s string) (string, bool) {
	if plain := strings.Trim(s, " \t\r\n"); isPlainASCII(plain) {
		return plain, len(plain) <= maxPriceText
	}
	if len(s) > 3*maxPriceText {
		return "", false
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '０' && r <= '９':
			r = r - '０' + '0'
		case r >= 'Ａ' && r <= 'Ｚ':
			r = r - 'Ａ' + 'A'
		case r >= 0x2000 && r <= 0x200a || r == 0xa0 || r == 0x202f || r == 0x205f || r == 0x3000 || r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case r == '，' || r == '٬':
			r = ','
		case r == '．' || r == '。':
			r = '.'
		case r == '￥':
			r = '¥'
		case r == '＄':
			r = '$'
		case r == '￡':
			r = '£'
		case r == '￦':
			r = '₩'
		case r == '’' || r == 'ʼ' || r == '＇' || r == '‘':
			r = '\''
		case r == '−' || r == '–' || r == '—' || r == '－' || r == '‐' || r == '‑':
			r = '-'
		case r == '～' || r == '〜':
			r = '~'
		case r == 0x200b || r == 0x200e || r == 0x200f || r == 0xfeff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			continue // invisible, and says nothing about an amount
		}
		b.WriteRune(r)
	}
	folded := strings.TrimSpace(b.String())
	return folded, len(folded) <= maxPriceText
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			return false
		}
	}
	return true
}

// priceCurrency finds the one currency that fits every sign beside the amount and
// what is given. carries reports whether the text named one itself.
func priceCurrency(prefix, suffix []string, given string, o Options) (code string, carries bool, reason string) {
	if given != "" {
		c, ok := assay.LookupCurrency(given)
		if !ok {
			return "", false, "is in " + quote(given) + ", which is not an ISO 4217 code"
		}
		given = c
	}
	var possible []string
	for _, token := range append(prefix[:len(prefix):len(prefix)], suffix...) {
		means := currencySigns[token]
		if c, ok := assay.LookupCurrency(token); ok && (c == token || c == given) { // "try 5" is not in lira
			means = []string{c}
		}
		if means == nil {
			if strings.HasPrefix(token, "-") || strings.HasPrefix(token, "~") {
				return "", false, "is a range, not one amount"
			}
			return "", false, "has text that is no currency: " + quote(token)
		}
		if possible == nil {
			possible = means
			continue
		}
		var both []string
		for _, c := range means {
			if contains(possible, c) {
				both = append(both, c)
			}
		}
		if both == nil {
			return "", false, "names two currencies"
		}
		possible = both
	}
	switch {
	case possible == nil && given != "":
		return given, false, ""
	case possible == nil:
		return o.Currency, false, ""
	case given != "":
		if !contains(possible, given) {
			return "", true, "does not fit the currency " + given
		}
		return given, true, ""
	case len(possible) == 1:
		return possible[0], true, ""
	case possible[0] == "GBP": // £ alone is sterling; the others need saying
		if contains(possible, o.Currency) {
			return o.Currency, true, ""
		}
		return "GBP", true, ""
	case contains(possible, o.Currency):
		return o.Currency, true, ""
	case o.Currency != "":
		return "", true, "does not fit the currency " + o.Currency
	}
	return "", true, "has a sign that several currencies share: name one in a currency column or with --currency"
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// plainAmount turns grouped digits into the form that ParseMoney reads.
func plainAmount(n, code string, carries bool, o Options) (amount, reason string) {
	if isScientific(n) {
		return roundResidue(n), ""
	}
	for i := range len(n) {
		switch c := n[i]; {
		case c >= '0' && c <= '9' || c == '.' || c == ',' || c == ' ' || c == '\'':
		case c == '-' || c == '~':
			return "", "is a range, not one amount"
		default:
			return "", "is not one amount"
		}
	}
	spaced := strings.ContainsAny(n, " '")
	points, commas := strings.Count(n, "."), strings.Count(n, ",")
	switch {
	case points == 0 && commas == 0:
		return grouped(n, " '")
	case points > 0 && commas > 0:
		decimal, group := byte('.'), ","
		if strings.LastIndexByte(n, ',') > strings.LastIndexByte(n, '.') {
			decimal, group = ',', "."
		}
		if spaced || strings.Count(n, string(decimal)) > 1 {
			return "", "mixes the signs that group digits"
		}
		return decimalAt(n, strings.IndexByte(n, decimal), group)
	case points > 1 || commas > 1:
		if spaced {
			return "", "mixes the signs that group digits"
		}
		return grouped(n, ".,")
	}
	at := strings.IndexAny(n, ".,")
	whole, after := n[:at], len(n)-at-1
	if spaced {
		return decimalAt(n, at, " '")
	}
	switch {
	case after != 3 || len(whole) > 3 || whole == "0" || whole == "":
	case n[at] == '.' && assay.MinorDigits(code) == 3:
	case isWhole(code) || carries:
		return grouped(n, ".,")
	case o.Decimal == "":
		return "", "may be " + whole + n[at+1:] + " or " + whole + "." + n[at+1:] + ": say --decimal point or comma"
	case (o.Decimal == DecimalPoint) != (n[at] == '.'):
		return grouped(n, ".,")
	}
	return decimalAt(n, at, "")
}

// decimalAt reads n with its decimal sign at i and the whole part grouped by signs.
func decimalAt(n string, i int, signs string) (amount, reason string) {
	whole, reason := grouped(n[:i], signs)
	if reason != "" {
		return "", reason
	}
	if whole == "" {
		whole = "0"
	}
	fraction := n[i+1:]
	if strings.Trim(fraction, digits) != "" {
		return "", "is not one amount"
	}
	return roundResidue(whole + "." + fraction), ""
}

// roundResidue rounds an amount of more decimal places than Money holds to as many
// as it does, half to even. They are what is left of a binary floating-point number
// on its way through somebody's program: 6.906999999999999e+01 was 69.07.
func roundResidue(n string) string {
	if len(n) <= assay.MaxScale+1 || len(n) > maxPriceText {
		return n
	}
	mantissa, exponent := n, 0
	if i := strings.IndexAny(n, "eE"); i >= 0 {
		e, err := strconv.Atoi(n[i+1:])
		if err != nil || e < -40 || e > 40 {
			return n
		}
		mantissa, exponent = n[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	value, ok := new(big.Int).SetString(whole+fraction, 10)
	drop := len(fraction) - exponent - assay.MaxScale
	if !ok || drop <= 0 {
		return n
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(drop)), nil)
	rest := new(big.Int)
	value.QuoRem(value, unit, rest)
	switch c := rest.Lsh(rest, 1).Cmp(unit); {
	case c > 0, c == 0 && value.Bit(0) == 1:
		value.Add(value, big.NewInt(1))
	}
	return value.String() + "e-" + strconv.Itoa(assay.MaxScale)
}

// grouped reads a whole number whose digits are grouped by one of signs: by threes,
// or, with commas, the last three and twos before (lakh and crore).
func grouped(n, signs string) (amount, reason string) {
	i := strings.IndexAny(n, signs)
	if i < 0 {
		return n, ""
	}
	parts := strings.Split(n, n[i:i+1])
	threes, lakh := true, n[i] == ','
	for k, p := range parts {
		lastPart := k == len(parts)-1
		if strings.Trim(p, digits) != "" {
			return "", "mixes the signs that group digits"
		}
		threes = threes && (k == 0 && len(p) >= 1 && len(p) <= 3 || k > 0 && len(p) == 3)
		lakh = lakh && (k == 0 && len(p) >= 1 && len(p) <= 2 || k > 0 && !lastPart && len(p) == 2 || lastPart && len(p) == 3)
	}
	if !threes && !lakh {
		return "", "does not group its digits by threes"
	}
	return strings.Join(parts, ""), ""
}

// isScientific recognises 1.580950000000000e+03.
func isScientific(n string) bool {
	i := strings.IndexAny(n, "eE")
	if i < 1 {
		return false
	}
	mantissa := n[:i]
	exponent := strings.TrimLeft(n[i+1:], "+-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return whole != "" && exponent != "" && len(n)-i-1-len(exponent) <= 1 &&
		strings.Trim(whole+fraction+exponent, digits) == ""
}
