package signin_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

var (
	office = netip.MustParseAddr("192.0.2.10")
	evil   = netip.MustParseAddr("203.0.113.66")
)

// guess makes one wrong guess and returns how long it is told to wait, 0 if it was tried.
func (h *house) guess(t *testing.T, a signin.Attempt) time.Duration {
	t.Helper()
	_, _, err := h.Password(t.Context(), a, "something else entirely")
	var w *signin.WaitError
	if errors.As(err, &w) {
		wantCode(t, err, assay.Busy)
		return w.For
	}
	wantCode(t, err, assay.Unauthenticated)
	return 0
}

func (h *house) signsIn(t *testing.T, a signin.Attempt) *signin.Entry {
	t.Helper()
	a.Name = ines
	e, _, err := h.Password(t.Context(), a, inesPassword)
	if err != nil {
		t.Fatalf("Ines is kept out: %v", err)
	}
	return e
}

// attack guesses as often as it is let for that long, and returns how often it was
// tried.
func (h *house) attack(t *testing.T, d time.Duration, next func() signin.Attempt) (tried int) {
	t.Helper()
	for end := h.clock.now().Add(d); h.clock.now().Before(end); {
		if wait := h.guess(t, next()); wait > 0 {
			h.clock.advance(wait)
		} else if tried++; tried > 100_000 {
			t.Fatal("the attacker never has to wait")
		}
	}
	return tried
}

func anywhere() func() netip.Addr {
	n := uint32(0)
	return func() netip.Addr {
		n++
		return netip.AddrFrom4([4]byte{198, byte(n >> 16), byte(n >> 8), byte(n)})
	}
}

func TestWaitsGrowAndRefusedAttemptsDoNotMakeThemLonger(t *testing.T) {
	h := newHouse(t)
	a := signin.Attempt{Name: ines, Source: evil}
	for i := range 5 {
		if w := h.guess(t, a); w != 0 {
			t.Fatalf("guess %d has to wait %s", i, w)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900} {
		want *= time.Second
		for range 3 {
			if w := h.guess(t, a); w != want {
				t.Fatalf("it waits %s, want %s", w, want)
			}
		}
		h.clock.advance(want)
		if w := h.guess(t, a); w != 0 {
			t.Fatalf("after waiting it waits %s", w)
		}
	}
	t.Run("a day later all is forgotten", func(t *testing.T) {
		h.clock.advance(24 * time.Hour)
		for range 5 {
			if w := h.guess(t, a); w != 0 {
				t.Fatalf("it waits %s", w)
			}
		}
	})
	t.Run("a clock set back makes nobody wait for its return", func(t *testing.T) {
		h.clock.advance(-100 * 24 * time.Hour)
		if w := h.guess(t, a); w > 15*time.Minute {
			t.Fatalf("it waits %s", w)
		}
	})
}

func TestNameAndSourceAreCountedHoweverTheyAreWritten(t *testing.T) {
	for name, next := range map[string]func(int) signin.Attempt{
		"letter case and space": func(i int) signin.Attempt {
			return signin.Attempt{Name: []string{"Ines@Bellweather.example", " ines@bellweather.EXAMPLE ", "ｉnes@bellweather.example"}[i%3], Source: evil}
		},
		"IPv4 within IPv6": func(i int) signin.Attempt {
			return signin.Attempt{Name: ines, Source: []netip.Addr{evil, netip.MustParseAddr("::ffff:203.0.113.66")}[i%2]}
		},
		"addresses of one /64": func(i int) signin.Attempt {
			return signin.Attempt{Name: ines, Source: netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x%%eth%d", i+1, i))}
		},
		"no address at all": func(int) signin.Attempt { return signin.Attempt{Name: ines} },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for i := range 5 {
				h.guess(t, next(i))
			}
			if w := h.guess(t, next(6)); w == 0 {
				t.Error("the sixth guess is tried")
			}
		})
	}
}

func TestAnAttackerAtOneAddressDoesNotSlowTheMemberDown(t *testing.T) {
	h := newHouse(t)
	h.attack(t, time.Hour, func() signin.Attempt { return signin.Attempt{Name: ines, Source: evil} })
	h.signsIn(t, signin.Attempt{Source: office}) // at a new device, even
}

