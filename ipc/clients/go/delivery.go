package headstart

import (
	"context"
	"strconv"
	"time"
)

// Status is what became of a call.
type Status string

// The three of them.
const (
	// Fulfilled: the call's promise has a value.
	Fulfilled Status = "fulfilled"
	// Rejected: it threw, named nobody, was malformed, or needed more ticks than it was given. It
	// was executed nevertheless: seqnum is one larger, on every node alike.
	Rejected Status = "rejected"
	// Pending: it waits, behind a backlog or for another promise; its result comes with a later
	// answer's Settled. Of a run: something is left.
	Pending Status = "pending"
)

// Delivery is one message for the kernel to execute inside the node's open transaction.
type Delivery struct {
	// Height is the block's, as the node counts.
	Height uint64
	// Time is the block's time in Unix seconds.
	Time uint64
	// Message is JSON text, {"to": vat, "method": name, "args": [...]}, at most 32 MiB; "" is a
	// run: no call, it works off what is queued.
	Message string
	// Ticks, unless nil, is the call's hard limit: one that needs more is undone whole and
	// rejected. Of a run it is a budget, looked at between deliveries.
	Ticks *uint64
	// Control: the message is the chain's own (its governance) and may speak to the kernel itself.
	Control bool
}

// Ticks gives a limit for [Delivery] and [Question].
func Ticks(n uint64) *uint64 { return &n }

// Write is a change of the node's store. A nil Value deletes; an empty one does not. All of an
// answer's lie in one piece of memory: who keeps one for long copies it.
type Write struct{ Key, Value []byte }

// Settled is an earlier call that was pending and has come to its result.
type Settled struct {
	// Seqnum is that of the call.
	Seqnum uint64
	// Status is Fulfilled or Rejected.
	Status Status
	// Value is JSON.
	Value string
}

// Answer is what a delivery did. It belongs to the caller. What is the same on every node, and may
// so go into a chain's results: Position, Status, Value, Outputs, Writes, Ticks, Queued, Settled,
// Events. What is this node's own, for logs and metrics only: Path, Replayed, Wait, Run.
type Answer struct {
	// Position is where the store stands once Writes are applied: Seqnum is one larger than before.
	Position Position
	// Status is what became of the call.
	Status Status
	// Value is JSON: the call's value, or {"error": text}; "null" while pending, and of a run.
	Value string
	// Outputs is JSON each: what vats sent out, in order.
	Outputs []string
	// Writes are to be applied in order, inside the transaction, all of them or none.
	Writes []Write
	// Ticks is what the message cost.
	Ticks uint64
	// Queued is kernel.queued after Writes: how much is left for runs. A node decides by the key in
	// its store ([RunIsDue]), never by an answer that it remembers.
	Queued uint64
	// Settled are earlier calls whose result came during this message.
	Settled []Settled
	// Events is JSON each: {"type": "vat_ended", "vat": name, "reason": text}, …
	Events []string

	// Path is how the kernel got to the store's position first: "live", "swap", "catch_up",
	// "roll_back", "tail", "full_replay" or "cold".
	Path string
	// Replayed counts the messages that were executed again for that.
	Replayed uint64
	// Wait is how long that took, Run how long the message itself did.
	Wait, Run time.Duration
}

// check refuses what the sidecar would, and what an older one would take for something else.
func (d Delivery) check(at Position, h Hello) error {
	switch {
	case at.Seqnum == uintMax:
		return badRequest("no seqnum can follow 2^53-1")
	case len(d.Message) > messageBytesMax:
		return &Error{Code: CodeTooLarge, Words: "a message may have 33554432 bytes, this has " +
			strconv.Itoa(len(d.Message))}
	case d.Message == "" && !h.Can(FeatureRun):
		return &Error{Code: CodeUnknownMethod, Words: "this headstart knows no runs: use a newer"}
	case (d.Ticks != nil || d.Control) && !h.Can(FeatureTicks):
		return &Error{Code: CodeUnknownMethod,
			Words: "this headstart knows neither ticks nor control messages: use a newer"}
	}
	return nil
}

func (d Delivery) pack(p *packer, at Position) {
	pairs := 5
	if d.Ticks != nil {
		pairs++
	}
	if d.Control {
		pairs++
	}
	p.pairs(pairs)
	p.numberOf("height", d.Height)
	p.numberOf("time", d.Time)
	p.position(at)
	if d.Ticks != nil {
		p.numberOf("ticks", *d.Ticks)
	}
	if d.Control {
		p.text("control")
		p.flag(true)
	}
	p.textOf("message", d.Message)
}

func (cn *connection) deliver(ctx context.Context, d Delivery, at Position,
	s *service) (Answer, error) {
	var answer Answer
	if err := d.check(at, cn.hello); err != nil {
		return Answer{}, err
	}
	err := cn.ask(ctx, question{
		method:  "deliver",
		params:  func(p *packer) { d.pack(p, at) },
		service: s,
		read: func(result value) (err error) {
			answer, err = readAnswer(result, at)
			return err
		},
	})
	return answer, err
}

func readAnswer(result value, at Position) (Answer, error) {
	r := reader{what: "delivery", from: result}
	r.pick("seqnum", "hash", "status", "value", "outputs", "writes", "path", "replayed", "wait_us",
		"run_us", "ticks", "queued", "settled", "events")
	answer := Answer{
		Position: r.position(),
		Status:   r.status(),
		Value:    r.text("value"),
		Outputs:  r.texts("outputs"),
		Writes:   r.writes(),
		Ticks:    r.laterNumber("ticks"),
		Queued:   r.laterNumber("queued"),
		Settled:  r.settled(),
		Events:   r.laterTexts("events"),
		Path:     printable(r.text("path")),
		Replayed: r.number("replayed"),
		Wait:     r.micros("wait_us"),
		Run:      r.micros("run_us"),
	}
	if answer.Position.Seqnum != at.Seqnum+1 {
		r.refuse("seqnum")
	}
	if !answer.leads() {
		r.refuse("writes")
	}
	if r.wrong != nil {
		return Answer{}, r.wrong
	}
	return answer, nil
}

// leads: do the writes leave a store at the position that the answer names?
func (a *Answer) leads() bool {
	var seqnum, hash string
	for _, w := range a.Writes {
		switch string(w.Key) {
		case keySeqnum:
			seqnum = string(w.Value)
		case keyHash:
			hash = string(w.Value)
		}
	}
	return seqnum == strconv.FormatUint(a.Position.Seqnum, 10) && hash == a.Position.Hash
}
