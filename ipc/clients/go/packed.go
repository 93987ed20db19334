package headstart

// Checking and reading MessagePack in place, as the sidecar itself does (kernel/state/packed.c).
//
//	bytes ──scanner──► "these n are one value" ──value──► numbers, texts, elements
//
// The scanner counts: a container's head adds its values to those that are due, each value takes
// one away, and as every value is at least a byte long, bytes seen + values due is a lower bound of
// the frame. A head that claims gigabytes is refused by that sum when it is read; one that claims what
// is allowed is believed byte by byte as they come. Nesting costs a stack of counts, no recursion.
//
// Not the library's decoder: it takes nil and floats for integers, nests without a bound, and
// copies.

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

const (
	frameBytesMax   = 64 << 20
	frameDepthMax   = 32
	messageBytesMax = 32 << 20
)

type form uint8

const (
	formNever form = iota // 0xc1: the one byte that begins nothing
	formNil
	formBool
	formUint
	formInt
	formFloat
	formText // str and bin
	formExtension
	formArray
	formMap
)

// head is what a value's first bytes say.
type head struct {
	form     form
	headLen  int    // the type byte and the length behind it
	bodyLen  uint64 // bytes behind the head that belong to this value alone
	children uint64 // values inside: elements, or keys and values
	count    uint32 // length as written: bytes, elements or pairs
}

// forms are the type bytes 0xc0 to 0xdf: how many length bytes follow, and how many body bytes
// besides.
var forms = [32]struct {
	form               form
	lengthLen, bodyLen uint8
}{
	{formNil, 0, 0}, {formNever, 0, 0}, {formBool, 0, 0}, {formBool, 0, 0},
	{formText, 1, 0}, {formText, 2, 0}, {formText, 4, 0}, {formExtension, 1, 1},
	{formExtension, 2, 1}, {formExtension, 4, 1}, {formFloat, 0, 4}, {formFloat, 0, 8},
	{formUint, 0, 1}, {formUint, 0, 2}, {formUint, 0, 4}, {formUint, 0, 8},
	{formInt, 0, 1}, {formInt, 0, 2}, {formInt, 0, 4}, {formInt, 0, 8},
	{formExtension, 0, 2}, {formExtension, 0, 3}, {formExtension, 0, 5}, {formExtension, 0, 9},
	{formExtension, 0, 17}, {formText, 1, 0}, {formText, 2, 0}, {formText, 4, 0},
	{formArray, 2, 0}, {formArray, 4, 0}, {formMap, 2, 0}, {formMap, 4, 0},
}

func bigEndian(b []byte) uint64 {
	var wide [8]byte
	copy(wide[8-len(b):], b)
	return binary.BigEndian.Uint64(wide[:])
}

// shortHead is that of the type bytes that hold their value or length themselves.
func shortHead(first byte) head {
	switch {
	case first < 0x80:
		return head{form: formUint, headLen: 1}
	case first < 0x90:
		return head{form: formMap, headLen: 1, count: uint32(first & 0x0f)}
	case first < 0xa0:
		return head{form: formArray, headLen: 1, count: uint32(first & 0x0f)}
	case first < 0xc0:
		return head{form: formText, headLen: 1, count: uint32(first & 0x1f)}
	default:
		return head{form: formInt, headLen: 1}
	}
}

// readHead reports false where the head itself is not complete.
func readHead(b []byte) (h head, whole bool) {
	if len(b) == 0 {
		return head{}, false
	}
	if b[0] < 0xc0 || b[0] >= 0xe0 {
		h = shortHead(b[0])
	} else {
		row := forms[b[0]-0xc0]
		h = head{form: row.form, headLen: 1 + int(row.lengthLen), bodyLen: uint64(row.bodyLen)}
		if len(b) < h.headLen {
			return head{}, false
		}
		h.count = uint32(bigEndian(b[1:h.headLen]))
	}
	switch h.form {
	case formText, formExtension:
		h.bodyLen += uint64(h.count)
	case formArray:
		h.children = uint64(h.count)
	case formMap:
		h.children = 2 * uint64(h.count)
	}
	return h, true
}

// scanner finds the end of one value in bytes that come bit by bit. The zero one begins.
type scanner struct {
	at    uint64 // bytes that were passed
	due   uint64 // values that must still come; 0 before the first
	depth int
	left  [frameDepthMax]uint32 // values due in each container that is open
}

func (s *scanner) check(h head) error {
	least := s.at + uint64(h.headLen) + h.bodyLen + s.due - 1 + h.children
	switch {
	case h.form == formNever:
		return &Error{Code: CodeProtocol, Words: fmt.Sprintf(
			"headstart sent what is not MessagePack: byte 0xc1 at offset %d", s.at)}
	case least > frameBytesMax:
		return &Error{Code: CodeProtocol, Words: fmt.Sprintf(
			"headstart sent a frame of at least %d bytes; %d are allowed", least, frameBytesMax)}
	case (h.form == formArray || h.form == formMap) && s.depth >= frameDepthMax:
		return &Error{Code: CodeProtocol, Words: fmt.Sprintf(
			"headstart sent a frame nested deeper than %d levels", frameDepthMax)}
	}
	return nil
}

