package browsertest

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Record is what the pages of a tab did that a person does not see.
type Record struct {
	Console    []string // warnings and errors
	Exceptions []string // that no script caught
	Violations []string // of the Content-Security-Policy, also those that were only tried
	Dialogs    []string // alert and its like
	Foreign    []string // requests to anybody but the server under test
	Failed     []string // requests that broke
	Refused    []string // answers with a status of 400 and more
	Answers    []Answer
	Bytes      int64 // over the wire, headers too
}

// Answer is one answer of the server.
type Answer struct {
	Method, URL, Type string
	Status            int
}

// Clean reports whether nothing happened that no page of ours does by itself.
func (r Record) Clean() bool { return r.String() == "" }

func (r Record) String() string {
	var b strings.Builder
	for _, part := range []struct {
		name  string
		lines []string
	}{{"console", r.Console}, {"exception", r.Exceptions}, {"against the policy", r.Violations}, {"dialog", r.Dialogs}, {"foreign request", r.Foreign},
		{"broken request", r.Failed}, {"refused request", r.Refused}} {
		for _, line := range part.lines {
			fmt.Fprintf(&b, "%s: %s\n", part.name, line)
		}
	}
	return b.String()
}

// Take returns the record up to here and begins a new one. What a test expects it takes,
// so that it does not fail for it.
func (tab *Tab) Take() Record { return tab.seen.take() }

// violated is how the page's violations reach us: a function that the browser puts on
// every page of a test.
const violated = "browsertestViolated"

const watchViolations = `addEventListener("securitypolicyviolation", (e) => ` + violated + `(
	[e.effectiveDirective, e.blockedURI, e.sample, e.sourceFile && e.sourceFile + ":" + e.lineNumber].filter(Boolean).join(" ")), true);`

// recorder listens to a tab.
type recorder struct {
	host string
	ctx  context.Context // of the tab

	mu       sync.Mutex
	record   Record
	requests map[network.RequestID]request // under way
	busy     sync.WaitGroup                // dialogs that are being closed
}

// request is one under way, and the document that it is for.
type request struct {
	method, url string
	document    cdp.LoaderID
}

func newRecorder(host string) *recorder {
	return &recorder{host: host, requests: map[network.RequestID]request{}}
}

func (r *recorder) take() Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.record
	r.record = Record{}
	return taken
}

func (r *recorder) wait() { r.busy.Wait() }

// event is called with everything that happens in the tab, in order.
func (r *recorder) event(ev any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.record
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, a := range ev.Args {
				words = append(words, objectText(a))
			}
			k.Console = append(k.Console, string(ev.Type)+" "+strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		// What the network source says of statuses is among the refused requests.
		if e := ev.Entry; e.Source != log.EntrySourceNetwork && (e.Level == log.EntryLevelError || e.Level == log.EntryLevelWarning) {
			k.Console = append(k.Console, fmt.Sprintf("%s %s %s", e.Source, e.Text, e.URL))
		}
	case *runtime.EventExceptionThrown:
		k.Exceptions = append(k.Exceptions, exceptionText(ev.ExceptionDetails))
	case *runtime.EventBindingCalled:
		if ev.Name == violated {
			k.Violations = append(k.Violations, ev.Payload)
		}
	case *page.EventJavascriptDialogOpening:
		k.Dialogs = append(k.Dialogs, fmt.Sprintf("%s %q", ev.Type, ev.Message))
		r.busy.Go(func() { // a listener must not send commands
			ctx, cancel := context.WithTimeout(r.ctx, patience)
			defer cancel()
			if t := chromedp.FromContext(r.ctx).Target; t != nil {
				cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: ev.Type == page.DialogTypeBeforeunload})
			}
		})
	case *network.EventRequestWillBeSent:
		r.requests[ev.RequestID] = request{ev.Request.Method, ev.Request.URL, ev.LoaderID}
		if u, err := url.Parse(ev.Request.URL); err != nil || u.Host != r.host && u.Scheme != "data" && u.Scheme != "about" && u.Scheme != "chrome-error" {
			k.Foreign = append(k.Foreign, ev.Request.Method+" "+ev.Request.URL)
		}
		if ev.RedirectResponse != nil {
			r.answered(string(ev.Type), ev.RedirectResponse, ev.Request.Method)
		}
	case *network.EventResponseReceived:
		r.answered(string(ev.Type), ev.Response, r.requests[ev.RequestID].method)
	case *network.EventLoadingFinished:
		k.Bytes += int64(ev.EncodedDataLength)
		delete(r.requests, ev.RequestID)
	case *network.EventLoadingFailed:
		// What is cut off because the page was left did not break.
		if q := r.requests[ev.RequestID]; !ev.Canceled && ev.ErrorText != "net::ERR_ABORTED" {
			k.Failed = append(k.Failed, strings.TrimSpace(q.method+" "+q.url+" "+ev.ErrorText+" "+string(ev.BlockedReason)))
		}
		delete(r.requests, ev.RequestID)
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" { // nobody tells how the requests of the document before end
			maps.DeleteFunc(r.requests, func(_ network.RequestID, q request) bool { return q.document != ev.Frame.LoaderID })
		}
	}
}

func (r *recorder) answered(kind string, a *network.Response, method string) {
	r.record.Answers = append(r.record.Answers, Answer{Method: method, URL: a.URL, Type: kind, Status: int(a.Status)})
	if a.Status >= 400 {
		r.record.Refused = append(r.record.Refused, fmt.Sprintf("%s %s: %d", method, a.URL, a.Status))
	}
}

// Quiet waits until the tab has had no request under way, streams left out, for a moment.
func (tab *Tab) Quiet() {
	tab.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for quiet := 0; quiet < 5; quiet++ {
		select {
		case <-tick.C:
		case <-deadline:
			tab.t.Fatal("the page does not come to rest")
		}
		tab.seen.mu.Lock()
		for _, q := range tab.seen.requests {
			if !strings.HasSuffix(q.url, "/live") {
				quiet = -1
			}
		}
		tab.seen.mu.Unlock()
	}
}

func objectText(o *runtime.RemoteObject) string {
	if o == nil {
		return ""
	}
	if o.Description != "" {
		return o.Description
	}
	return string(o.Value)
}

func exceptionText(d *runtime.ExceptionDetails) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s:%d", d.Text, objectText(d.Exception), d.URL, d.LineNumber+1))
}
