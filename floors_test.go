package assay_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The import rule. docs/adr/0001-floors.md says why; this file is the rule.
//
// Packages stand on floors and import downwards only:
//
//	5 faces     the command and the runtime: everything below
//	4 doors     formats and protocols: everything below
//	3 work      interfaces they declare themselves; engines and vocabulary, never an adapter
//	2 adapters  the vocabulary only, never one another
//	1 engines   the vocabulary only; no I/O, no clock, no state outside their values
//	0           the vocabulary: standard library only, without I/O
//
// A _test.go file may import its own floor and everything below, and is free of
// the rules about I/O, clock, state and modules. A file with "//go:build ignore"
// is a program for developers and is free of all of them.

// houseFloors is where each package stands, by its folder. A new package gets a
// line here first.
var houseFloors = map[string]int{
	"cmd/assay":     5,
	"app":           5,
	"app/pagestest": 5,

	"api":             4,
	"web":             4,
	"web/words":       4,
	"web/browsertest": 4,
	"feed":            4,

	"reference":    3,
	"screen":       3,
	"organisation": 3,
	"queue":        3,
	"casework":     3,
	"notice":       3,
	"purchase":     3,
	"referral":     3,
	"evidence":     3,
	"notify":       3,
	"report":       3,
	"watch":        3,
	"demo":         3,
	"demo/picture": 3,

	"organisation/signin": 3,

	"sqldb":             2,
	"sqldb/pgtest":      2,
	"blob":              2,
	"stream":            2,
	"stream/streamtest": 2,
	"fetch":             2,
	"capture":           2,
	"dossier":           2,

	"seen":         1,
	"marks":        1,
	"imagehash":    1,
	"localfeature": 1,
	"hashindex":    1,
	"price":        1,
	"score":        1,
	"operators":    1,
	"policy":       1,
	"rulepack":     1,
	"translog":     1,

	".": 0,
}

// floorBelow lists the floors that a package of each floor may import.
var floorBelow = [...][]int{
	0: {},
	1: {0},
	2: {0},
	3: {0, 1},
	4: {0, 1, 2, 3},
	5: {0, 1, 2, 3, 4},
}

// houseSameFloor holds the allowed imports within one floor, each with its
// reason: houseSameFloor[importer][imported].
var houseSameFloor = map[string]map[string]string{
	"cmd/assay": {"app": "the command starts the runtime"},
	"api":       {"feed": "what is posted is read as every feed is"},
	"demo":      {"demo/picture": "says of an invented photo what is on it"},
	"screen":    {"reference": "screens against a generation"},
	"watch":     {"reference": "screens against the generation in force", "screen": "screens what arrives and what is kept"},
	"web":       {"feed": "what is pasted is read as every feed is", "web/words": "says what is shown"},
}

// houseEngineModules holds the modules outside the standard library that an
// engine may import, each with its reason: houseEngineModules[engine][module].
// None of them does I/O.
var houseEngineModules = map[string]map[string]string{
	"seen":  {"github.com/klauspost/compress": "Zstandard of a segment's columns"},
	"marks": {"golang.org/x/text": "the Unicode normalisation forms"},
	"price": {"github.com/govalues/decimal": "exact decimal arithmetic that reports overflow"},
}

// ioPackages are the parts of the standard library that reach outside the
// process or into its runtime. An entry covers the packages below it. The
// vocabulary and the engines import none of them.
var ioPackages = []string{
	"C", "crypto/tls", "database", "expvar", "flag", "go/build", "go/importer", "io/fs", "io/ioutil", "log", "net", "os",
	"path/filepath", "plugin", "runtime/cgo", "runtime/coverage", "runtime/debug", "runtime/metrics", "runtime/pprof",
	"runtime/trace", "syscall", "testing",
}

// Functions that an engine must not use: they read the clock, the machine's
// settings, standard input or a shared source of randomness, or they write to
// standard output.
var engineForbidden = map[string][]string{
	"context": {"WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause"},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"time": {"After", "AfterFunc", "LoadLocation", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick",
		"Until"},
}

