package headstart_test

import (
	"errors"
	"strings"
	"testing"

	headstart "headstart/client"
)

// answers sends bytes in the place of a delivery's answer, and may close then.
func answers(data func(request) []byte, closes bool) func(*peer) {
	return greets(func(p *peer) {
		r, ok := p.asked("deliver")
		if !ok {
			return
		}
		p.raw(data(r))
		if !closes {
			p.drain()
		}
	})
}

func result(f any) func(request) []byte {
	return func(r request) []byte { return packed([]any{1, r.id, nil, f}) }
}

func bytesOf(text string) func(request) []byte {
	return func(request) []byte { return []byte(text) }
}

// nested is a response whose result is so many arrays in each other, the frame's own counted.
func nested(depth int) func(request) []byte {
	return func(r request) []byte {
		data := append([]byte{0x94, 1}, packed(r.id)...)
		data = append(data, 0xc0)
		for range depth - 1 {
			data = append(data, 0x91)
		}
		return append(data, 0xc0)
	}
}

// claims is a response whose result is a head that says more than ever comes.
func claims(head string) func(request) []byte {
	return func(r request) []byte {
		return append(append(append([]byte{0x94, 1}, packed(r.id)...), 0xc0), head...)
	}
}

// bad is what a sidecar may send in the place of an answer, and what the client calls it.
type bad struct {
	code   headstart.Code
	data   func(request) []byte
	closes bool
}

const (
	protocol = headstart.CodeProtocol
	gone     = headstart.CodeUnreachable
	internal = headstart.CodeInternal
)

func saying(err any) func(request) []byte {
	return func(r request) []byte { return packed([]any{1, r.id, err, nil}) }
}

func toAnother(id int, err, result any) func(request) []byte {
	return func(request) []byte { return packed([]any{1, id, err, result}) }
}

func half(r request) []byte {
	whole := result(goodAnswer)(r)
	return whole[:len(whole)/2]
}

var badFrames = map[string]bad{
	"text":                  {protocol, bytesOf("HTTP/1.1 400 Bad Request\r\n"), false},
	"never a byte":          {protocol, bytesOf("\x94\xc1"), false},
	"a map for a frame":     {protocol, bytesOf("\x80"), false},
	"a frame of two":        {protocol, bytesOf("\x92\x01\x01"), false},
	"a wide frame of two":   {protocol, bytesOf("\xdc\x00\x02\x01\x01"), false},
	"kind 3":                {protocol, bytesOf("\x94\x03\x01\xc0\xc0"), false},
	"kind -1":               {protocol, bytesOf("\x94\xff\x01\xc0\xc0"), false},
	"a notice of four":      {protocol, bytesOf("\x94\x02\xa1p\x90\xc0"), false},
	"a method of nil":       {protocol, bytesOf("\x94\x00\x01\xc0\x90"), false},
	"params of nil":         {protocol, bytesOf("\x94\x00\x01\xa1m\xc0"), false},
	"a msgid of text":       {protocol, bytesOf("\x94\x01\xa11\xc0\xc0"), false},
	"another's msgid":       {protocol, toAnother(4711, nil, goodAnswer), false},
	"words and msgid 0":     {protocol, toAnother(0, "too_large: x", nil), false},
	"nothing":               {gone, bytesOf(""), true},
	"half a frame":          {gone, half, true},
	"half a head":           {gone, bytesOf("\xdc\x00"), true},
	"text of 4 GiB":         {protocol, claims("\xdb\xff\xff\xff\xff"), false},
	"bin of 64 MiB":         {protocol, claims("\xc6\x04\x00\x00\x00"), false},
	"array of 4 G":          {protocol, claims("\xdd\xff\xff\xff\xff"), false},
	"map of 4 G":            {protocol, claims("\xdf\xff\xff\xff\xff"), false},
	"extension of 4 GiB":    {protocol, claims("\xc9\xff\xff\xff\xff\x01"), false},
	"60 MiB that stay away": {gone, claims("\xdb\x03\xc0\x00\x00abc"), true},
	"33 levels":             {protocol, nested(33), false},
	"32 levels of nothing":  {protocol, nested(32), false},
	"nil":                   {protocol, result(nil), false},
	"an empty map":          {protocol, result(fields{}), false},
	"an array":              {protocol, result([]any{goodAnswer}), false},
	"no seqnum":             {protocol, result(goodAnswer.without("seqnum")), false},
	"an error of numbers":   {internal, saying(5), true},
	"an error of no code":   {internal, saying("oh"), true},
	"a code of later":       {"tired", saying("tired: x"), true},
}

// badFields are wrong in one member.
var badFields = []struct {
	name, key string
	is        any
}{
	{"another seqnum", "seqnum", 2},
	{"a negative seqnum", "seqnum", -1},
	{"seqnum 1.0", "seqnum", 1.0},
	{"seqnum 2^53", "seqnum", uint64(1) << 53},
	{"ticks 2^64-1", "ticks", ^uint64(0)},
	{"queued of nil", "queued", nil},
	{"no hash", "hash", ""},
	{"an upper-case hash", "hash", strings.Repeat("A", 64)},
	{"another hash", "hash", strings.Repeat("2", 64)},
	{"a status unknown", "status", "done"},
	{"a value of nil", "value", nil},
	{"outputs of numbers", "outputs", []int{1}},
	{"outputs of nil", "outputs", nil},
	{"events of a map", "events", fields{}},
	{"no writes", "writes", []any{}},
	{"a write of one", "writes", leading([]any{"k"})},
	{"a write of a number", "writes", leading([]any{"k", 1})},
	{"a write of no key", "writes", leading([]any{"", "v"})},
	{"a write of nil's key", "writes", leading([]any{nil, "v"})},
	{"position deleted", "writes", append(leading(), []any{"kernel.hash", nil})},
	{"settled of two", "settled", []any{[]any{1, "fulfilled"}}},
	{"settled unknown", "settled", []any{[]any{1, "x", "1"}}},
	{"settled by nobody", "settled", []any{[]any{-1, "fulfilled", "1"}}},
	{"wait of an age", "wait_us", uint64(1) << 54},
}

// leading are writes that lead to goodAnswer's position.
func leading(more ...[]any) [][]any {
	return append(more, []any{"kernel.seqnum", "1"}, []any{"kernel.hash", hashOne})
}

func TestMisbehavingSidecar(t *testing.T) {
	for name, is := range badFrames {
		t.Run(name, is.survived)
	}
	for _, field := range badFields {
		t.Run(field.name, bad{protocol, result(goodAnswer.with(field.key, field.is)), false}.survived)
	}
}

// survived: it is told by its name, nothing happened, and the next connection is used as ever.
func (is bad) survived(t *testing.T) {
	n := fakeClient(t, answers(is.data, is.closes), serves)
	if a, err := n.try(n.delivery("m"), true); !errors.Is(err, is.code) {
		t.Fatalf("%+v %v instead of %s", a, err, is.code)
	}
	if at := n.position(); at != (headstart.Position{}) {
		t.Fatalf("the store stands at %s", at)
	}
	a, err := n.try(n.delivery("m"), true)
	if is.closes && headstart.Temporary(err) { // the end of the old connection was not seen yet
		a, err = n.try(n.delivery("m"), true)
	}
	if err != nil || a.Value != "1" {
		t.Fatalf("the next: %+v %v", a, err)
	}
}
