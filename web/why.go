package web

import (
	"fmt"
	"strings"
	"time"

	"assay"
)

// lane, verdict, signal and the like are the words for what the engines name.
func (c *visit) lane(l assay.Lane) string     { return c.SayOr("lane."+string(l), string(l)) }
func (c *visit) level(l assay.Level) string   { return c.SayOr("verdict."+string(l), string(l)) }
func (c *visit) signal(s assay.Signal) string { return c.SayOr("signal."+string(s), string(s)) }
func (c *visit) disguise(d assay.Disguise) string {
	return c.SayOr("disguise."+string(d), string(d))
}

// place is a listing's field in words.
func (c *visit) place(where string) string {
	switch {
	case strings.HasPrefix(where, "attributes."):
		return c.Say("where.attribute", "name", strings.TrimPrefix(where, "attributes."))
	case strings.HasPrefix(where, "variants."):
		return c.Say("where.variant", "name", strings.TrimPrefix(where, "variants."))
	}
	if where == "description" { // a word that the catalogue's files keep for themselves
		where = "body"
	}
	return c.SayOr("where."+where, where)
}

// why says in one sentence what a contribution compared.
func (c *visit) why(k *assay.Contribution) string {
	switch k.Signal {
	case assay.SignalMark:
		if len(k.How) > 0 {
			how := make([]string, len(k.How))
			for i, d := range k.How {
				how[i] = c.disguise(d)
			}
			return c.Say("why.disguise", "written", k.Written, "mark", k.Mark, "where", c.place(k.Where), "how", strings.Join(how, ", "))
		}
		if k.Written != "" && !strings.EqualFold(k.Written, k.Mark) { // a product line, or the name in another script
			return c.Say("why.alias", "written", k.Written, "mark", k.Mark, "where", c.place(k.Where))
		}
		return c.Say("why.mark", "mark", k.Mark, "where", c.place(k.Where))
	case assay.SignalClaim, assay.SignalExcuse:
		return c.Say("why."+string(k.Signal), "phrase", k.Written, "where", c.place(k.Where))
	case assay.SignalPrice:
		if k.Note != "" {
			return c.Say("why.price_note", "amount", k.Amount, "currency", k.Currency, "note", k.Note)
		}
		reference := k.ReferenceCurrency
		if reference == "" {
			reference = k.Currency
		}
		return c.Say("why.price", "amount", money(k.Amount, k.Currency), "reference", money(k.Reference, reference), "basis", c.SayOr("basis."+k.Basis, k.Basis))
	case assay.SignalChannel:
		return c.SayOr("why.channel_"+strings.ReplaceAll(k.Basis, " ", "_"), k.Basis)
	case assay.SignalGTIN:
		return c.Say("why.gtin", "gtin", k.GTIN, "note", c.SayOr("gtin."+strings.NewReplacer(" ", "_", "'", "").Replace(k.Note), k.Note))
	case assay.SignalRevision:
		return c.Say("why.revision", "what", c.SayOr("revision."+strings.ReplaceAll(k.Basis, " ", "_"), k.Basis), "note", k.Note)
	}
	return joined(" · ", k.Phrase, k.Basis, k.Note) // a signal newer than this page
}

// money writes an amount before its currency, with the digits grouped by thin spaces
// that a line does not break at.
func money(amount, currency string) string {
	if amount == "" {
		return ""
	}
	return grouped(amount) + "\u00a0" + currency
}

// grouped puts a narrow space between each three digits before the decimal point.
func grouped(amount string) string {
	whole, rest, point := strings.Cut(amount, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString("\u202f")
		}
		b.WriteRune(d)
	}
	if point {
		b.WriteString("." + rest)
	}
	return b.String()
}

// points writes evidence with its sign and two decimals, as people read it; the whole
// number stands beside it for those who add up.
func points(p assay.Points) string {
	return strings.Replace(fmt.Sprintf("%+.2f", float64(p)/float64(assay.Point)), "-", "−", 1)
}

func scored(p assay.Points) string {
	return strings.Replace(fmt.Sprintf("%.2f", float64(p)/float64(assay.Point)), "-", "−", 1)
}

// ago says how long ago a time was.
func (c *visit) ago(t time.Time) string {
	d := c.now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < -time.Minute:
		return dayOf(t)
	case d < time.Minute:
		return c.Say("ago.now")
	case d < time.Hour:
		return c.Count("ago.minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return c.Count("ago.hours", int(d/time.Hour))
	case d < 60*24*time.Hour:
		return c.Count("ago.days", int(d/(24*time.Hour)))
	}
	return dayOf(t)
}

// exact is a time to the second, for who wants to know.
func exact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
