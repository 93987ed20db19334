package headstart_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"

	headstart "headstart/client"
)

// gated is a chain whose store does what a test wants when the sidecar asks.
type gated struct {
	*chain
	gate  func() // called before each answer
	fail  error  // instead of each answer
	asked int
}

func (g *gated) Get(key []byte) ([]byte, error) {
	if string(key) == "kernel.seqnum" || string(key) == "kernel.hash" {
		return g.store.Get(key) // the client's own question
	}
	if err := g.question(); err != nil {
		return nil, err
	}
	return g.store.Get(key)
}

func (g *gated) Scan(after []byte, size int) ([]headstart.Entry, bool, error) {
	if err := g.question(); err != nil {
		return nil, false, err
	}
	return g.store.Scan(after, min(size, 1000)) // several scans, so that the middle is one
}

func (g *gated) question() error {
	g.asked++
	if g.gate != nil {
		g.gate()
	}
	return g.fail
}

// forgetful is a chain with some history, whose sidecar lost its data and must ask for everything;
// and the next message.
func forgetful(t *testing.T, change ...func(*headstart.Options)) (*sidecar, *gated, string, told) {
	t.Helper()
	s := start(t, "ledger")
	texts := lines(t, 46)
	oracle := solo(t, "ledger", texts)
	n := newChain(t, s.client(change...))
	n.messages(texts[:45], oracle)
	s.kill()
	if err := os.RemoveAll(s.data()); err != nil {
		t.Fatal(err)
	}
	s.start()
	return s, &gated{chain: n}, texts[45], oracle[45]
}

// words is a log that tells of its first warning.
type words struct {
	slog.Handler
	once *sync.Once
	said chan struct{}
}

func newWords() *words {
	return &words{Handler: slog.NewTextHandler(os.Stderr, nil), once: &sync.Once{}, said: make(chan struct{})}
}

func (w *words) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelWarn {
		w.once.Do(func() { close(w.said) })
	}
	return nil
}

func (w *words) logger() *slog.Logger { return slog.New(w) }

func (w *words) into(o *headstart.Options) { o.Log = w.logger() }

// --- whatever ends a delivery, the next one is right

// goesOn: the same client, the same message, with a store that answers.
func (g *gated) goesOn(text string, oracle told) {
	g.t.Helper()
	g.gate, g.fail = nil, nil
	g.message(text, oracle)
}

func TestContextThatEndsWhileTheStoreIsRead(t *testing.T) {
	_, n, text, oracle := forgetful(t)
	ctx, cancel := context.WithCancel(within(t))
	n.gate = cancel
	if _, err := n.client.Deliver(ctx, n.delivery(text), n); !errors.Is(err, context.Canceled) ||
		headstart.Temporary(err) {
		t.Fatalf("%v", err)
	}
	n.goesOn(text, oracle)
}

func TestStoreThatFails(t *testing.T) {
	_, n, text, oracle := forgetful(t)
	n.fail = errors.New("the node's disk is gone")
	_, err := n.client.Deliver(within(t), n.delivery(text), n)
	if !errors.Is(err, headstart.CodeNodeFailed) || !errors.Is(err, n.fail) {
		t.Fatalf("%v", err)
	}
	n.goesOn(text, oracle)
}

func TestStoreThatPanics(t *testing.T) {
	_, n, text, oracle := forgetful(t)
	n.gate = func() { panic("out of gas") }
	func() {
		defer func() {
			if r := recover(); r != "out of gas" {
				t.Fatalf("recovered %v", r)
			}
		}()
		_, err := n.client.Deliver(within(t), n.delivery(text), n)
		t.Fatalf("no panic: %v", err)
	}()
	n.goesOn(text, oracle)
}

func TestInterruptWhileTheStoreIsRead(t *testing.T) {
	s, n, text, oracle := forgetful(t)
	n.gate = n.client.Interrupt
	if _, err := n.client.Deliver(within(t), n.delivery(text), n); !errors.Is(err, headstart.ErrInterrupted) {
		t.Fatalf("%v", err)
	}
	if _, err := n.client.Status(within(t)); !errors.Is(err, headstart.ErrInterrupted) {
		t.Fatalf("afterwards: %v", err)
	}
	n.client = s.client()
	n.goesOn(text, oracle)
}

func TestOthersAreServedBesideADelivery(t *testing.T) {
	_, n, text, oracle := forgetful(t)
	var status map[string]any
	var failed, asked, second error
	n.gate = func() {
		n.gate = nil
		status, failed = n.client.Status(within(t))
		_, asked = n.client.Query(within(t), headstart.Question{Message: text})
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_, second = n.client.Deliver(ended, n.delivery(text), n.store)
	}
	n.agrees(must(n.client.Deliver(within(t), n.delivery(text), n)), oracle)
	if failed != nil || status["phase"] != "full_replay" {
		t.Fatalf("status: %v %v", status["phase"], failed)
	}
	if !errors.Is(asked, headstart.CodeBusy) || !headstart.Temporary(asked) {
		t.Fatalf("query: %v", asked)
	}
	if !errors.Is(second, context.Canceled) {
		t.Fatalf("a second delivery: %v", second)
	}
}

func TestProgressIsToldWhileAnAttachWaits(t *testing.T) {
	var told []headstart.Progress
	_, n, text, oracle := forgetful(t, func(o *headstart.Options) {
		o.OnProgress = func(p headstart.Progress) { told = append(told, p) }
	})
	n.gate = func() {
		until(t, "two notices have come", func() bool { return headstart.FramesWaiting(n.client) >= 2 })
		n.gate = nil
	}
	if _, err := n.client.Attach(within(t), n.height(), n); err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || told[0].Phase != "full_replay" {
		t.Fatalf("%+v", told)
	}
	n.goesOn(text, oracle)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