func TestAKnownDeviceIsNeverRefusedForWhatOthersDo(t *testing.T) {
	h := newHouse(t)
	device := h.signsIn(t, signin.Attempt{Source: office}).Device
	for name, next := range map[string]func() signin.Attempt{
		"from everywhere": func() signin.Attempt { return signin.Attempt{Name: ines, Source: anywhere()()} },
		"at the same address": func() signin.Attempt {
			return signin.Attempt{Name: ines, Source: office}
		},
		"at the same address, at other names": func() signin.Attempt {
			return signin.Attempt{Name: h.clock.now().String(), Source: office}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 500 {
				h.guess(t, next())
			}
			for range 100 {
				device = h.signsIn(t, signin.Attempt{Source: office, Device: device}).Device
			}
		})
	}
	t.Run("a link or a passkey makes a device known as well", func(t *testing.T) {
		h.signsIn(t, signin.Attempt{Source: office, Device: h.devices.Issue(ines, "")})
	})
}

func TestFromEverywhereAnAccountIsGuessedAtOnceAMinute(t *testing.T) {
	h := newHouse(t)
	from := anywhere()
	tried := h.attack(t, 24*time.Hour, func() signin.Attempt { return signin.Attempt{Name: ines, Source: from()} })
	if tried > 20+6+24*60+1 {
		t.Errorf("%d guesses were tried in a day", tried)
	}
	t.Run("and a member at a new device waits no longer than the attackers", func(t *testing.T) {
		if w := h.guess(t, signin.Attempt{Name: ines, Source: office}); w > time.Minute {
			t.Errorf("a newcomer waits %s", w)
		}
		h.clock.advance(time.Minute)
		h.signsIn(t, signin.Attempt{Source: office})
	})
}

func TestOneSourceIsSlowedDownOverAllAccounts(t *testing.T) {
	n := 0
	newName := func(source func() netip.Addr) func() signin.Attempt {
		return func() signin.Attempt {
			n++
			return signin.Attempt{Name: fmt.Sprintf("member-%d@bellweather.example", n), Source: source()}
		}
	}
	t.Run("an address", func(t *testing.T) {
		h := newHouse(t)
		if tried := h.attack(t, time.Hour, newName(func() netip.Addr { return evil })); tried > 30+10+4 {
			t.Errorf("%d guesses in an hour", tried)
		}
	})
	t.Run("an IPv6 network, by moving from /64 to /64", func(t *testing.T) {
		h := newHouse(t)
		next := newName(func() netip.Addr {
			return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 1, byte(n >> 8), byte(n), 15: 1})
		})
		if tried := h.attack(t, time.Hour, next); tried > 300+6+60+1 {
			t.Errorf("%d guesses in an hour", tried)
		}
	})
	t.Run("but what succeeds is not counted", func(t *testing.T) {
		h := newHouse(t)
		for range 200 {
			h.signsIn(t, signin.Attempt{Source: office})
		}
		if w := h.guess(t, signin.Attempt{Name: "a colleague", Source: office}); w != 0 {
			t.Errorf("a colleague waits %s", w)
		}
	})
}

