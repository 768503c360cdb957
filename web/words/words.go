// Package words is what the pages say: every sentence, in a file for each language
// (en.yaml), under a key. Plurals follow the Unicode CLDR rules of the language.
package words

import (
	"embed"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed *.yaml
var files embed.FS

// Catalogue holds the sentences of every language.
type Catalogue struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
	words   []*Words
}

// Load reads the catalogue. An error is a fault of the files, which the program
// carries.
func Load() (*Catalogue, error) {
	c := &Catalogue{bundle: i18n.NewBundle(language.English)}
	c.bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if _, err := c.bundle.LoadMessageFileFS(files, e.Name()); err != nil {
			return nil, fmt.Errorf("reading the sentences of %s: %w", e.Name(), err)
		}
	}
	tags := c.bundle.LanguageTags()
	for _, tag := range tags {
		c.words = append(c.words, &Words{Tag: tag.String(), localizer: i18n.NewLocalizer(c.bundle, tag.String()), printer: message.NewPrinter(tag)})
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// For returns the words of the language that suits an Accept-Language header best,
// English if none does.
func (c *Catalogue) For(acceptLanguage string) *Words {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return c.words[0]
	}
	_, i, _ := c.matcher.Match(wanted...)
	return c.words[i]
}

// Words is the sentences of one language. It is immutable.
type Words struct {
	Tag       string // BCP 47
	localizer *i18n.Localizer
	printer   *message.Printer
}

// Say returns the sentence of a key. Its places take values given by name and value in
// turn: Say("why.price", "amount", "39.00 €"). A key that there is not comes back in
// brackets; a test sees to it that none is.
func (w *Words) Say(key string, values ...any) string {
	return w.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: data(values)})
}

// Count is Say with a number, which stands in the sentence as n and chooses its form.
func (w *Words) Count(key string, n int, values ...any) string {
	d := data(values)
	if d == nil {
		d = map[string]any{}
	}
	d["n"] = w.Number(n)
	return w.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: d, PluralCount: n})
}

// Has reports whether there is a sentence of the key.
func (w *Words) Has(key string) bool {
	_, err := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: key})
	return err == nil
}

// SayOr is Say, or otherwise if there is no such sentence: for what engines name and the
// catalogue may not know yet.
func (w *Words) SayOr(key, otherwise string) string {
	if !w.Has(key) {
		return otherwise
	}
	return w.Say(key)
}

// Number writes a whole number as the language groups its digits.
func (w *Words) Number(n int) string { return w.printer.Sprintf("%d", n) }

func (w *Words) say(c *i18n.LocalizeConfig) string {
	s, err := w.localizer.Localize(c)
	if err != nil {
		return "[" + c.MessageID + "]"
	}
	return strings.TrimSuffix(s, "\n")
}

func data(values []any) map[string]any {
	if len(values) == 0 {
		return nil
	}
	d := make(map[string]any, len(values)/2+1)
	for i := 0; i+1 < len(values); i += 2 {
		d[fmt.Sprint(values[i])] = values[i+1]
	}
	return d
}
