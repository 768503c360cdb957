package demo

import (
	"assay"
	"strings"
)

// brand is a name that people look for, and its other names.
type brand struct {
	name    string
	owner   string // the group that registered it
	sector  *sector
	country string
	tier    int64 // price level in percent of the sector's ordinary price
	kind    assay.MarkKind
	models  []string
	aliases []alias
	pinyin  []string // of the Chinese alias, a syllable a character
	minimum bool     // the owner agreed resale prices with its shops
	index   int
	ownerID int
	initial string // two letters that start its article numbers
	image   string // address of its catalogue photos, without the article
}

// alias is the brand's name in another script.
type alias struct {
	text, language string
	kind           assay.MarkKind
}

// in returns the brand's name in a language, "" if it has none of its own there.
func (b *brand) in(language string) string {
	for i := range b.aliases {
		if b.aliases[i].language == language {
			return b.aliases[i].text
		}
	}
	return ""
}

// brandRow is a brand as it is written down here. Flags: d for a name that is
// also an ordinary word, m for agreed minimum prices.
type brandRow struct {
	name, owner, sector, country string
	tier                         int64
	flags, models                string
	zh, pinyin, ja               string
}

var brandRows = []brandRow{
	{"Maison Exemple", "Groupe Exemple", "bags", "FR", 160, "", "Vallière Ondinelle Courtepointe", "梅桑例", "mei sang li", "メゾンエグザンプル"},
	{"Nordlicht Optik", "Nordlicht Holding", "eyewear", "DE", 110, "", "Fjordan Polarix Helgrun", "诺德利", "nuo de li", "ノルトリヒト"},
	{"Tindrell Sport", "Bellweather Group", "shoes", "US", 110, "m", "Aerolope Kineska Tempora-9", "汀德尔", "ting de er", "ティンドレル"},
	{"Caldera & Finch", "Caldera & Finch Ltd", "watches", "GB", 180, "", "Meridane Tidewright Cinderfall", "卡德拉", "ka de la", "カルデラフィンチ"},
	{"Halbton Audio", "Nordlicht Holding", "audio", "DE", 130, "", "Quintola Terzian Dominor", "哈勃通", "ha bo tong", "ハルプトン"},
	{"Bellweather", "Bellweather Group", "apparel", "US", 100, "m", "Galeskin Driftline Stormcot", "贝薇泽", "bei wei ze", "ベルウェザー"},
	{"Fratelli Ombroso", "Ombroso S.p.A.", "bags", "IT", 150, "", "Penombrella Cordusa Vesperina", "翁布罗", "weng bu luo", "オンブローゾ"},
	{"Marble", "Thimble Devices", "phones", "US", 100, "d", "Veinline Agatine", "", "", ""},
	{"Parfums Orsenne", "Groupe Exemple", "fragrance", "FR", 120, "", "Nuitclaire Sablonne Verdurenne", "欧尔森娜", "ou er sen na", "オルセンヌ"},
	{"Voltenberg", "Voltenberg AG", "tools", "CH", 130, "", "Bohrwolf Akkumar Schleifan", "沃腾堡", "wo teng bao", "フォルテンベルク"},
	{"Pellworth", "Pellworth Toys", "toys", "US", 90, "", "Brickalong Castlemoor Wagonello", "佩沃斯", "pei wo si", "ペルワース"},
	{"Orbitelle", "Orbitelle Mobile", "phones", "CN", 90, "", "Nebulon Quasara Perigon-X", "奥比特", "ao bi te", "オルビテル"},
	{"Tokiwane", "Tokiwane Seimitsu", "watches", "JP", 120, "", "Hoshikazu Tsukirin Minamora", "常盘音", "chang pan yin", "トキワネ"},
	{"Yunlanxi", "Yunlanxi Group", "cosmetics", "CN", 60, "", "Xuelumei Qinghexi", "云岚溪", "yun lan xi", "ユンランシー"},
	{"Atelier Corvelle", "Groupe Exemple", "bags", "FR", 110, "", "Marellune Sixquai Tambrine", "柯薇蕾", "ke wei lei", "アトリエコルヴェル"},
	{"Puddle", "Bellweather Group", "shoes", "US", 70, "d", "Wadelle Gumbright", "", "", ""},
	{"Casterine", "Casterine Joaillerie", "jewellery", "FR", 170, "", "Étincelia Perlisse", "卡丝婷", "ka si ting", "カステリーヌ"},
	{"Saffron", "Albrunn Laboratorien", "cosmetics", "US", 85, "d", "Threadglow Crocella", "", "", ""},
	{"Ventolera Sur", "Casa Ventolera", "shoes", "ES", 80, "", "Alpargana Corremar Levantia", "文托莱", "wen tuo lai", "ベントレラ"},
	{"Haneulmaru", "Haneulmaru Co.", "cosmetics", "KR", 70, "", "Saebyeokdam Dalbitsu", "哈尼玛露", "ha ni ma lu", "ハヌルマル"},
	{"Lumisk", "Lumisk AB", "audio", "SE", 90, "", "Klangvik Tystra", "鲁米斯克", "lu mi si ke", "ルミスク"},
	{"Thimble", "Thimble Devices", "audio", "US", 80, "d", "Stitchcast Bobbinel", "", "", ""},
	{"Montrevelle", "Groupe Exemple", "watches", "CH", 220, "", "Calendrine Heurelle Azimelle", "蒙特薇", "meng te wei", "モントルヴェル"},
	{"Thornwick Row", "Caldera & Finch Ltd", "apparel", "GB", 140, "", "Duffelby Wexmoor Larkhem", "桑维克", "sang wei ke", "ソーンウィック"},
	{"Amsel", "Nordlicht Holding", "apparel", "DE", 90, "d", "Regenfell Walgauer", "", "", ""},
	{"Doctor Albrunn", "Albrunn Laboratorien", "cosmetics", "DE", 100, "", "Tauhelle Moorquell", "阿尔布伦", "a er bu lun", ""},
	{"Galet", "Casterine Joaillerie", "jewellery", "FR", 130, "d", "Ricochelle Gravine", "", "", ""},
	{"Amanohara Works", "Tokiwane Seimitsu", "tools", "JP", 90, "", "Kumidrive Torikazu", "天之原", "tian zhi yuan", "アマノハラ"},
	{"Lucertoli", "Ombroso S.p.A.", "eyewear", "IT", 130, "", "Solmarea Iridana", "露切托", "lu qie tuo", "ルチェルトリ"},
	{"Qingmuzhi", "Yunlanxi Group", "apparel", "CN", 50, "", "Zhumanxi Songyilu", "青木枝", "qing mu zhi", ""},
	{"Ferrowick", "Solvane Collective", "watches", "GB", 100, "m", "Gearholm Pinionel", "", "", "フェロウィック"},
	{"Casa Ventolera", "Casa Ventolera", "bags", "ES", 75, "", "Mimbrela Torcazel", "", "", ""},
	{"Pixenda", "Orbitelle Mobile", "phones", "CN", 70, "", "Glimsa Pixenda-Note", "", "", ""},
	{"Solvane", "Solvane Collective", "eyewear", "US", 95, "", "Glarecut Duskeline", "索尔文", "suo er wen", ""},
	{"Ombroso Due", "Ombroso S.p.A.", "apparel", "IT", 120, "", "Lucemare Brezzana", "", "", ""},
	{"Kupferkamm Werkzeug", "Voltenberg AG", "tools", "DE", 85, "", "Drehmund Feilhart", "", "", ""},
	{"Brindlewood", "Pellworth Toys", "toys", "GB", 80, "", "Foxtumble Mossington", "", "", "ブリンドルウッド"},
	{"Skarnholm", "Lumisk AB", "shoes", "SE", 100, "", "Fjellmar Tundrik", "", "", ""},
	{"Nusantika", "Nusantika Karya", "apparel", "ID", 45, "", "Tenunesia Parangsari", "", "", ""},
	{"Mirrowen", "Casterine Joaillerie", "jewellery", "GB", 90, "", "Silverthrall Loopeline", "", "", ""},
}