func TestADeviceCookieIsGoodForItsAccountItsTimeAndFewGuesses(t *testing.T) {
	h := newHouse(t)
	from := anywhere()
	for range 30 { // strangers have to wait now
		h.guess(t, signin.Attempt{Name: ines, Source: from()})
	}
	other := must(signin.NewDevices([]byte(strings.Repeat("x", 32)), h.clock.now))(t)
	genuine := h.devices.Issue(ines, "")
	flipped := []byte(genuine)
	flipped[10] ^= 1
	for name, cookie := range map[string]string{
		"none": "", "of another account": h.devices.Issue("eve@bazar.example", ""), "of another key": other.Issue(ines, ""),
		"tampered with": string(flipped), "cut short": genuine[:40], "twice": genuine + genuine, "nonsense": strings.Repeat("ÿ", 37),
	} {
		t.Run(name, func(t *testing.T) {
			if w := h.guess(t, signin.Attempt{Name: ines, Source: from(), Device: cookie}); w == 0 {
				t.Error("it lets a stranger pass")
			}
		})
	}
	t.Run("a stolen one has a few guesses", func(t *testing.T) {
		tried := h.attack(t, time.Hour, func() signin.Attempt { return signin.Attempt{Name: ines, Source: from(), Device: genuine} })
		if tried > 5+10+4 {
			t.Errorf("%d guesses in an hour", tried)
		}
	})
	t.Run("issued again it is the same device", func(t *testing.T) {
		h.guess(t, signin.Attempt{Name: ines, Source: from(), Device: genuine})
		if w := h.guess(t, signin.Attempt{Name: ines, Source: from(), Device: h.devices.Issue(ines, genuine)}); w == 0 {
			t.Error("its guesses are forgotten")
		}
	})
	t.Run("it ends", func(t *testing.T) {
		cookie := h.devices.Issue(ines, "")
		h.clock.advance(signin.DeviceLifetime)
		for range 25 {
			h.guess(t, signin.Attempt{Name: ines, Source: from(), Device: cookie})
		}
		if w := h.guess(t, signin.Attempt{Name: ines, Source: from(), Device: cookie}); w == 0 {
			t.Error("it lives on")
		}
	})
}

func TestGuessesAtTheSameMomentDoNotCountAsOne(t *testing.T) {
	h := newHouse(t)
	together(func() error {
		_, _, err := h.Password(t.Context(), signin.Attempt{Name: ines, Source: evil}, "something else entirely")
		return err
	})
	if n := h.hashes.take(); n != 5 {
		t.Errorf("%d of 20 were tried", n)
	}
}

func TestAStoreThatIsDownLocksNobodyOut(t *testing.T) {
	h := newHouse(t)
	h.store.down = errors.New("disk on fire")
	for range 100 {
		_, _, err := h.Password(t.Context(), signin.Attempt{Name: ines, Source: office}, inesPassword)
		wantCode(t, err, assay.Internal)
	}
	h.store.down = nil
	h.signsIn(t, signin.Attempt{Source: office})
}

func TestTheLimitersMemoryIsBounded(t *testing.T) {
	h := newHouse(t, func(o *signin.LimiterOptions, _ *signin.PasswordOptions) { o.Entries = 50 })
	from := anywhere()
	for i := range 1000 {
		h.guess(t, signin.Attempt{Name: fmt.Sprint(i), Source: from()})
	}
	if n := h.limiter.Counters(); n != 50 {
		t.Errorf("%d counters of a kind are kept, want 50", n)
	}
	t.Run("and what is still being tried is not what it forgets", func(t *testing.T) {
		a := signin.Attempt{Name: ines, Source: evil}
		for i := range 5 {
			h.guess(t, a)
			for j := range 40 {
				h.guess(t, signin.Attempt{Name: fmt.Sprint(i, j), Source: from()})
			}
		}
		if h.guess(t, a) == 0 {
			t.Error("the sixth guess is tried")
		}
	})
}

func TestGuessesAtCodesAreFew(t *testing.T) {
	h := newHouse(t)
	a, _ := h.enrolled(t)
	from := anywhere()
	device := h.devices.Issue(ines, "")
	tried := 0
	for end := h.clock.now().Add(24 * time.Hour); h.clock.now().Before(end); {
		p := signin.Pending{Member: "m-ines", Name: ines, Until: h.clock.now().Add(time.Hour)}
		_, err := h.Code(t.Context(), p, signin.Attempt{Name: rand.Text(), Source: from()}, "nonono")
		var w *signin.WaitError
		if errors.As(err, &w) {
			h.clock.advance(w.For)
		} else {
			wantCode(t, err, assay.Unauthenticated)
			tried++
		}
	}
	if tried > 5+12+24 {
		t.Errorf("%d codes were tried in a day", tried)
	}
	t.Run("while a known device gets in", func(t *testing.T) {
		at := signin.Attempt{Source: office, Device: device}
		if _, err := h.Code(t.Context(), h.pending(t, at), at, a.code(t, 0)); err != nil {
			t.Error(err)
		}
	})
	t.Run("and passwords are counted apart", func(t *testing.T) {
		if w := h.guess(t, signin.Attempt{Name: ines, Source: office}); w != 0 {
			t.Errorf("a password has to wait %s", w)
		}
	})
}
