package headstart_test

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	headstart "headstart/client"
)

// peer is one connection to the fake sidecar: what it does is the test's to write, with the
// library's decoder, which is not the client's.
type peer struct {
	t    *testing.T
	conn net.Conn
	from *msgpack.Decoder
}

// fake listens, and gives each connection to the next of the scripts; the last one serves all that
// come after it, too.
func fake(t *testing.T, scripts ...func(*peer)) (socket string) {
	t.Helper()
	socket = filepath.Join(shortFolder(t), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	working.Add(1)
	go func() {
		defer working.Done()
		for i := 0; ; i++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			working.Add(1)
			go func() {
				defer working.Done()
				defer conn.Close()
				scripts[min(i, len(scripts)-1)](&peer{t, conn, msgpack.NewDecoder(conn)})
			}()
		}
	}()
	t.Cleanup(func() { // after the client's own end
		_ = listener.Close()
		working.Wait()
	})
	return socket
}

func fakeClient(t *testing.T, scripts ...func(*peer)) *chain {
	t.Helper()
	return newChain(t, newClient(t, headstart.Options{Socket: fake(t, scripts...), ChainID: chainID,
		Log: newWords().logger()}))
}

type request struct {
	kind   int
	id     any
	method string
	params map[string]any
}

// next reads a frame; false at the end.
func (p *peer) next() (request, bool) {
	var parts []any
	if err := p.from.Decode(&parts); err != nil {
		return request{}, false
	}
	kind, _ := parts[0].(int8)
	r := request{kind: int(kind)}
	if r.kind == 1 { // a response: what there is of error and result
		return request{kind: 1, id: parts[1], params: map[string]any{"error": parts[2], "result": parts[3]}}, true
	}
	if r.kind == 0 {
		r.id = parts[1]
		parts = parts[1:]
	}
	r.method, _ = parts[1].(string)
	r.params, _ = parts[2].([]any)[0].(map[string]any)
	return r, true
}

func packed(v any) []byte { return must(msgpack.Marshal(v)) }

func (p *peer) raw(data []byte) { _, _ = p.conn.Write(data) }
func (p *peer) send(frame ...any) {
	p.raw(packed(frame))
}
func (p *peer) reply(r request, result any) { p.send(1, r.id, nil, result) }

// drain reads until the client has ended the connection.
func (p *peer) drain() { _, _ = io.Copy(io.Discard, p.conn) }

type fields map[string]any

func (f fields) with(key string, v any) fields {
	other := fields{}
	for k, old := range f {
		other[k] = old
	}
	other[key] = v
	return other
}

func (f fields) without(key string) fields {
	other := f.with(key, nil)
	delete(other, key)
	return other
}

var (
	hashOne = strings.Repeat("1", 64)

	goodHello = fields{"protocol": 1, "server": "fake", "chain_id": chainID, "phase": "live", "seqnum": 0,
		"hash": "", "height": 0, "engines": []string{"e"}, "genesis": "",
		"features": []string{"attach", "run", "ticks", "query"}}

	goodAnswer = fields{"seqnum": 1, "hash": hashOne, "status": "fulfilled", "value": "1",
		"outputs": []string{}, "writes": [][]any{{"kernel.seqnum", "1"}, {"kernel.hash", hashOne}},
		"path": "live", "replayed": 0, "wait_us": 1, "run_us": 2, "ticks": 3, "queued": 0,
		"settled": []any{}, "events": []string{}}
)

// greets answers the hello, and leaves the rest to the script.
func greets(rest func(*peer)) func(*peer) {
	return func(p *peer) {
		if r, ok := p.next(); ok && r.method == "hello" {
			p.reply(r, goodHello)
			rest(p)
		}
	}
}

// serves answers every request as it should be.
func serves(p *peer) {
	for {
		r, ok := p.next()
		if !ok {
			return
		}
		switch r.method {
		case "hello":
			p.reply(r, goodHello)
		case "deliver":
			p.reply(r, goodAnswer)
		case "attach":
			p.reply(r, fields{"path": "live", "replayed": 0, "wait_us": 0})
		case "status":
			p.reply(r, fields{"phase": "live"})
		}
	}
}

// asked waits for a request of that method.
func (p *peer) asked(method string) (request, bool) {
	for {
		r, ok := p.next()
		if !ok || r.method == method {
			return r, ok
		}
	}
}

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

