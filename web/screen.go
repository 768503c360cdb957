package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assay"
	"assay/feed"
	"assay/screen"
)

const (
	// keptText is how much pasted text a page gives back in its form.
	keptText = 256 << 10
	// shownParts is how many assessments of one listing are shown.
	shownParts = 20
	// formSlack is what a form may weigh beside what is screened.
	formSlack = 64 << 10
)

// screenForm is the form as it was filled.
type screenForm struct {
	text                              string
	brand, price, currency, condition string
	marketplace, seller, gtin         string
	file                              string // name of the one that was read
	address                           string // of the page that was fetched
	data                              []byte // of the file
	tooLong                           bool   // the text is not given back
}

// detailed reports whether the fields that are folded away say anything.
func (f *screenForm) detailed() bool {
	return joined("", f.brand, f.price, f.currency, f.condition, f.marketplace, f.seller, f.gtin) != ""
}

// screenExample is an invented listing, against the example of a reference that comes
// with Assay.
func screenExample() screenForm {
	return screenForm{
		text: "Ｂｅｌｌｗｅａｔｈｅｒ Fold shoulder bag BW-4410, mirror quality 1:1\nBrand new with box, dust bag and card. Same factory leather.\n" +
			"Ships the same day, no questions asked.",
		price: "39.00", currency: "EUR", condition: string(assay.ConditionNew), marketplace: "bazar.example", seller: "luxbag_88",
		gtin: "04012345000016",
	}
}

// screenView is the page of screening by hand.
type screenView struct {
	form        screenForm
	problem     string // with the whole of what was given
	out         string // what can be done about it
	noReference bool
	read        reading
	results     []screened
	reference   string
	asOf        time.Time
}

// screened is one listing and what screening says of it.
type screened struct {
	number  int
	unnamed bool // its id is only its place
	listing *assay.Listing
	verdict assay.Verdict
	parts   []findingView // the assessments, the highest score first
	left    int           // assessments that are not shown
}

// names lists the protected names that were found, each once.
func (s *screened) names() []string {
	var names []string
	for i := range s.parts {
		for _, k := range s.parts[i].finding.Contributions {
			if k.Signal == assay.SignalMark && k.Mark != "" && !slices.Contains(names, k.Mark) {
				names = append(names, k.Mark)
			}
		}
	}
	return names
}

func (w *Web) screenPage(c *visit) error {
	var v screenView
	if c.r.URL.Query().Has("example") {
		v.form = screenExample()
		return w.screenAndShow(c, &v)
	}
	return w.showScreen(c, http.StatusOK, &v)
}

func (w *Web) showScreen(c *visit, status int, v *screenView) error {
	if len(v.form.text) > keptText {
		v.form.text, v.form.tooLong = "", true
	}
	return c.page(status, c.Say("screen.title"), "screen", screenPart(c, v))
}

// screen answers with what screening says of what was given. Nothing of it is kept.
func (w *Web) screen(c *visit) error {
	var v screenView
	if err := c.readScreenForm(&v.form); err != nil {
		v.problem, v.out = err.Error(), c.Say("screen.out_form")
		return w.showScreen(c, statusOf(err), &v)
	}
	return w.screenAndShow(c, &v)
}

func (w *Web) screenAndShow(c *visit, v *screenView) error {
	select {
	case w.screenings <- struct{}{}:
		defer func() { <-w.screenings }()
	default:
		return assay.Errorf(assay.Busy, "too much is being screened on pages at this moment")
	}
	given, err := w.given(c, v)
	if err == nil {
		v.read, err = given.read(c.r.Context())
	}
	if err != nil {
		if assay.CodeOf(err) == assay.Internal {
			return err
		}
		v.problem = err.Error()
		v.out = cmp.Or(v.out, c.Say("screen.out_read"))
		return w.showScreen(c, statusOf(err), v)
	}
	status, err := w.s.Reference.Status(c.r.Context(), c.who.scope)
	if err != nil {
		return err
	}
	if status.Hash != "" && status.Stats.Marks == 0 { // nothing is looked for, so that nothing would be found
		v.noReference = true
		return w.showScreen(c, http.StatusServiceUnavailable, v)
	}
	session, err := w.s.Screening.Open(c.r.Context())
	if assay.CodeOf(err) == assay.Unavailable {
		v.noReference = true
		return w.showScreen(c, http.StatusServiceUnavailable, v)
	}
	if err != nil {
		return err
	}
	defer session.Close()
	for i := range v.read.listings {
		v.results = append(v.results, screenOne(c, session, &v.read.listings[i], i+1, len(v.read.listings) == 1))
		v.results[i].unnamed = v.read.plain
	}
	if len(v.results) > 0 {
		v.reference, v.asOf = v.results[0].verdict.Reference, v.results[0].verdict.AsOf
	}
	return w.showScreen(c, http.StatusOK, v)
}

