package headstart

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	waitingFrames = 16 // what the reader keeps for a delivery whose goroutine reads its store
	abandonedMost = 64 // answers that nobody waits for any more, before the connection is given up
)

// connection is one line to the sidecar. A goroutine of its own reads; whoever has something to say
// writes, one at a time. It is used until it breaks, or is given up, and never mended.
//
//	socket ──input──► read ──► reply.frames ──► await: on the goroutine of the call
//	   ▲                                          │ store.get, store.scan, progress
//	   └───────────────────── send ◄──────────────┘
type connection struct {
	socket  net.Conn
	ids     func() uint64 // never the same twice, on any connection
	hello   Hello
	writing chan struct{} // held by who writes
	done    chan struct{} // closed when it is over; then err is set

	mu       sync.Mutex
	err      error
	replies  map[uint64]*reply // what was asked; nil: nobody waits for it any more
	lost     int               // of replies: the nil ones
	delivery *reply            // the one that may be asked about the store
}

// reply is where the answer to one request is awaited.
type reply struct {
	id       uint64
	delivery bool
	frames   chan frame // the response is the last; before it a delivery's questions and notices
}

func newConnection(socket net.Conn, ids func() uint64) *connection {
	return &connection{
		socket:  socket,
		ids:     ids,
		writing: make(chan struct{}, 1),
		done:    make(chan struct{}),
		replies: map[uint64]*reply{},
	}
}

// abort ends it, for the reason that is given first.
func (cn *connection) abort(why error) {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	if cn.err != nil {
		return
	}
	cn.err = why
	_ = cn.socket.Close()
	close(cn.done)
}

func (cn *connection) alive() bool {
	select {
	case <-cn.done:
		return false
	default:
		return true
	}
}

// reason is why it is over; only once it is.
func (cn *connection) reason() error {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	return cn.err
}

// --- what comes

// read hands out what comes until the connection is over.
func (cn *connection) read() {
	in := input{from: cn.socket}
	for {
		data, err := in.next()
		if err == nil {
			var f frame
			if f, err = parseFrame(data); err == nil {
				err = cn.take(f)
			}
		}
		if err != nil {
			cn.abort(err)
			return
		}
	}
}

func (cn *connection) take(f frame) error {
	switch f.kind {
	case frameResponse:
		return cn.takeResponse(f)
	case frameRequest:
		return cn.takeRequest(f)
	}
	if r := cn.delivering(); r != nil {
		select {
		case r.frames <- f:
		default: // a notice; the next one will say more
		}
	}
	return nil
}

func (cn *connection) takeResponse(f frame) error {
	cn.mu.Lock()
	r, asked := cn.replies[f.id]
	delete(cn.replies, f.id)
	if asked && r == nil {
		cn.lost--
	}
	if r != nil && r == cn.delivery {
		cn.delivery = nil
	}
	cn.mu.Unlock()
	if !asked {
		return notAsked(f)
	}
	if r != nil {
		cn.hand(r, f)
	}
	return nil
}

// notAsked: with msgid 0 the sidecar says why it disconnects us.
func notAsked(f frame) error {
	if text, ok := f.err.text(); ok {
		return malformed("an answer to what was not asked: " + printable(string(text)))
	}
	return malformed("an answer to what was not asked")
}

func (cn *connection) takeRequest(f frame) error {
	if r := cn.delivering(); r != nil {
		cn.hand(r, f)
		return nil
	}
	p := newPacker()
	p.refuse(f.id, CodeUnknownMethod, "this node answers about its store during a delivery")
	data, err := p.frame()
	if err != nil {
		return err
	}
	return cn.send(context.Background(), data)
}

func (cn *connection) delivering() *reply {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	return cn.delivery
}

func (cn *connection) hand(r *reply, f frame) {
	select {
	case r.frames <- f:
	case <-cn.done:
	}
}

// --- what goes

// send writes one frame. If ctx ends before all of it is written the connection is over, since
// nobody could go on in the middle.
func (cn *connection) send(ctx context.Context, data []byte) error {
	select {
	case cn.writing <- struct{}{}:
	case <-cn.done:
		return cn.reason()
	case <-ctx.Done():
		return ended(ctx, nil)
	}
	defer func() { <-cn.writing }()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = cn.socket.SetWriteDeadline(time.Unix(1, 0))
		close(stopped)
	})
	_, err := cn.socket.Write(data)
	if !stop() {
		<-stopped
		_ = cn.socket.SetWriteDeadline(time.Time{})
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		cn.abort(errGivenUp)
		return ended(ctx, nil)
	}
	cn.abort(&Error{Code: CodeUnreachable, Words: "the connection broke while sending", Cause: err})
	return cn.reason()
}

