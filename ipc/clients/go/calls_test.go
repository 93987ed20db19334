package headstart_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	headstart "headstart/client"
)

const countOne = `{"to":"town","method":"count","args":[1]}`

func TestQueryChangesNothing(t *testing.T) {
	s := start(t, "town", "--serve-queries")
	n := bootstrapped(t, s.client())
	at := n.position()
	observer := s.client(func(o *headstart.Options) { o.Role = headstart.RoleObserver })
	for _, c := range []*headstart.Client{n.client, observer, n.client} {
		for _, question := range []headstart.Question{{Message: countOne}, {Message: countOne, At: &at}} {
			a, err := c.Query(within(t), question)
			if err != nil || a.Value != "102" || a.Position != at || a.Status != headstart.Fulfilled {
				t.Fatalf("%+v %v", a, err)
			}
		}
	}
	a, err := n.client.Query(within(t), headstart.Question{Message: countOne, Ticks: headstart.Ticks(1)})
	if err != nil || a.Status != headstart.Rejected {
		t.Fatalf("one tick: %+v %v", a, err)
	}
	if a := n.deliver(n.delivery(countOne)); a.Value != "102" {
		t.Fatalf("a query left a trace: %+v", a)
	}
	if _, err := n.client.Query(within(t), headstart.Question{Message: countOne, At: &at}); !errors.Is(err,
		headstart.CodeNotReady) || !headstart.Temporary(err) {
		t.Fatalf("a position that is over: %v", err)
	}
}

func TestRestOfTheCalls(t *testing.T) {
	s := start(t, "town")
	n := bootstrapped(t, s.client())
	if err := n.client.PrepareCommit(within(t), 1); err != nil {
		t.Fatal(err)
	}
	at := n.position()
	for _, known := range []*headstart.Position{nil, &at} {
		if err := n.client.Commit(within(t), 1, known); err != nil {
			t.Fatal(err)
		}
	}
	visitor := s.client(func(o *headstart.Options) { o.Role, o.ChainID = headstart.RoleVisitor, "" })
	for _, c := range []*headstart.Client{n.client, visitor} {
		status, err := c.Status(within(t))
		if err != nil || status["phase"] != "live" || status["ready"] != true {
			t.Fatalf("%v %v", status, err)
		}
		page, err := c.Metrics(within(t))
		if err != nil || !strings.Contains(page, "headstart_") {
			t.Fatalf("%q %v", page, err)
		}
	}
	if err := visitor.Shutdown(within(t)); !errors.Is(err, headstart.CodeBadRequest) {
		t.Fatalf("a visitor's shutdown: %v", err)
	}
	if err := n.client.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	if _, err := n.client.Status(within(t)); !errors.Is(err, headstart.CodeUnreachable) {
		t.Fatalf("nobody is there: %v", err)
	}
	if err := n.client.Commit(within(t), 2, nil); !errors.Is(err, headstart.CodeUnreachable) {
		t.Fatalf("nobody is there: %v", err)
	}
}

func TestAnotherChainIsNotWaitedFor(t *testing.T) {
	s := start(t, "town")
	c := s.client(func(o *headstart.Options) { o.ChainID = "another" })
	if _, err := newChain(t, s.client()).client.Hello(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Hello(within(t)); !errors.Is(err, headstart.CodeWrongChain) || headstart.Temporary(err) {
		t.Fatalf("%v", err)
	}
}

func TestAnotherNodeIsWaitedFor(t *testing.T) {
	s := start(t, "town")
	first := bootstrapped(t, s.client())
	missed := newWords()
	second := s.client(missed.into)
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		<-missed.said
		cancel()
	}()
	_, err := second.Deliver(ctx, first.delivery(countOne), first.store)
	if !errors.Is(err, headstart.CodeBusy) || !errors.Is(err, context.Canceled) || headstart.Temporary(err) {
		t.Fatalf("%v", err)
	}
	missed = newWords()
	third := s.client(missed.into)
	go func() {
		<-missed.said
		_ = first.client.Close()
	}()
	if a, err := third.Deliver(within(t), first.delivery(countOne), first.store); err != nil || a.Value != "102" {
		t.Fatalf("%+v %v", a, err)
	}
}

func TestObserverMayNotDeliver(t *testing.T) {
	s := start(t, "town")
	n := newChain(t, s.client(func(o *headstart.Options) { o.Role = headstart.RoleObserver }))
	if _, err := n.try(n.delivery(countOne), true); !errors.Is(err, headstart.CodeBadRequest) {
		t.Fatalf("%v", err)
	}
	if _, err := n.client.Status(within(t)); err != nil {
		t.Fatalf("the connection is not there any more: %v", err)
	}
}

// --- the client's end

func TestInterruptWhileNobodyAnswers(t *testing.T) {
	missed := newWords()
	n := newChain(t, newClient(t, headstart.Options{Socket: shortFolder(t) + "/s", ChainID: chainID,
		Log: missed.logger()}))
	go func() {
		<-missed.said
		n.client.Interrupt()
	}()
	if _, err := n.try(n.delivery(countOne), true); !errors.Is(err, headstart.ErrInterrupted) {
		t.Fatalf("%v", err)
	}
	if err := n.client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.client.Hello(within(t)); !errors.Is(err, headstart.ErrInterrupted) {
		t.Fatalf("afterwards: %v", err)
	}
}

