package headstart

import "time"

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
	// Message is JSON text, {"to": vat, "method": name, "args": [...]}, at most 32 MiB; "" is a run:
	// no call, it works off what is queued.
	Message string
	// Ticks, unless nil, is the call's hard limit: one that needs more is undone whole and rejected.
	// Of a run it is a budget, looked at between deliveries.
	Ticks *uint64
	// Control: the message is the chain's own (its governance) and may speak to the kernel itself.
	Control bool
}

// Ticks gives a limit for [Delivery] and [Question].
func Ticks(n uint64) *uint64 { return &n }

// Write is a change of the node's store. A nil Value deletes; an empty one does not.
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
	// its store ([QueuedOf]), never by an answer that it remembers.
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