// given is what there is to read: a file, else a page, else the text.
func (w *Web) given(c *visit, v *screenView) (*pasted, error) {
	f := &v.form
	p := &pasted{
		marketplace: f.marketplace, currency: f.currency,
		fields: plainFields{brand: f.brand, price: f.price, condition: f.condition, seller: f.seller, gtin: f.gtin},
	}
	switch {
	case f.file != "":
		p.name, p.data = f.file, f.data
	case f.address != "":
		v.out = c.Say("screen.out_fetch")
		host, err := hostOf(f.address)
		if err != nil {
			return nil, err
		}
		contentType, body, err := w.s.Fetch.Page(c.r.Context(), f.address)
		if err != nil {
			return nil, err
		}
		if len(body) > maxScreenBytes {
			return nil, tooMuch()
		}
		p.name, p.data, p.format, p.marketplace = host, body, pageFormat(contentType), cmp.Or(f.marketplace, host)
	default:
		p.data = []byte(f.text)
	}
	if len(strings.TrimSpace(string(p.data))) == 0 {
		return nil, assay.Errorf(assay.Invalid, "there is nothing to screen")
	}
	return p, nil
}

// pageFormat is how a page of a content type is read; empty: told by its content.
func pageFormat(contentType string) feed.Format {
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
	case kind == "text/html", kind == "application/xhtml+xml":
		return feed.HTML
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return feed.JSONLD
	}
	return ""
}

func tooMuch() error {
	return assay.Errorf(assay.TooLarge, "that is more than %d MB, the most that this page takes", maxScreenBytes>>20)
}

// readScreenForm reads the form. Nothing of it is written to disk.
func (c *visit) readScreenForm(f *screenForm) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxScreenBytes+formSlack)
	if err := c.r.ParseMultipartForm(maxScreenBytes + formSlack); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return formError(err, tooMuch())
	}
	if c.r.MultipartForm != nil {
		defer c.r.MultipartForm.RemoveAll()
	}
	for name, to := range map[string]*string{"brand": &f.brand, "price": &f.price, "currency": &f.currency, "condition": &f.condition,
		"marketplace": &f.marketplace, "seller": &f.seller, "gtin": &f.gtin, "address": &f.address} {
		value := strings.TrimSpace(c.r.PostFormValue(name))
		if !utf8.ValidString(value) || len(value) > assay.MaxURLBytes {
			return assay.Errorf(assay.Invalid, "what stands in the field %s is too long, or not text", name)
		}
		*to = value
	}
	f.text = strings.ToValidUTF8(c.r.PostFormValue("text"), "\ufffd")
	head := c.uploaded("file")
	if head == nil {
		return nil
	}
	file, err := head.Open()
	if err != nil {
		return fmt.Errorf("opening what was uploaded: %w", err)
	}
	defer file.Close()
	if f.data, err = io.ReadAll(file); err != nil {
		return fmt.Errorf("reading what was uploaded: %w", err)
	}
	f.file = head.Filename
	return nil
}

// uploaded is the file that a form's field holds, nil if none was chosen.
func (c *visit) uploaded(field string) *multipart.FileHeader {
	if c.r.MultipartForm == nil || len(c.r.MultipartForm.File[field]) == 0 {
		return nil
	}
	head := c.r.MultipartForm.File[field][0]
	if head.Filename == "" && head.Size == 0 {
		return nil
	}
	// A name stands in messages, and says the format.
	head.Filename = cmp.Or(strings.ToValidUTF8(path.Base(strings.ReplaceAll(head.Filename, `\`, "/")), "_"), field)
	return head
}

// formError says why a form could not be read: tooLarge if it was too long.
func formError(err, tooLarge error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return tooLarge
	}
	return &assay.Error{Code: assay.Invalid, Message: "the form did not arrive as a whole", Err: err}
}

// screenOne asks for the verdict on one listing and puts together what explains it. The
// prices of all its assessments are drawn if it is alone, else those of the first:
// drawing costs as much as screening does.
func screenOne(c *visit, session ScreeningSession, l *assay.Listing, number int, alone bool) screened {
	s := screened{number: number, listing: l, verdict: session.Screen(l)}
	all := append([]assay.Assessment{s.verdict.Assessment}, s.verdict.Other...)
	if s.verdict.Lane == "" {
		all = nil // nobody has a claim
	}
	for i := range all {
		if i == shownParts {
			s.left = len(all) - i
			break
		}
		s.parts = append(s.parts, explained(c, session, l, &s.verdict, all[i], alone || i == 0))
	}
	return s
}

// explained is one assessment in the form in which a finding is shown.
func explained(c *visit, session ScreeningSession, l *assay.Listing, verdict *assay.Verdict, a assay.Assessment, draw bool) findingView {
	price := l.Price
	for i := range l.Variants {
		if a.Variant != "" && screen.VariantName(l, i) == a.Variant && !l.Variants[i].Price.IsZero() {
			price = l.Variants[i].Price
		}
	}
	amount, currency := moneyOf(price)
	v := findingView{
		listing:    l,
		thresholds: session.Thresholds(a.Lane),
		finding: assay.Finding{
			Marketplace: l.Marketplace, Offer: l.ID, Assessment: a, Model: verdict.Model, Reference: verdict.Reference, AsOf: verdict.AsOf,
			Title: l.Title, URL: l.URL, Price: amount, Currency: currency, SellerID: l.Seller.ID, SellerName: l.Seller.Name, FoundAt: c.now,
		},
	}
	if !draw || a.Lane != assay.LaneCounterfeit {
		return v
	}
	if prices, ok := session.Prices(l, a.Owner, a.Variant); ok {
		v.prices = &prices
	}
	return v
}
