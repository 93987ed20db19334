package trial

import (
	"testing"
	"time"
)

func outcomeOf(app, results string) outcome {
	return outcome{appHash: []byte(app), resultsHash: []byte(results), txs: 2, failed: 1}
}

func voters(names ...string) map[string]bool {
	v := map[string]bool{}
	for _, n := range names {
		v[n] = true
	}
	return v
}

func TestWitnessNoticesDifferences(t *testing.T) {
	cases := []struct {
		name         string
		other        outcome
		app, results bool
	}{
		{"the same", outcomeOf("a", "r"), true, true},
		{"another state", outcomeOf("b", "r"), false, true},
		{"another result", outcomeOf("a", "s"), true, false},
		{"neither", outcomeOf("b", "s"), false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWitness()
			w.note("one", 7, outcomeOf("a", "r"), voters("one"))
			w.note("two", 8, outcomeOf("c", "u"), voters("one"))
			w.note("two", 7, c.other, voters("one"))
			r := Report{AppHashEqual: true, ResultsEqual: true}
			r.add(w)
			if r.AppHashEqual != c.app || r.ResultsEqual != c.results {
				t.Errorf("AppHash equal %v, results equal %v", r.AppHashEqual, r.ResultsEqual)
			}
			if r.Held() != (c.app && c.results) || r.Heights != 2 || r.Txs != 4 || r.FailedTxs != 2 {
				t.Errorf("the report is %+v", r)
			}
		})
	}
}

// vote has the witness see blocks from height 2 on, each with those who voted for the one before.
func vote(w *witness, blocks ...map[string]bool) {
	for i, v := range blocks {
		w.note("one", int64(i+2), outcomeOf("a", "r"), v)
	}
}

func TestWitnessCountsWhatWasMissed(t *testing.T) {
	w := newWitness()
	began := time.Now()
	all, three := voters("a", "b", "c", "d"), voters("a", "b", "c")
	vote(w, all, all, three, three, all, three, all, all, all) // heights 1 to 9
	if n, first := w.streak("d", 0); n != 3 || first != 7 {
		t.Errorf("a streak of %d from %d", n, first)
	}
	if n, first := w.streak("d", 8); n != 1 || first != 9 {
		t.Errorf("after 8, a streak of %d from %d", n, first)
	}
	if f := w.felt("d", 2, 4, began); f.missed != 3 || f.back <= 0 {
		t.Errorf("missed %d, back after %v", f.missed, f.back)
	}
	if f := w.felt("a", 2, 4, began); f.missed != 0 {
		t.Errorf("who was there missed %d", f.missed)
	}
}
