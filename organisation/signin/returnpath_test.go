package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"assay/organisation/signin"
)

func TestASignInReturnsToAPathOfThisServerOnly(t *testing.T) {
	for _, good := range []string{
		"/", "/findings", "/findings/", "/findings?state=open&page=2", "/findings/0197-a?q=%E2%98%83", "/a?next=https://bazar.example/",
		"/offers/a%2Fb",
	} {
		if got := signin.ReturnPath(good); got != good {
			t.Errorf("%s becomes %s", good, got)
		}
	}
	for _, bad := range []string{
		"", "findings", "?a=b", "#x", "https://evil.example/", "HTTPS:evil.example", "//evil.example", "///evil.example", `/\evil.example`,
		`\/evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example",
		"/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/a//evil.example", "/%2f/evil.example", "/%2F%2Fevil.example",
		"/%5Cevil.example", "/%5c%5cevil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:x", "/a\r\nLocation: x", "/%2e%2e//evil.example",
		"javascript:alert(1)", "data:text/html,x", "/a#//evil.example", "/\u2215\u2215evil.example", "/\x00", "/%zz", "/../secret", "/a/./b",
		"/" + strings.Repeat("a", 2048), "@evil.example", "/<script>",
	} {
		if got := signin.ReturnPath(bad); got != "/" {
			t.Errorf("%q becomes %q", bad, got)
		}
	}
}

func FuzzReturnPath(f *testing.F) {
	for _, s := range []string{"/", "//evil.example", `/\evil.example`, "/a?b=c", "/%2f%2fevil.example", "/.//x", "https://evil.example"} {
		f.Add(s)
	}
	base, err := url.Parse("https://assay.bazar.example/oidc/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := signin.ReturnPath(s)
		if got != s && got != "/" {
			t.Fatalf("%q becomes %q", s, got)
		}
		if signin.ReturnPath(got) != got {
			t.Fatalf("%q is not kept", got)
		}
		// What browsers do before they resolve (WHATWG URL): drop tabs and line
		// breaks and space at the ends, read \ as /.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.Trim(got, "\x00\x01\x02 "))
		to, err := base.Parse(seen)
		if err != nil || to.Scheme != "https" || to.Host != base.Host || to.User != nil || strings.HasPrefix(to.Path, "//") {
			t.Fatalf("%q leads to %v (%v)", s, to, err)
		}
	})
}
