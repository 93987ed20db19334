package headstart

// Question is a call to be executed on the kernel as it stands, and undone.
type Question struct {
	// Message is JSON text as of a [Delivery]; not empty.
	Message string
	// At, unless nil, is where it must be executed: elsewhere it is [CodeNotReady]. Nil: wherever
	// the kernel stands, which may be inside a block that is not decided.
	At *Position
	// Ticks, unless nil, is the call's hard limit.
	Ticks *uint64
}

// QueryAnswer is what the call would have done.
type QueryAnswer struct {
	// Position is where it was executed.
	Position Position
	// Status is what became of it.
	Status Status
	// Value is JSON, as of an [Answer].
	Value string
	// Ticks is what a delivery that finds nothing waiting would have cost.
	Ticks uint64
}

func (q Question) check() error {
	switch {
	case q.Message == "":
		return badRequest("a question needs a message")
	case len(q.Message) > messageBytesMax:
		return &Error{Code: CodeTooLarge, Words: "a message may have 33554432 bytes"}
	}
	return nil
}

func (q Question) pack(p *packer) {
	pairs := 1
	if q.At != nil {
		pairs += 2
	}
	if q.Ticks != nil {
		pairs++
	}
	p.pairs(pairs)
	if q.At != nil {
		p.position(*q.At)
	}
	if q.Ticks != nil {
		p.numberOf("ticks", *q.Ticks)
	}
	p.textOf("message", q.Message)
}

func (q Question) ask(answer *QueryAnswer) question {
	return question{
		method: "query",
		params: q.pack,
		read: func(result value) error {
			r := reader{what: "query", from: result}
			r.pick("seqnum", "hash", "status", "value", "ticks")
			*answer = QueryAnswer{Position: r.position(), Status: r.status(),
				Value: r.text("value"), Ticks: r.number("ticks")}
			return r.wrong
		},
	}
}
