package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Options says what a tab is like. The zero value of each is a desk with a light screen.
type Options struct {
	Base   string // address of the server under test, as http://127.0.0.1:8417
	Screen Screen // zero: Desk
	Dark   bool
	// NoScript turns JavaScript off, as some people and some proxies do.
	NoScript bool
	// SlowPhone is a phone in a train: Lighthouse's slow 4G (150 ms, 1.6 Mbit/s down,
	// 750 kbit/s up) and a quarter of this machine's speed.
	SlowPhone bool
	Cookies   []*http.Cookie
}

// Screen is what a page is shown on.
type Screen struct {
	Width, Height int // CSS pixels, without zoom
	Mobile        bool
	Zoom          int // of the browser, in per cent; 0: 100
}

// The screens that pages are tested on.
var (
	Phone      = Screen{Width: 360, Height: 740, Mobile: true}
	SmallPhone = Screen{Width: 320, Height: 640, Mobile: true}
	Tablet     = Screen{Width: 768, Height: 1024}
	Desk       = Screen{Width: 1280, Height: 800}
	Wide       = Screen{Width: 1920, Height: 1080}
	Zoomed     = Screen{Width: 1280, Height: 800, Zoom: 200} // 200 %, WCAG 1.4.4
)

func (s Screen) String() string {
	text := fmt.Sprintf("%d×%d", s.Width, s.Height)
	if s.Zoom != 0 {
		text += fmt.Sprintf(" at %d %%", s.Zoom)
	}
	return text
}

// width is how many CSS pixels wide a page is on the screen: zooming leaves it fewer.
func (s Screen) width() int { return s.Width * 100 / max(s.Zoom, 100) }

// Tab is one tab of the browser. Its methods are for one goroutine, and fail its test.
type Tab struct {
	t      testing.TB
	o      Options
	base   *url.URL
	ctx    context.Context
	target *chromedp.Target
	seen   *recorder
}

// Open opens a tab with cookies and a cache of its own, which closes with the test. At
// the end the test fails if the tab's record is not clean.
func Open(t testing.TB, o Options) *Tab {
	t.Helper()
	b, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, b.ctx, o, chromedp.WithNewBrowserContext())
}

// Beside opens another tab that shares this one's cookies and cache.
func (tab *Tab) Beside() *Tab {
	tab.t.Helper()
	o := tab.o
	o.Cookies = nil
	return open(tab.t, tab.ctx, o)
}

func open(t testing.TB, parent context.Context, o Options, how ...chromedp.ContextOption) *Tab {
	t.Helper()
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" {
		t.Fatalf("a tab needs the address of a server, not %q", o.Base)
	}
	if o.Screen == (Screen{}) {
		o.Screen = Desk
	}
	tab := &Tab{t: t, o: o, base: base, seen: newRecorder(base.Host)}
	ctx, cancel := chromedp.NewContext(parent, append(how, chromedp.WithListener(tab.seen.event))...)
	tab.ctx, tab.seen.ctx = ctx, ctx
	t.Cleanup(func() {
		if r := tab.Take(); !r.Clean() {
			t.Errorf("the page did what no page may do:\n%s", r)
		}
		cancel()
		tab.seen.wait()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	tab.target = chromedp.FromContext(ctx).Target
	tab.prepare()
	return tab
}

// prepare makes the tab what its options say.
func (tab *Tab) prepare() {
	tab.t.Helper()
	command(tab, log.Enable, cdp.Empty{})
	command(tab, network.Enable, network.EnableParams{})
	command(tab, runtime.AddBinding, runtime.AddBindingParams{Name: violated})
	command(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchViolations})
	command(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tab.On(tab.o.Screen)
	tab.Dark(tab.o.Dark)
	if tab.o.NoScript {
		command(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if tab.o.SlowPhone {
		command(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
			{Latency: 150, DownloadThroughput: 1.6e6 / 8, UploadThroughput: 750e3 / 8, ConnectionType: network.ConnectionTypeCellular4g},
		}})
		command(tab, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
	}
	for _, c := range tab.o.Cookies {
		command(tab, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: tab.o.Base, HTTPOnly: &c.HttpOnly, SameSite: network.CookieSameSiteLax})
	}
}

// command sends one command to the tab.
func command[P, R any](tab *Tab, c cdp.Command[P, R], params P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	r, err := cdp.Call(ctx, tab.target, c, params)
	if err != nil {
		tab.t.Fatalf("%s: %v", c.Method, err)
	}
	return r
}

// On moves the tab to another screen.
func (tab *Tab) On(s Screen) {
	tab.t.Helper()
	tab.o.Screen = s
	zoom := max(s.Zoom, 100)
	command(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(s.Width * 100 / zoom), Height: int64(s.Height * 100 / zoom), DeviceScaleFactor: float64(zoom) / 100, Mobile: s.Mobile,
	})
	command(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.Mobile})
}

