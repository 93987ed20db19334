package headstart_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"

	headstart "headstart/client"
)

func TestWorkloadIsExecutedAsSoloDoes(t *testing.T) {
	s := start(t, "ledger")
	texts := lines(t, 2466) // all of them
	if testing.Short() {
		texts = texts[:300]
	}
	n := newChain(t, s.client())
	n.messages(texts, solo(t, "ledger", texts))
	if n.paths["cold"] != 1 || n.paths["live"] != len(texts)-1 {
		t.Fatalf("paths: %v", n.paths)
	}
}

func TestFailedTransactionsLeaveNoTrace(t *testing.T) {
	s := start(t, "ledger")
	texts := lines(t, 100)
	oracle := solo(t, "ledger", texts)
	n := newChain(t, s.client())
	for i, text := range texts {
		if i%2 == 1 { // another message first, whose transaction fails; then the same, twice
			for _, vain := range []string{texts[i-1], text} {
				if _, err := n.try(n.delivery(vain), false); err != nil {
					t.Fatal(err)
				}
			}
		}
		n.message(text, oracle[i])
	}
	if n.paths["roll_back"] == 0 {
		t.Fatalf("nothing was undone: %v", n.paths)
	}
}

func TestBlocksThatAreNotDecidedLeaveNoTrace(t *testing.T) {
	s := start(t, "ledger")
	texts := lines(t, 4*blockSize)
	oracle := solo(t, "ledger", texts)
	n := newChain(t, s.client())
	for n.done < len(texts) {
		block := texts[n.done : n.done+blockSize]
		n.store.Begin()
		for i := range block { // the proposal: from the last message to the first
			n.deliver(n.delivery(block[len(block)-1-i]))
		}
		n.store.Rollback()
		n.messages(texts[:n.done+blockSize], oracle)
	}
}

// bootstrapped: the town's first message, so that its rules are in the store.
func bootstrapped(t *testing.T, c *headstart.Client) *chain {
	n := newChain(t, c)
	if a := n.deliver(n.delivery(`{"to":"town","method":"count","args":[1]}`)); a.Value != "101" {
		t.Fatalf("%+v", a)
	}
	return n
}

// oneCrank is a control message: after it a message gets no further than one crank.
func (n *chain) oneCrank() headstart.Delivery {
	n.t.Helper()
	text, _ := n.store.Get([]byte("kernel.rules"))
	var rules map[string]any
	if err := json.Unmarshal(text, &rules); err != nil {
		n.t.Fatal(err)
	}
	rules["policy"].(map[string]any)["cranks"] = 1
	message, err := json.Marshal(map[string]any{"kernel": "setRules", "rules": rules})
	if err != nil {
		n.t.Fatal(err)
	}
	d := n.delivery(string(message))
	d.Control = true
	return d
}

func TestRunsWorkOffWhatIsQueued(t *testing.T) {
	n := bootstrapped(t, start(t, "town").client())
	if a := n.deliver(n.oneCrank()); a.Status != headstart.Fulfilled {
		t.Fatalf("setRules: %+v", a)
	}
	call := n.deliver(n.delivery(`{"to":"town","method":"countTwice","args":[5]}`))
	if call.Status != headstart.Pending || call.Value != "null" || call.Queued == 0 {
		t.Fatalf("the call: %+v", call)
	}
	behind := n.deliver(n.delivery(`{"to":"town","method":"count","args":[1]}`))
	if behind.Status != headstart.Pending {
		t.Fatalf("the call behind it: %+v", behind)
	}
	settled := map[uint64]string{}
	for runs := 0; ; runs++ {
		queued, err := headstart.QueuedOf(n.store)
		if err != nil {
			t.Fatal(err)
		}
		if queued == 0 {
			break
		}
		run := n.deliver(headstart.Delivery{Height: n.height(), Time: 1, Ticks: headstart.Ticks(1)})
		for _, s := range run.Settled {
			settled[s.Seqnum] = s.Value
		}
		if (run.Queued == 0) != (run.Status == headstart.Fulfilled) || run.Value != "null" || runs > 100 {
			t.Fatalf("run %d: %+v", runs, run)
		}
	}
	if settled[call.Position.Seqnum] != `{"first":106,"second":112}` &&
		settled[call.Position.Seqnum] != `{"first":106,"second":111}` || settled[behind.Position.Seqnum] == "" {
		t.Fatalf("settled: %v", settled)
	}
}

