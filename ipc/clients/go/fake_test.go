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
	t    testing.TB
	conn net.Conn
	from *msgpack.Decoder
}

// fake listens, and gives each connection to the next of the scripts; the last one serves all that
// come after it, too.
func fake(t testing.TB, scripts ...func(*peer)) (socket string) {
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

func fakeClient(t testing.TB, scripts ...func(*peer)) *chain {
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
