// Package headstart is a chain node's side of headstart, in Go: the sidecar that has a node's
// virtual machine ready before the node asks for it. docs/protocol.md is the contract of the wire.
//
//	client, err := headstart.New(headstart.Options{ChainID: "chain-1", Client: "mynode 1.0"})
//	…
//	attached, err := client.Attach(ctx, height, store) // at the node's start: before consensus
//	…
//	// inside the node's transaction, once a message:
//	answer, err := client.Deliver(ctx, headstart.Delivery{Height: h, Time: t, Message: m}, store)
//	if err != nil {
//		return err // nothing happened: change nothing; the same may be delivered again
//	}
//	for _, w := range answer.Writes {
//		apply(w) // Value nil: delete
//	}
//
// # Concurrency
//
// A [Client] may be used by many goroutines. Deliveries and attaches run one at a time: a further
// one waits for its turn. Everything else is served beside them. The [Store] that a call was given
// is read on that call's own goroutine, and never after the call has returned.
//
// # What waits, and what does not
//
// [Client.Deliver], [Client.Attach] and [Client.Hello] connect where no connection stands, and go
// on trying with growing pauses until their context ends: the chain cannot go on without them. All
// others try once, and say [CodeUnreachable]. Nothing is ever sent a second time by itself: a call
// whose connection breaks under way is an error, and to repeat it is the caller's decision.
//
// # Trust
//
// Before a byte is sent the client asks the kernel who serves the socket: it must be a process of
// our own user or root's, in a folder that nobody else may write. What the sidecar sends is
// nevertheless taken as hostile: frames are bounded (64 MiB, 32 levels, integers up to 2^53-1), a
// length is believed once its bytes have come, and an answer's writes must lead to the position
// that it names.
//
// Nothing is published yet: this module is used by a replace directive (see its README).
package headstart
