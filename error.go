package assay

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Code says what a caller can do about an error. The set is closed: a door maps
// each code once to its own form (exit status, HTTP status).
type Code string

const (
	// Invalid: the input breaks a stated rule; sending it again changes nothing.
	Invalid Code = "invalid"
	// TooLarge: the input passes a size limit.
	TooLarge Code = "too_large"
	// NotFound: what was named does not exist, or not for this caller.
	NotFound Code = "not_found"
	// Unavailable: the same call may succeed later.
	Unavailable Code = "unavailable"
	// Busy: there is more to do than can be taken on now; try again later.
	Busy Code = "busy"
	// Full: there is no room to keep anything; somebody must make some.
	Full Code = "full"
	// Conflict: somebody else was first; look again before trying again.
	Conflict Code = "conflict"
	// Unauthenticated: nothing says, or nothing valid, who is calling.
	Unauthenticated Code = "unauthenticated"
	// Forbidden: the caller may not do this.
	Forbidden Code = "forbidden"
	// Internal: a fault of ours. It is the code of every error without one.
	Internal Code = "internal"
)

// Error is an error that its reader can act on. Message is for people and never
// holds internal detail; Err, if any, is the cause, for logs.
type Error struct {
	Code    Code
	Message string
	Err     error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an *Error with a formatted message. A %w verb sets its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf returns the code of the first *Error or *Problem in err's chain,
// Internal for any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	var p *Problem
	var ps Problems
	if errors.As(err, &p) || errors.As(err, &ps) {
		return Invalid
	}
	return Internal
}

// Problem is one mistake in somebody's input: where it stands and what is wrong
// with it. File and Line are empty or zero where the input has none.
type Problem struct {
	File   string `json:"file,omitzero"`
	Line   int    `json:"line,omitzero"` // from 1
	Field  string `json:"field,omitzero"`
	Reason string `json:"reason"`
}

// Error formats the problem as FILE:LINE: field: reason, leaving out what is
// not known.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		b.WriteByte(':')
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:", p.Line)
		}
		b.WriteByte(' ')
	} else if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Field != "" {
		b.WriteString(printable(p.Field))
		b.WriteString(": ")
	}
	b.WriteString(printable(p.Reason))
	return b.String()
}

// printable escapes what would write another line or command a terminal: fields and
// reasons quote hostile text.
func printable(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Problems is every mistake found in an input, in its order.
type Problems []*Problem

// Error lists one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error, nil when there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
