// Package signin is how a member proves who they are: passkeys, an OpenID provider, or
// a password with a one-time code; the links that invite and recover; the secrets of
// API tokens. It decides and remembers nothing by itself: what has to be remembered
// is in the stores that store.go declares, what belongs to one browser is in values that
// its session holds on the server (Ceremony, Flow, Pending, Enrolment). It knows no
// HTTP but the provider's, and gives no rights: who may do what is not its matter.
//
// After every Entry, Arrival or passkey that signed in, the page makes a new session id
// (against session fixation) and sets the cookie of Devices.Issue.
//
// # Lock-outs that lock nobody else out
//
// Guessing has to be slow, and slowing down a whole account lets anybody lock its owner
// out. So it depends on who asks, and only sign-ins with a password, and codes after
// one, are slowed down at all. An attempt counts as failed when it begins; a success
// takes it back. A refused attempt counts nowhere, so asking again and again does not
// make a wait longer.
//
//   - A known device has a cookie that says that it signed in to this account before
//     (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It has a
//     counter of its own and no other: nothing that happens elsewhere to the account, or
//     at the same address, makes it wait. After 5 failures it waits 1 s, 2 s, 4 s, up to
//     15 minutes; who steals a device cookie can slow down that device.
//   - A stranger is everybody else. All of these must let them pass: account and source
//     together (5 failures, then 1 s doubling up to 15 minutes), the source over all
//     accounts (30, then up to 15 minutes), IPv6 networks of /48 (300, then up to a
//     minute), and the account over all sources (20, then up to a minute). A source is an
//     IPv4 address or an IPv6 /64, which is what one customer has.
//
// From one source an attacker gets 5 guesses at an account, ten more within half an
// hour, and then four an hour; from any number of sources, 20 and then one a minute for
// all together, which is 1,440 a day against passwords of 15 characters that are not
// among the common ones. While that goes on, a member at a new device competes for those turns, and may well lose. They are
// not locked out: their known devices, passkeys, provider and a recovery link work as
// ever, and each of these makes the new device known. No number of failures shuts a
// password for good. NIST SP 800-63B-4, section 3.2.2, would have it shut after 100;
// we keep the growing waits and the known devices that it names beside that, since a
// limit that a stranger can use up is a weapon.
//
// Codes after a right password are counted in the same way, apart from passwords, and
// more strictly, because six digits are few: strangers together get 5 and then waits up
// to an hour. Only who has the password can use these up.
//
// Whether an account exists changes nothing of this: counters are kept by the name that
// was typed, and a name nobody has costs one hash computation like any other. The
// computations run a few at a time, with one slot and a queue for known devices alone,
// so strangers can exhaust neither memory nor the members' turns.
//
// Counters are in the memory of one process, of fixed number, those untouched for
// longest forgotten first. Making the limiter forget one account's counter takes 65,536
// admitted attempts at other names, and one source makes some forty in the first hour
// and four in each that follows. Passkeys, providers and links are never counted: a
// signature or 256 random bits cannot be guessed.
package signin
