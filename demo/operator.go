package demo

import (
	"fmt"
	"slices"
	"strconv"

	"assay"
)

// Operators run the shops that sell fakes: several each, under different names,
// on different marketplaces. Some of what is known of their shops is the same,
// some is made up for the one shop, and some is shared with honest shops that use
// the same warehouse.
const operators = 120

// Odds of identifiers, in percent.
const (
	carefulPercent   = 15 // operators whose shops share nothing of their own
	poolPercent      = 65 // an identifier of a shop is one that its operator uses elsewhere
	hubPercent       = 15 // … is the address of a warehouse that many use
	honestHubPercent = 6  // an honest seller gives the address of a warehouse
	secondPercent    = 25 // an honest seller has a second identifier
	thirdPercent     = 20 // … and a third
)

// maxIdentifiers is how many a marketplace gives of a seller.
const maxIdentifiers = 3

// Operator is who runs several shops.
type Operator struct {
	ID    string
	Shops []Shop
}

// Shop is an account on a marketplace.
type Shop struct{ Marketplace, SellerID string }

// Operators lists all operators with all their shops, also those that have no
// offer among the first listings, in the order of their ids.
func (w *World) Operators() []Operator {
	out := make([]Operator, operators)
	for o := range out {
		out[o].ID = operatorID(o)
	}
	for _, m := range markets {
		for number := firstBad; number < firstFresh+freshShops; number++ {
			if o := w.operatorOf(m, number); o >= 0 {
				out[o].Shops = append(out[o].Shops, Shop{m.host, m.accountID(number)})
			}
		}
	}
	return slices.DeleteFunc(out, func(o Operator) bool { return len(o.Shops) == 0 })
}

func operatorID(o int) string { return fmt.Sprintf("operator-%03d", o+1) }

// operatorOf is who runs the account, -1 for somebody who runs no other. The
// first operators have the most.
func (w *World) operatorOf(m *market, number int) int {
	if number < firstBad || number >= firstBad+badShops && number < firstFresh || number >= firstFresh+freshShops {
		return -1
	}
	d := newDice(w.seed, streamOperator, uint64(m.index)<<32|uint64(number))
	if d.chance(50) {
		return d.low(operators)
	}
	return d.n(operators)
}

// sort of an identifier and how it is written.
type sort struct {
	of    assay.IdentifierType
	write func(b []byte, serial uint64) []byte
}

var sorts = []sort{
	{"phone", func(b []byte, n uint64) []byte { return digits(append(b, "+999"...), scatter(n), 9) }}, // a code that no country has
	{"email", func(b []byte, n uint64) []byte {
		b = append(lower(append(b, latinWord(wordSeller+n)...), len(b)), '.')
		return append(strconv.AppendUint(b, scatter(n)%1000, 10), "@post.example"...)
	}},
	{"bank", func(b []byte, n uint64) []byte { return digits(append(b, "XX00DEMO"...), scatter(n), 10) }},
	{"wechat", func(b []byte, n uint64) []byte {
		b = append(b, "wx_"...)
		return lower(append(b, latinWord(wordSeller+n)...), len(b))
	}},
	{"device", func(b []byte, n uint64) []byte {
		return strconv.AppendUint(append(b, "d-"...), 1<<36+scatter(n)<<6+n&63, 16)
	}},
	{"address", func(b []byte, n uint64) []byte {
		b = append(strconv.AppendUint(b, 1+n%180, 10), ' ')
		return append(append(b, latinWord(wordSeller+n)...), " Lane"...)
	}},
}

const sortAddress = 5

// hubs are warehouses that send goods for anybody.
var hubs = []string{
	"Hall 7, Harbour Road 12, Portsend", "Unit 40, Dockside Freight Park", "Gate 3, Cargo Centre East",
	"Building C, Ring Road Logistics Yard", "Warehouse 19, Old Airfield",
}

// scatter gives every serial number below a thousand million another one.
func scatter(n uint64) uint64 { return n % 1_000_000_000 * 387_420_489 % 1_000_000_000 }

func digits(b []byte, n uint64, width int) []byte {
	for pad := uint64(10); width > 1; width-- {
		if n < pad {
			for range width - 1 {
				b = append(b, '0')
			}
			break
		}
		pad *= 10
	}
	return strconv.AppendUint(b, n, 10)
}

// lower brings ASCII letters from b[from:] into lower case.
func lower(b []byte, from int) []byte {
	for i := from; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return b
}

// Serial numbers of identifiers: an account's own, then an operator's.
const (
	serialsPerMarket    = 200_000
	firstOperatorSerial = 2_000_000 // + operator × serialsPerOperator
	serialsPerOperator  = 4
)

// identifiers are what a marketplace knows of who is behind an account, one to
// three. An account's own values are nobody else's.
func (w *World) identifiers(d *dice, m *market, number int) []assay.Identifier {
	var buf [160]byte
	var ends [maxIdentifiers]int
	var types [maxIdentifiers]assay.IdentifierType
	b, n, used := buf[:0], 0, 0
	add := func(k int, serial uint64, hub string) {
		if used&(1<<k) != 0 {
			return
		}
		used |= 1 << k
		if hub != "" {
			b = append(b, hub...)
		} else {
			b = sorts[k].write(b, serial)
		}
		types[n], ends[n] = sorts[k].of, len(b)
		n++
	}
	own := uint64(m.index*serialsPerMarket + number)
	if o := w.operatorOf(m, number); o >= 0 {
		who := newDice(w.seed, streamOperator, 1<<48|uint64(o))
		careful := who.chance(carefulPercent)
		for range d.between(1, maxIdentifiers) {
			k := d.n(len(sorts))
			switch roll := d.n(100); {
			case roll < hubPercent:
				add(sortAddress, 0, hubs[(o+d.n(2))%len(hubs)])
			case roll < hubPercent+poolPercent && !careful:
				add(k, firstOperatorSerial+uint64(o*serialsPerOperator+d.low(serialsPerOperator)), "")
			default:
				add(k, own, "")
			}
		}
	} else {
		if d.chance(honestHubPercent) {
			add(sortAddress, 0, pick(d, hubs))
		} else {
			add(d.n(len(sorts)), own, "")
		}
		if d.chance(secondPercent) {
			add(d.n(len(sorts)), own, "")
			if d.chance(thirdPercent) {
				add(d.n(len(sorts)), own, "")
			}
		}
	}
	text := string(b)
	out := make([]assay.Identifier, n)
	from := 0
	for i := range out {
		out[i] = assay.Identifier{Type: types[i], Value: text[from:ends[i]]}
		from = ends[i]
	}
	return out
}