func TestTicksAreAHardLimit(t *testing.T) {
	n := bootstrapped(t, start(t, "town").client())
	d := n.delivery(`{"to":"town","method":"count","args":[7]}`)
	d.Ticks = headstart.Ticks(1)
	if a := n.deliver(d); a.Status != headstart.Rejected {
		t.Fatalf("%+v", a)
	}
	d.Ticks = nil
	if a := n.deliver(d); a.Value != "108" || a.Ticks < 2 {
		t.Fatalf("the call that was undone left a trace: %+v", a)
	}
}

func TestOutputsAndRejections(t *testing.T) {
	n := bootstrapped(t, start(t, "town").client())
	a := n.deliver(n.delivery(`{"to":"town","method":"announce","args":["grüß Gott"]}`))
	if want := []string{`{"text":"grüß Gott","type":"announcement"}`}; !slices.Equal(a.Outputs, want) {
		t.Fatalf("%q", a.Outputs)
	}
	for _, text := range []string{`{"to":"town","method":"fail","args":["no"]}`, `{"to":"nobody"}`, "no JSON",
		"\xff\xfe", `{"kernel":"setRules","rules":{}}`} {
		if a := n.deliver(n.delivery(text)); a.Status != headstart.Rejected {
			t.Fatalf("%q: %+v", text, a)
		}
	}
}

func TestChainBeginsWithAGenesis(t *testing.T) {
	s := start(t, "town")
	out, err := exec.Command(binary(t), "genesis", "--json", "--kernel", s.kernel).Output()
	if err != nil {
		t.Fatal(err)
	}
	var genesis struct {
		Hash    string
		Entries [][2]string
	}
	if err := json.Unmarshal(out, &genesis); err != nil {
		t.Fatal(err)
	}
	n := newChain(t, s.client())
	for _, entry := range genesis.Entries {
		n.store.Apply([]headstart.Write{{Key: []byte(entry[0]), Value: []byte(entry[1])}})
	}
	if at := n.position(); at != (headstart.Position{Hash: genesis.Hash}) {
		t.Fatalf("position %s", at)
	}
	hello, err := n.client.Hello(within(t))
	if err != nil || hello.Genesis != genesis.Hash || hello.ChainID != chainID || len(hello.Engines) == 0 {
		t.Fatalf("%+v %v", hello, err)
	}
	attached, err := n.client.Attach(within(t), 0, n.store)
	if err != nil || attached.Path != "cold" {
		t.Fatalf("%+v %v", attached, err)
	}
	if a := n.deliver(n.delivery(`{"to":"town","method":"count","args":[1]}`)); a.Value != "101" {
		t.Fatalf("%+v", a)
	}
}

// --- the sidecar ends

func TestSidecarKilledBetweenMessages(t *testing.T) {
	s := start(t, "ledger", "--snapshot-every", "10")
	texts := lines(t, 120)
	oracle := solo(t, "ledger", texts)
	n := newChain(t, s.client())
	for i := range texts {
		if i%40 == 39 {
			s.kill()
			started := s.startOnceMissed(n)
			n.message(texts[i], oracle[i])
			<-started
			continue
		}
		if i%40 == 19 {
			s.kill()
			s.start()
		}
		n.message(texts[i], oracle[i])
	}
	if n.paths["live"] != len(texts)-7 {
		t.Fatalf("paths: %v", n.paths)
	}
}

// startOnceMissed starts the sidecar again while the client is waiting for it.
func (s *sidecar) startOnceMissed(n *chain) (started chan struct{}) {
	missed := newWords()
	n.client = s.client(missed.into)
	started = make(chan struct{})
	go func() {
		defer close(started)
		<-missed.said
		s.start()
	}()
	return started
}

func TestSidecarKilledInTheMiddleOfADelivery(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		s, n, text, oracle := forgetful(t)
		n.gate = func() { s.kill() }
		_, err := n.client.Deliver(within(t), n.delivery(text), n)
		if !errors.Is(err, headstart.CodeUnreachable) || !headstart.Temporary(err) {
			t.Fatalf("%v", err)
		}
		if deleted {
			_ = os.RemoveAll(s.data())
		}
		s.start()
		n.gate = nil
		n.message(text, oracle)
	}
}

func TestDataDeletedIsAFullReplay(t *testing.T) {
	_, n, text, oracle := forgetful(t)
	attached, err := n.client.Attach(within(t), n.height(), n)
	if err != nil || attached.Path != "full_replay" || attached.Replayed == 0 || n.asked == 0 {
		t.Fatalf("%+v %v, asked %d times", attached, err, n.asked)
	}
	n.message(text, oracle)
	if n.paths["full_replay"] != 0 {
		t.Fatalf("paths: %v", n.paths)
	}
}
