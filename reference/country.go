package reference

import "strings"

// countries are the officially assigned codes of ISO 3166-1 alpha-2.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV " +
	"BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ " +
	"FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR " +
	"IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML " +
	"MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR " +
	"PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ " +
	"TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// europeanEconomicArea are the EU's member states, those of their parts that
// belong to the EU under a code of their own (Åland and the French outermost
// regions, TFEU Art 355), and Iceland, Liechtenstein and Norway, whose EEA
// Agreement has the same rule in Art 53. "EU", "EL" and "EEA" are no codes of
// ISO 3166 but are written for them.
const europeanEconomicArea = " AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK " +
	"AX GF GP MF MQ RE YT IS LI NO EU EL EEA "

// country returns the ISO 3166-1 alpha-2 code that s names in any case.
func country(s string) (code string, ok bool) {
	code = strings.ToUpper(s)
	return code, len(code) == 2 && oneOf(countries, code)
}

// countryHint names the code that was probably meant.
func countryHint(code string) string {
	switch code {
	case "UK":
		return ` (the United Kingdom is "GB")`
	case "EL":
		return ` (Greece is "GR")`
	}
	return ""
}

func oneOf(list, word string) bool {
	return word != "" && !strings.Contains(word, " ") && strings.Contains(list, " "+word+" ")
}
