package pagestest

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"assay"
	"assay/app"
	"assay/stream"
)

// The world that most tests look at: the reference of the examples, and offers of many
// shapes. All names are invented.

const market = "bazar.example"

// listing is one as JSON.
type listing map[string]any

// offer is a listing that has a finding.
func offer(id, title string) listing {
	return listing{"marketplace": market, "id": id, "title": title, "category": "Bags", "condition": "new",
		"url": "https://bazar.example/offers/" + id, "price": price("49.00"), "seller": listing{"id": "luxbag_88", "name": "Lux Bag 88"},
		"images": []string{"https://pictures.example/" + id + "-1.jpg", "https://pictures.example/" + id + "-2.jpg"}}
}

func price(amount string) listing { return listing{"amount": amount, "currency": "EUR"} }

func (l listing) with(name string, value any) listing {
	l[name] = value
	return l
}

// ordinary is how many findings there are besides those with names of their own: more
// than one part of the list.
const ordinary = 120

// Titles that break layouts.
var (
	chinese = strings.Repeat("贝尔韦瑟高仿一比一原单手提包女士斜挎", 111)[:3*1990] // 1,990 characters without a space
	german  = "Bellweather-" + strings.Repeat("Schulterhandtaschenlederriemenverstellschnallenhersteller", 30) + " mirror quality"
	rtl     = "حقيبة Bellweather كتف نسخة طبق الأصل mirror quality שלום \u202eyltcaxe\u202c 100%"
	emoji   = "👜👜👜 Bellweather 👩‍👩‍👧‍👦 mirror quality 🇨🇳🇨🇳 " + strings.Repeat("🔥", 200)
	zalgo   = "B" + strings.Repeat("\u0335\u0321\u0330\u0353\u0346\u030a", 40) + "ag Bellweather mirror quality"
)

// shapes are offers that are hard to lay out. The first one has very many findings.
func shapes() []listing {
	words := strings.Repeat("Echtes Leder, handgenäht, mit Karte und Schachtel. ", 196) // 10,000 characters
	variants := make([]listing, 1000)
	for i := range variants {
		variants[i] = listing{"id": fmt.Sprintf("v-%04d", i), "title": fmt.Sprintf("colour %d, %s", i, strings.Repeat("x", i%90)), "price": price("49.00"), "quantity": i, "sold": i}
	}
	return []listing{
		offer("variants", "Bellweather bag mirror quality in 1,000 variants").with("variants", variants),
		offer("chinese", chinese).with("seller", listing{"id": "店铺" + strings.Repeat("很", 100), "name": strings.Repeat("很长的店名", 60)}),
		offer("german", german).with("brand", strings.Repeat("Handtaschenmanufaktur", 30)),
		offer("long", "Bellweather bag mirror quality, described at length").with("description", words),
		offer("endless", "Bellweather bag mirror quality, described without end").with("description", strings.Repeat("漢字", 100_000)),
		offer("rtl", rtl).with("description", strings.Repeat("وصف طويل جدا ", 200)),
		offer("emoji", emoji),
		offer("zalgo", zalgo).with("description", strings.Repeat("e\u0301\u0300\u0302\u0303", 2000)),
	}
}

// rich has everything that a finding's page can show.
func rich(revision int) listing {
	l := offer("rich", "Ｂｅｌｌｗｅａｔｈｅｒ Fold shoulder bag BW-4410 1:1 mirror quality").with("description", "Same factory, same leather.\nShips the same day.").
		with("brand", "Bellweather").with("mpn", "BW-4410").with("gtin", "04012345000016").with("ship_from", "CN").
		with("attributes", listing{"Material": "leather", "Closure": "zip"}).
		with("variants", []listing{{"id": "strap", "title": "strap only", "price": price("9.00"), "sold": 12}, {"id": "small", "title": "small", "price": price("39.00"), "quantity": 3}}).
		with("sold", 1204).with("quantity", 40).
		with("seller", listing{"id": "luxbag_88", "name": "Lux Bag 88", "legal_name": "Lux Bag Trading", "country": "CN", "joined_at": "2026-11-12T00:00:00Z",
			"identifiers": []listing{{"type": "phone", "value": "+86 139 0000 0000"}, {"type": "email", "value": "lux@bag.example"}}})
	if revision > 1 {
		l.with("description", "Same factory, same leather, same card.\nShips within two days.").with("price", price("39.00"))
	}
	return l
}

// world is the server with the world, made when a test first asks for it.
var makeWorld = sync.OnceValues(func() (*server, error) {
	s, err := startServer(app.ServerOptions{})
	if err != nil {
		return nil, err
	}
	if err := s.importExample(); err != nil {
		return nil, err
	}
	err = s.importText(assay.ReferenceProducts, "more.csv", "owner,mpn,name,category,currency,list_price,images\n"+
		"Bellweather Group,BW-4410,Bellweather Fold shoulder bag,Bags,USD,950.00,https://bellweather.example/bw-4410.jpg;https://bellweather.example/bw-4410-side.jpg\n")
	if err != nil {
		return nil, err
	}
	var marks strings.Builder
	marks.WriteString("mark,kind,owner,language,classes\n")
	for i := range 130 {
		fmt.Fprintf(&marks, "Nordlicht %c%c,distinctive,Nordlicht Optik,de,9\n", 'A'+i/26, 'a'+i%26)
	}
	if err := s.importText(assay.ReferenceMarks, "nordlicht.csv", marks.String()); err != nil {
		return nil, err
	}
	var first []listing
	for i := range ordinary {
		l := offer(fmt.Sprintf("ordinary-%03d", i), fmt.Sprintf("Bellweather Fold bag no. %d, mirror quality", i))
		if i%3 == 0 {
			l.with("seller", listing{"id": "attic-finds", "name": "Attic Finds"}).with("title", fmt.Sprintf("Bellweather style bag no. %d 1:1", i))
		}
		first = append(first, l)
	}
	// The last ones stand at the top of the list: the shapes.
	last := shapes()
	for _, part := range [][]listing{last[:1], append(first, rich(1)), append(last[1:], rich(2))} {
		if err := s.feed(part...); err != nil {
			return nil, err
		}
	}
	return s, s.poison([]byte("this is no envelope, whatever it is"), envelope(7, 1, []byte("<script>window.__pwned=1</script>\x00\x01\x02")))
})

func world(t testing.TB) *server {
	t.Helper()
	s, err := makeWorld()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// makeBare is a server with nothing in it.
var makeBare = sync.OnceValues(func() (*server, error) { return startServer(app.ServerOptions{}) })

func bare(t testing.TB) *server {
	t.Helper()
	s, err := makeBare()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// envelope makes one as package watch does.
func envelope(kind byte, count int, body []byte) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{1, kind}, uint64(time.Now().UnixMicro()))
	return append(binary.LittleEndian.AppendUint32(b, uint32(count)), body...)
}

// poison puts envelopes into the log that nobody can work, and waits until they are set
// aside.
func (s *server) poison(envelopes ...[]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log, err := stream.Open(ctx, stream.Options{URL: s.nats, Partitions: 1})
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Ensure(ctx, 0, 1); err != nil {
		return err
	}
	for i, e := range envelopes {
		if _, err := log.Append(ctx, 0, fmt.Sprint("bad-", i, "-", time.Now().UnixNano()), e); err != nil {
			return err
		}
	}
	return wait(func() (bool, error) {
		list, err := s.poisoned()
		return len(list) >= len(envelopes), err
	})
}
