package headstart

// Question is a call to be executed on the kernel as it stands, and undone.
type Question struct {
	// Message is JSON text as of a [Delivery]; not empty.
	Message string
	// At, unless nil, is where it must be executed: elsewhere it is [CodeNotReady]. Nil: wherever the
	// kernel stands, which may be inside a block that is not decided.
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
