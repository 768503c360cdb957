package watch

import (
	"context"
	"time"

	"assay"
	"assay/seen"
)

// Offer is what is known of an offer.
type Offer struct {
	assay.OfferKey
	Revision int           `json:"revision"`          // number of the last one, from 1
	Changed  []string      `json:"changed,omitempty"` // by it
	Found    bool          `json:"found"`             // there is a finding, or was
	SeenAt   time.Time     `json:"seen_at"`           // when it last changed, or its counts did
	Price    string        `json:"price,omitempty"`
	Currency string        `json:"currency,omitempty"`
	Quantity *int64        `json:"quantity,omitempty"`
	Sold     *int64        `json:"sold,omitempty"`
	SellerID string        `json:"seller_id,omitempty"`
	Position OfferPosition `json:"position"`
}

// OfferPosition is where in the log the offer's last change stands.
type OfferPosition struct {
	Partition int    `json:"partition"`
	Sequence  uint64 `json:"sequence"`
}

// Offer returns what is known of an offer; NotFound if it was never seen, or if the
// scope is not the installation's and has no finding on it.
func (m *Memory) Offer(ctx context.Context, scope assay.Scope, key assay.OfferKey) (Offer, error) {
	k := seen.KeyOf(key)
	r, ok := m.index.Get(k)
	if ok && scope.Organisation != assay.LocalOrganisation {
		found, err := m.store.FindingsOf(ctx, scope, []assay.OfferKey{key})
		if err != nil {
			return Offer{}, err
		}
		ok = len(found) > 0
	}
	if !ok {
		return Offer{}, assay.Errorf(assay.NotFound, "no offer %q of %q was seen", key.ID, key.Marketplace)
	}
	partition := k.Partition(len(m.parts))
	o := Offer{OfferKey: key, Revision: r.Revision(), Changed: r.State().Changed, Found: r.Has(seen.Found),
		Position: OfferPosition{partition, r.Seq}}
	if err := m.detail(ctx, &o, r); err != nil {
		return Offer{}, err
	}
	return o, nil
}

// detail reads what only the segments tell. One that is merged away meanwhile is
// looked for once more.
func (m *Memory) detail(ctx context.Context, o *Offer, r seen.Record) error {
	for range 2 {
		heads, err := m.store.SegmentHeads(ctx, m.scope, o.Position.Partition)
		if err != nil {
			return err
		}
		var ids []int64
		for _, h := range heads {
			if h.From <= r.Seq && r.Seq <= h.To {
				ids = append(ids, h.ID)
			}
		}
		segments, err := m.store.SegmentData(ctx, m.scope, ids)
		if err != nil {
			return err
		}
		found := false
		for _, s := range segments {
			err := seen.Entries(s.Data, func(e seen.Entry) bool {
				if e.Key != r.Key || e.Seq != r.Seq {
					return true
				}
				found = true // the last of several in one envelope counts
				o.SeenAt = time.UnixMicro(e.At).UTC()
				if !e.Price.IsZero() {
					o.Price, o.Currency = e.Price.Decimal(), e.Price.Currency
				}
				o.Quantity, o.Sold, o.SellerID = pointer(e.Quantity), pointer(e.Sold), e.Seller
				return true
			})
			if err != nil {
				return err
			}
		}
		if found {
			return nil
		}
	}
	return nil
}

func pointer(c assay.Count) *int64 {
	if !c.Known {
		return nil
	}
	return &c.N
}

// Replay puts an envelope that was set aside back at the end of its partition's log
// and forgets that it was. Of an offer that has changed since, its listing is passed
// over: it is older than what is known.
func Replay(ctx context.Context, log Log, poison assay.Poison, drop func() error) error {
	if len(poison.Data) == 0 {
		return assay.Errorf(assay.Invalid, "this envelope was lost with the log; there is nothing to work again")
	}
	data := asReplay(poison.Data, poison.Sequence)
	if _, err := log.Append(ctx, poison.Partition, "replay-"+poison.ID, data); err != nil {
		return err
	}
	return drop()
}