func TestMisbehavingSidecar(t *testing.T) {
	writes := func(w ...[]any) any {
		return append(w, []any{"kernel.seqnum", "1"}, []any{"kernel.hash", hashOne})
	}
	const protocol, gone = headstart.CodeProtocol, headstart.CodeUnreachable
	for name, c := range map[string]struct {
		code   headstart.Code
		data   func(request) []byte
		closes bool
	}{
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
		"another's msgid":       {protocol, func(request) []byte { return packed([]any{1, 4711, nil, goodAnswer}) }, false},
		"words and msgid 0":     {protocol, func(request) []byte { return packed([]any{1, 0, "too_large: x", nil}) }, false},
		"nothing":               {gone, bytesOf(""), true},
		"half a frame":          {gone, func(r request) []byte { b := result(goodAnswer)(r); return b[:len(b)/2] }, true},
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
		"another seqnum":        {protocol, result(goodAnswer.with("seqnum", 2)), false},
		"a negative seqnum":     {protocol, result(goodAnswer.with("seqnum", -1)), false},
		"seqnum 1.0":            {protocol, result(goodAnswer.with("seqnum", 1.0)), false},
		"seqnum 2^53":           {protocol, result(goodAnswer.with("seqnum", uint64(1)<<53)), false},
		"ticks 2^64-1":          {protocol, result(goodAnswer.with("ticks", ^uint64(0))), false},
		"queued of nil":         {protocol, result(goodAnswer.with("queued", nil)), false},
		"no hash":               {protocol, result(goodAnswer.with("hash", "")), false},
		"an upper-case hash":    {protocol, result(goodAnswer.with("hash", strings.Repeat("A", 64))), false},
		"another hash":          {protocol, result(goodAnswer.with("hash", strings.Repeat("2", 64))), false},
		"a status unknown":      {protocol, result(goodAnswer.with("status", "done")), false},
		"a value of nil":        {protocol, result(goodAnswer.with("value", nil)), false},
		"outputs of numbers":    {protocol, result(goodAnswer.with("outputs", []int{1})), false},
		"outputs of nil":        {protocol, result(goodAnswer.with("outputs", nil)), false},
		"events of a map":       {protocol, result(goodAnswer.with("events", fields{})), false},
		"no writes":             {protocol, result(goodAnswer.with("writes", []any{})), false},
		"a write of one":        {protocol, result(goodAnswer.with("writes", writes([]any{"k"}))), false},
		"a write of a number":   {protocol, result(goodAnswer.with("writes", writes([]any{"k", 1}))), false},
		"a write of no key":     {protocol, result(goodAnswer.with("writes", writes([]any{"", "v"}))), false},
		"a write of nil's key":  {protocol, result(goodAnswer.with("writes", writes([]any{nil, "v"}))), false},
		"position deleted":      {protocol, result(goodAnswer.with("writes", append(writes().([][]any), []any{"kernel.hash", nil}))), false},
		"settled of two":        {protocol, result(goodAnswer.with("settled", []any{[]any{1, "fulfilled"}})), false},
		"settled unknown":       {protocol, result(goodAnswer.with("settled", []any{[]any{1, "x", "1"}})), false},
		"settled by nobody":     {protocol, result(goodAnswer.with("settled", []any{[]any{-1, "fulfilled", "1"}})), false},
		"wait of an age":        {protocol, result(goodAnswer.with("wait_us", uint64(1)<<54)), false},
		"an error of numbers":   {headstart.CodeInternal, func(r request) []byte { return packed([]any{1, r.id, 5, nil}) }, true},
		"an error of no code":   {headstart.CodeInternal, func(r request) []byte { return packed([]any{1, r.id, "oh", nil}) }, true},
		"a code of later":       {"tired", func(r request) []byte { return packed([]any{1, r.id, "tired: x", nil}) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			n := fakeClient(t, answers(c.data, c.closes), serves)
			if a, err := n.try(n.delivery("m"), true); !errors.Is(err, c.code) {
				t.Fatalf("%+v %v instead of %s", a, err, c.code)
			}
			if at := n.position(); at != (headstart.Position{}) {
				t.Fatalf("the store stands at %s", at)
			}
			a, err := n.try(n.delivery("m"), true)
			if c.closes && headstart.Temporary(err) { // the end of the old connection was not seen yet
				a, err = n.try(n.delivery("m"), true)
			}
			if err != nil || a.Value != "1" {
				t.Fatalf("the next: %+v %v", a, err)
			}
		})
	}
}

func TestWordsOfAStrangerAreMadePrintable(t *testing.T) {
	n := fakeClient(t, greets(func(p *peer) {
		for {
			r, ok := p.next()
			if !ok {
				return
			}
			p.send(1, r.id, "busy: \x1b[31mred\n"+strings.Repeat("x", 5000)+"\xff", nil)
		}
	}))
	_, err := n.try(n.delivery("m"), true)
	var e *headstart.Error
	if !errors.As(err, &e) || e.Code != headstart.CodeBusy || !e.Temporary() ||
		!strings.HasPrefix(e.Words, "?[31mred?xxx") || len(e.Words) > 1100 {
		t.Fatalf("%q", err)
	}
}

func TestMisbehavingHello(t *testing.T) {
	for name, hello := range map[string]fields{
		"protocol 2":     goodHello.with("protocol", 2),
		"another chain":  goodHello.with("chain_id", "x"),
		"no server":      goodHello.without("server"),
		"a wrong hash":   goodHello.with("hash", "xyz"),
		"a wrong genius": goodHello.with("genesis", "xyz"),
		"features of 1":  goodHello.with("features", 1),
		"nothing":        {},
	} {
		t.Run(name, func(t *testing.T) {
			n := fakeClient(t, func(p *peer) {
				if r, ok := p.next(); ok {
					p.reply(r, hello)
					p.drain()
				}
			})
			if _, err := n.client.Hello(within(t)); !errors.Is(err, headstart.CodeProtocol) {
				t.Fatalf("%v", err)
			}
		})
	}
}

func TestSidecarOfTheFirstVersion(t *testing.T) {
	old := goodHello.without("features").without("engines").without("genesis")
	short := goodAnswer.without("ticks").without("queued").without("settled").without("events")
	n := fakeClient(t, func(p *peer) {
		for {
			r, ok := p.next()
			if !ok {
				return
			}
			if r.method == "hello" {
				p.reply(r, old)
			} else {
				p.reply(r, short)
			}
		}
	})
	for name, d := range map[string]headstart.Delivery{"a run": {}, "ticks": {Message: "m", Ticks: headstart.Ticks(1)},
		"control": {Message: "m", Control: true}} {
		if _, err := n.try(d, true); !errors.Is(err, headstart.CodeUnknownMethod) {
			t.Errorf("%s, which it would take for something else: %v", name, err)
		}
	}
	if a := n.deliver(n.delivery("m")); a.Value != "1" || a.Ticks != 0 || a.Settled != nil {
		t.Fatalf("%+v", a)
	}
}
