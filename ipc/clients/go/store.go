package headstart

import (
	"fmt"
	"strconv"
)

// Entry is a key and its value, both byte strings.
type Entry struct{ Key, Value []byte }

// Store is the node's own store, as the transaction sees it that a call is made in: what was
// written to it before, in this block and this transaction, is there. It is read only.
//
// Its methods run on the goroutine of the call that was given the store, and only until that call
// returns. What they return is not changed and not kept. An error goes to the sidecar as words, and
// comes back wrapped in the call's own ([CodeNodeFailed]). A panic passes through the call; the
// connection is given up then, as by a cancelled context.
type Store interface {
	// Get gives the value of key; nil where there is no such key. An empty value is not nil.
	Get(key []byte) ([]byte, error)
	// Scan gives entries with keys behind after (nil: from the first on) in byte order, about so
	// many bytes of keys and values, at least one entry if any is left; more tells whether further
	// ones follow the last.
	Scan(after []byte, bytes int) (entries []Entry, more bool, err error)
}

// Position says which state a store holds: how many messages were executed, and the hash over all
// of them. Equal positions are equal stores.
type Position struct {
	// Seqnum counts executed messages; 0 in a store that was never used, or holds a genesis only.
	Seqnum uint64
	// Hash is the kernel's activity hash, 64 lower-case hex digits; "" in a store never used.
	Hash string
}

// String gives "seqnum:hash".
func (p Position) String() string { return strconv.FormatUint(p.Seqnum, 10) + ":" + p.Hash }

const (
	keySeqnum = "kernel.seqnum"
	keyHash   = "kernel.hash"
	keyQueued = "kernel.queued"
	keyWake   = "kernel.wake"

	uintMax   = 1<<53 - 1
	hashBytes = 64
)

// PositionOf reads where a store stands, from its keys kernel.seqnum and kernel.hash. An error is
// [CodeNodeFailed].
func PositionOf(s Store) (Position, error) {
	seqnum, err := number(s, keySeqnum)
	if err != nil {
		return Position{}, err
	}
	hash, err := s.Get([]byte(keyHash))
	if err != nil {
		return Position{}, storeFailed(keyHash, err)
	}
	at := Position{Seqnum: seqnum, Hash: string(hash)}
	if err := at.check(); err != nil {
		return Position{}, &Error{Code: CodeNodeFailed, Cause: err,
			Words: "the store's position is damaged"}
	}
	return at, nil
}

// QueuedOf reads what a store says is left for runs, from its key kernel.queued: while it is not 0,
// runs have work ([RunIsDue]).
func QueuedOf(s Store) (uint64, error) { return number(s, keyQueued) }

// RunIsDue tells whether a run in a block of that time (Unix seconds) has something to do: what is
// queued, or a timer whose time has come, by the store's keys kernel.queued and kernel.wake. While
// it has, a node sends runs at its block's end, as far as the block's budget goes.
func RunIsDue(s Store, time uint64) (bool, error) {
	queued, err := QueuedOf(s)
	if err != nil || queued > 0 {
		return queued > 0, err
	}
	wake, err := number(s, keyWake) // 0: there is no timer
	return wake > 0 && wake <= time, err
}

func (p Position) check() error {
	if p.Seqnum > uintMax {
		return fmt.Errorf("seqnum %d is above 2^53-1", p.Seqnum)
	}
	if p.Hash == "" && p.Seqnum == 0 {
		return nil
	}
	if !isHash(p.Hash) {
		return fmt.Errorf("%q at seqnum %d is not a hash of 64 lower-case hex digits",
			printable(p.Hash), p.Seqnum)
	}
	return nil
}

func isHash(text string) bool {
	if len(text) != hashBytes {
		return false
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// number reads a decimal as the kernel writes them; 0 where there is no such key.
func number(s Store, key string) (uint64, error) {
	text, err := s.Get([]byte(key))
	if err != nil {
		return 0, storeFailed(key, err)
	}
	if text == nil {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n > uintMax || strconv.FormatUint(n, 10) != string(text) {
		return 0, &Error{Code: CodeNodeFailed, Words: fmt.Sprintf(
			"%s in the node's store is not a number: %q", key, printable(string(text)))}
	}
	return n, nil
}

func storeFailed(key string, cause error) error {
	return &Error{Code: CodeNodeFailed, Cause: cause,
		Words: "the node's store cannot be read at " + key}
}
