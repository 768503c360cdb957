package assay_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// The import rule's own tests: a small tree for each way to break it, and for
// what looks like a breach and is none.

func TestFloorsRuleFindsBreaches(t *testing.T) {
	h := house{
		module: "assay",
		floors: map[string]int{
			"cmd/assay": 5, "app": 5, "api": 4, "feed": 4, "screen": 3, "reference": 3, "demo": 3,
			"sqldb": 2, "blob": 2, "marks": 1, "price": 1, "internal/text": 0, ".": 0,
		},
		sameFloor: map[string]map[string]string{"cmd/assay": {"app": "starts it"}, "screen": {"reference": "screens against it"}},
		modules:   map[string]map[string]string{"price": {"example.org/decimal": "arithmetic"}},
	}
	engine := func(body string) map[string]string { return map[string]string{"marks/m.go": "package marks\n" + body} }
	imports := func(file, pkg string, paths ...string) map[string]string {
		var b strings.Builder
		b.WriteString("package " + pkg + "\n")
		for _, p := range paths {
			fmt.Fprintf(&b, "import %q\n", p)
		}
		return map[string]string{file: b.String()}
	}
	tests := []struct {
		name string
		tree map[string]string
		want []string // a part of each breach, in order; none: the tree is fine
	}{
		// Imports within the module.
		{"imports that point down are fine", imports("api/a.go", "api", "assay", "assay/marks", "assay/sqldb", "assay/screen"), nil},
		{"a face may import everything below", imports("cmd/assay/main.go", "main", "assay/app", "assay/feed", "assay/sqldb"), nil},
		{"an upward import fails", imports("screen/s.go", "screen", "assay/feed"),
			[]string{"screen/s.go:2: screen (floor 3) imports feed (floor 4)"}},
		{"the runtime does not import the command", imports("app/a.go", "app", "assay/cmd/assay"), []string{"app imports cmd/assay"}},
		{"the vocabulary imports no package of the module", imports("a.go", "assay", "assay/marks"), []string{"imports point down"}},
		{"work does not import an adapter", imports("screen/s.go", "screen", "assay/sqldb"), []string{"imports the adapter sqldb"}},
		{"an adapter does not import an adapter", imports("sqldb/s.go", "sqldb", "assay/blob"), []string{"same floor (2)"}},
		{"an adapter does not import an engine", imports("sqldb/s.go", "sqldb", "assay/marks"), []string{"sqldb (floor 2) imports"}},
		{"an engine does not import an engine", imports("marks/m.go", "marks", "assay/price"), []string{"same floor (1)"}},
		{"an engine does not import an adapter", imports("marks/m.go", "marks", "assay/blob"), []string{"imports point down"}},
		{"an import within a floor needs an entry", imports("demo/d.go", "demo", "assay/screen"), []string{"houseSameFloor"}},
		{"an import within a floor with an entry is fine", imports("screen/s.go", "screen", "assay/reference"), nil},
		{"the entry does not work backwards", imports("reference/r.go", "reference", "assay/screen"), []string{"houseSameFloor"}},

		// Packages that are not in the table.
		{"an unknown package fails", imports("helpers/h.go", "helpers"), []string{"package helpers is unknown: give it a floor"}},
		{"a folder below a known package is unknown too", imports("feed/json/j.go", "json"), []string{"package feed/json is unknown"}},
		{"another command is unknown", imports("cmd/other/main.go", "main"), []string{"package cmd/other is unknown"}},
		{"an internal package needs an entry", imports("internal/other/o.go", "other"), []string{"package internal/other is unknown"}},
		{"an internal package with an entry is fine", imports("internal/text/t.go", "text", "strings"), nil},
		{"a package of tests alone needs an entry", imports("more/m_test.go", "more"), []string{"package more is unknown"}},
		{"importing an unknown package fails", imports("app/a.go", "app", "assay/other"), []string{"app imports other, which has no floor"}},

		// Modules and the standard library.
		{"the vocabulary imports no other module", imports("a.go", "assay", "example.org/decimal"), []string{"standard library only"}},
		{"the vocabulary does no I/O", imports("a.go", "assay", "net/http", "os", "os/exec", "database/sql", "log", "syscall"),
			[]string{". imports net/http", ". imports os", ". imports os/exec", ". imports database/sql", ". imports log", ". imports syscall"}},
		{"an engine imports a module on its list", imports("price/p.go", "price", "example.org/decimal", "example.org/decimal/big"), nil},
		{"an engine imports no module that is not on its list",
			imports("marks/m.go", "marks", "example.org/decimal", "example.org/decimals"),
			[]string{"the engine marks imports example.org/decimal:", "the engine marks imports example.org/decimals:"}},
		{"adapters and doors import what they need", imports("sqldb/s.go", "sqldb", "database/sql", "example.org/driver"), nil},
		{"an engine does no I/O",
			imports("marks/m.go", "marks", "embed", "io", "os/exec", "net/url", "log/slog", "io/fs", "path/filepath", "runtime/debug"),
			[]string{"imports os/exec", "imports net/url", "imports log/slog", "imports io/fs", "imports path/filepath",
				"imports runtime/debug"}},
		{"an engine draws no randomness from the system", imports("marks/m.go", "marks", "crypto/rand"), []string{"repeatable"}},
		{"an engine imports nothing with a dot", engine(`import . "strings"`), []string{"with a dot"}},
		{"nobody imports C", imports("sqldb/s.go", "sqldb", "C"), []string{"without cgo"}},

		// Clock, console, randomness.
		{"an engine has no clock", engine(`import "time"
			func f() { time.Now(); time.Since(t); time.Sleep(1); <-time.After(1) }`),
			[]string{"time.After", "time.Now", "time.Since", "time.Sleep"}},
		{"a clock under another name is a clock", engine(`import clock "time"
			var now = clock.Now`), []string{"marks/m.go:3: the engine marks uses time.Now"}},
		{"an engine may compute with times", engine(`import "time"
			func f(t time.Time) time.Time { return t.Add(time.Hour).UTC() }`), nil},
		{"a name that shadows the package is no clock", engine(`import "time"
			var _ time.Time
			func f(time struct{ Now func() }) { time.Now() }`), nil},
		{"an engine has no console", engine(`import "fmt"
			func f() { fmt.Println(); fmt.Printf("") }
			func g() { println(1) }`),
			[]string{"fmt.Printf", "fmt.Println", "uses println"}},
		{"an engine may format", engine(`import "fmt"
			func f() string { return fmt.Sprint(1) }`), nil},
		{"an engine draws no shared randomness", engine(`import "math/rand/v2"
			func f() int { return rand.IntN(3) }`), []string{"math/rand/v2.IntN"}},
		{"a seeded source is fine", engine(`import "math/rand"
			func f(seed int64) int { return rand.New(rand.NewSource(seed)).Intn(3) }`), nil},

		// State.
		{"assigning to a package variable is global state", engine(`var n int
			func f() { n = 1 }`), []string{"marks/m.go:3: the engine marks assigns to its package variable n"}},
		{"incrementing one is", engine(`var n int
			func f() { n++ }`), []string{"assigns to its package variable n"}},
		{"an operator assignment is", engine(`var n int
			func f() { n += 2 }`), []string{"assigns to its package variable n"}},
		{"assigning to a part is", engine(`var m = map[string]int{}
			var s struct{ a []int }
			func f() { m["a"] = 1; s.a[0] = 2 }`), []string{"variable m", "variable s"}},
		{"assigning through a pointer is", engine(`var p = new(int)
			func f() { *p = 1 }`), []string{"variable p"}},
		{"a range that assigns is", engine(`var n int
			func f() { for n = range 3 {} }`), []string{"variable n"}},
		{"a range that assigns its value is", engine(`var n int
			func f() { for _, n = range []int{1} {} }`), []string{"variable n"}},
		{"taking the address is", engine(`var n int
			func f() *int { return &n }`), []string{"takes the address of its package variable n"}},
		{"calling a pointer method is", engine(`type t struct{ n int }
			func (p *t) add() { p.n++ }
			var v t
			func f() { v.add() }`), []string{"takes the address of its package variable v"}},
		{"calling a value method is not", engine(`type t struct{ n int }
			func (p t) get() int { return p.n }
			var v t
			func f() int { return v.get() }`), nil},
		{"deleting is", engine(`var m = map[string]int{}
			func f() { delete(m, "a") }`), []string{"changes its package variable m"}},
		{"sending is", engine(`var c = make(chan int)
			func f() { c <- 1 }`), []string{"sends on its package variable c"}},
		{"init is a function like any other", engine(`var m map[string]int
			func init() { m = map[string]int{} }`), []string{"assigns to its package variable m"}},
		{"a function literal is a function", engine(`var n int
			var f = func() { n++ }`), []string{"assigns to its package variable n"}},
		{"a write in another file is found", map[string]string{"marks/a.go": "package marks\nvar n int\n",
			"marks/b.go": "package marks\nfunc f() { n = 1 }\n"}, []string{"marks/b.go:2: "}},
		{"a lock or an atomic value is", engine(`import ("sync"; "sync/atomic")
			var mu sync.Mutex
			var n atomic.Int64`), []string{"sync.Mutex", "sync/atomic.Int64"}},
		{"a pool and a value computed once are not", engine(`import "sync"
			var pool = sync.Pool{New: func() any { return new(int) }}
			var table = sync.OnceValue(func() []int { return nil })`), nil},
		{"a table built where it is declared is not", engine(`var table = func() map[int]int { m := map[int]int{}; m[1] = 2; return m }()
			var all = []*int{&one}
			var one = 1
			func f() int { return table[1] }`), nil},
		{"a local variable of the same name is not", engine(`var n int
			func f(n int) int { n++; m := n; m = 2; return m }
			func g() int { n := 1; n = 2; return n }`), nil},
		{"other floors may hold what they need", map[string]string{"app/a.go": "package app\nvar n int\nfunc f() { n++ }\n"}, nil},

		// Tests, programs and folders that are no packages.
		{"a test may do I/O and use its own floor and below",
			imports("marks/m_test.go", "marks_test", "os", "time", "testing", "example.org/check", "assay", "assay/marks", "assay/price"), nil},
		{"a test of work may use an adapter", imports("screen/s_test.go", "screen", "assay/sqldb"), nil},
		{"a test imports nothing from above", imports("marks/m_test.go", "marks", "assay/screen"),
			[]string{"marks/m_test.go:2: a test of marks (floor 1) imports screen (floor 3)"}},
		{"a test imports no unknown package", imports("app/a_test.go", "app", "assay/other"),
			[]string{"app imports other, which has no floor"}},
		{"a program for developers is free", map[string]string{"marks/gen.go": "//go:build ignore\n\npackage main\nimport \"os\"\n"}, nil},
		{"another build tag frees nothing", map[string]string{"marks/m.go": "//go:build linux\n\npackage marks\nimport \"os\"\n"},
			[]string{"marks/m.go:4: marks imports os"}},
		{"nested modules, test data and hidden folders are left out", map[string]string{
			"tools/go.mod": "module assay/tools\n", "tools/t.go": "package main\n", "marks/testdata/x.go": "package x\n",
			".git/x.go": "package x\n", "web/node_modules/x/x.go": "package x\n", "_old/x.go": "package x\n"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for name, src := range test.tree {
				tree[name] = &fstest.MapFile{Data: []byte(src)}
			}
			got, err := h.check(tree)
			if err != nil {
				t.Fatal(err)
			}
			ok := len(got) == len(test.want)
			for i := range min(len(got), len(test.want)) {
				ok = ok && strings.Contains(got[i], test.want[i])
			}
			if !ok {
				t.Errorf("found:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}

func TestFloorsRuleReportsAFileThatDoesNotParse(t *testing.T) {
	_, err := house{module: "assay"}.check(fstest.MapFS{"a.go": {Data: []byte("package")}})
	if err == nil || !strings.Contains(err.Error(), "a.go:1") {
		t.Errorf("error %v, want one that names a.go:1", err)
	}
}
