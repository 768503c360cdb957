package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"assay"
	"assay/feed"

	"golang.org/x/sync/errgroup"
)

const (
	// demoBody is how many listings are in one request, and demoSenders how many requests
	// are under way: enough to keep a small machine busy.
	demoBody    = 500
	demoSenders = 4
	// demoPause is how long to wait before asking or sending again, demoPatience how long
	// for anything to go on.
	demoPause    = 50 * time.Millisecond
	demoPatience = time.Minute
)

// importReference brings the world's reference into force, file by file.
func (d *demonstration) importReference(ctx context.Context) error {
	dir := filepath.Join(d.temp, "reference")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := WriteReference(d.world, dir); err != nil {
		return err
	}
	for _, file := range ReferenceFiles() {
		in, err := os.Open(filepath.Join(dir, file.Name))
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return err
		}
		show := NewImportProgress(d.o.Terminal, file.Name, in, d.o.Terminal != nil, time.Now)
		i, err := d.client.ImportReference(ctx, file.Kind, assay.ImportMerge, false, file.Name, show, show.Show)
		show.Clear()
		in.Close()
		if err != nil {
			return fmt.Errorf("importing %s: %w", file.Name, err)
		}
		switch file.Kind {
		case assay.ReferenceMarks:
			d.marks = i.Rows
		case assay.ReferenceProducts:
			d.products = i.Rows
		}
	}
	return nil
}

// feed sends the world's listings. When it returns they are durable.
func (d *demonstration) feed(ctx context.Context) error {
	var sent atomic.Int64
	defer d.progress(d.o.Listings, "listings fed", &sent)()
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range demoSenders {
		group.Go(func() error {
			var body []byte
			for {
				end := int(next.Add(demoBody))
				first := end - demoBody
				if first >= d.o.Listings {
					return nil
				}
				body = body[:0]
				for i := first; i < min(end, d.o.Listings); i++ {
					l, _ := d.world.Listing(uint64(i))
					body = append(feed.AppendListing(body, &l), '\n')
				}
				if err := d.send(ctx, body, &sent); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// feedRevisions sends what became of offers later, each offer's in their order, and
// returns how many there are.
func (d *demonstration) feedRevisions(ctx context.Context) (n int, err error) {
	var body []byte
	var sent atomic.Int64
	for l, truth := range d.world.Revisions(uint64(d.o.Listings)) {
		d.later[assay.OfferKey{Marketplace: l.Marketplace, ID: l.ID}] = revised{l, truth}
		body = append(feed.AppendListing(body, &l), '\n')
		if n++; n%demoBody == 0 {
			if err := d.send(ctx, body, &sent); err != nil {
				return n, err
			}
			body = body[:0]
		}
	}
	if len(body) == 0 {
		return n, nil
	}
	return n, d.send(ctx, body, &sent)
}

// send sends listings until all are taken. Taken again, a listing says nothing new.
func (d *demonstration) send(ctx context.Context, body []byte, sent *atomic.Int64) error {
	query, header := url.Values{}, http.Header{"Content-Type": {"application/x-ndjson"}}
	for began := time.Now(); ; {
		a, err := d.client.SendListings(ctx, header, query, bytes.NewReader(body))
		code := assay.CodeOf(err)
		if (code == assay.Busy || code == assay.Unavailable) && ctx.Err() == nil && time.Since(began) < demoPatience {
			if err := pause(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("sending listings: %w", err)
		}
		if len(a.Rejected) > 0 {
			return fmt.Errorf("the invented world is not in the listing format: %w", &a.Rejected[0])
		}
		sent.Add(int64(a.Accepted))
		return nil
	}
}

// worked waits until so many listings are committed, and with them all that were sent.
func (d *demonstration) worked(ctx context.Context, listings int) error {
	before, waiting, err := d.committed(ctx)
	if err != nil || !waiting && before >= listings {
		return err
	}
	var since atomic.Int64
	defer d.progress(listings-before, "more listings worked", &since)()
	for last := time.Now(); ; {
		n, waiting, err := d.committed(ctx)
		if err != nil {
			return err
		}
		if more := int64(n - before); since.Swap(more) < more {
			last = time.Now()
		}
		if !waiting && n >= listings {
			return nil
		}
		if !waiting || time.Since(last) > demoPatience {
			return assay.Errorf(assay.Unavailable, "of %s listings %s were worked, and no more are; the server's log above says why",
				Thousands(int64(listings)), Thousands(int64(n)))
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// committed returns how many listings are worked to the end, and whether others wait.
func (d *demonstration) committed(ctx context.Context) (n int, waiting bool, err error) {
	var state struct {
		Partitions []assay.PartitionStatus `json:"partitions"`
		Backlog    uint64                  `json:"backlog"`
	}
	if _, err := d.client.do(ctx, http.MethodGet, "/v1/ingest", nil, nil, &state); err != nil {
		return 0, false, fmt.Errorf("asking how far the listings are worked: %w", err)
	}
	for _, p := range state.Partitions {
		n += int(p.Listings)
	}
	return n, state.Backlog > 0, nil
}

// findings reads back all findings that ask for a look, by offer.
func (d *demonstration) findings(ctx context.Context) (map[assay.OfferKey][]assay.Finding, error) {
	out := map[assay.OfferKey][]assay.Finding{}
	query := url.Values{"limit": {"500"}, "order": {"found"}}
	for {
		var page assay.FindingPage
		if _, err := d.client.do(ctx, http.MethodGet, "/v1/findings?"+query.Encode(), nil, nil, &page); err != nil {
			return nil, fmt.Errorf("reading the findings: %w", err)
		}
		for _, f := range page.Findings {
			out[f.Key()] = append(out[f.Key()], f)
		}
		if page.Next == "" {
			return out, nil
		}
		query.Set("cursor", page.Next)
	}
}

func pause(ctx context.Context) error {
	t := time.NewTimer(demoPause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// progress shows on the terminal how far n is on the way to a total, until the function
// it returns is called.
func (d *demonstration) progress(total int, unit string, n *atomic.Int64) (clear func()) {
	if d.o.Terminal == nil {
		return func() {}
	}
	bar := NewProgress(d.o.Terminal, int64(total), unit, time.Now)
	stop := Every(func() { now := n.Load(); bar.Show(now, now) })
	return func() { stop(); bar.Clear() }
}
