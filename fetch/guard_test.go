package fetch_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"assay"
	"assay/fetch"
)

// refused maps each address that is not public to what it is.
func refused() map[string]string {
	return map[string]string{
		"127.0.0.1":                "loopback",
		"127.255.255.254":          "loopback",
		"::1":                      "loopback",
		"10.0.0.1":                 "private",
		"172.16.0.1":               "private",
		"172.31.255.255":           "private",
		"192.168.1.1":              "private",
		"fc00::1":                  "unique local",
		"fd00:ec2::254":            "a cloud's metadata service, unique local",
		"169.254.169.254":          "a cloud's metadata service, link-local",
		"fe80::1":                  "link-local",
		"fec0::1":                  "site-local",
		"100.64.0.1":               "carrier-grade NAT",
		"100.127.255.255":          "carrier-grade NAT",
		"168.63.129.16":            "a cloud's own service",
		"0.0.0.0":                  "unspecified",
		"0.1.2.3":                  "this network",
		"::":                       "unspecified",
		"224.0.0.1":                "multicast",
		"239.255.255.255":          "multicast",
		"ff02::1":                  "multicast",
		"ff0e::1":                  "multicast",
		"255.255.255.255":          "broadcast",
		"240.0.0.1":                "reserved",
		"192.0.0.192":              "protocol assignments",
		"192.0.2.1":                "documentation",
		"198.51.100.1":             "documentation",
		"203.0.113.1":              "documentation",
		"198.18.0.1":               "benchmarks",
		"192.88.99.1":              "6to4 relay",
		"::ffff:127.0.0.1":         "IPv4-mapped loopback",
		"::ffff:10.0.0.1":          "IPv4-mapped private",
		"::ffff:a9fe:a9fe":         "IPv4-mapped link-local",
		"::127.0.0.1":              "IPv4-compatible loopback",
		"64:ff9b::7f00:1":          "NAT64 of loopback",
		"64:ff9b::808:808":         "NAT64",
		"64:ff9b:1::a00:1":         "local NAT64",
		"2002:7f00:1::":            "6to4 of loopback",
		"2002:a00:1::1":            "6to4 of a private address",
		"2001::1":                  "Teredo",
		"2001:20::1":               "ORCHID",
		"2001:db8::1":              "documentation",
		"3fff::1":                  "documentation",
		"100::1":                   "discard only",
		"5f00::1":                  "segment routing",
		"4000::1":                  "not assigned",
		"0:0:0:0:0:ffff:c0a8:0101": "IPv4-mapped private",
	}
}

func literal(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

func TestAnAddressThatIsNotPublicIsRefusedWrittenOutAndBehindAName(t *testing.T) {
	for address, what := range refused() {
		t.Run(what+" "+address, func(t *testing.T) {
			ns := nameserver(t, address)
			c := client(t, fetch.Options{AllowPlain: true, Resolver: ns.Resolver})
			for _, scheme := range []string{"http://", "https://"} {
				if err := c.CheckURL(scheme + literal(address) + "/x"); assay.CodeOf(err) != assay.Invalid {
					t.Errorf("written out, %s: error %v", scheme, err)
				}
				if err := c.CheckURL(scheme + hookHost); err != nil {
					t.Errorf("a name was refused before it was resolved: %v", err)
				}
				_, err := c.Post(t.Context(), scheme+hookHost+"/x", nil, nil)
				if assay.CodeOf(err) != assay.Invalid {
					t.Fatalf("behind a name, %s: error %v", scheme, err)
				}
				if strings.Contains(err.Error(), address) {
					t.Errorf("the error tells what the name resolves to: %v", err)
				}
			}
		})
	}
}

func TestANameThatMovesToAnotherAddressIsRefusedWhenItIsUsed(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	ns := nameserver(t, "127.0.0.1") // allowed here, as a public address would be elsewhere
	c := client(t, fetch.Options{AllowNetworks: loopback(), Resolver: ns.Resolver})
	target := ns.url(s.URL)
	if err := c.CheckURL(target); err != nil {
		t.Fatal(err)
	}
	if status, err := c.Post(t.Context(), target, nil, nil); err != nil || status != 200 {
		t.Fatalf("Post = %d, %v", status, err)
	}
	for _, moved := range []string{"127.0.0.2", "10.0.0.1", "169.254.169.254", "::1"} {
		ns.set(moved)
		if status, err := c.Post(t.Context(), target, nil, nil); assay.CodeOf(err) != assay.Invalid {
			t.Errorf("moved to %s: Post = %d, %v", moved, status, err)
		}
	}
}

func TestOfSeveralAddressesOnlyAllowedOnesAreConnectedTo(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	ns := nameserver(t, "127.0.0.2", "127.0.0.1", "127.0.0.3")
	c := client(t, fetch.Options{AllowNetworks: loopback(), Resolver: ns.Resolver})
	if status, err := c.Post(t.Context(), ns.url(s.URL), nil, nil); err != nil || status != 200 {
		t.Errorf("Post = %d, %v", status, err)
	}
}

func TestWhatTheOptionsAllow(t *testing.T) {
	network := func(s string) fetch.Options {
		return fetch.Options{AllowNetworks: []netip.Prefix{netip.MustParsePrefix(s)}}
	}
	private := fetch.Options{AllowPrivate: true}
	for _, c := range []struct {
		name    string
		options fetch.Options
		url     string
		allowed bool
	}{
		{"a public address by https", fetch.Options{}, "https://8.8.8.8/", true},
		{"a public IPv6 address by https", fetch.Options{}, "https://[2606:4700::1111]:8443/", true},
		{"a mapped public address is that address", fetch.Options{}, "https://[::ffff:8.8.8.8]/", true},
		{"a name by https", fetch.Options{}, "https://hooks.bazar.example/a?b=c", true},
		{"http to a public address", fetch.Options{}, "http://8.8.8.8/", false},
		{"http to a name, when nothing is allowed", fetch.Options{}, "http://hooks.bazar.example/", false},
		{"http to a name, which may be in an allowed network", private, "http://hooks.bazar.example/", true},
		{"plain http, when allowed", fetch.Options{AllowPlain: true}, "http://8.8.8.8/", true},
		{"plain http allows no private address", fetch.Options{AllowPlain: true}, "http://10.0.0.1/", false},
		{"private: RFC 1918", private, "http://10.1.2.3/", true},
		{"private: loopback", private, "https://[::1]/", true},
		{"private: localhost", private, "http://localhost:8080/", true},
		{"private: unique local", private, "http://[fd00::1]/", true},
		{"private: carrier-grade NAT", private, "http://100.64.0.1/", true},
		{"private leaves http to public addresses refused", private, "http://8.8.8.8/", false},
		{"private leaves metadata services refused", private, "http://169.254.169.254/", false},
		{"private leaves NAT64 of a private address refused", private, "https://[64:ff9b::a00:1]/", false},
		{"private leaves multicast refused", private, "https://224.0.0.1/", false},
		{"a network allows its addresses", network("10.1.0.0/16"), "http://10.1.2.3/", true},
		{"a network allows its addresses written as IPv6", network("10.1.0.0/16"), "http://[::ffff:10.1.2.3]/", true},
		{"a network allows no others", network("10.1.0.0/16"), "https://10.2.0.1/", false},
		{"a network may be link-local", network("169.254.10.0/24"), "http://169.254.10.1/", true},
		{"a network never allows unspecified addresses", network("0.0.0.0/0"), "http://0.0.0.0/", false},
		{"a network never allows multicast", network("0.0.0.0/0"), "http://239.0.0.1/", false},
		{"a network that is not valid allows nothing", fetch.Options{AllowNetworks: []netip.Prefix{{}}}, "http://10.0.0.1/", false},
		{"localhost", fetch.Options{}, "https://localhost/", false},
		{"a name under localhost", fetch.Options{}, "https://a.LocalHost./", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := client(t, c.options).CheckURL(c.url)
			if c.allowed != (err == nil) || err != nil && assay.CodeOf(err) != assay.Invalid {
				t.Errorf("CheckURL(%q) = %v", c.url, err)
			}
		})
	}
}