// seededRand is what an engine may use of math/rand and math/rand/v2: sources
// that the caller seeds. Everything else there draws from the shared source.
var seededRand = []string{
	"ChaCha8", "New", "NewChaCha8", "NewPCG", "NewSource", "NewZipf", "PCG", "Rand", "Source", "Source64", "Zipf",
}

// lockedState are types of package sync that only make sense around state. A
// Pool is not among them: what it holds cannot be observed.
var lockedState = []string{"Cond", "Map", "Mutex", "NewCond", "Once", "RWMutex", "WaitGroup"}

func TestFloorsOfThisModule(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	h := house{
		module:    strings.TrimPrefix(first, "module "),
		floors:    houseFloors,
		sameFloor: houseSameFloor,
		modules:   houseEngineModules,
	}
	broken, err := h.check(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// house is the rule for one module.
type house struct {
	module    string
	floors    map[string]int
	sameFloor map[string]map[string]string
	modules   map[string]map[string]string
}

// folder is the Go files of one package folder.
type folder struct {
	path  string
	code  []*ast.File
	tests []*ast.File
}

// inspection is one run of a house's rule over a tree.
type inspection struct {
	house
	fset   *token.FileSet
	broken []breach
}

type breach struct {
	pos  token.Position
	what string
}

// check returns every breach of the rule in the tree, one a line as
// FILE:LINE: what, in the order of the files. An error is a tree that cannot be
// read.
func (h house) check(tree fs.FS) ([]string, error) {
	in := &inspection{house: h, fset: token.NewFileSet()}
	folders, err := in.read(tree)
	if err != nil {
		return nil, err
	}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		in.folder(folders[dir])
	}
	slices.SortFunc(in.broken, func(a, b breach) int {
		return cmp.Or(cmp.Compare(a.pos.Filename, b.pos.Filename), cmp.Compare(a.pos.Line, b.pos.Line),
			cmp.Compare(a.what, b.what))
	})
	var lines []string
	for _, b := range in.broken {
		lines = append(lines, fmt.Sprintf("%s:%d: %s", b.pos.Filename, b.pos.Line, b.what))
	}
	return slices.Compact(lines), nil
}

// read parses the tree's Go files. It leaves out test data, hidden folders,
// other languages' modules and nested Go modules, as the go command does.
func (in *inspection) read(tree fs.FS) (map[string]*folder, error) {
	folders := map[string]*folder{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == "." {
				return nil
			}
			base := d.Name()
			_, nested := fs.Stat(tree, path.Join(name, "go.mod"))
			if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules" || base == "vendor" ||
				nested == nil {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || d.Name()[0] == '.' || d.Name()[0] == '_' {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(in.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if isProgram(file) {
			return nil
		}
		dir := path.Dir(name)
		f := folders[dir]
		if f == nil {
			f = &folder{path: dir}
			folders[dir] = f
		}
		if strings.HasSuffix(name, "_test.go") {
			f.tests = append(f.tests, file)
		} else {
			f.code = append(f.code, file)
		}
		return nil
	})
	return folders, err
}

// isProgram reports whether the file is left out of its package by
// "//go:build ignore".
func isProgram(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Pos() > file.Package || !constraint.IsGoBuild(c.Text) {
				continue
			}
			expr, err := constraint.Parse(c.Text)
			if tag, ok := expr.(*constraint.TagExpr); err == nil && ok && tag.Tag == "ignore" {
				return true
			}
		}
	}
	return false
}

func (in *inspection) add(pos token.Pos, format string, args ...any) {
	in.broken = append(in.broken, breach{in.fset.Position(pos), fmt.Sprintf(format, args...)})
}

func (in *inspection) folder(f *folder) {
	floor, known := in.floors[f.path]
	if !known {
		in.add(append(f.code, f.tests...)[0].Package,
			"package %s is unknown: give it a floor in the table houseFloors of floors_test.go", f.path)
		return
	}
	for _, file := range f.code {
		for _, spec := range file.Imports {
			in.codeImport(f, floor, spec)
		}
	}
	for _, file := range f.tests {
		for _, spec := range file.Imports {
			in.testImport(f, floor, spec)
		}
	}
	if floor == 1 {
		in.engine(f)
	}
}

func (in *inspection) codeImport(f *folder, floor int, spec *ast.ImportSpec) {
	what, _ := strconv.Unquote(spec.Path.Value)
	if dir, own := in.own(what); own {
		to, known := in.floors[dir]
		switch {
		case !known:
			in.add(spec.Pos(), "%s imports %s, which has no floor in the table houseFloors of floors_test.go", f.path, dir)
		case slices.Contains(floorBelow[floor], to):
		case in.sameFloor[f.path][dir] != "" && floor == to:
		case floor == to:
			in.add(spec.Pos(), "%s imports %s, which stands on the same floor (%d): "+
				"declare an interface, or give the reason in the table houseSameFloor of floors_test.go", f.path, dir, floor)
		case floor < to:
			in.add(spec.Pos(), "%s (floor %d) imports %s (floor %d): imports point down only", f.path, floor, dir, to)
		default:
			in.add(spec.Pos(), "%s (floor %d) imports the adapter %s: declare the interface that it needs", f.path, floor, dir)
		}
		return
	}
	standard := isStandard(what)
	if what == "C" {
		in.add(spec.Pos(), "%s imports C: the program is built without cgo", f.path)
		return
	}
	if floor > 1 {
		return
	}
	switch {
	case floor == 0 && !standard:
		in.add(spec.Pos(), "%s imports %s: the vocabulary knows the standard library only", f.path, what)
	case floor == 1 && !standard && !in.allowed(f.path, what):
		in.add(spec.Pos(), "the engine %s imports %s: a module without I/O may be allowed, with its reason, "+
			"in the table houseEngineModules of floors_test.go", f.path, what)
	case slices.ContainsFunc(ioPackages, func(p string) bool { return within(what, p) }):
		in.add(spec.Pos(), "%s imports %s: floors 0 and 1 do no I/O and do not touch the process", f.path, what)
	case floor == 1 && what == "crypto/rand":
		in.add(spec.Pos(), "the engine %s imports %s: its results must be repeatable", f.path, what)
	case floor == 1 && spec.Name != nil && spec.Name.Name == ".":
		in.add(spec.Pos(), "the engine %s imports %s with a dot, which hides what it uses", f.path, what)
	}
}

func (in *inspection) testImport(f *folder, floor int, spec *ast.ImportSpec) {
	what, _ := strconv.Unquote(spec.Path.Value)
	dir, own := in.own(what)
	if !own || dir == f.path {
		return
	}
	to, known := in.floors[dir]
	if !known {
		in.add(spec.Pos(), "%s imports %s, which has no floor in the table houseFloors of floors_test.go", f.path, dir)
	} else if to > floor {
		in.add(spec.Pos(), "a test of %s (floor %d) imports %s (floor %d): it belongs to the upper package",
			f.path, floor, dir, to)
	}
}

// own returns the folder of an import path of this module.
func (in *inspection) own(importPath string) (dir string, ok bool) {
	if importPath == in.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, in.module+"/")
}

