package organisation

import (
	"cmp"
	"slices"
	"time"

	"assay"
)

// Reason says why something is allowed or not. The words are stable.
type Reason string

const (
	// Allowed: a row of the table allows it.
	Allowed Reason = "allowed"
	// Nobody: the scope names no organisation, or one that cannot be.
	Nobody Reason = "nobody"
	// NotSeen: the scope may not know that the thing is there.
	NotSeen Reason = "not_seen"
	// OtherRole: it takes another role.
	OtherRole Reason = "other_role"
	// OtherPart: it is not done in this part of a matter.
	OtherPart Reason = "other_part"
	// OtherOwner: it is for another organisation or person, the thing's own for example.
	OtherOwner Reason = "other_owner"
	// OtherKind: it is for another kind of organisation.
	OtherKind Reason = "other_kind"
	// TokenLimit: the token was not made for it.
	TokenLimit Reason = "token_limit"
)

// Decision is the answer of Can. The zero Decision is no.
type Decision struct {
	Allowed bool
	Reason  Reason
}

// Err returns nil for a yes. A thing that is not seen is NotFound, in the same
// words whatever it is; what is seen and not allowed is Forbidden; a scope that is
// nobody's is Unauthenticated.
func (d Decision) Err() error {
	if d.Allowed {
		return nil
	}
	switch d.Reason {
	case Nobody:
		return assay.Errorf(assay.Unauthenticated, "nothing says for whom this is asked")
	case OtherRole:
		return assay.Errorf(assay.Forbidden, "this takes another role in your organisation")
	case OtherPart:
		return assay.Errorf(assay.Forbidden, "this is not done in this part of a matter")
	case OtherOwner:
		return assay.Errorf(assay.Forbidden, "this is for another organisation or another person to do")
	case OtherKind:
		return assay.Errorf(assay.Forbidden, "this is for another kind of organisation to do")
	case TokenLimit:
		return assay.Errorf(assay.Forbidden, "this token was not made for this")
	}
	return assay.Errorf(assay.NotFound, "there is no such thing")
}

// Can says whether the scope may do the action with the thing at an instant. What a
// row asks besides (the last column of docs/access.md) is kept by whoever does the
// work. It reads no clock and no store, and allocates nothing.
func Can(scope Scope, action Action, thing Resource, at time.Time) Decision {
	return access(table[:]).can(&scope, action, &thing, at)
}

// row allows an action.
type row struct {
	action Action
	kinds  kinds
	roles  Roles
	whose  relation
	part   Part
	and    string // what must hold besides
}

type access []row

func (t access) can(s *Scope, action Action, thing *Resource, at time.Time) Decision {
	kind := kindOf(s.Kind)
	if s.Organisation == "" || kind == 0 || (kind == node) != (s.Organisation == assay.LocalOrganisation) {
		return Decision{Reason: Nobody}
	}
	if !action.known() {
		return Decision{Reason: NotSeen}
	}
	if t.allows(s, kind, action, thing, at) {
		if s.Limited && !slices.Contains(s.Only, action) {
			return Decision{Reason: TokenLimit}
		}
		return Decision{Allowed: true, Reason: Allowed}
	}
	return Decision{Reason: t.refusal(s, kind, action, thing, at)}
}

func (t access) allows(s *Scope, kind kinds, action Action, thing *Resource, at time.Time) bool {
	rows := t.of(action)
	for i := range rows {
		r := &rows[i]
		if r.kinds&kind != 0 && r.roles&s.Roles != 0 && r.reaches(s, thing, at) {
			return true
		}
	}
	return false
}

// of returns the rows of one action, which stand together: the table is in the
// order of its actions.
func (t access) of(action Action) access {
	from, _ := slices.BinarySearchFunc(t, action, func(r row, a Action) int { return cmp.Compare(r.action, a) })
	to := from
	for to < len(t) && t[to].action == action {
		to++
	}
	return t[from:to]
}

// reaches reports whether the row's thing is this one: in its part, and in its
// relation to the scope. That a private part is not reached from outside but by a
// power of attorney is kept here as well as in the table.
func (r *row) reaches(s *Scope, thing *Resource, at time.Time) bool {
	return r.part == thing.Part && (r.part != Private || r.whose == principal || !r.whose.crosses()) &&
		r.whose.holds(s, thing, r.action.Subject(), at)
}

// refusal says why no row allows the action: NotSeen unless the scope may see that
// the thing is there, else what is nearest to a yes.
func (t access) refusal(s *Scope, kind kinds, action Action, thing *Resource, at time.Time) Reason {
	m := &meanings[action]
	seen := *thing
	if m.atPlace {
		seen = Resource{Organisation: thing.Organisation, Part: Shared, Group: thing.Group, Memberships: thing.Memberships,
			Powers: thing.Powers, Parties: thing.Parties}
	}
	if !t.allows(s, kind, m.shownBy, &seen, at) {
		return NotSeen
	}
	reason := OtherKind
	rows := t.of(action)
	for i := range rows {
		r := &rows[i]
		if r.kinds&kind == 0 {
			continue
		}
		inPart := *thing
		inPart.Part = r.part
		switch {
		case r.reaches(s, thing, at):
			return OtherRole // the role is all that is missing
		case r.reaches(s, &inPart, at):
			reason = OtherPart
		case reason == OtherKind:
			reason = OtherOwner
		}
	}
	return reason
}