func TestPlainHTTPToANameReachesOnlyAllowedNetworks(t *testing.T) {
	ns := nameserver(t, "8.8.8.8") // public, refused before anything is sent
	c := client(t, fetch.Options{AllowPrivate: true, Resolver: ns.Resolver})
	if _, err := c.Post(t.Context(), "http://"+hookHost, nil, nil); assay.CodeOf(err) != assay.Invalid {
		t.Errorf("error %v", err)
	}
}

func TestAURLThatIsNotOneIsRefusedWithoutBeingQuoted(t *testing.T) {
	c := client(t, fetch.Options{AllowPrivate: true, AllowPlain: true})
	for name, raw := range map[string]string{
		"empty":                           "",
		"another scheme":                  "ftp://s3cret.example/",
		"a file":                          "file:///etc/s3cret",
		"no scheme":                       "s3cret.example/hook",
		"no host":                         "https:///s3cret",
		"opaque":                          "https:s3cret.example",
		"only a port":                     "https://:443/s3cret",
		"only a dot":                      "https://./s3cret",
		"a user":                          "https://s3cret@bazar.example/",
		"a password":                      "https://user:s3cret@bazar.example/",
		"a fragment":                      "https://bazar.example/#s3cret",
		"an empty port":                   "https://bazar.example:/s3cret",
		"port zero":                       "https://bazar.example:0/s3cret",
		"a port too high":                 "https://bazar.example:65536/s3cret",
		"a port that is no number":        "https://bazar.example:s3cret/",
		"an IPv6 zone":                    "https://[fe80::1%25eth0]/s3cret",
		"a line break":                    "https://bazar.example/\r\ns3cret",
		"a space in the host":             "https://bazar example/s3cret",
		"an escaped host":                 "https://bazar%2fexample/s3cret",
		"digits of another script":        "https://\uff11\uff12\uff17.0.0.1/s3cret",
		"an international name, not xn--": "https://古驰.example/s3cret",
		"a short IPv4 address":            "https://127.1/s3cret",
		"a decimal IPv4 address":          "https://2130706433/s3cret",
		"a hexadecimal IPv4 address":      "https://0x7f000001/s3cret",
		"an octal IPv4 address":           "https://0177.0.0.1/s3cret",
		"too long":                        "https://bazar.example/s3cret" + strings.Repeat("a", 2_048),
	} {
		t.Run(name, func(t *testing.T) {
			err := c.CheckURL(raw)
			if assay.CodeOf(err) != assay.Invalid {
				t.Fatalf("CheckURL(%q) = %v", raw, err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error quotes the URL: %v", err)
			}
			if _, posted := c.Post(t.Context(), raw, nil, nil); posted == nil || posted.Error() != err.Error() {
				t.Errorf("Post answers differently: %v", posted)
			}
		})
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://bazar.example/a", "http://[::1%25a]:80", "https://127.1", "https://a@b:0/#"} {
		f.Add(seed)
	}
	c := fetch.New(fetch.Options{})
	f.Fuzz(func(t *testing.T, raw string) {
		err := c.CheckURL(raw)
		if err != nil && assay.CodeOf(err) != assay.Invalid {
			t.Errorf("code %s", assay.CodeOf(err))
		}
		if err == nil && !strings.HasPrefix(strings.ToLower(raw), "https://") {
			t.Errorf("%q is allowed", raw)
		}
	})
}
