package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"assay/web/browsertest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := m.Run()
	err := browsertest.End()
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// site serves one page under a policy.
func site(t *testing.T, policy, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><title>a page</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1">`+
			`<main><h1>A page</h1>`+body+`</main>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestARecordSaysWhatAPageDid(t *testing.T) {
	for _, k := range []struct {
		what, policy, body string
		part               func(browsertest.Record) []string
		want               string
	}{
		{"an error in the console", "", `<script>console.error("oh", "no")</script>`, func(r browsertest.Record) []string { return r.Console }, "oh"},
		{"an exception", "", `<script>throw new Error("oh no")</script>`, func(r browsertest.Record) []string { return r.Exceptions }, "oh no"},
		{"a script against the policy", "script-src 'none'", `<script>1</script>`, func(r browsertest.Record) []string { return r.Violations }, "script-src"},
		{"a dialog", "", `<script>alert("oh no")</script>`, func(r browsertest.Record) []string { return r.Dialogs }, "oh no"},
		{"a request to somebody else", "", `<img alt="" src="http://127.0.0.1:9/x">`, func(r browsertest.Record) []string { return r.Foreign }, "127.0.0.1:9"},
		{"a request that breaks", "", `<img alt="" src="http://127.0.0.1:9/x">`, func(r browsertest.Record) []string { return r.Failed }, "ERR_"},
		{"an answer that refuses", "", `<img alt="" src="/nowhere">`, func(r browsertest.Record) []string { return r.Refused }, "/nowhere: 404"},
	} {
		t.Run(k.what, func(t *testing.T) {
			tab := browsertest.Open(t, browsertest.Options{Base: site(t, k.policy, k.body)})
			tab.Go("/")
			tab.Quiet()
			r := tab.Take()
			if got := k.part(r); len(got) != 1 || !strings.Contains(got[0], k.want) {
				t.Errorf("the record has %q", got)
			}
			if r.Clean() {
				t.Error("the record is called clean")
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		tab := browsertest.Open(t, browsertest.Options{Base: site(t, "", "<p>x</p>")})
		tab.Go("/")
		tab.Quiet()
		if r := tab.Take(); !r.Clean() || r.Bytes == 0 || len(r.Answers) == 0 {
			t.Errorf("of a quiet page the record says %d bytes, %d answers\n%s", r.Bytes, len(r.Answers), r)
		}
	})
}

// failures is a test that notes how it fails and goes on.
type failures struct {
	testing.TB
	said []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}
func (f *failures) Helper() {}

func TestAPageThatIsHardToUseFailsItsTest(t *testing.T) {
	for _, k := range []struct {
		what, body, want string
		look             func(*browsertest.Tab)
	}{
		{"text without contrast", `<p style="color:#ddd;background:#fff">hardly to be read</p>`, "color-contrast", func(tab *browsertest.Tab) { tab.Axe("page", browsertest.EveryRule) }},
		{"a field without a name", `<input>`, "label", func(tab *browsertest.Tab) { tab.Axe("page", browsertest.EveryRule) }},
		{"a page wider than a phone", `<p style="inline-size:500px">wide</p>`, "px wide", func(tab *browsertest.Tab) { tab.Fits("page") }},
		{"a small button", `<button style="all:unset;font-size:8px">x</button>`, "hard to hit", func(tab *browsertest.Tab) { tab.Fits("page") }},
	} {
		t.Run(k.what, func(t *testing.T) {
			tab := browsertest.Open(t, browsertest.Options{Base: site(t, "", k.body), Screen: browsertest.Phone})
			tab.Go("/")
			f := &failures{TB: t}
			k.look(tab.For(f))
			if got := strings.Join(f.said, "\n"); !strings.Contains(got, k.want) {
				t.Errorf("it says %q", got)
			}
			tab.Take()
		})
	}
}
