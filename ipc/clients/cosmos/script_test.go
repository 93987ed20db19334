package headstart_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	client "headstart/client"
	"headstart/cosmos/keeper"
)

// script stands between the module and a client, for faults that a real sidecar does not show when
// it is told to. With no client behind it, it answers as the simplest kernel: a hash of the hash
// and the message.
type script struct {
	keeper.Client
	deliver   func(d client.Delivery, n int) (client.Answer, error) // nil, or (_, errPassOn)
	answer    func(*client.Answer)
	attach    func()
	hello     client.Hello
	interrupt chan struct{}
	once      sync.Once
	mu        sync.Mutex
	delivered []client.Delivery
	committed []client.Position
	prepared  []uint64
	asked     []client.Question
	bounds    []time.Duration // of the notices around commits, as they came
}

// bounded notes how long a notice may take; one without a bound counts as for ever.
func (s *script) bounded(ctx context.Context) {
	bound := time.Duration(math.MaxInt64)
	if until, is := ctx.Deadline(); is {
		bound = time.Until(until)
	}
	s.bounds = append(s.bounds, bound)
}

var errPassOn = errors.New("pass on")

func newScript() *script { return &script{interrupt: make(chan struct{})} }

func (s *script) Interrupt() {
	s.once.Do(func() { close(s.interrupt) })
	if s.Client != nil {
		s.Client.Interrupt()
	}
}

func (s *script) Hello(ctx context.Context) (client.Hello, error) {
	if s.Client != nil {
		return s.Client.Hello(ctx)
	}
	return s.hello, nil
}

func (s *script) Attach(
	ctx context.Context,
	height uint64,
	store client.Store,
) (client.Attached, error) {
	if s.attach != nil {
		s.attach()
	}
	if s.Client != nil {
		return s.Client.Attach(ctx, height, store)
	}
	return client.Attached{Path: "swap"}, nil
}

func (s *script) Query(ctx context.Context, q client.Question) (client.QueryAnswer, error) {
	s.asked = append(s.asked, q)
	if s.Client != nil {
		return s.Client.Query(ctx, q)
	}
	return client.QueryAnswer{}, &client.Error{Code: client.CodeNotReady, Words: "a script"}
}

func (s *script) Commit(ctx context.Context, height uint64, at *client.Position) error {
	s.bounded(ctx)
	s.committed = append(s.committed, *at)
	if s.Client != nil {
		return s.Client.Commit(ctx, height, at)
	}
	return nil
}

func (s *script) PrepareCommit(ctx context.Context, height uint64) error {
	s.bounded(ctx)
	s.prepared = append(s.prepared, height)
	if s.Client != nil {
		return s.Client.PrepareCommit(ctx, height)
	}
	return nil
}

func (s *script) Deliver(
	ctx context.Context,
	d client.Delivery,
	store client.Store,
) (client.Answer, error) {
	s.mu.Lock()
	s.delivered = append(s.delivered, d)
	n := len(s.delivered)
	s.mu.Unlock()
	if s.deliver != nil {
		if a, err := s.deliver(d, n); !errors.Is(err, errPassOn) {
			return a, err
		}
	}
	a, err := s.next(ctx, d, store)
	if err == nil && s.answer != nil {
		s.answer(&a)
	}
	return a, err
}

func (s *script) next(
	ctx context.Context,
	d client.Delivery,
	store client.Store,
) (client.Answer, error) {
	if s.Client != nil {
		return s.Client.Deliver(ctx, d, store)
	}
	at, err := client.PositionOf(store)
	if err != nil {
		return client.Answer{}, err
	}
	digest := sha256.Sum256([]byte(at.Hash + d.Message))
	next := client.Position{Seqnum: at.Seqnum + 1, Hash: hex.EncodeToString(digest[:])}
	return client.Answer{
		Position: next, Status: client.Fulfilled, Value: "null", Ticks: 1, Path: "live",
		Writes: []client.Write{
			{Key: []byte("kernel.seqnum"), Value: fmt.Append(nil, next.Seqnum)},
			{Key: []byte("kernel.hash"), Value: []byte(next.Hash)},
		},
	}, nil
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.delivered)
}