// Dark switches between the dark and the light colours.
func (tab *Tab) Dark(dark bool) {
	tab.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	command(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// Go opens a page of the server and waits until all of it is loaded.
func (tab *Tab) Go(path string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(tab.o.Base+path)); err != nil {
		tab.t.Fatalf("opening %s: %v", path, err)
	}
	tab.Until(path+" is loaded", `document.readyState === "complete" && location.href !== "about:blank"`)
}

// Follow does something that leads to another page, and waits until that is loaded.
func (tab *Tab) Follow(do func()) {
	tab.t.Helper()
	before := Eval[float64](tab, `performance.timeOrigin`)
	do()
	tab.Until("another page is loaded", fmt.Sprintf(`performance.timeOrigin !== %v && document.readyState === "complete"`, jsNumber(before)))
}

func jsNumber(f float64) string {
	b, _ := json.Marshal(f) // of a number never fails
	return string(b)
}

// Path returns the path and the query of the page.
func (tab *Tab) Path() string {
	tab.t.Helper()
	return Eval[string](tab, `location.pathname + location.search`)
}

// Until waits for a condition, an expression that is evaluated as Eval does, also over
// navigations.
func (tab *Tab) Until(what, condition string) {
	tab.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	var last error
	for {
		var is bool
		b, err := tab.evaluate(ctx, "!!("+condition+")", false)
		if err == nil {
			err = json.Unmarshal(b, &is)
		}
		if is {
			return
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tab.t.Fatalf("waited in vain: %s\nat %s\nlast error: %v", what, tab.where(), last)
		}
	}
}

// where says what the tab shows, for messages.
func (tab *Tab) where() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	b, err := tab.evaluate(ctx, `location.href + "\n" + (document.querySelector("main") ?? document.body).innerText.slice(0, 600)`, false)
	var text string
	if err != nil || json.Unmarshal(b, &text) != nil {
		return fmt.Sprint(err)
	}
	return text
}

// world names the isolated world that expressions are evaluated in: they see the page's
// document and share no variable with its scripts, nor are they bound by its policy.
const world = "browsertest"

// Eval evaluates an expression on the page, beside its own scripts, and waits for it if it is a
// promise. T is what comes of its JSON.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return eval[T](tab, expression, false)
}

// EvalInPage is Eval among the page's own scripts, under its policy.
func EvalInPage[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return eval[T](tab, expression, true)
}

func eval[T any](tab *Tab, expression string, inPage bool) (v T) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	b, err := tab.evaluate(ctx, expression, inPage)
	for gone(err) && ctx.Err() == nil { // the page was left meanwhile
		b, err = tab.evaluate(ctx, expression, inPage)
	}
	if err == nil && len(b) > 0 {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		tab.t.Fatalf("evaluating %.200s: %v", expression, err)
	}
	return v
}

// gone reports whether the document that an expression was for is no more.
func gone(err error) bool {
	var e *cdproto.Error
	return errors.As(err, &e) && (strings.Contains(e.Message, "context") || strings.Contains(e.Message, "navigated"))
}

func (tab *Tab) evaluate(ctx context.Context, expression string, inPage bool) ([]byte, error) {
	yes, no := true, false
	p := runtime.EvaluateParams{Expression: expression, ReturnByValue: &yes, AwaitPromise: &yes}
	if inPage {
		p.AllowUnsafeEvalBlockedByCSP = &no
	} else {
		w, err := cdp.Call(ctx, tab.target, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: cdp.FrameID(tab.target.TargetID), WorldName: world})
		if err != nil {
			return nil, err
		}
		p.ContextID = w.ExecutionContextID
	}
	r, err := cdp.Call(ctx, tab.target, runtime.Evaluate, p)
	if err != nil {
		return nil, err
	}
	if r.ExceptionDetails != nil {
		return nil, errors.New(exceptionText(r.ExceptionDetails))
	}
	return r.Result.Value, nil
}

// Quote writes a text as an expression.
func Quote(s string) string {
	b, _ := json.Marshal(s) // of a string never fails
	return string(b)
}

// For is the tab for a subtest, which fails for what it finds. The tab closes with the test
// that opened it.
func (tab *Tab) For(t testing.TB) *Tab {
	sub := *tab
	sub.t = t
	return &sub
}
