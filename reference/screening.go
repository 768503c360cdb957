package reference

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"assay"
	"assay/score"
)

// maxYAMLBytes bounds a YAML file: a policy of a thousand owners is far smaller.
const maxYAMLBytes = 1 << 20

// yamlFile reads a YAML file strictly: every mistake has its line.
type yamlFile struct {
	at Place
	m  *mistakes
}

func (y yamlFile) bad(n *yaml.Node, field, format string, args ...any) {
	at := y.at
	if n != nil {
		at.Line = n.Line
	}
	y.m.add(at, 0, field, format, args...)
}

// root parses the file's only document. It is nil for an empty file and after a
// mistake.
func (y yamlFile) root(r io.Reader) (*yaml.Node, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxYAMLBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", y.at.File, err)
	}
	if len(data) > maxYAMLBytes {
		y.bad(nil, "", "is larger than 1 MiB")
		return nil, nil
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err == io.EOF {
		return nil, nil
	} else if err != nil {
		y.syntax(err)
		return nil, nil
	}
	if err := decoder.Decode(&second); err == nil {
		y.bad(&second, "", "a second document; one is read")
	} else if err != io.EOF {
		y.syntax(err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, nil
	}
	return document.Content[0], nil
}

func (y yamlFile) syntax(err error) {
	at, reason := y.at, err.Error()
	var e *yaml.LoadError
	if errors.As(err, &e) {
		at.Line, reason = e.Mark.Line, e.Message
	}
	y.m.add(at, 0, "", "is not YAML: %s", strings.ToValidUTF8(reason, "?"))
}

// mapping calls the entry that each key names. A value of nothing is passed over.
func (y yamlFile) mapping(n *yaml.Node, field string, entries map[string]func(field string, value *yaml.Node)) {
	var known []string
	for k := range entries {
		known = append(known, k)
	}
	slices.Sort(known)
	y.each(n, field, func(key, value *yaml.Node) {
		read, ok := entries[key.Value]
		if !ok {
			y.bad(key, join(field, key.Value), "no such key; known are %s", strings.Join(known, ", "))
			return
		}
		read(join(field, key.Value), value)
	})
}

// each calls do with every key of a mapping and its value. Nothing at all counts
// as an empty mapping.
func (y yamlFile) each(n *yaml.Node, field string, do func(key, value *yaml.Node)) {
	if isNothing(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		y.bad(n, field, "keys and values are expected")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			y.bad(key, field, "a key is a word")
		case seen[key.Value]:
			y.bad(key, join(field, key.Value), "the key stands twice")
		default:
			seen[key.Value] = true
			do(key, value)
		}
	}
}

func (y yamlFile) sequence(n *yaml.Node, field string, do func(field string, item *yaml.Node)) {
	if isNothing(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		y.bad(n, field, "a list is expected")
		return
	}
	for i, item := range n.Content {
		do(fmt.Sprintf("%s[%d]", field, i), item)
	}
}

// text reads a scalar as it is written.
func (y yamlFile) text(n *yaml.Node, field string) string {
	if isNothing(n) {
		return ""
	}
	if n.Kind != yaml.ScalarNode { // aliases too: nothing here is long enough to need one
		y.bad(n, field, "a single value is expected")
		return ""
	}
	return strings.TrimSpace(n.Value)
}

