package headstart

import (
	"context"
	"time"
)

// Attached is how the kernel got to the store's position. It is this node's own: for logs only.
type Attached struct {
	// Path and Replayed are those of an [Answer].
	Path     string
	Replayed uint64
	// Wait is how long it took.
	Wait time.Duration
}

func (cn *connection) attach(ctx context.Context, height uint64, at Position,
	s *service) (Attached, error) {
	var attached Attached
	err := cn.ask(ctx, question{
		method:  "attach",
		params:  func(p *packer) { packPlace(p, height, at) },
		service: s,
		read: func(result value) error {
			r := reader{what: "attach", from: result}
			r.pick("path", "replayed", "wait_us")
			attached = Attached{Path: printable(r.text("path")), Replayed: r.number("replayed"),
				Wait: r.micros("wait_us")}
			return r.wrong
		},
	})
	if err != nil {
		return Attached{}, err
	}
	return attached, nil
}
