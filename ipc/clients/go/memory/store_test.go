package memory

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	headstart "headstart/client"
)

// TestBranches compares a store with the plainest one there is: a map that is copied for a branch.
func TestBranches(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	s, models := New(), []map[string]string{{}}
	for step := range 5000 {
		newest := models[len(models)-1]
		switch open := len(models) > 1; {
		case dice.IntN(8) == 0 && len(models) < 5:
			s.Begin()
			models = append(models, maps.Clone(newest))
		case dice.IntN(8) == 0 && open:
			s.Commit()
			models = append(models[:len(models)-2], newest)
		case dice.IntN(8) == 0 && open:
			s.Rollback()
			models = models[:len(models)-1]
		default:
			w := headstart.Write{Key: fmt.Append(nil, dice.IntN(20))}
			delete(newest, string(w.Key))
			if dice.IntN(3) > 0 {
				w.Value = bytes.Repeat([]byte{'v'}, dice.IntN(3))
				newest[string(w.Key)] = string(w.Value)
			}
			s.Apply([]headstart.Write{w})
		}
		compare(t, step, s, models[len(models)-1], 1+dice.IntN(20))
	}
}

func compare(t *testing.T, step int, s *Store, model map[string]string, size int) {
	t.Helper()
	var after []byte
	var keys []string
	for more := true; more; {
		var entries []headstart.Entry
		entries, more, _ = s.Scan(after, size)
		for _, entry := range entries {
			value, _ := s.Get(entry.Key)
			if value == nil || !bytes.Equal(value, entry.Value) || string(value) != model[string(entry.Key)] {
				t.Fatalf("step %d: %s is %q", step, entry.Key, value)
			}
			after = entry.Key
			keys = append(keys, string(after))
		}
	}
	if want := slices.Sorted(maps.Keys(model)); !slices.Equal(keys, want) {
		t.Fatalf("step %d: keys %v instead of %v", step, keys, want)
	}
	if value, _ := s.Get([]byte("nowhere")); value != nil || len(s.Entries()) != len(model) {
		t.Fatalf("step %d: more than there is", step)
	}
}
