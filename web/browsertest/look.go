package browsertest

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/page"
)

// misfits is an expression: what stands outside the page's width, or is too small to be
// touched. What lies in a part that scrolls by itself is seen by scrolling there.
const misfits = `((width) => {
	const found = [];
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map((c) => "." + c).join("")
		+ " " + JSON.stringify((e.innerText ?? "").trim().slice(0, 40));
	const page = document.scrollingElement;
	if (page.scrollWidth > width) found.push("the page is " + page.scrollWidth + " px wide");
	const aside = (e) => {
		for (let p = e.parentElement; p && p !== document.body && p !== document.documentElement; p = p.parentElement) {
			const s = getComputedStyle(p);
			if (/auto|scroll/.test(s.overflowX) || s.overflowX === "hidden" && p.matches(".sr, .acting")) return true;
		}
		return false;
	};
	const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".sr, .skip");
	for (const e of document.body.querySelectorAll("a, button, input, select, textarea, summary, h1, h2, h3, p, li, td, th, dt, dd, img, svg, pre, code, span, bdi, table, form, section")) {
		if (!shown(e)) continue;
		const r = e.getBoundingClientRect();
		if (r.width === 0 || r.height === 0) continue;
		if ((r.left < -1 || r.right > width + 1) && !aside(e)) found.push("outside, from " + Math.round(r.left) + " to " + Math.round(r.right) + ": " + name(e));
		if (e.matches("button, .button, summary, select, input:not([type=hidden], [type=checkbox], [type=radio]), .rail a, .chip")
			&& (r.width < 24 || r.height < 24) && !e.matches("summary summary")) {
			if (!e.matches("summary") || r.height < 20) found.push("hard to hit, " + Math.round(r.width) + "×" + Math.round(r.height) + ": " + name(e));
		}
	}
	return found.slice(0, 12);
})`

// Fits fails the test where the page is wider than its screen, has something that is cut
// off at the side, or a control too small to be touched (24 px, WCAG 2.5.8).
func (tab *Tab) Fits(what string) {
	tab.t.Helper()
	for _, m := range Eval[[]string](tab, fmt.Sprintf("%s(%d)", misfits, tab.o.Screen.width())) {
		tab.t.Errorf("%s on %s: %s", what, tab.o.Screen, m)
	}
}

// ShotsEnv names the folder that screenshots go to; without it none is taken.
const ShotsEnv = "ASSAY_SCREENSHOTS"

// maxShot is how high a picture of a whole page is at most, in CSS pixels.
const maxShot = 2400

// Shot takes a screenshot of the page from its top on, if the environment asks for it.
func (tab *Tab) Shot(name string) {
	tab.t.Helper()
	dir := os.Getenv(ShotsEnv)
	if dir == "" {
		return
	}
	height := Eval[float64](tab, `(scrollTo({ top: 0, behavior: "instant" }), document.documentElement.scrollHeight)`)
	before := tab.o.Screen
	tall := before
	tall.Height = min(max(int(height)*max(before.Zoom, 100)/100, before.Height), maxShot)
	tab.On(tall)
	// The picture is of what stands in the viewport: what sticks to its edges stays there.
	shot := command(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	tab.On(before)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot.Data, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
