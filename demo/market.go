package demo

import (
	"strconv"
	"time"

	"assay"
)

// AsOf is the present of the world: 1 November 2026.
func AsOf() time.Time { return asOf }

var asOf = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// market is a marketplace.
type market struct {
	host     string
	language string
	currency string
	country  string
	share    int // percent of all listings
	prefix   string
	showsAge bool // says since when a seller is there
	index    int
	address  string // of an offer, without its number
	photos   string // of an offer's photos, without its number
}

var markets = withAddresses([]*market{
	{host: "bazar.example", language: "id", currency: "IDR", country: "ID", share: 18, prefix: "B"},
	{host: "auction.example", language: "en", currency: "USD", country: "US", share: 18, prefix: "U", showsAge: true},
	{host: "tao.example", language: "zh", currency: "CNY", country: "CN", share: 16, prefix: "T"},
	{host: "marktplatz.example", language: "de", currency: "EUR", country: "DE", share: 14, prefix: "M", showsAge: true},
	{host: "highstreet.example", language: "en", currency: "GBP", country: "GB", share: 9, prefix: "H", showsAge: true},
	{host: "marche.example", language: "fr", currency: "EUR", country: "FR", share: 8, prefix: "F"},
	{host: "mercato.example", language: "it", currency: "EUR", country: "IT", share: 6, prefix: "I"},
	{host: "zoco.example", language: "es", currency: "EUR", country: "ES", share: 6, prefix: "Z", showsAge: true},
	{host: "ichiba.example", language: "ja", currency: "JPY", country: "JP", share: 5, prefix: "J", showsAge: true},
})

func withAddresses(markets []*market) []*market {
	for i, m := range markets {
		m.index = i
		m.address = "https://" + m.host + "/i/"
		m.photos = "https://img." + m.host + "/"
	}
	return markets
}

// rates are round figures per euro in ten-thousandths, near no day's real ones.
var rates = []struct {
	currency string
	perEUR   int64
}{
	{"USD", 1_1000}, {"GBP", 8500}, {"JPY", 165_0000}, {"CNY", 7_9000},
	{"IDR", 18_000_0000}, {"CHF", 9500}, {"KRW", 1_550_0000}, {"SEK", 11_2000},
}

// rateDays is how many days up to AsOf have a published rate.
const rateDays = 30

func perEUR(currency string) int64 {
	for i := range rates {
		if rates[i].currency == currency {
			return rates[i].perEUR
		}
	}
	return 1_0000
}

// homeCurrency is the currency in which a brand of that country states prices.
func homeCurrency(country string) string {
	switch country {
	case "US":
		return "USD"
	case "GB":
		return "GBP"
	case "JP":
		return "JPY"
	case "CN":
		return "CNY"
	case "CH":
		return "CHF"
	case "KR":
		return "KRW"
	case "ID":
		return "IDR"
	case "SE":
		return "SEK"
	}
	return "EUR"
}

var pow10 = [...]int64{1, 10, 100, 1000}

// fromEUR converts euro cents to minor units of a currency.
func fromEUR(cents int64, currency string) int64 {
	return cents * perEUR(currency) / 10_000 * pow10[assay.MinorDigits(currency)] / 100
}

// toEUR converts minor units of a currency to euro cents.
func toEUR(minor int64, currency string) int64 {
	return minor * 100 * 10_000 / pow10[assay.MinorDigits(currency)] / perEUR(currency)
}

// rounded brings an amount in minor units to one that shops write: 1.280.000,
// 12,980, 88.00, 49.95, 890.00. It moves an amount of ten euros or more by less
// than 5 %.
func rounded(minor int64, currency string) int64 {
	switch currency {
	case "IDR":
		return max(minor/100_000, 1) * 100_000 // full thousands of rupiah
	case "KRW":
		return max(minor/100, 1) * 100
	case "JPY":
		if minor >= 5000 {
			return (minor+50)/100*100 - 20
		}
		return max(minor/10, 1) * 10
	case "CNY", "SEK":
		return max(minor/100, 1) * 100
	}
	switch {
	case minor >= 200_00:
		return minor / 100 * 100
	case minor >= 10_00:
		return minor/50*50 + 45
	}
	return minor/10*10 + 9
}

func money(minor int64, currency string) assay.Money {
	return assay.Money{Amount: minor, Scale: assay.MinorDigits(currency), Currency: currency}
}

// Accounts on a marketplace by number. The id that people see is scattered, so
// that it gives nothing away.
const (
	firstFlagship   = 0       // + brand
	firstAuthorised = 1_000   // + owner × shopsPerOwner + shop
	firstExpired    = 50_000  // + owner: was authorised, no longer
	firstBad        = 60_000  // shops that sell fakes, and harmless things besides
	firstFresh      = 70_000  // accounts bought for a few fakes, which look like anybody's
	firstShop       = 100_000 // everybody else
	badShops        = 160
	freshShops      = 1_500
	shops           = 60_000
	shopsPerOwner   = 5 // at most
)

// accountID is the id of the account with that number.
func (m *market) accountID(number int) string {
	return string(m.appendAccountID(nil, number))
}

func (m *market) appendAccountID(b []byte, number int) []byte {
	const count = 90_000_000
	b = append(b, m.prefix...)
	return strconv.AppendInt(b, 10_000_000+int64(number)*48_271_339%count, 10)
}

var (
	shopFirst  = []string{"Luna", "Sunny", "Blue Door", "Old Mill", "Harbour", "Little Fox", "Green Leaf", "North", "Riverside", "Golden Hour", "Daily", "Corner", "Happy", "Star", "Urban", "Cosy"}
	shopSecond = []string{"Store", "Trading", "Home", "Market", "Shop", "Outlet", "Goods", "Corner", "Bazaar", "Direct", "Gallery", "Depot", "Select", "House", "Mall", "Finds"}
	farAway    = []string{"CN", "CN", "CN", "HK", "TR", "VN"}
)

// account describes the account with that number. It is the same in every
// listing.
func (w *World) account(m *market, number int) assay.Seller {
	d := newDice(w.seed, streamSeller, uint64(m.index)<<32|uint64(number))
	var buf [64]byte
	b := m.appendAccountID(buf[:0], number)
	split := len(b)
	s := assay.Seller{Country: m.country}
	days := d.between(60, 3600)
	switch {
	case number < firstAuthorised:
		b = append(append(b, w.brands[number].name...), " Official Store"...)
		s.LegalName = w.brands[number].owner
	case number < firstBad:
		b = append(append(append(b, pick(&d, shopFirst)...), ' '), "Retail"...)
		s.LegalName = "Retail Partner " + strconv.Itoa(number) + " Ltd"
	default:
		b = append(append(append(b, pick(&d, shopFirst)...), ' '), pick(&d, shopSecond)...)
		b = strconv.AppendInt(append(b, ' '), int64(d.n(1000)), 10)
		if number < firstFresh {
			days = d.between(5, 400) // such accounts do not live long
			if d.chance(65) {
				s.Country = pick(&d, farAway)
			}
		} else if d.chance(15) {
			s.Country = pick(&d, farAway)
		}
	}
	text := string(b)
	s.ID, s.Name = text[:split], text[split:]
	s.JoinedAt = asOf.AddDate(0, 0, -days)
	s.Identifiers = w.identifiers(&d, m, number)
	return s
}
