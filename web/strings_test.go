package web

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/a-h/templ/parser/v2"
	"github.com/a-h/templ/parser/v2/visitor"
	"go.yaml.in/yaml/v4"

	"assay"
	"assay/web/words"
)

// keysOf lists the keys of the English catalogue.
func keysOf(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("words/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	var keys []string
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		for name, v := range m {
			if sub, ok := v.(map[string]any); ok && sub["other"] == nil {
				walk(prefix+name+".", sub)
				continue
			}
			keys = append(keys, prefix+name)
		}
	}
	walk("", tree)
	slices.Sort(keys)
	return keys
}

// spoken lists the keys that the package's code names: whole ones, and the beginnings of
// those that it puts together ("lane." + l).
func spoken(t *testing.T) (whole, begun map[string]string) {
	t.Helper()
	whole, begun = map[string]string{}, map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := goparser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Say" && s.Sel.Name != "Count" && s.Sel.Name != "SayOr" {
				return true
			}
			switch arg := call.Args[0].(type) {
			case *ast.BasicLit:
				key, _ := strconv.Unquote(arg.Value)
				whole[key] = file
			case *ast.BinaryExpr:
				left := arg.X
				for {
					b, ok := left.(*ast.BinaryExpr)
					if !ok {
						break
					}
					left = b.X
				}
				if lit, ok := left.(*ast.BasicLit); ok {
					key, _ := strconv.Unquote(lit.Value)
					begun[key] = file
				}
			}
			return true
		})
	}
	return whole, begun
}

func TestEverySentenceThatIsSaidIsInTheCatalogueAndNoOther(t *testing.T) {
	keys := keysOf(t)
	whole, begun := spoken(t)
	for key, file := range whole {
		if !slices.Contains(keys, key) {
			t.Errorf("%s says %q, which the catalogue does not have", file, key)
		}
	}
	for _, key := range keys {
		used := whole[key] != ""
		for prefix := range begun {
			used = used || strings.HasPrefix(key, prefix)
		}
		if !used {
			t.Errorf("the catalogue has %q, which nothing says", key)
		}
	}
}

// TestWhatTheEnginesNameHasWords goes through the closed lists that keys are put
// together from.
func TestWhatTheEnginesNameHasWords(t *testing.T) {
	catalogue, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := catalogue.For("en")
	var keys []string
	for _, l := range assay.Lanes() {
		keys = append(keys, "lane."+string(l))
	}
	for _, l := range allLevels() {
		keys = append(keys, "verdict."+string(l))
	}
	for _, s := range []assay.Signal{assay.SignalMark, assay.SignalClaim, assay.SignalExcuse, assay.SignalPrice, assay.SignalChannel, assay.SignalGTIN, assay.SignalRevision} {
		keys = append(keys, "signal."+string(s))
	}
	for _, d := range []assay.Disguise{assay.DisguiseCase, assay.DisguiseWidth, assay.DisguiseConfusable, assay.DisguiseLeet, assay.DisguiseSeparator, assay.DisguiseInvisible,
		assay.DisguiseRepeat, assay.DisguiseTypo, assay.DisguiseReorder, assay.DisguisePinyin, assay.DisguiseTranslit, assay.DisguiseAffix, assay.DisguiseJoin,
		assay.DisguiseEntity, assay.DisguiseBidi, assay.DisguiseEmoji} {
		keys = append(keys, "disguise."+string(d))
	}
	for _, c := range []assay.Code{assay.Invalid, assay.TooLarge, assay.NotFound, assay.Unavailable, assay.Busy, assay.Full, assay.Conflict,
		assay.Unauthenticated, assay.Forbidden, assay.Internal} {
		keys = append(keys, "error."+string(c), "error.out_"+string(c))
	}
	for _, name := range findingColumns() {
		keys = append(keys, "column."+name)
	}
	for _, o := range findingOrders() {
		keys = append(keys, "order."+orderName(o))
	}
	for _, s := range sections(&visit{who: who{operator: true}}) {
		keys = append(keys, "nav."+s.name)
	}
	for _, kind := range []assay.ReferenceKind{assay.ReferenceMarks, assay.ReferenceProducts, assay.ReferenceAuthorised, assay.ReferenceGated, assay.ReferenceClaims, assay.ReferenceRates} {
		keys = append(keys, "reference.kind."+string(kind), "reference.about."+string(kind), "reference.empty."+string(kind))
	}
	for _, phase := range []assay.ImportPhase{assay.ImportChecking, assay.ImportWriting, assay.ImportBuilding, assay.ImportDone, assay.ImportFailed} {
		keys = append(keys, "import.phase_"+string(phase))
	}
	for _, key := range keys {
		if !w.Has(key) {
			t.Errorf("there are no words for %q", key)
		}
	}
}

// TestTemplatesHoldNoSentencesOfTheirOwn finds letters that stand in a template and so
// in no catalogue.
func TestTemplatesHoldNoSentencesOfTheirOwn(t *testing.T) {
	names := []string{"Assay", "· Assay", "GTIN", "DATA/admin-token", "https://"} // of things, the same in every language
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.ParseString(string(src))
		if err != nil {
			t.Fatal(file, err)
		}
		own := func(text string) {
			text = strings.TrimSpace(text)
			if strings.ContainsFunc(text, unicode.IsLetter) && !slices.Contains(names, text) && !strings.HasPrefix(text, "assay import ") {
				t.Errorf("%s says %q itself", file, text)
			}
		}
		v := visitor.New()
		v.Text = func(n *parser.Text) error {
			own(html.UnescapeString(n.Value))
			return nil
		}
		attribute := v.ConstantAttribute
		v.ConstantAttribute = func(n *parser.ConstantAttribute) error {
			if key, ok := n.Key.(parser.ConstantAttributeKey); ok && slices.Contains([]string{"alt", "title", "placeholder", "aria-label"}, key.Name) {
				own(n.Value)
			}
			return attribute(n)
		}
		if err := tree.Visit(v); err != nil {
			t.Fatal(file, err)
		}
	}
}
