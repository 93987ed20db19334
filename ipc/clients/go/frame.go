package headstart

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

type frameKind uint64

const (
	frameRequest frameKind = iota
	frameResponse
	frameNotification
)

// frame is one of MessagePack-RPC. Its parts point into the bytes that it was read from.
type frame struct {
	kind   frameKind
	id     uint64
	method string
	params value // an array
	err    value
	result value
}

func malformed(words string) error {
	return &Error{Code: CodeProtocol, Words: "headstart sent " + words}
}

// parseFrame reads one that was scanned.
func parseFrame(b []byte) (frame, error) {
	count, isArray := value(b).count()
	if !isArray || count < 3 || count > 4 {
		return frame{}, malformed("a frame that is not an array of 3 or 4")
	}
	var parts []value
	for _, part := range value(b).elements() {
		parts = append(parts, part)
	}
	kind, ok := parts[0].uint()
	f := frame{kind: frameKind(kind)}
	switch {
	case !ok || f.kind > frameNotification:
		return frame{}, malformed("a frame that does not begin with 0, 1 or 2")
	case (f.kind == frameNotification) != (count == 3):
		return frame{}, malformed("a frame of the wrong number of elements")
	case f.kind == frameNotification:
		return f.told(parts[1:])
	}
	if f.id, ok = parts[1].uint(); !ok {
		return frame{}, malformed("a msgid that is no integer up to 2^53-1")
	}
	if f.kind == frameRequest {
		return f.told(parts[2:])
	}
	f.err, f.result = parts[2], parts[3]
	return f, nil
}

func (f frame) told(parts []value) (frame, error) {
	method, ok := parts[0].text()
	if !ok {
		return frame{}, malformed("a method that is not text")
	}
	if _, ok := parts[1].count(); !ok {
		return frame{}, malformed("params that are not an array")
	}
	f.method, f.params = string(method), parts[1]
	return f, nil
}

// pick finds members of the map that params hold; false if they do not hold exactly one.
func (f frame) pick(names ...string) ([]value, bool) {
	if count, _ := f.params.count(); count != 1 {
		return make([]value, len(names)), false
	}
	for _, element := range f.params.elements() {
		return element.pick(names...)
	}
	return nil, false
}

const (
	readBytes = 64 << 10
	keptBytes = 1 << 20 // a frame above this takes the input buffer along
)

// input cuts what comes into frames. It holds what has come, and no more than that again.
type input struct {
	from  io.Reader
	bytes []byte // what has come of the next frame, and of those behind it
	scan  scanner
}

// next gives the bytes of the next frame, the caller's to keep.
func (in *input) next() ([]byte, error) {
	in.scan = scanner{}
	for {
		if err := mayBegin(in.bytes); err != nil {
			return nil, err
		}
		n, err := in.scan.scan(in.bytes)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return in.take(n), nil
		}
		if err := in.read(); err != nil {
			return nil, err
		}
	}
}

// take cuts off a frame. A large one is not copied: it keeps the buffer.
func (in *input) take(n int) []byte {
	frame := in.bytes[:n:n]
	if n > keptBytes {
		in.bytes = slices.Clone(in.bytes[n:])
		return frame
	}
	frame = slices.Clone(frame)
	in.bytes = slices.Delete(in.bytes, 0, n)
	return frame
}

// mayBegin refuses at the first byte what is no frame: an array of 3 or 4, in any of its forms.
func mayBegin(b []byte) error {
	if len(b) == 0 || b[0] == 0x93 || b[0] == 0x94 || b[0] == 0xdc || b[0] == 0xdd {
		return nil
	}
	return malformed(fmt.Sprintf("no MessagePack-RPC: a frame that begins with 0x%02x", b[0]))
}

func (in *input) read() error {
	in.bytes = slices.Grow(in.bytes, readBytes)
	n, err := in.from.Read(in.bytes[len(in.bytes):cap(in.bytes)])
	in.bytes = in.bytes[:len(in.bytes)+n]
	switch {
	case n > 0:
		return nil // an error that came with bytes comes again without
	case errors.Is(err, io.EOF):
		return &Error{Code: CodeUnreachable, Words: "headstart closed the connection"}
	case err != nil:
		return &Error{Code: CodeUnreachable, Words: "the connection broke", Cause: err}
	}
	return nil
}
