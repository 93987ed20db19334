package headstart

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// trickle gives one byte at a time, and then nothing more.
type trickle struct{ rest []byte }

func (t *trickle) Read(b []byte) (int, error) {
	if len(t.rest) == 0 {
		return 0, io.EOF
	}
	b[0] = t.rest[0]
	t.rest = t.rest[1:]
	return 1, nil
}

func packedOf(t *testing.T, v any) []byte {
	t.Helper()
	data, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFramesAreCutWhereverTheyAreTorn(t *testing.T) {
	first := packedOf(t, []any{1, 7, nil, map[string]any{"a": []any{1, "x", []byte{2}}, "b": 1.5}})
	second := packedOf(t, []any{2, "progress", []any{map[string]any{}}})
	for _, from := range []io.Reader{bytes.NewReader(append(bytes.Clone(first), second...)),
		&trickle{append(bytes.Clone(first), second...)}} {
		in := input{from: from}
		for _, want := range [][]byte{first, second} {
			got, err := in.next()
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%x %v", got, err)
			}
		}
		if _, err := in.next(); !errors.Is(err, CodeUnreachable) {
			t.Fatalf("the end: %v", err)
		}
	}
}

func TestLengthIsBelievedOnceItsBytesHaveCome(t *testing.T) {
	for _, head := range []string{"\x94\x01\x01\xc0\xdb\x03\xc0\x00\x00", "\x94\x01\x01\xc0\xdd\x03\xc0\x00\x00"} {
		in := input{from: bytes.NewReader(append([]byte(head), 1, 2, 3))}
		if _, err := in.next(); !errors.Is(err, CodeUnreachable) {
			t.Fatalf("%v", err)
		}
		if cap(in.bytes) > 4*readBytes {
			t.Fatalf("%d bytes were made room for", cap(in.bytes))
		}
	}
}

func TestFrameOf64MiBIsTakenAndAByteMoreIsNot(t *testing.T) {
	for more, taken := range []bool{true, false} {
		frame := []byte{0x94, 1, 1, 0xc0, 0xc6, 0, 0, 0, 0}
		body := frameBytesMax - len(frame) + more
		frame[5], frame[6], frame[7], frame[8] = byte(body>>24), byte(body>>16), byte(body>>8), byte(body)
		in := input{from: io.MultiReader(bytes.NewReader(frame), bytes.NewReader(make([]byte, body)))}
		got, err := in.next()
		if taken && (err != nil || len(got) != frameBytesMax) || !taken && !errors.Is(err, CodeProtocol) {
			t.Fatalf("%d more: %d bytes, %v", more, len(got), err)
		}
	}
}

func TestIntegersInEveryWidth(t *testing.T) {
	for _, c := range []struct {
		packed string
		n      uint64
		ok     bool
	}{
		{"\x00", 0, true}, {"\x7f", 127, true}, {"\xff", 0, false}, {"\xcc\xff", 255, true},
		{"\xcd\xff\xff", 65535, true}, {"\xce\xff\xff\xff\xff", 1<<32 - 1, true},
		{"\xcf\x00\x1f\xff\xff\xff\xff\xff\xff", 1<<53 - 1, true},
		{"\xcf\x00\x20\x00\x00\x00\x00\x00\x00", 0, false},
		{"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 0, false}, {"\xd0\x7f", 127, true}, {"\xd0\x80", 0, false},
		{"\xd1\x01\x00", 256, true}, {"\xd1\xff\xff", 0, false}, {"\xd2\x00\x00\x00\x01", 1, true},
		{"\xd3\x00\x1f\xff\xff\xff\xff\xff\xff", 1<<53 - 1, true}, {"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 0, false},
		{"\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", 0, false}, {"\xc0", 0, false}, {"\xc3", 0, false},
		{"\xa11", 0, false}, {"\x91\x01", 0, false}, {"", 0, false},
	} {
		n, ok := value(c.packed).uint()
		if ok != c.ok || ok && n != c.n {
			t.Errorf("%x: %d %v", c.packed, n, ok)
		}
	}
}

// same: is what we read what the library reads?
func same(a, b any) bool {
	if x, ok := a.(float64); ok && math.IsNaN(x) {
		y, ok := b.(float64)
		return ok && math.IsNaN(y)
	}
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !same(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if !same(x[k], y[k]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

// FuzzFrames: whatever comes, in whatever pieces, nothing panics, nothing is read outside the frame,
// and what is accepted is what the library makes of it.
func FuzzFrames(f *testing.F) {
	for _, v := range []any{
		[]any{1, 7, nil, map[string]any{"seqnum": 1, "hash": "", "status": "fulfilled", "value": "1",
			"writes": [][]any{{"a", nil}, {"b", []byte{1}}}, "settled": []any{[]any{1, "rejected", "2"}}}},
		[]any{1, 7, "busy: x", nil}, []any{0, 1, "store.get", []any{map[string]any{"key": "k"}}},
		[]any{0, 1, "store.scan", []any{map[string]any{"after": "", "bytes": 1 << 20}}},
		[]any{2, "progress", []any{map[string]any{"phase": "x", "done": 1, "total": nil, "eta_s": 3}}},
		[]any{1, 1, nil, []any{-1, -200, -70000, int64(-1) << 40, 1.5, float32(2.5), true, nil, 1 << 40}},
	} {
		data, err := msgpack.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(3))
	}
	f.Add([]byte("\x94\x01\x01\xc0\xdd\xff\xff\xff\xff"), uint8(1))
	f.Add([]byte("\x94\x01\x01\xc0\xd6\x01abcd"), uint8(0))
	f.Add(append([]byte("\x94\x01\x01\xc0"), bytes.Repeat([]byte{0x91}, 40)...), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		in := input{from: io.MultiReader(bytes.NewReader(data[:min(int(piece), len(data))]),
			bytes.NewReader(data[min(int(piece), len(data)):]))}
		at := 0
		for {
			got, err := in.next()
			if err != nil {
				return
			}
			if !bytes.Equal(got, data[at:at+len(got)]) {
				t.Fatalf("at %d: %x", at, got)
			}
			at += len(got)
			readAll(t, got)
		}
	})
}

// readAll has everything look at a frame that may.
func readAll(t *testing.T, data []byte) {
	f, err := parseFrame(data)
	if err != nil {
		return
	}
	_, _ = readProgress(f)
	_, _ = f.pick("key", "after")
	_, _ = readAnswer(f.result, Position{})
	_ = (&connection{}).readHello(f.result, "c")
	if _, ok := f.err.text(); ok {
		_ = refused(f.err).Error()
	}
	if f.kind != frameResponse {
		return
	}
	var theirs any
	from := msgpack.NewDecoder(bytes.NewReader(f.result[:f.result.size()]))
	from.UseLooseInterfaceDecoding(true)
	if theirs, err = from.DecodeInterfaceLoose(); err != nil {
		return // an extension, or a map of other keys
	}
	if ours := f.result.plain(); !same(loose(ours), loose(theirs)) {
		t.Fatalf("%x: %#v, the library %#v", []byte(f.result), ours, theirs)
	}
}

// loose evens out what the two call otherwise: bin, nothing in a list, the sign of what is positive.
func loose(v any) any {
	switch x := v.(type) {
	case []byte:
		return string(x)
	case time.Time:
		return nil // an extension, of which there are none for us
	case int64:
		if x >= 0 {
			return uint64(x)
		}
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = loose(x[i])
		}
		return list
	case map[string]any:
		all := map[string]any{}
		for k := range x {
			all[k] = loose(x[k])
		}
		delete(all, "") // the library takes nil for such a key
		return all
	}
	return v
}
