package picture

import (
	"maps"
	"slices"
)

// Thing is a sort of goods that can be drawn, as the tables of package demo name
// it.
type Thing string

// thing is how a Thing is drawn: at any size, around any place. One that stands
// is photographed from the side, the rest from above.
type thing struct {
	stands bool
	draw   func(*pen)
	focus  point // of a detail: from the middle, as a share of width and height; zero for a little above it
}

// Things lists what can be drawn, in alphabetical order.
func Things() []Thing { return slices.Sorted(maps.Keys(things)) }

// Known reports whether t can be drawn.
func (t Thing) Known() bool { _, ok := things[t]; return ok }

var things = map[Thing]thing{
	"tote": {stands: true, draw: (*pen).tote}, "shoulder-bag": {stands: true, draw: (*pen).shoulderBag}, "wallet": {draw: (*pen).wallet},
	"strap": {draw: (*pen).strap, focus: pt(-.35, .25)}, "organiser": {stands: true, draw: (*pen).organiser}, "backpack": {stands: true, draw: (*pen).backpack},
	"suitcase": {stands: true, draw: (*pen).suitcase},

	"watch": {draw: (*pen).watch}, "chronograph": {draw: (*pen).chronograph}, "bracelet": {draw: (*pen).bracelet, focus: pt(-.3, 0)},
	"watch-strap": {draw: (*pen).watchStrap}, "smartwatch": {draw: (*pen).smartwatch},

	"sneaker": {stands: true, draw: (*pen).sneaker}, "runner": {stands: true, draw: (*pen).runner}, "laces": {draw: (*pen).laces},
	"insoles": {draw: (*pen).insoles}, "slippers": {draw: (*pen).slippers}, "socks": {draw: (*pen).socks},

	"jacket": {draw: (*pen).jacket}, "hoodie": {draw: (*pen).hoodie}, "t-shirt": {draw: (*pen).tShirt},
	"belt": {draw: (*pen).belt, focus: pt(-.25, -.1)}, "garment-bag": {draw: (*pen).garmentBag}, "dress": {draw: (*pen).dress},
	"trousers": {draw: (*pen).trousers}, "scarf": {draw: (*pen).scarf}, "romper": {draw: (*pen).romper}, "bib": {draw: (*pen).bib},

	"sunglasses": {draw: (*pen).sunglasses}, "frames": {draw: (*pen).frames}, "hard-case": {draw: (*pen).hardCase}, "lenses": {draw: (*pen).lenses},

	"perfume": {stands: true, draw: (*pen).perfume}, "gift-set": {stands: true, draw: (*pen).giftSet}, "vial": {stands: true, draw: (*pen).vial}, "atomiser": {stands: true, draw: (*pen).atomiser},
	"serum": {stands: true, draw: (*pen).serum}, "jar": {stands: true, draw: (*pen).jar}, "sachet": {draw: (*pen).sachet}, "shelf": {stands: true, draw: (*pen).shelf},

	"headphones": {stands: true, draw: (*pen).headphones, focus: pt(-.2, .2)}, "earbuds": {draw: (*pen).earbuds}, "cable": {draw: (*pen).cable}, "ear-pads": {draw: (*pen).earPads},
	"phone": {draw: (*pen).phone}, "charger": {draw: (*pen).charger}, "phone-case": {draw: (*pen).phoneCase}, "film": {draw: (*pen).film},
	"keyboard": {draw: (*pen).keyboard}, "power-bank": {draw: (*pen).powerBank}, "speaker": {stands: true, draw: (*pen).speaker}, "gadget": {draw: (*pen).gadget},

	"drill": {stands: true, draw: (*pen).drill}, "grinder": {draw: (*pen).grinder}, "battery": {stands: true, draw: (*pen).battery}, "adapter": {stands: true, draw: (*pen).adapter},
	"screwdrivers": {draw: (*pen).screwdrivers}, "shears": {draw: (*pen).shears}, "knife": {draw: (*pen).knife},

	"blocks": {stands: true, draw: (*pen).blocks}, "train": {stands: true, draw: (*pen).train}, "figure": {stands: true, draw: (*pen).figure}, "display-case": {stands: true, draw: (*pen).displayCase},
	"puzzle": {draw: (*pen).puzzle}, "plush": {stands: true, draw: (*pen).plush}, "rocking-horse": {stands: true, draw: (*pen).rockingHorse},

	"necklace": {draw: (*pen).necklace, focus: pt(0, .32)}, "ring": {draw: (*pen).ring, focus: pt(0, -.36)}, "earrings": {draw: (*pen).earrings, focus: pt(-.25, .1)}, "chain": {draw: (*pen).chain},
	"velvet-box": {stands: true, draw: (*pen).velvetBox}, "beads": {draw: (*pen).beads},

	"box": {stands: true, draw: (*pen).box}, "bottle": {stands: true, draw: (*pen).bottle}, "containers": {stands: true, draw: (*pen).containers}, "lamp": {stands: true, draw: (*pen).lamp},
	"linen": {stands: true, draw: (*pen).linen}, "curtain": {stands: true, draw: (*pen).curtain}, "candle": {stands: true, draw: (*pen).candle}, "packet": {stands: true, draw: (*pen).packet},
	"harness": {draw: (*pen).harness}, "post": {stands: true, draw: (*pen).post}, "roll": {stands: true, draw: (*pen).roll}, "tent": {stands: true, draw: (*pen).tent},
	"bands": {draw: (*pen).bands}, "brush": {draw: (*pen).brush}, "book": {draw: (*pen).book}, "pen": {draw: (*pen).pen},
	"plant": {stands: true, draw: (*pen).plant}, "ball": {stands: true, draw: (*pen).ball}, "bowl": {stands: true, draw: (*pen).bowl}, "board": {draw: (*pen).board},
	"pebbles": {stands: true, draw: (*pen).pebbles}, "bird": {stands: true, draw: (*pen).bird}, "vase": {stands: true, draw: (*pen).vase}, "thimble": {stands: true, draw: (*pen).thimble},
	"birdhouse": {stands: true, draw: (*pen).birdhouse}, "pulley": {draw: (*pen).pulley}, "coin": {draw: (*pen).coin},
	"sword": {draw: (*pen).sword}, "ship": {stands: true, draw: (*pen).ship}, "helmet": {stands: true, draw: (*pen).helmet}, "idol": {stands: true, draw: (*pen).idol},
}