var errGivenUp = &Error{Code: CodeUnreachable,
	Words: "the connection was given up with an answer that was awaited; the next call connects"}

// ended says that a call's context is over, and what it was waiting for to pass, if anything.
func ended(ctx context.Context, last error) error {
	if last == nil {
		return fmt.Errorf("headstart: the call was ended: %w", ctx.Err())
	}
	return fmt.Errorf("headstart: the call was ended: %w; before: %w", ctx.Err(), last)
}

// notify sends what is not answered.
func (cn *connection) notify(ctx context.Context, method string, params func(*packer)) error {
	p := newPacker()
	p.notification(method)
	params(p)
	data, err := p.frame()
	if err != nil {
		return err
	}
	return cn.send(ctx, data)
}

// --- asking

// question is a request: what it packs, how its result is read, and, for those that may be asked
// about the node's store meanwhile, who answers.
type question struct {
	method  string
	params  func(*packer) // puts one map
	read    func(value) error
	service *service
}

// ask sends a request and waits for its response. Whatever ends it early, a panic of the store's
// included, nobody else is given that response.
func (cn *connection) ask(ctx context.Context, q question) error {
	p := newPacker()
	id := cn.ids()
	p.request(id, q.method)
	q.params(p)
	data, err := p.frame()
	if err != nil {
		return err
	}
	r, err := cn.expect(id, q.service != nil)
	if err != nil {
		return err
	}
	answered := false
	defer func() {
		if !answered {
			cn.abandon(r)
		}
	}()
	if err := cn.send(ctx, data); err != nil {
		return err
	}
	f, err := cn.await(ctx, r, q.service)
	if err != nil {
		return err
	}
	answered = true
	if !f.err.isNil() {
		return q.service.explain(refused(f.err))
	}
	if q.read == nil {
		return nil
	}
	if err := q.read(f.result); err != nil {
		cn.abort(err)
		return err
	}
	return nil
}

func refused(v value) *Error {
	text, ok := v.text()
	if !ok {
		return refusal("internal: an error that is not text")
	}
	return refusal(string(text))
}

func (cn *connection) expect(id uint64, delivery bool) (*reply, error) {
	r := &reply{id: id, delivery: delivery, frames: make(chan frame, 1)}
	if delivery {
		r.frames = make(chan frame, waitingFrames)
	}
	cn.mu.Lock()
	defer cn.mu.Unlock()
	if cn.err != nil {
		return nil, cn.err
	}
	cn.replies[id] = r
	if delivery {
		cn.delivery = r
	}
	return r, nil
}

// abandon: a delivery takes its connection along, since the sidecar would take no other on it, and
// may go on asking about a store that is not there any more. Else the answer is passed over when it
// comes; a sidecar that owes too many will not answer at all.
func (cn *connection) abandon(r *reply) {
	cn.mu.Lock()
	over := r.delivery
	if now, asked := cn.replies[r.id]; asked && now != nil {
		cn.replies[r.id] = nil
		cn.lost++
		over = over || cn.lost > abandonedMost
	}
	cn.mu.Unlock()
	if over {
		cn.abort(errGivenUp)
	}
}

// await gives the response. What is asked before it is answered here, on the caller's goroutine.
func (cn *connection) await(ctx context.Context, r *reply, s *service) (frame, error) {
	for {
		select {
		case f := <-r.frames:
			if f.kind == frameResponse {
				return f, nil
			}
			if err := s.serve(ctx, cn, f); err != nil {
				return frame{}, err
			}
		case <-ctx.Done():
			return frame{}, ended(ctx, nil)
		case <-cn.done:
			return cn.lastWords(r)
		}
	}
}

// lastWords finds the response among what came before the connection was over.
func (cn *connection) lastWords(r *reply) (frame, error) {
	for {
		select {
		case f := <-r.frames:
			if f.kind == frameResponse {
				return f, nil
			}
		default:
			return frame{}, cn.reason()
		}
	}
}