func (s *scanner) pass(h head) {
	s.at += uint64(h.headLen) + h.bodyLen
	s.due += h.children - 1
	if h.children > 0 {
		s.left[s.depth] = uint32(h.children) // at most frameBytesMax, by check
		s.depth++
		return
	}
	for s.depth > 0 {
		s.left[s.depth-1]--
		if s.left[s.depth-1] > 0 {
			return
		}
		s.depth-- // its last value ended that container, which is a value itself
	}
}

// scan looks at all bytes that came so far, of which earlier calls saw a beginning; it gives the
// value's length once all of it is there, and 0 before.
func (s *scanner) scan(b []byte) (int, error) {
	if s.at == 0 {
		s.due = 1
	}
	for s.due > 0 {
		h, whole := readHead(b[s.at:])
		if !whole {
			return 0, nil
		}
		if err := s.check(h); err != nil {
			return 0, err
		}
		if uint64(len(b))-s.at < uint64(h.headLen)+h.bodyLen {
			return 0, nil
		}
		s.pass(h)
	}
	return int(s.at), nil
}

// value is a packed value inside a frame that was scanned; what lies behind it may follow in the
// same slice. A nil one is absent. It points into its frame.
type value []byte

func (v value) head() head {
	h, _ := readHead(v)
	return h
}

// size is how many of its bytes are the value's.
func (v value) size() int {
	at, due := 0, uint64(1)
	for due > 0 {
		h := v[at:].head()
		at += h.headLen + int(h.bodyLen)
		due += h.children - 1
	}
	return at
}

func (v value) absent() bool { return len(v) == 0 }

func (v value) isNil() bool { return v.head().form == formNil }

// uint gives an integer from 0 to 2^53-1, in whatever width it was written.
func (v value) uint() (uint64, bool) {
	h := v.head()
	body := v[h.headLen : uint64(h.headLen)+h.bodyLen]
	if h.bodyLen == 0 {
		body = v[:h.headLen]
	}
	if h.form == formInt && body[0]&0x80 != 0 || h.form != formInt && h.form != formUint {
		return 0, false
	}
	n := bigEndian(body)
	return n, n <= uintMax
}

func (v value) bool() (is, ok bool) { return len(v) > 0 && v[0] == 0xc3, v.head().form == formBool }

// text gives the bytes of a str or a bin; never nil where there is one.
func (v value) text() ([]byte, bool) {
	h := v.head()
	if h.form != formText {
		return nil, false
	}
	end := uint64(h.headLen) + h.bodyLen
	return v[h.headLen:end:end], true
}

// count is how many elements an array has.
func (v value) count() (int, bool) {
	h := v.head()
	return int(h.count), h.form == formArray
}

// elements gives those of an array, and of a map its keys and values in turn.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		h := v.head()
		rest := v[h.headLen:]
		for i := range int(h.children) {
			n := rest.size()
			if !yield(i, rest[:n:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// pick finds members of a map in one pass, absent where they are not there; false: not a map. Of a
// key that is there twice the first counts.
func (v value) pick(names ...string) ([]value, bool) {
	found := make([]value, len(names))
	if v.head().form != formMap {
		return found, false
	}
	at := -1
	for i, part := range v.elements() {
		if i%2 == 0 {
			at = indexOf(names, part)
		} else if at >= 0 && found[at].absent() {
			found[at] = part
		}
	}
	return found, true
}

func indexOf(names []string, key value) int {
	text, ok := key.text()
	for i, name := range names {
		if ok && name == string(text) {
			return i
		}
	}
	return -1
}

// plain gives any value as Go has it; a map's keys that are not text are left out. Recursion ends
// with the frame's nesting.
func (v value) plain() any {
	h := v.head()
	switch h.form {
	case formBool:
		is, _ := v.bool()
		return is
	case formUint, formInt, formFloat:
		return v.number()
	case formText:
		text, _ := v.text()
		return string(text)
	case formArray:
		var list []any
		for _, element := range v.elements() {
			list = append(list, element.plain())
		}
		return list
	case formMap:
		return v.plainMap()
	default:
		return nil
	}
}

func (v value) plainMap() map[string]any {
	members := map[string]any{}
	var key value
	for i, part := range v.elements() {
		if i%2 == 0 {
			key = part
		} else if text, ok := key.text(); ok {
			members[string(text)] = part.plain()
		}
	}
	return members
}

// number gives uint64 where it is one, int64 below 0, float64 else.
func (v value) number() any {
	h := v.head()
	if h.bodyLen == 0 {
		if h.form == formInt {
			return int64(int8(v[0]))
		}
		return uint64(v[0])
	}
	bits := bigEndian(v[h.headLen : uint64(h.headLen)+h.bodyLen])
	switch {
	case h.form == formFloat && h.bodyLen == 4:
		return float64(math.Float32frombits(uint32(bits)))
	case h.form == formFloat:
		return math.Float64frombits(bits)
	case h.form == formUint:
		return bits
	}
	unused := 64 - 8*h.bodyLen
	if n := int64(bits<<unused) >> unused; n < 0 {
		return n
	}
	return bits
}
