package trial

import (
	"context"
	"time"
)

// heightsSteady is how many heights in a row a validator votes for once it is back.
const heightsSteady = 3

// felt is what a validator felt of an act.
type felt struct {
	missed int           // heights that it did not vote for
	back   time.Duration // from the act's beginning to the first of its steady votes
}

// measure does something to a validator, waits until it votes steadily again, and counts.
func (t *trial) measure(ctx context.Context, v *validator, do deed) (felt, error) {
	if err := t.steady(ctx, v, t.chain.witness.height()); err != nil {
		return felt{}, err
	}
	t.avoid(v)
	defer t.avoid(nil)
	w := t.chain.witness
	began, before := time.Now(), w.height()
	if err := do(ctx, t, v); err != nil {
		return felt{}, err
	}
	after := w.height()
	if err := t.steady(ctx, v, after); err != nil {
		return felt{}, err
	}
	return w.felt(v.ValidatorAddress(), before, after, began), nil
}

// steady waits until v votes steadily for heights after that one, and has executed one of them.
func (t *trial) steady(ctx context.Context, v *validator, after int64) error {
	w := t.chain.witness
	return t.chain.await(ctx, func() bool {
		length, _ := w.streak(v.ValidatorAddress(), after)
		return length >= heightsSteady && w.reached[v.Name] > after
	})
}

// felt counts what v missed after a height, until it voted steadily again past another one.
func (w *witness) felt(address string, before, after int64, began time.Time) felt {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	_, first := w.streak(address, after)
	f := felt{back: w.counted[first].Sub(began)}
	for h := before + 1; h < first; h++ {
		if !w.voters[h][address] {
			f.missed++
		}
	}
	return f
}

// avoid has no transactions sent to that validator's node; nil: to all.
func (t *trial) avoid(v *validator) {
	t.load.Avoid(-1)
	for i, o := range t.chain.voting() {
		if o == v {
			t.load.Avoid(i)
		}
	}
}

// awaitDisk waits until v's sidecar says that its disk refuses, or that it does no longer.
func (t *trial) awaitDisk(ctx context.Context, v *validator, refuses bool) error {
	return t.chain.await(ctx, func() bool {
		s, err := v.sidecarStatus()
		return err == nil && s.diskRefuses() == refuses
	})
}
