package headstart_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	headstart "headstart/client"
)

func TestAnswerOfAnAbandonedDeliveryIsNobodys(t *testing.T) {
	ctx, cancel := context.WithCancel(within(t))
	late := make(chan struct{})
	n := fakeClient(t, greets(func(p *peer) {
		r, ok := p.asked("deliver")
		if !ok {
			return
		}
		cancel()
		<-late
		p.reply(r, goodAnswer.with("value", "late"))
	}), serves)
	if _, err := n.client.Deliver(ctx, n.delivery("m"), n.store); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	close(late)
	if a := n.deliver(n.delivery("m")); a.Value != "1" {
		t.Fatalf("%+v", a)
	}
}

func TestAnswerOfAnAbandonedCallIsPassedOver(t *testing.T) {
	ctx, cancel := context.WithCancel(within(t))
	connections := make(chan struct{}, 9)
	n := fakeClient(t, greets(func(p *peer) {
		connections <- struct{}{}
		late, _ := p.asked("status")
		cancel()
		r, ok := p.asked("metrics")
		if !ok {
			return
		}
		p.reply(late, fields{"phase": "late"})
		p.reply(r, "page")
		serves(p)
	}))
	if _, err := n.client.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if page, err := n.client.Metrics(within(t)); err != nil || page != "page" {
		t.Fatalf("%q %v", page, err)
	}
	if status, err := n.client.Status(within(t)); err != nil || status["phase"] != "live" {
		t.Fatalf("%v %v", status, err)
	}
	if len(connections) != 1 {
		t.Fatalf("%d connections", len(connections))
	}
}

func TestSidecarThatOwesTooManyAnswersIsLeft(t *testing.T) {
	n := fakeClient(t, greets(func(p *peer) { p.drain() }), serves)
	if _, err := n.client.Hello(within(t)); err != nil {
		t.Fatal(err)
	}
	for range 200 { // each gives up at once; with the 65th the connection is over
		ctx, cancel := context.WithCancel(within(t))
		timer := time.AfterFunc(time.Millisecond, cancel)
		_, err := n.client.Status(ctx)
		timer.Stop()
		cancel()
		if err == nil {
			return
		}
	}
	t.Fatal("it is asked for ever")
}

func TestNeverAnsweredHelloIsTriedAgain(t *testing.T) {
	missed := newWords()
	n := newChain(t, newClient(t, headstart.Options{Socket: fake(t, (*peer).drain, serves), ChainID: chainID,
		Log: missed.logger(), Backoff: headstart.Backoff{Patience: 50 * time.Millisecond}}))
	if a := n.deliver(n.delivery("m")); a.Value != "1" {
		t.Fatalf("%+v", a)
	}
	<-missed.said
}

func TestInterruptWhileAnAnswerIsAwaited(t *testing.T) {
	var n *chain
	asked := make(chan struct{})
	n = fakeClient(t, greets(func(p *peer) {
		if _, ok := p.asked("deliver"); ok {
			close(asked)
			p.drain()
		}
	}))
	go func() {
		<-asked
		n.client.Interrupt()
	}()
	if _, err := n.try(n.delivery("m"), true); !errors.Is(err, headstart.ErrInterrupted) {
		t.Fatalf("%v", err)
	}
}

func TestStrangeQuestions(t *testing.T) {
	got, idle := make(chan string, 1), make(chan struct{})
	n := fakeClient(t, greets(func(p *peer) {
		var told strings.Builder
		question := func(id int, method string, params ...any) {
			p.send(0, id, method, append([]any{}, params...))
			if r, ok := p.next(); ok && r.kind == 1 {
				fmt.Fprintf(&told, "%v %v|", r.id, r.params["error"])
			}
		}
		question(1, "store.get", fields{"key": "k"}) // before there is a delivery
		close(idle)
		r, ok := p.asked("deliver")
		if !ok {
			return
		}
		p.send(2, "weather", []any{fields{"sun": true}})
		p.send(2, "progress", []any{fields{"phase": 1}})
		p.send(2, "progress", []any{})
		question(2, "store.put", fields{"key": "k"})
		question(3, "store.get", fields{"key": ""})
		question(4, "store.get", fields{})
		question(5, "store.get")
		question(6, "store.scan", fields{"after": ""})
		question(7, "store.scan", fields{"after": "", "bytes": -1})
		question(8, "store.get", fields{"key": "k"})
		p.reply(r, goodAnswer)
		got <- told.String()
		serves(p)
	}))
	if _, err := n.client.Hello(within(t)); err != nil {
		t.Fatal(err)
	}
	<-idle
	n.deliver(n.delivery("m"))
	want := "1 unknown_method: …|2 unknown_method: …|3 bad_request: …|4 bad_request: …|5 bad_request: …|" +
		"6 bad_request: …|7 bad_request: …|8 <nil>|"
	var short strings.Builder
	for _, part := range strings.SplitAfter(<-got, "|") {
		head, _, found := strings.Cut(part, ": ")
		short.WriteString(head)
		if found {
			short.WriteString(": …|")
		}
	}
	if short.String() != want {
		t.Fatalf("%s", short.String())
	}
}

// rude is a store that breaks its contract.
type rude struct {
	headstart.Store
	entries []headstart.Entry
	more    bool
}