func TestContextThatEndsWhileNobodyAnswers(t *testing.T) {
	missed := newWords()
	n := newChain(t, newClient(t, headstart.Options{Socket: shortFolder(t) + "/s", ChainID: chainID,
		Log: missed.logger()}))
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		<-missed.said
		cancel()
	}()
	_, err := n.client.Attach(ctx, 0, n.store)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, headstart.CodeUnreachable) {
		t.Fatalf("%v", err)
	}
}

func TestClosedClient(t *testing.T) {
	s := start(t, "town")
	n := bootstrapped(t, s.client())
	for range 2 {
		if err := n.client.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, at := within(t), n.position()
	_, status := n.client.Status(ctx)
	_, deliver := n.client.Deliver(ctx, n.delivery(countOne), n.store)
	_, query := n.client.Query(ctx, headstart.Question{Message: countOne})
	for _, err := range []error{status, deliver, query, n.client.Commit(ctx, 1, &at),
		n.client.PrepareCommit(ctx, 1)} {
		if !errors.Is(err, headstart.ErrClosed) || headstart.Temporary(err) {
			t.Fatalf("%v", err)
		}
	}
}

// --- arguments

func TestSocketIsTheOneThatTheEnvironmentNames(t *testing.T) {
	s := start(t, "town")
	t.Setenv("HEADSTART_SOCKET", s.socket())
	c := s.client(func(o *headstart.Options) { o.Socket = "" })
	if _, err := c.Hello(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, options := range []headstart.Options{
		{}, {ChainID: "c", Role: "king"}, {ChainID: "c", Client: strings.Repeat("x", 257)},
		{ChainID: "c", Client: "\xff"}, {ChainID: "c", Socket: "@abstract"},
		{ChainID: "c", Socket: "/" + strings.Repeat("x", 107)},
	} {
		if c, err := headstart.New(options); !errors.Is(err, headstart.CodeBadRequest) || c != nil {
			t.Fatalf("%+v: %v", options, err)
		}
	}
}

func TestWrongArgumentsLeaveTheConnection(t *testing.T) {
	n := bootstrapped(t, start(t, "town").client())
	ctx, large := within(t), strings.Repeat(" ", 32<<20+1)
	deliver := func(d headstart.Delivery) error {
		_, err := n.client.Deliver(ctx, d, n.store)
		return err
	}
	query := func(q headstart.Question) error {
		_, err := n.client.Query(ctx, q)
		return err
	}
	for i, c := range []struct {
		code headstart.Code
		err  error
	}{
		{headstart.CodeBadRequest, deliver(headstart.Delivery{Height: 1 << 53, Message: countOne})},
		{headstart.CodeBadRequest, deliver(headstart.Delivery{Time: 1 << 53, Message: countOne})},
		{headstart.CodeBadRequest, deliver(headstart.Delivery{Ticks: headstart.Ticks(1 << 53)})},
		{headstart.CodeTooLarge, deliver(headstart.Delivery{Message: large})},
		{headstart.CodeTooLarge, query(headstart.Question{Message: large})},
		{headstart.CodeBadRequest, query(headstart.Question{})},
		{headstart.CodeBadRequest, query(headstart.Question{Message: countOne, At: &headstart.Position{Hash: "x"}})},
		{headstart.CodeBadRequest, n.client.Commit(ctx, 1<<53, nil)},
		{headstart.CodeBadRequest, n.client.PrepareCommit(ctx, 1<<53)},
	} {
		if !errors.Is(c.err, c.code) {
			t.Errorf("%d: %v instead of %s", i, c.err, c.code)
		}
	}
	if a := n.deliver(n.delivery(countOne)); a.Value != "102" || a.Path != "live" {
		t.Fatalf("%+v", a)
	}
}

func TestDamagedPositionIsNotSent(t *testing.T) {
	hash := strings.Repeat("a", 64)
	for _, at := range [][2]string{{"x", hash}, {"01", hash}, {"-1", hash}, {"9007199254740992", hash},
		{"1", ""}, {"1", "A" + hash[1:]}, {"1", hash + "a"}, {"", hash}} {
		n := newChain(t, newClient(t, headstart.Options{Socket: "/nowhere", ChainID: chainID}))
		n.store.Apply([]headstart.Write{{Key: []byte("kernel.seqnum"), Value: []byte(at[0])},
			{Key: []byte("kernel.hash"), Value: []byte(at[1])}})
		if _, err := n.try(n.delivery(countOne), true); !errors.Is(err, headstart.CodeNodeFailed) {
			t.Errorf("%q: %v", at, err)
		}
	}
}

// --- many at once

// TestManyGoroutines: a chain is the one that solo has, whatever else is asked meanwhile.
func TestManyGoroutines(t *testing.T) {
	s := start(t, "ledger", "--serve-queries")
	texts := lines(t, 100)
	oracle := solo(t, "ledger", texts)
	n := newChain(t, s.client())
	done, ended := make(chan struct{}), make(chan error, 4)
	for i := range cap(ended) {
		go func() {
			for {
				select {
				case <-done:
					ended <- nil
					return
				default:
				}
				if err := askAnything(within(t), n.client, i, texts[i]); err != nil {
					ended <- err
					return
				}
			}
		}()
	}
	n.messages(texts, oracle)
	close(done)
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func askAnything(ctx context.Context, c *headstart.Client, which int, text string) error {
	var err error
	switch which {
	case 0:
		_, err = c.Status(ctx)
	case 1:
		_, err = c.Metrics(ctx)
	case 2:
		_, err = c.Hello(ctx)
	default:
		_, err = c.Query(ctx, headstart.Question{Message: text})
	}
	if headstart.Temporary(err) { // busy, not ready: a delivery runs
		return nil
	}
	return err
}
