package headstart

import (
	"context"
	"errors"
	"strings"
)

// Code says what kind of failure an [Error] is. It is an error itself, so that
// errors.Is(err, headstart.CodeBusy) asks for it.
type Code string

// The codes of the wire, as the sidecar says them; some are said by the client itself, where it
// refuses what the sidecar would.
const (
	// CodeBadRequest: an argument breaks the contract; nothing was executed. A fault of the caller.
	CodeBadRequest Code = "bad_request"
	// CodeUnknownMethod: this sidecar cannot do that: it is older, or was told not to.
	CodeUnknownMethod Code = "unknown_method"
	// CodeWrongChain: the sidecar serves another chain.
	CodeWrongChain Code = "wrong_chain"
	// CodeBusy: another node holds the node role, or a delivery is in progress. It passes.
	CodeBusy Code = "busy"
	// CodeTooLarge: a message, or a frame, above the limits.
	CodeTooLarge Code = "too_large"
	// CodeNotReady: no kernel stands where it is needed. It passes.
	CodeNotReady Code = "not_ready"
	// CodeKernelFailed: the kernel cannot execute this. An operator must look (see --skip).
	CodeKernelFailed Code = "kernel_failed"
	// CodeStorageFailed: the sidecar's disk refuses.
	CodeStorageFailed Code = "storage_failed"
	// CodeNodeFailed: the node's own store could not be read, or holds what it may not. The store's
	// error is wrapped.
	CodeNodeFailed Code = "node_failed"
	// CodeShuttingDown: the sidecar stops; one that is started again will answer.
	CodeShuttingDown Code = "shutting_down"
	// CodeInternal: a fault of the sidecar's.
	CodeInternal Code = "internal"
)

// Codes that are never on the wire: what the client itself finds.
const (
	// CodeUnreachable: nobody listens at the socket, or the connection broke. It passes.
	CodeUnreachable Code = "unreachable"
	// CodeProtocol: the sidecar sent what is not allowed; the connection was closed.
	CodeProtocol Code = "protocol"
	// CodeUntrusted: somebody else than our own user or root serves the socket or may write its
	// folder, or we may not use it. Nothing was sent.
	CodeUntrusted Code = "untrusted"
)

// Error makes a code a target of errors.Is.
func (c Code) Error() string { return string(c) }

var (
	// ErrInterrupted is returned by every call after [Client.Interrupt], and by those under way.
	ErrInterrupted = errors.New("headstart: interrupted")
	// ErrClosed is returned by every call after [Client.Close], and by those under way.
	ErrClosed = errors.New("headstart: the client is closed")
)

// Error is a failure of a call. Whatever it is, nothing happened that the node must know of: its
// store must not change, and the same call may be made again.
//
// A call that its context ended returns an error for which errors.Is finds both the context's error
// and, where there was one, the failure that the call was waiting for to pass.
type Error struct {
	// Code is the kind of failure.
	Code Code
	// Words are for people: one line, without the code.
	Words string
	// Cause is wrapped, or nil.
	Cause error
}

// Error gives the code and the words.
func (e *Error) Error() string {
	text := "headstart: " + string(e.Code) + ": " + e.Words
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is this error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Temporary tells whether trying again can help without anybody doing anything: the sidecar is
// being started, is busy, or is not ready yet. All other codes need an operator, or other
// arguments.
func (e *Error) Temporary() bool {
	switch e.Code {
	case CodeUnreachable, CodeBusy, CodeNotReady, CodeShuttingDown:
		return true
	default:
		return false
	}
}

// Temporary tells whether err is an [Error] that says so. A call that its own context ended is not.
// Who tries again pauses before: only an unreachable sidecar is waited for inside a call.
func Temporary(err error) bool {
	var e *Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	return errors.As(err, &e) && e.Temporary()
}

const wordsBytesMax = 1024

// refusal is the wire's "<code>: <words>". A code that we do not know is kept: later sidecars may
// have more.
func refusal(text string) *Error {
	code, words, found := strings.Cut(text, ": ")
	if !found || code == "" || len(code) > 32 || strings.ContainsAny(code, " \n") {
		code, words = string(CodeInternal), text
	}
	return &Error{Code: Code(code), Words: printable(words)}
}

// printable bounds what a stranger wrote to one line that a terminal can show.
func printable(text string) string {
	if len(text) > wordsBytesMax {
		text = text[:wordsBytesMax] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