func isNothing(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

func join(field, key string) string {
	if len(key) > 60 {
		key = strings.ToValidUTF8(key[:60], "") + "…"
	}
	if field == "" {
		return key
	}
	return field + "." + key
}

// readScreening reads screening.yaml, or what is to become it.
func (b *Builder) readScreening(file string, f io.Reader) error {
	y := yamlFile{Place{File: file}, &b.mistakes}
	root, err := y.root(f)
	if err != nil {
		return err
	}
	var p score.Policy
	var lanes []*yaml.Node
	y.mapping(root, "", map[string]func(string, *yaml.Node){
		"thresholds": func(field string, n *yaml.Node) { p.Thresholds = y.thresholds(n, field) },
		"lanes": func(field string, n *yaml.Node) {
			y.mapping(n, field, map[string]func(string, *yaml.Node){
				"price": func(field string, n *yaml.Node) {
					y.sequence(n, field, func(field string, item *yaml.Node) {
						p.PriceLanes = append(p.PriceLanes, y.priceLane(item, field))
						lanes = append(lanes, item)
					})
				},
			})
		},
	})
	b.setPolicy(p, func(lane int) Place {
		if lane < len(lanes) {
			return Place{file, lanes[lane].Line}
		}
		return y.at
	}, true)
	return nil
}

func (y yamlFile) thresholds(n *yaml.Node, field string) map[assay.Lane]score.Thresholds {
	all := map[assay.Lane]score.Thresholds{}
	y.each(n, field, func(key, value *yaml.Node) {
		lane, field := assay.Lane(key.Value), join(field, key.Value)
		if !lane.Valid() {
			var known []string
			for _, l := range assay.Lanes() {
				known = append(known, string(l))
			}
			y.bad(key, field, "no such lane; known are %s", strings.Join(known, ", "))
			return
		}
		t, ok := score.DefaultThresholds(lane), true
		points := func(to *assay.Points) func(string, *yaml.Node) {
			return func(field string, n *yaml.Node) {
				p, err := assay.ParsePoints(y.text(n, field))
				switch {
				case err != nil:
					y.bad(n, field, "%s", reasonOf(err))
				case p <= 0:
					y.bad(n, field, "must be above 0")
				default:
					*to = p
					return
				}
				ok = false
			}
		}
		y.mapping(value, field, map[string]func(string, *yaml.Node){"review": points(&t.Review), "block": points(&t.Block)})
		if ok && t.Review >= t.Block {
			y.bad(key, field, "review %s must be below block %s", t.Review, t.Block)
		}
		all[lane] = t
	})
	return all
}

func (y yamlFile) priceLane(n *yaml.Node, field string) (l score.PriceLane) {
	text := func(to *string) func(string, *yaml.Node) {
		return func(field string, n *yaml.Node) { *to = y.text(n, field) }
	}
	y.mapping(n, field, map[string]func(string, *yaml.Node){
		"owner": text(&l.Owner), "jurisdiction": text(&l.Jurisdiction), "basis": text(&l.Basis),
		"marketplaces": func(field string, n *yaml.Node) {
			y.sequence(n, field, func(field string, item *yaml.Node) {
				l.Marketplaces = append(l.Marketplaces, y.text(item, field))
			})
		},
	})
	return l
}

// SetPolicy sets what screening.yaml says, under the same rules.
func (b *Builder) SetPolicy(p score.Policy, at Place) {
	b.setPolicy(p, func(int) Place { return at }, false)
}

// setPolicy checks a policy and brings it into canonical order. at says where
// each price lane stands.
func (b *Builder) setPolicy(p score.Policy, at func(lane int) Place, thresholdsChecked bool) {
	b.policy = score.Policy{Thresholds: make(map[assay.Lane]score.Thresholds, len(p.Thresholds))}
	for lane, t := range p.Thresholds {
		if !thresholdsChecked && (!lane.Valid() || t.Review <= 0 || t.Review >= t.Block) {
			b.mistakes.add(at(0), 0, "thresholds."+string(lane), "needs a known lane and 0 < review < block")
		}
		b.policy.Thresholds[lane] = t
	}
	for i, l := range p.PriceLanes {
		l = b.checkPriceLane(l, i, at(i))
		for _, other := range b.policy.PriceLanes {
			if l.Owner != "" && other.Owner == l.Owner && other.Jurisdiction == l.Jurisdiction {
				b.mistakes.add(at(i), 0, fmt.Sprintf("lanes.price[%d]", i), "%s in %s stands twice", quoted(l.Owner), l.Jurisdiction)
			}
		}
		b.policy.PriceLanes = append(b.policy.PriceLanes, l)
	}
	slices.SortFunc(b.policy.PriceLanes, func(a, b score.PriceLane) int {
		return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Jurisdiction, b.Jurisdiction))
	})
}

func (b *Builder) checkPriceLane(l score.PriceLane, i int, at Place) score.PriceLane {
	field := fmt.Sprintf("lanes.price[%d]", i)
	bad := func(key, format string, args ...any) { b.mistakes.add(at, 0, field+"."+key, format, args...) }
	trimAll(&l.Owner, &l.Jurisdiction, &l.Basis)
	if l.Owner == "" {
		bad("owner", "an owner is needed")
	}
	if l.Basis == "" {
		bad("basis", "say why agreed prices may be enforced there")
	}
	code, known := country(l.Jurisdiction)
	switch {
	case l.Jurisdiction == "":
		bad("jurisdiction", "an ISO 3166-1 alpha-2 code is needed")
	case oneOf(europeanEconomicArea, code):
		bad("jurisdiction", "the price lane can't be on in %s: agreed resale prices are a hard-core restriction of competition "+
			"in the European Union and the EEA (TFEU Art 101, EEA Agreement Art 53)", code)
	case !known:
		bad("jurisdiction", "%s is not an ISO 3166-1 alpha-2 code%s", quoted(l.Jurisdiction), countryHint(code))
	}
	l.Jurisdiction = code
	var marketplaces []string
	for _, m := range l.Marketplaces {
		if m = lowerASCII(strings.TrimSpace(m)); m != "" {
			marketplaces = append(marketplaces, m)
		}
	}
	slices.Sort(marketplaces)
	l.Marketplaces = slices.Clip(slices.Compact(marketplaces))
	if len(marketplaces) == 0 {
		bad("marketplaces", "name the marketplaces of that jurisdiction")
	}
	return l
}

func encodePolicy(e *encoder, p score.Policy) digest {
	e.start().num(uint64(len(p.Thresholds)))
	for _, lane := range assay.Lanes() {
		if t, ok := p.Thresholds[lane]; ok {
			e.str(string(lane)).num(uint64(t.Review)).num(uint64(t.Block))
		}
	}
	e.num(uint64(len(p.PriceLanes)))
	for _, l := range p.PriceLanes {
		e.str(l.Owner, l.Jurisdiction).strs(l.Marketplaces).str(l.Basis)
	}
	return e.digest()
}

// readBankFile reads a bank.yaml.
func readBankFile(fsys fs.FS, bank *Bank, at Place, m *mistakes) error {
	f, ok, err := open(fsys, at.File)
	if err != nil || !ok {
		return err
	}
	defer f.Close()
	y := yamlFile{at, m}
	root, err := y.root(f)
	if err != nil {
		return err
	}
	y.mapping(root, "", map[string]func(string, *yaml.Node){
		"meaning": func(field string, n *yaml.Node) { bank.Meaning = assay.BankMeaning(strings.ToLower(y.text(n, field))) },
		"owner":   func(field string, n *yaml.Node) { bank.Owner = y.text(n, field) },
	})
	return nil
}
