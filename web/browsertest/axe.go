package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Rules are rules of axe.
type Rules string

const (
	EveryRule Rules = ""
	Contrast  Rules = "color-contrast" // what changes with the colours
)

// axeFile is where npm puts it, from the root of the module.
const axeFile = "web/node_modules/axe-core/axe.min.js"

var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", fmt.Errorf("no go.mod above the test's folder")
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(axeFile)))
	if err != nil {
		return "", fmt.Errorf("axe is not there: make pages brings it (%w)", err)
	}
	return string(b), nil
})

type axeViolation struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         []any
		FailureSummary string
		HTML           string
	}
}

// Axe checks the page as it stands with axe-core and fails the test for what is serious or
// critical; what is less it logs.
func (tab *Tab) Axe(what string, rules Rules) {
	tab.t.Helper()
	if !Eval[bool](tab, `typeof axe === "object"`) {
		source, err := axeSource()
		if err != nil {
			tab.t.Fatal(err)
		}
		Eval[json.RawMessage](tab, source+"\n;null")
	}
	only := ""
	if rules != EveryRule {
		only = `runOnly: [` + Quote(string(rules)) + `],`
	}
	found := Eval[[]axeViolation](tab, `axe.run(document, { `+only+` resultTypes: ["violations"], preload: false })
		.then((r) => r.violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.slice(0, 5).map(
			({ target, failureSummary, html }) => ({ target, failureSummary, html: html.slice(0, 300) })) })))`)
	for _, v := range found {
		var b strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&b, "\n  %v\n    %s\n    %s", n.Target, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
		}
		say := tab.t.Logf
		if v.Impact == "serious" || v.Impact == "critical" {
			say = tab.t.Errorf
		}
		say("%s: axe finds %s (%s): %s%s", what, v.ID, v.Impact, v.Help, b.String())
	}
}