func (in *inspection) allowed(engine, importPath string) bool {
	for module, reason := range in.modules[engine] {
		if within(importPath, module) && reason != "" {
			return true
		}
	}
	return false
}

// within reports whether importPath is prefix or below it.
func within(importPath, prefix string) bool {
	return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
}

// isStandard reports whether importPath belongs to the standard library, whose
// first path element never has a dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// engine checks that an engine uses no clock, prints nothing, draws no shared
// randomness and writes no variable of the package. Names are resolved with
// go/types against empty imports, so shadowed and local names are told apart.
// A write through an alias (a slice or map variable copied to a local one) is
// not seen.
func (in *inspection) engine(f *folder) {
	if len(f.code) == 0 {
		return
	}
	info := &types.Info{
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	conf := types.Config{
		Importer: emptyImporter{},
		Error:    func(error) {}, // what empty imports do not declare
	}
	pkg, _ := conf.Check(f.path, in.fset, f.code, info)
	w := &engineWalk{inspection: in, engine: f.path, info: info, scope: pkg.Scope()}
	for _, file := range f.code {
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.VAR {
				w.declaration(gen)
			}
		}
		ast.Inspect(file, w.node)
	}
}

// emptyImporter resolves every import to a package without declarations.
type emptyImporter struct{}

func (emptyImporter) Import(importPath string) (*types.Package, error) {
	name := path.Base(importPath)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(importPath))
	}
	pkg := types.NewPackage(importPath, name)
	pkg.MarkComplete()
	return pkg, nil
}

