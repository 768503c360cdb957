package app

import (
	"context"
	"net/http"
	"net/netip"

	"assay"
	"assay/api"
	"assay/fetch"
	"assay/reference"
	"assay/sqldb"
	"assay/watch"
	"assay/web"
)

// openDoors makes what answers requests: the API, and behind it the pages.
func (s *Server) openDoors() (http.Handler, error) {
	signIn := &signInDoor{store: s.store}
	var err error
	s.pages, err = web.New(s.pageServices(signIn), web.Options{
		Now: s.o.Clock, Log: s.o.Logger, Open: s.o.OpenPages, Secure: s.o.TLSCert != "" || len(s.o.Proxies) > 0,
	})
	if err != nil {
		return nil, err
	}
	door, err := api.New(s.services(), api.Options{
		Version: s.o.Version, Now: s.o.Clock, Log: s.o.Logger, Registerer: s.registry, Hosts: s.o.Hosts, TrustedProxies: s.o.Proxies, Pages: s.pages,
	})
	if err != nil {
		return nil, err
	}
	signIn.identify = door.Identify
	return door, nil
}

// pageServices connects the pages to the work.
func (s *Server) pageServices(signIn web.SignIn) web.Services {
	// Listings name pictures by http as often as by https.
	outside := fetch.New(fetch.Options{AllowNetworks: s.o.FetchNetworks, AllowPlain: true})
	s.undo = append(s.undo, outside.Close)
	own := newPictures(outside, s.o.Clock)
	p := pictureDoor{own, s.o.Pictures}
	if p.source == nil {
		p.source = own
	}
	return web.Services{
		Findings:      s.store,
		Screening:     screeningDoor{s.gate},
		Reference:     referencePages{s.keeper, s.store},
		Ingest:        ingestPages{ingestDoor{s}},
		Organisations: s.store,
		Pictures:      p,
		Sessions:      s.store,
		SignIn:        signIn,
		Fetch:         pageDoor{outside},
	}
}

type screeningDoor struct{ *watch.Gate }

func (d screeningDoor) Open(context.Context) (web.ScreeningSession, error) {
	session, err := d.Gate.Open()
	if err != nil {
		return nil, err
	}
	return session, nil
}

type referencePages struct {
	*reference.Keeper
	*sqldb.Store
}

func (d referencePages) Status(context.Context, assay.Scope) (reference.Status, error) {
	return d.Keeper.Status(), nil
}

func (d referencePages) ImportStatus(_ context.Context, _ assay.Scope, id string) (assay.ReferenceImport, error) {
	return d.Keeper.ImportStatus(id)
}

type ingestPages struct{ ingestDoor }

func (d ingestPages) Rates() []float64 { return d.rates.history() }

// pictureDoor takes pictures by address from a source, and those that came with a
// listing as they are.
type pictureDoor struct {
	own    *pictures
	source Pictures
}

func (d pictureDoor) Picture(ctx context.Context, url string) ([]byte, error) {
	return d.source.Picture(ctx, url)
}

func (d pictureDoor) Encode(ctx context.Context, data []byte) ([]byte, error) {
	return d.own.Encode(ctx, data)
}

type signInDoor struct {
	store    *sqldb.Store
	identify func(ctx context.Context, secret string, client netip.Addr) (assay.Token, error)
}

func (d *signInDoor) Identify(ctx context.Context, secret string, client netip.Addr) (assay.Token, error) {
	return d.identify(ctx, secret, client)
}

func (d *signInDoor) TokenByHash(ctx context.Context, hash [32]byte) (assay.Token, error) {
	return d.store.TokenByHash(ctx, hash)
}

func (d *signInDoor) Client(r *http.Request) netip.Addr { return api.Client(r) }

// maxPageBytes is how much of a page that somebody names is read.
const maxPageBytes = 8 << 20

type pageDoor struct{ *fetch.Client }

func (d pageDoor) Page(ctx context.Context, url string) (contentType string, body []byte, err error) {
	r, err := d.Get(ctx, url, fetch.GetOptions{MaxBytes: maxPageBytes, Accept: "text/html, application/xhtml+xml, application/ld+json, application/json;q=0.9", MaxRedirects: 5})
	if err != nil {
		return "", nil, err
	}
	if r.Status != http.StatusOK {
		return "", nil, assay.Errorf(assay.Unavailable, "that address answered with the status %d", r.Status)
	}
	return r.Header.Get("Content-Type"), r.Body, nil
}
