package browsertest

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// namedKeys are the keys that type nothing.
var namedKeys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ", "ArrowDown": kb.ArrowDown, "ArrowUp": kb.ArrowUp, "Home": kb.Home, "End": kb.End,
	"Backspace": kb.Backspace,
}

// Press presses keys one after another, as a person at the keyboard: a character, or a
// name as Tab, Enter, Escape, Space, after Shift+ or Control+ where those are held.
func (tab *Tab) Press(keys ...string) {
	tab.t.Helper()
	for _, key := range keys {
		var held []chromedp.Modifier
		if rest, ok := strings.CutPrefix(key, "Shift+"); ok {
			key, held = rest, append(held, chromedp.ModifierShift)
		}
		if rest, ok := strings.CutPrefix(key, "Control+"); ok {
			key, held = rest, append(held, chromedp.ModifierCtrl)
		}
		text, named := namedKeys[key]
		if !named {
			text = key
		}
		for _, r := range text {
			tab.key(r, held...)
		}
	}
}

// key presses one key. Its down event carries the character, as that of a keyboard does:
// a page that prevents the one prevents the other.
func (tab *Tab) key(r rune, held ...chromedp.Modifier) {
	tab.t.Helper()
	events := kb.Encode(r)
	down, up := *events[0], *events[len(events)-1]
	down.Type = input.DispatchKeyEventTypeRawKeyDown
	for _, m := range held {
		down.Modifiers |= int64(m)
		up.Modifiers |= int64(m)
	}
	if len(events) == 3 && down.Modifiers&int64(chromedp.ModifierCtrl) == 0 {
		down.Type, down.Text, down.UnmodifiedText = input.DispatchKeyEventTypeKeyDown, events[1].Text, events[1].UnmodifiedText
	}
	command(tab, input.DispatchKeyEvent, down)
	command(tab, input.DispatchKeyEvent, up)
}

// Type presses the key of every character.
func (tab *Tab) Type(text string) {
	tab.t.Helper()
	for _, r := range text {
		tab.key(r)
	}
}

// Paste puts a text into the field in focus, all of it at once.
func (tab *Tab) Paste(text string) {
	tab.t.Helper()
	command(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Click clicks into the middle of the first element that a selector finds, which has to
// be visible there.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	at := Eval[[]float64](tab, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		if (!e) return null;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = [...e.getClientRects()].find((r) => r.width > 0 && r.height > 0);
		if (!r) return null;
		const [x, y] = [r.left + r.width / 2, r.top + r.height / 2];
		const hit = document.elementFromPoint(x, y);
		return hit && (e.contains(hit) || hit.contains(e)) ? [x, y] : null;
	})()`, Quote(selector)))
	if at == nil {
		tab.t.Fatalf("nothing to click on: %s\nat %s", selector, tab.where())
	}
	if err := chromedp.Do(tab.ctx, chromedp.MouseClickXY(at[0], at[1])); err != nil {
		tab.t.Fatalf("clicking on %s: %v", selector, err)
	}
}

// Choose chooses files in a file field.
func (tab *Tab) Choose(selector string, files ...string) {
	tab.t.Helper()
	// By the document's own world: the field belongs to it.
	w := command(tab, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: cdp.FrameID(tab.target.TargetID), WorldName: world})
	r := command(tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.querySelector(" + Quote(selector) + ")", ContextID: w.ExecutionContextID})
	if r.Result.ObjectID == "" {
		tab.t.Fatalf("there is no field %s", selector)
	}
	command(tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: r.Result.ObjectID})
}

// Focused says what has the focus: its tag, its id, and what it is called.
func (tab *Tab) Focused() string {
	tab.t.Helper()
	return Eval[string](tab, `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return "body";
		const name = (e.getAttribute("aria-label") ?? e.innerText ?? "").trim().replace(/\s+/g, " ").slice(0, 80);
		return e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (name ? " " + JSON.stringify(name) : "");
	})()`)
}

// IsFocused reports whether the element that a selector finds has the focus.
func (tab *Tab) IsFocused(selector string) bool {
	tab.t.Helper()
	return Eval[bool](tab, `!!document.activeElement?.matches(`+Quote(selector)+`)`)
}