type engineWalk struct {
	*inspection
	engine string
	info   *types.Info
	scope  *types.Scope
	inFunc int // end of the function that is being walked, 0 outside
}

// declaration refuses package variables that hold locks or atomic values.
func (w *engineWalk) declaration(gen *ast.GenDecl) {
	ast.Inspect(gen, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.SelectorExpr:
			from := w.imported(n)
			if from == "sync/atomic" || from == "sync" && slices.Contains(lockedState, n.Sel.Name) {
				w.add(n.Pos(), "the engine %s keeps %s.%s in a package variable: global state", w.engine, from, n.Sel.Name)
			}
		}
		return true
	})
}

func (w *engineWalk) node(n ast.Node) bool {
	if n != nil && int(n.Pos()) >= w.inFunc {
		w.inFunc = 0
	}
	switch n := n.(type) {
	case *ast.FuncDecl:
		w.inFunc = int(n.End())
	case *ast.FuncLit:
		w.inFunc = max(w.inFunc, int(n.End()))
	case *ast.SelectorExpr:
		w.selector(n)
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				w.writes(left, "assigns to")
			}
		}
	case *ast.IncDecStmt:
		w.writes(n.X, "assigns to")
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			w.writes(n.Key, "assigns to")
			w.writes(n.Value, "assigns to")
		}
	case *ast.SendStmt:
		w.writes(n.Chan, "sends on")
	case *ast.UnaryExpr:
		if n.Op == token.AND && w.inFunc > 0 {
			w.writes(n.X, "takes the address of")
		}
	case *ast.CallExpr:
		w.call(n)
	}
	return true
}

func (w *engineWalk) selector(n *ast.SelectorExpr) {
	from, name := w.imported(n), n.Sel.Name
	switch {
	case slices.Contains(engineForbidden[from], name):
		w.add(n.Pos(), "the engine %s uses %s.%s: engines have no clock, no console and no settings; take a value", w.engine,
			from, name)
	case (from == "math/rand" || from == "math/rand/v2") && !slices.Contains(seededRand, name):
		w.add(n.Pos(), "the engine %s uses %s.%s: take a seeded source", w.engine, from, name)
	}
	// A method with a pointer receiver called on a variable takes its address.
	if s := w.info.Selections[n]; s != nil && s.Kind() == types.MethodVal && w.inFunc > 0 {
		_, onPointer := s.Obj().Type().(*types.Signature).Recv().Type().(*types.Pointer)
		_, isPointer := s.Recv().Underlying().(*types.Pointer)
		if onPointer && !isPointer {
			w.writes(n.X, "takes the address of")
		}
	}
}

// call refuses the built-in functions that print, and those that change a
// package variable's content.
func (w *engineWalk) call(n *ast.CallExpr) {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return
	}
	if _, ok := w.info.Uses[id].(*types.Builtin); !ok {
		return
	}
	switch id.Name {
	case "print", "println":
		w.add(n.Pos(), "the engine %s uses %s: engines have no console", w.engine, id.Name)
	case "clear", "copy", "delete":
		if len(n.Args) > 0 {
			w.writes(n.Args[0], "changes")
		}
	}
}

// imported returns the import path behind the X of X.Name, "" if X is no
// package.
func (w *engineWalk) imported(n *ast.SelectorExpr) string {
	if id, ok := n.X.(*ast.Ident); ok {
		if name, ok := w.info.Uses[id].(*types.PkgName); ok {
			return name.Imported().Path()
		}
	}
	return ""
}

// writes records a breach if e is a package variable or a part of one.
func (w *engineWalk) writes(e ast.Expr, how string) {
	for e != nil {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.Ident:
			if v, ok := w.info.Uses[x].(*types.Var); ok && v.Parent() == w.scope {
				w.add(x.Pos(), "the engine %s %s its package variable %s: global state", w.engine, how, x.Name)
			}
			return
		default:
			return
		}
	}
}
