// Package memory is a node's store in memory, for tests and examples: branches over each other, as
// a block's and its transactions' are, each of which is kept or dropped.
package memory

import (
	"bytes"
	"maps"
	"slices"

	headstart "headstart/client"
)

// Store is a [headstart.Store] in memory. [New] makes one. One goroutine at a time may use it.
type Store struct {
	branches []map[string][]byte // the lowest is the store itself; nil values delete from below
	order    []string            // all keys that can be seen, rising; nil: not known
}

var _ headstart.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store { return &Store{branches: []map[string][]byte{{}}} }

// Begin opens a branch: what is written from now on is kept by Commit, or dropped by Rollback.
func (s *Store) Begin() { s.branches = append(s.branches, map[string][]byte{}) }

// Commit puts the newest branch into the one below. It panics if none is open.
func (s *Store) Commit() {
	newest, below := s.pop(), s.branches[len(s.branches)-1]
	maps.Copy(below, newest)
	if len(s.branches) == 1 {
		maps.DeleteFunc(below, func(_ string, value []byte) bool { return value == nil })
	}
}

// Rollback drops the newest branch. It panics if none is open.
func (s *Store) Rollback() {
	s.pop()
	s.order = nil
}

func (s *Store) pop() map[string][]byte {
	last := len(s.branches) - 1
	if last == 0 {
		panic("memory: no branch is open")
	}
	newest := s.branches[last]
	s.branches = s.branches[:last]
	return newest
}

// Apply makes the writes of an answer, in order, in the newest branch.
func (s *Store) Apply(writes []headstart.Write) {
	newest := s.branches[len(s.branches)-1]
	for _, w := range writes {
		key := string(w.Key)
		if (w.Value == nil) != (s.get(key) == nil) {
			s.order = nil // a key comes or goes
		}
		newest[key] = bytes.Clone(w.Value)
		if w.Value == nil && len(s.branches) == 1 {
			delete(newest, key)
		}
	}
}

func (s *Store) get(key string) []byte {
	for _, branch := range slices.Backward(s.branches) {
		if value, ok := branch[key]; ok {
			return value
		}
	}
	return nil
}

// Get gives the value of key; nil where there is no such key. It never fails.
func (s *Store) Get(key []byte) ([]byte, error) { return s.get(string(key)), nil }

// Scan gives entries behind after; see [headstart.Store]. It never fails.
func (s *Store) Scan(after []byte, size int) (entries []headstart.Entry, more bool, err error) {
	order := s.keys()
	at, found := slices.BinarySearch(order, string(after))
	if found {
		at++
	}
	for _, key := range order[at:] {
		value := s.get(key)
		size -= len(key) + len(value)
		if size < 0 && len(entries) > 0 {
			return entries, true, nil
		}
		entries = append(entries, headstart.Entry{Key: []byte(key), Value: value})
	}
	return entries, false, nil
}

func (s *Store) keys() []string {
	if s.order != nil {
		return s.order
	}
	seen := map[string]bool{}
	for _, branch := range s.branches {
		for key, value := range branch {
			seen[key] = value != nil
		}
	}
	maps.DeleteFunc(seen, func(_ string, there bool) bool { return !there })
	s.order = slices.Sorted(maps.Keys(seen))
	return s.order
}

// Entries gives a copy of all that can be seen, by key.
func (s *Store) Entries() map[string][]byte {
	all := map[string][]byte{}
	for _, key := range s.keys() {
		all[key] = bytes.Clone(s.get(key))
	}
	return all
}