// makeBrands returns count brands: the hand-made ones, then invented ones in
// groups of three.
func makeBrands(count int, sectors []*sector) []*brand {
	bySector := map[string]*sector{}
	for _, s := range sectors {
		bySector[s.name] = s
	}
	owners := map[string]int{}
	brands := make([]*brand, count)
	for i := range brands {
		var b *brand
		if i < len(brandRows) {
			b = brandRows[i].brand(bySector[brandRows[i].sector])
		} else {
			b = inventBrand(uint64(i), sectors[i%len(sectors)])
		}
		b.index = i
		if _, ok := owners[b.owner]; !ok {
			owners[b.owner] = len(owners)
		}
		b.ownerID = owners[b.owner]
		b.initial = strings.ToUpper(b.name[:2])
		b.image = "https://media." + slug(b.name) + ".example/"
		brands[i] = b
	}
	return brands
}

func (r brandRow) brand(s *sector) *brand {
	b := &brand{
		name: r.name, owner: r.owner, sector: s, country: r.country, tier: r.tier,
		kind: assay.Distinctive, models: strings.Fields(r.models),
		pinyin: strings.Fields(r.pinyin), minimum: strings.Contains(r.flags, "m"),
	}
	if strings.Contains(r.flags, "d") {
		b.kind = assay.Dictionary
	}
	if r.zh != "" {
		b.aliases = append(b.aliases, alias{r.zh, "zh", assay.Distinctive})
	}
	if r.ja != "" {
		b.aliases = append(b.aliases, alias{r.ja, "ja", assay.Distinctive})
	}
	switch r.name {
	case "Haneulmaru":
		b.aliases = append(b.aliases, alias{"하늘마루", "ko", assay.Distinctive})
	case "Brindlewood":
		b.aliases = append(b.aliases, alias{"木马", "zh", assay.Dictionary}) // "wooden horse"
	}
	return b
}

func inventBrand(i uint64, s *sector) *brand {
	return &brand{
		name:    latinWord(wordBrand + 4*i),
		owner:   latinWord(wordBrand+4*(i/3*3)+3) + " Group",
		sector:  s,
		country: markets[i%uint64(len(markets))].country,
		tier:    int64(50 + hash(i, wordBrand)%120),
		kind:    assay.Distinctive,
		models:  []string{latinWord(wordBrand + 4*i + 1), latinWord(wordBrand + 4*i + 2)},
		minimum: i%10 == 0,
	}
}

// slug writes a name for an address: lower-case ASCII letters, hyphens for the
// rest.
func slug(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
	}
	return b.String()
}
