package assay

import "strings"

// The active codes of ISO 4217 by their number of minor digits, and those
// withdrawn in recent years that listings still carry (ANG, BGN, HRK).
const (
	currencies0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
	currencies2 = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN " +
		"BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS " +
		"GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP " +
		"LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR " +
		"NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP " +
		"STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER " +
		"ZAR ZMW ZWG"
	currencies3 = "BHD IQD JOD KWD LYD OMR TND"
)

// currencies maps an ISO 4217 code to itself (one string for all uses) and its
// minor digits. It is written here only.
var currencies = func() map[string]currency {
	m := map[string]currency{}
	for digits, codes := range map[uint8]string{0: currencies0, 2: currencies2, 3: currencies3} {
		for _, code := range strings.Fields(codes) {
			m[code] = currency{code, digits}
		}
	}
	return m
}()

type currency struct {
	code   string
	digits uint8
}

// LookupCurrency returns the ISO 4217 code that s names in any case.
func LookupCurrency(s string) (code string, ok bool) {
	c, ok := currencies[s]
	if !ok && len(s) == 3 {
		c, ok = currencies[strings.ToUpper(s)]
	}
	return c.code, ok
}

// MinorDigits returns how many decimal places the currency's minor unit has
// (ISO 4217), 2 for a code it does not know.
func MinorDigits(code string) uint8 {
	if c, ok := currencies[code]; ok {
		return c.digits
	}
	return 2
}
