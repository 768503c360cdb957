package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"assay"
	"assay/feed"
)

// pageReaders ask a server for pages.
type pageReaders struct {
	*pagesBench
	server            *Server
	address           string
	transport         *http.Transport
	wire              atomic.Int64 // bytes that came
	operator          *pageReader
	large, small      *pageReader // brands
	largeOwn, lessOwn []int       // some of the numbers of their findings
}

// pageReader is somebody who is signed in.
type pageReader struct{ http *http.Client }

// askedPage is a kind of page; ask makes one address of it, or a form to send there.
type askedPage struct {
	name   string
	reader *pageReader
	ask    func(r *rand.Rand) (path string, form url.Values)
	begun  bool // nobody waits for its end
}

// pageTimes is how long answers took, and what one cost on average.
type pageTimes struct {
	took    []time.Duration // sorted
	cpu     time.Duration   // of server and reader together, for one
	bytes   int64
	refused int // with 503: too broad
}

func (m *pageTimes) at(share float64) time.Duration {
	if len(m.took) == 0 {
		return 0
	}
	return m.took[min(len(m.took)-1, int(share*float64(len(m.took))))]
}

// countedConn adds up what is read from it.
type countedConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// readers signs in the installation, its largest brand and its smallest.
func (b *pagesBench) readers(ctx context.Context, s *Server, address string) (*pageReaders, error) {
	p := &pageReaders{pagesBench: b, server: s, address: address}
	var dialer net.Dialer
	p.transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: b.Concurrency,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return countedConn{c, &p.wire}, nil
		}}
	secret, err := os.ReadFile(s.AdminTokenFile())
	if err != nil {
		return nil, err
	}
	if p.operator, err = p.signIn(ctx, strings.TrimSpace(string(secret))); err != nil {
		return nil, err
	}
	b.Progress("looking for the findings of brands")
	own := make([][]int, len(b.made.names))
	for i := range b.Findings {
		if o := b.made.owner(i); len(own[o]) < 1_000 {
			own[o] = append(own[o], i)
		}
	}
	rank := len(own) - 1
	for len(own[rank]) == 0 {
		rank--
	}
	p.largeOwn, p.lessOwn = own[0], own[rank]
	names := []string{b.made.names[0], b.made.names[rank]}
	ids, err := s.store.EnsureBrands(ctx, s.scope, names, s.o.Clock())
	if err != nil {
		return nil, err
	}
	for i, to := range []**pageReader{&p.large, &p.small} {
		if *to, err = p.brand(ctx, ids[names[i]]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pageReaders) close() { p.transport.CloseIdleConnections() }

// brand signs in with a token of an organisation, which it makes.
func (p *pageReaders) brand(ctx context.Context, organisation string) (*pageReader, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	secret := newSecret()
	err = p.server.store.PutToken(ctx, p.server.scope, assay.Token{ID: id, Organisation: organisation, Name: benchHolder + " " + id,
		Hash: hashSecret(secret), CreatedAt: p.server.o.Clock()})
	if err != nil {
		return nil, err
	}
	return p.signIn(ctx, secret)
}

func (p *pageReaders) signIn(ctx context.Context, secret string) (*pageReader, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	r := &pageReader{&http.Client{Transport: p.transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	answer, err := p.send(ctx, r, "/sign-in", url.Values{"token": {secret}})
	if err != nil {
		return nil, err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("signing in was answered with the status %d", answer.StatusCode)
	}
	return r, nil
}

func (p *pageReaders) send(ctx context.Context, r *pageReader, path string, form url.Values) (*http.Response, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	q, err := http.NewRequestWithContext(ctx, method, p.address+path, body)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept-Encoding", "gzip")
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r.http.Do(q)
}

// get asks for one page and reads it to its end, or its beginning.
func (p *pageReaders) get(ctx context.Context, page *askedPage, path string, form url.Values) (status int, err error) {
	answer, err := p.send(ctx, page.reader, path, form)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if page.begun {
		_, err = io.ReadFull(answer.Body, make([]byte, 1))
		return answer.StatusCode, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// ask measures a kind of page.
func (p *pageReaders) ask(ctx context.Context, page *askedPage) (*pageTimes, error) {
	type result struct {
		pageTimes
		err error
	}
	before, cpu := p.wire.Load(), processorTime()
	var next atomic.Int64
	results := make(chan result, p.Concurrency)
	for range p.Concurrency {
		go func() {
			var r result
			for r.err == nil && ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= int64(p.Requests) {
					break
				}
				path, form := page.ask(rand.New(rand.NewPCG(benchSeed+2, uint64(i))))
				began := time.Now()
				status, err := p.get(ctx, page, path, form)
				took := time.Since(began)
				switch {
				case err != nil:
					r.err = err
				case status == http.StatusServiceUnavailable:
					r.refused++
				case status != http.StatusOK:
					r.err = fmt.Errorf("%s was answered with the status %d", path, status)
				}
				r.took = append(r.took, took)
			}
			results <- r
		}()
	}
	m, err := &pageTimes{}, error(nil)
	for range p.Concurrency {
		r := <-results
		m.took, m.refused, err = append(m.took, r.took...), m.refused+r.refused, errors.Join(err, r.err)
	}
	slices.Sort(m.took)
	n := max(1, len(m.took))
	m.bytes, m.cpu = (p.wire.Load()-before)/int64(n), (processorTime()-cpu)/time.Duration(n)
	return m, errors.Join(err, ctx.Err())
}

var assetsOf = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// firstPage weighs the page that a browser comes to first, with all that it needs.
func (p *pageReaders) firstPage(ctx context.Context, w io.Writer) error {
	weigh := func(path string, plain bool) (text []byte, bytes int64, err error) {
		before := p.wire.Load()
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address+path, nil)
		if err != nil {
			return nil, 0, err
		}
		if !plain {
			q.Header.Set("Accept-Encoding", "gzip")
		}
		answer, err := p.operator.http.Do(q)
		if err != nil {
			return nil, 0, err
		}
		defer answer.Body.Close()
		text, err = io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s was answered with the status %d", path, answer.StatusCode)
		}
		return text, p.wire.Load() - before, err
	}
	text, _, err := weigh("/findings", true)
	if err != nil {
		return err
	}
	paths := []string{"/findings"}
	for _, m := range assetsOf.FindAllSubmatch(text, -1) {
		paths = append(paths, string(m[1]))
	}
	sum, parts := int64(0), []string{}
	for _, path := range paths {
		_, n, err := weigh(path, false)
		if err != nil {
			return err
		}
		sum += n
		parts = append(parts, fmt.Sprintf("%s %s", path, Thousands(n)))
	}
	mark := ""
	if sum > firstBytes {
		mark = fmt.Sprintf("over %s: ", Thousands(firstBytes))
	}
	_, err = fmt.Fprintf(w, "%-24s %s bytes (%s%s)\n", "first page in all", Thousands(sum), mark, strings.Join(parts, ", "))
	return err
}

// always is a page that has one address.
func always(path string) func(*rand.Rand) (string, url.Values) {
	return func(*rand.Rand) (string, url.Values) { return path, nil }
}

// some is a page with a value of a query.
func some(path, name string, value func(*rand.Rand) string) func(*rand.Rand) (string, url.Values) {
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	return func(r *rand.Rand) (string, url.Values) {
		return path + join + name + "=" + url.QueryEscape(value(r)), nil
	}
}

// laterParts lists addresses of parts of lists, that many parts behind the first.
func (p *pageReaders) laterParts(ctx context.Context, parts int) ([]string, error) {
	var list []string
	for _, lane := range append([]assay.Lane{""}, assay.Lanes()...) {
		for _, order := range []assay.FindingOrder{assay.OrderChanged, assay.OrderFound, assay.OrderScore} {
			f := assay.FindingFilter{Order: order}
			v := url.Values{"order": {string(order)}}
			if lane != "" {
				f.Lanes = []assay.Lane{lane}
				v.Set("lane", string(lane))
			}
			cursor := ""
			for range parts {
				page, err := p.server.store.ListFindings(ctx, p.server.scope, f, cursor, 50)
				if err != nil {
					return nil, err
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if cursor != "" {
				v.Set("cursor", cursor)
				list = append(list, "/findings?"+v.Encode())
			}
		}
	}
	return list, nil
}

// pages lists what is asked for.
func (p *pageReaders) pages(ctx context.Context) ([]*askedPage, error) {
	p.Progress("looking for later parts of lists")
	second, err := p.laterParts(ctx, 1)
	if err != nil {
		return nil, err
	}
	tenth, err := p.laterParts(ctx, 9)
	if err != nil {
		return nil, err
	}
	d := p.made
	one := func(list []string) func(*rand.Rand) (string, url.Values) {
		if len(list) == 0 {
			list = []string{"/findings"}
		}
		return func(r *rand.Rand) (string, url.Values) { return list[r.IntN(len(list))], nil }
	}
	lane := func(r *rand.Rand) string { return string(assay.Lanes()[r.IntN(len(d.lanes))]) }
	largeOwner := func(*rand.Rand) string { return d.names[0] }
	tenthOwner := func(r *rand.Rand) string { return d.names[min(len(d.names)-1, 5+r.IntN(10))] }
	lessOwner := func(r *rand.Rand) string { return d.names[len(d.names)/2+r.IntN(len(d.names)-len(d.names)/2)] }
	marketplace := func(r *rand.Rand) string { return marketplaceName(r.IntN(benchMarketplaces)) }
	seller := func(r *rand.Rand) string { return sellerName(d.sellers.draw(r)) }
	largeSeller := func(r *rand.Rand) string { return sellerName(r.IntN(5)) }
	patternOf := func(owner int) *pattern { return &d.patterns[owner][0] }
	markOf := func(owner int) string {
		for _, k := range patternOf(owner).assessment.Contributions {
			if k.Mark != "" {
				return k.Mark
			}
		}
		return d.names[owner]
	}
	rareWord := func(r *rand.Rand) string { return fmt.Sprint(10_000 + r.IntN(p.Findings)/lotSize) }
	midWord := func(r *rand.Rand) string { return markOf(min(len(d.names)-1, 20+r.IntN(30))) }
	frequent := func(r *rand.Rand) string { return markOf(r.IntN(3)) }
	everywhere := func(*rand.Rand) string { return lotWord }
	two := func(r *rand.Rand) string { return markOf(r.IntN(3)) + " " + lotWord }
	id := func(r *rand.Rand) string { return d.id(r.IntN(p.Findings)) }
	ownID := func(numbers []int) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return d.id(numbers[r.IntN(len(numbers))]) }
	}
	at := func(id func(*rand.Rand) string, end string) func(*rand.Rand) (string, url.Values) {
		return func(r *rand.Rand) (string, url.Values) { return "/findings/" + id(r) + end, nil }
	}
	recent := func(r *rand.Rand) string {
		return fmt.Sprint(d.foundAt(max(0, p.Findings-1-r.IntN(200))).UnixMicro())
	}
	extraMark := func(r *rand.Rand) string { return markOf(r.IntN(len(d.names))) }
	article := func(r *rand.Rand) string {
		if l := patternOf(r.IntN(len(d.names))).listing; l.MPN != "" {
			return l.MPN
		}
		return "watch"
	}
	screened := func(r *rand.Rand) (string, url.Values) {
		l, _ := p.world.Listing(uint64(r.IntN(1_000_000)))
		return "/screen", url.Values{"text": {string(feed.AppendListing(nil, &l))}}
	}
	fake := func(r *rand.Rand) (string, url.Values) {
		l := patternOf(r.IntN(len(d.names))).listing
		return "/screen", url.Values{"text": {string(feed.AppendListing(nil, &l))}}
	}
	op := p.operator
	return []*askedPage{
		{name: "findings", reader: op, ask: always("/findings")},
		{name: "findings: block", reader: op, ask: always("/findings?verdict=block")},
		{name: "findings: review", reader: op, ask: always("/findings?verdict=review")},
		{name: "findings: clear", reader: op, ask: always("/findings?verdict=clear")},
		{name: "findings: every verdict", reader: op, ask: always("/findings?verdict=block&verdict=review&verdict=clear")},
		{name: "findings: a lane", reader: op, ask: some("/findings", "lane", lane)},
		{name: "findings: two lanes", reader: op, ask: some("/findings?lane=price", "lane", lane)},
		{name: "findings: the largest owner", reader: op, ask: some("/findings", "owner", largeOwner)},
		{name: "findings: an owner of the first 15", reader: op, ask: some("/findings", "owner", tenthOwner)},
		{name: "findings: a small owner", reader: op, ask: some("/findings", "owner", lessOwner)},
		{name: "findings: a marketplace", reader: op, ask: some("/findings", "marketplace", marketplace)},
		{name: "findings: a marketplace and a lane", reader: op, ask: some("/findings?lane=lookalike", "marketplace", marketplace)},
		{name: "findings: a seller", reader: op, ask: some("/findings", "seller", seller)},
		{name: "findings: a large seller", reader: op, ask: some("/findings", "seller", largeSeller)},
		{name: "findings: changed since", reader: op, ask: always("/findings?since=2026-10-25")},
		{name: "findings by score", reader: op, ask: always("/findings?order=score")},
		{name: "findings by score: a lane", reader: op, ask: some("/findings?order=score", "lane", lane)},
		{name: "findings by score: a marketplace", reader: op, ask: some("/findings?order=score", "marketplace", marketplace)},
		{name: "findings by score: the largest owner", reader: op, ask: some("/findings?order=score", "owner", largeOwner)},
		{name: "findings by score: a seller", reader: op, ask: some("/findings?order=score", "seller", seller)},
		{name: "findings first found", reader: op, ask: always("/findings?order=found")},
		{name: "findings first found: a lane", reader: op, ask: some("/findings?order=found", "lane", lane)},
		{name: "findings first found: a marketplace", reader: op, ask: some("/findings?order=found", "marketplace", marketplace)},
		{name: "findings, second part", reader: op, ask: one(second)},
		{name: "findings, tenth part", reader: op, ask: one(tenth)},
		{name: "search: a word in 20 findings", reader: op, ask: some("/findings", "q", rareWord)},
		{name: "search: a middling word", reader: op, ask: some("/findings", "q", midWord)},
		{name: "search: a frequent word", reader: op, ask: some("/findings", "q", frequent)},
		{name: "search: the word in every finding", reader: op, ask: some("/findings", "q", everywhere)},
		{name: "search: two words", reader: op, ask: some("/findings", "q", two)},
		{name: "search by score: a frequent word", reader: op, ask: some("/findings?order=score", "q", frequent)},
		{name: "search: a frequent word, a lane", reader: op, ask: some("/findings?q="+url.QueryEscape(frequent(rand.New(rand.NewPCG(1, 1)))), "lane", lane)},
		{name: "search: a word in no finding", reader: op, ask: always("/findings?q=xyzzy")},
		{name: "findings that came", reader: op, ask: some("/findings/rows", "after", recent)},
		{name: "finding", reader: op, ask: at(id, "")},
		{name: "finding beside the list", reader: op, ask: at(id, "/panel")},
		{name: "findings as CSV, the first byte", reader: op, ask: always("/findings.csv"), begun: true},
		{name: "screen", reader: op, ask: always("/screen")},
		{name: "screen: any listing", reader: op, ask: screened},
		{name: "screen: a listing that is found", reader: op, ask: fake},
		{name: "reference: marks", reader: op, ask: always("/reference/marks")},
		{name: "reference: marks, a name", reader: op, ask: some("/reference/marks", "q", extraMark)},
		{name: "reference: marks, no such name", reader: op, ask: always("/reference/marks?q=xyzzy")},
		{name: "reference: marks of an owner", reader: op, ask: some("/reference/marks", "owner", tenthOwner)},
		{name: "reference: products", reader: op, ask: always("/reference/products")},
		{name: "reference: products, an article", reader: op, ask: some("/reference/products", "q", article)},
		{name: "reference: products of an owner", reader: op, ask: some("/reference/products", "owner", tenthOwner)},
		{name: "ingest", reader: op, ask: always("/ingest")},
		{name: "a large brand: findings", reader: p.large, ask: always("/findings")},
		{name: "a large brand: block", reader: p.large, ask: always("/findings?verdict=block")},
		{name: "a large brand: by score", reader: p.large, ask: always("/findings?order=score")},
		{name: "a large brand: a lane", reader: p.large, ask: some("/findings", "lane", lane)},
		{name: "a large brand: a marketplace", reader: p.large, ask: some("/findings", "marketplace", marketplace)},
		{name: "a large brand: a seller", reader: p.large, ask: some("/findings", "seller", seller)},
		{name: "a large brand: search, a word in 20", reader: p.large, ask: some("/findings", "q", rareWord)},
		{name: "a large brand: search, its own name", reader: p.large, ask: always("/findings?q=" + url.QueryEscape(markOf(0)))},
		{name: "a large brand: search, the word in every", reader: p.large, ask: some("/findings", "q", everywhere)},
		{name: "a large brand: finding", reader: p.large, ask: at(ownID(p.largeOwn), "")},
		{name: "a large brand: reference, marks", reader: p.large, ask: always("/reference/marks")},
		{name: "a small brand: findings", reader: p.small, ask: always("/findings")},
		{name: "a small brand: by score", reader: p.small, ask: always("/findings?order=score")},
		{name: "a small brand: search, the word in every", reader: p.small, ask: some("/findings", "q", everywhere)},
		{name: "a small brand: finding", reader: p.small, ask: at(ownID(p.lessOwn), "")},
	}, nil
}
