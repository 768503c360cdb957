package fetch

import (
	"context"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"assay"
)

const maxURLBytes = 2_048

// guard decides which addresses may be reached.
type guard struct {
	private  bool
	networks []netip.Prefix
	plain    bool
}

// privateNetworks are the networks of Options.AllowPrivate.
func privateNetworks() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("fc00::/7"),
	}
}

// specialNetworks are the ones that are not public: the IANA registries of special
// purpose addresses (RFC 6890), and what carries another address inside, since a
// gateway would unpack it.
func specialNetworks() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("168.63.129.16/32"), // a public number that Azure answers to its guests alone
		netip.MustParsePrefix("169.254.0.0/16"),   // link-local, metadata services
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), // documentation
		netip.MustParsePrefix("192.31.196.0/24"),
		netip.MustParsePrefix("192.52.193.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"), // 6to4 relays
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("192.175.48.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("224.0.0.0/4"),     // multicast
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
		// Of IPv6, only 2000::/3 is public at all; these are special within it.
		netip.MustParsePrefix("2001::/23"),     // protocols: Teredo, ORCHID, benchmarks
		netip.MustParsePrefix("2001:db8::/32"), // documentation
		netip.MustParsePrefix("2002::/16"),     // 6to4
		netip.MustParsePrefix("2620:4f:8000::/48"),
		netip.MustParsePrefix("3fff::/20"), // documentation
	}
}

// opened reports whether an option names the address.
func (g *guard) opened(a netip.Addr) bool {
	return g.private && within(privateNetworks(), a) || within(g.networks, a)
}

// allows reports whether a connection to the address may be made. The address is
// judged as what it reaches: an IPv4 address written as IPv6 is that IPv4 address.
func (g *guard) allows(scheme string, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast():
		return false
	case g.opened(a):
		return true
	case scheme != "https" && !g.plain:
		return false
	}
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	return !within(specialNetworks(), a)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// control returns the function that a dialer calls with the resolved address, just
// before it connects to that very address.
func (g *guard) control(scheme string) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !g.allows(scheme, at.Addr()) {
			return g.refusal(scheme)
		}
		return nil
	}
}

// refusal says why an address is not allowed, and not what it is.
func (g *guard) refusal(scheme string) error {
	if scheme == "http" && !g.plain {
		return assay.Errorf(assay.Invalid, "the address must begin with https://: without encryption only networks "+
			"that the operator of this installation allows can be reached")
	}
	return assay.Errorf(assay.Invalid, "the host is not on the public internet; the operator of this installation can allow its network")
}

// CheckURL says what is wrong with a URL, as far as that can be told without the
// network: for the moment when somebody types it in. A URL that passes can still be
// refused when it is used, by what its name resolves to. The error is assay.Invalid.
func (c *Client) CheckURL(raw string) error {
	_, err := c.parse(raw)
	return err
}

func (c *Client) parse(raw string) (*url.URL, error) {
	if len(raw) > maxURLBytes {
		return nil, assay.Errorf(assay.Invalid, "the address is longer than %d bytes", maxURLBytes)
	}
	u, err := url.Parse(raw)
	if err != nil { // it quotes the URL
		return nil, assay.Errorf(assay.Invalid, "the address is not a URL")
	}
	host := u.Hostname()
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, assay.Errorf(assay.Invalid, "the address must begin with https://")
	case u.User != nil:
		return nil, assay.Errorf(assay.Invalid, "the address must not hold a user name or password")
	case u.Opaque != "" || host == "":
		return nil, assay.Errorf(assay.Invalid, "the address names no host")
	case u.Fragment != "":
		return nil, assay.Errorf(assay.Invalid, "the address must not hold a fragment (#…)")
	}
	if u.Port() != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > 65_535 {
			return nil, assay.Errorf(assay.Invalid, "the port of the address is not one from 1 to 65535")
		}
	}
	if u.Scheme == "http" && !c.guard.plain && !c.guard.private && len(c.guard.networks) == 0 {
		return nil, c.guard.refusal(u.Scheme)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return nil, assay.Errorf(assay.Invalid, "the address must not name a network interface")
		}
		if !c.guard.allows(u.Scheme, a) {
			return nil, c.guard.refusal(u.Scheme)
		}
		return u, nil
	}
	if err := c.checkName(u.Scheme, host); err != nil {
		return nil, err
	}
	return u, nil
}

// checkName checks a host that is not an IP address.
func (c *Client) checkName(scheme, host string) error {
	for _, r := range host {
		if r > 0x7f {
			return assay.Errorf(assay.Invalid, "the host must be written in ASCII: an international name in its xn-- form")
		}
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && !(r >= '0' && r <= '9') && r != '-' && r != '.' && r != '_' {
			return assay.Errorf(assay.Invalid, "the host holds a character that no name has")
		}
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case last == "":
		return assay.Errorf(assay.Invalid, "the address names no host")
	case last[0] >= '0' && last[0] <= '9': // 127.1, 0x7f000001, 2130706433: some resolvers take them for addresses
		return assay.Errorf(assay.Invalid, "the host is neither a name nor an IP address in its usual form")
	case last == "localhost" && !c.guard.allows(scheme, netip.AddrFrom4([4]byte{127, 0, 0, 1})) &&
		!c.guard.allows(scheme, netip.IPv6Loopback()):
		return c.guard.refusal(scheme)
	}
	return nil
}