func (r rude) Scan([]byte, int) ([]headstart.Entry, bool, error) { return r.entries, r.more, nil }

func TestStoreThatBreaksItsContract(t *testing.T) {
	key := func(k string) headstart.Entry { return headstart.Entry{Key: []byte(k), Value: []byte{}} }
	for name, store := range map[string]rude{
		"more of nothing":  {more: true},
		"falling keys":     {entries: []headstart.Entry{key("c"), key("b")}},
		"the key itself":   {entries: []headstart.Entry{key("a")}},
		"a nil value":      {entries: []headstart.Entry{{Key: []byte("c")}}},
		"more than frames": {entries: []headstart.Entry{{Key: []byte("c"), Value: make([]byte, 64<<20)}}},
	} {
		t.Run(name, func(t *testing.T) {
			n := fakeClient(t, greets(func(p *peer) {
				r, ok := p.asked("deliver")
				if !ok {
					return
				}
				p.send(0, 1, "store.scan", []any{fields{"after": "a", "bytes": 100}})
				if a, ok := p.next(); ok {
					p.send(1, r.id, fmt.Sprint("node_failed: ", a.params["error"]), nil)
					p.drain()
				}
			}))
			store.Store = n.store
			_, err := n.client.Deliver(within(t), n.delivery("m"), store)
			if !errors.Is(err, headstart.CodeNodeFailed) || !strings.Contains(err.Error(), "Store.Scan") {
				t.Fatalf("%v", err)
			}
		})
	}
}

func TestQuestionsThatAreNeverReadDoNotHoldTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(within(t))
	n := fakeClient(t, greets(func(p *peer) {
		if _, ok := p.asked("deliver"); !ok {
			return
		}
		for i := range 1000 {
			p.send(0, i+1, "store.get", []any{fields{"key": "k"}})
		}
		p.drain()
	}))
	n.store.Apply([]headstart.Write{{Key: []byte("k"), Value: bytes.Repeat([]byte("v"), 1<<20)}})
	g := &gated{chain: n}
	g.gate = func() {
		if g.asked == 1 { // while the answer is written, which the sidecar has no room for
			time.AfterFunc(10*time.Millisecond, cancel)
		}
	}
	if _, err := n.client.Deliver(ctx, n.delivery("m"), g); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

func TestValuesTravelAsTheyAre(t *testing.T) {
	large := bytes.Repeat([]byte{0xff, 0, 0xc1}, 12<<20)
	n := fakeClient(t, greets(func(p *peer) {
		r, ok := p.asked("deliver")
		if !ok {
			return
		}
		var values []any
		for i, key := range []string{"empty", "bytes", "absent", "large"} {
			p.send(0, i+1, "store.get", []any{fields{"key": []byte(key)}})
			a, _ := p.next()
			got, _ := a.params["result"].(map[string]any)
			values = append(values, got["value"])
		}
		p.reply(r, goodAnswer.with("writes", [][]any{{"e", values[0]}, {"b", values[1]}, {"x", values[2]},
			{"l", values[3]}, {"kernel.seqnum", "1"}, {"kernel.hash", []byte(hashOne)}}))
		p.drain()
	}))
	n.store.Apply([]headstart.Write{{Key: []byte("empty"), Value: []byte{}}, {Key: []byte("x"), Value: []byte{}},
		{Key: []byte("bytes"), Value: []byte{0xff, 0}}, {Key: []byte("large"), Value: large}})
	n.deliver(n.delivery("m"))
	all := n.store.Entries()
	if e, ok := all["e"]; !ok || e == nil || len(e) != 0 {
		t.Fatalf("the empty value: %v", e)
	}
	if _, ok := all["x"]; ok {
		t.Fatal("nil did not delete")
	}
	if !bytes.Equal(all["b"], []byte{0xff, 0}) || !bytes.Equal(all["l"], large) {
		t.Fatal("bytes are not what they were")
	}
}

func TestFolderThatOthersMayWriteIsNotTrusted(t *testing.T) {
	heard := make(chan bool, 1)
	socket := fake(t, func(p *peer) {
		_, ok := p.next()
		heard <- ok
	})
	if err := os.Chmod(socket[:len(socket)-2], 0o777); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, headstart.Options{Socket: socket, ChainID: chainID})
	if _, err := c.Hello(within(t)); !errors.Is(err, headstart.CodeUntrusted) || headstart.Temporary(err) {
		t.Fatalf("%v", err)
	}
	if <-heard {
		t.Fatal("something was sent")
	}
}

// BenchmarkDeliver is the client's part of a delivery: a fake answers at once, from packed bytes.
func BenchmarkDeliver(b *testing.B) {
	head, rest, _ := bytes.Cut(packed([]any{1, "ID", nil, goodAnswer}), packed("ID"))
	n := fakeClient(b, greets(func(p *peer) {
		for {
			r, ok := p.next()
			if !ok {
				return
			}
			p.raw(append(append(bytes.Clone(head), packed(r.id)...), rest...))
		}
	}))
	ctx := within(b)
	d := n.delivery(strings.Repeat("m", 200))
	b.ReportAllocs()
	for range b.N {
		if _, err := n.client.Deliver(ctx, d, n.store); err != nil {
			b.Fatal(err)
		}
	}
}
