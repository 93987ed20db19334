package headstart

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Options are a client's settings. The zero value of each but ChainID is a good one.
type Options struct {
	// Socket is the path of the sidecar's Unix socket; "": HEADSTART_SOCKET, else [DefaultSocket].
	Socket string
	// ChainID is the node's chain; the sidecar must serve the same. Needed but by a visitor.
	ChainID string
	// Client is name and version of the node software, for people; at most 256 bytes.
	Client string
	// Role is RoleNode if empty.
	Role Role
	// Log is told when the sidecar does not answer, and when it does again; nil: slog.Default().
	Log *slog.Logger
	// OnProgress is told about once a second while a Deliver or Attach waits long, on the goroutine
	// of that call. It may not deliver or attach, and should return soon.
	OnProgress func(Progress)
	// Backoff is how the calls that wait for a sidecar try again.
	Backoff Backoff
}

// Backoff is the pauses between two tries to connect: each is twice the one before.
type Backoff struct {
	// First is the first pause; 0: 20 ms.
	First time.Duration
	// Most is the longest; 0: 1 s.
	Most time.Duration
	// Patience is how long one try may take, hello included; 0: 10 s.
	Patience time.Duration
}

// Client is a node's connection to its sidecar, made when it is first needed and again when it
// broke. Any number of goroutines may use one.
type Client struct {
	options Options
	ids     atomic.Uint64
	turn    chan struct{} // held by the one Deliver or Attach
	dialing chan struct{} // held by who makes a connection
	current atomic.Pointer[connection]
	readers sync.WaitGroup

	life context.Context // ends with the client; its cause is what calls return then
	end  context.CancelCauseFunc
}

// New checks the options and makes a client. It does not connect. [Client.Close] ends it.
func New(options Options) (*Client, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	c := &Client{options: options, turn: make(chan struct{}, 1), dialing: make(chan struct{}, 1)}
	c.life, c.end = context.WithCancelCause(context.Background())
	return c, nil
}

const clientBytesMax = 256

// complete checks what was said, and says what was not.
func (o *Options) complete() error {
	if o.Role == "" {
		o.Role = RoleNode
	}
	if o.Socket == "" {
		o.Socket = os.Getenv(socketVariable)
	}
	if o.Socket == "" {
		o.Socket = DefaultSocket()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Backoff.complete()
	switch {
	case o.Role != RoleNode && o.Role != RoleObserver && o.Role != RoleVisitor:
		return badRequest("no such role: %q", o.Role)
	case o.ChainID == "" && o.Role != RoleVisitor:
		return badRequest("a chain id is needed, the one that headstart runs with (--chain-id)")
	case len(o.Client) > clientBytesMax || !utf8.ValidString(o.Client):
		return badRequest("Client must be UTF-8 of at most %d bytes", clientBytesMax)
	case len(o.Socket) > socketPathMax || strings.HasPrefix(o.Socket, "@"):
		return badRequest("a socket's path has at most %d bytes, and begins with no @: %q",
			socketPathMax, o.Socket)
	}
	return nil
}

func (b *Backoff) complete() {
	for _, d := range []struct {
		is    *time.Duration
		unset time.Duration
	}{{&b.First, firstPause}, {&b.Most, mostPause}, {&b.Patience, patience}} {
		if *d.is <= 0 {
			*d.is = d.unset
		}
	}
}

// take holds what one at a time may hold, unless ctx or the client ends before.
func (c *Client) take(ctx context.Context, what chan struct{}) error {
	if c.life.Err() != nil {
		return context.Cause(c.life)
	}
	select {
	case what <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx, nil)
	case <-c.life.Done():
		return context.Cause(c.life)
	}
	if c.life.Err() != nil {
		<-what
		return context.Cause(c.life)
	}
	return nil
}

// Hello says what the sidecar said when the connection was made that stands. It connects, and waits
// for the sidecar until ctx ends. A visitor's is empty.
func (c *Client) Hello(ctx context.Context) (Hello, error) {
	cn, err := c.reach(ctx)
	if err != nil {
		return Hello{}, err
	}
	return cn.hello.clone(), nil
}

// serving runs a call that the sidecar may ask about the store: in its turn, on a connection that
// it waits for, from where the store stands.
func (c *Client) serving(ctx context.Context, s Store,
	call func(*connection, Position, *service) error) error {
	if err := c.take(ctx, c.turn); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	at, err := PositionOf(s)
	if err != nil {
		return err
	}
	cn, err := c.reach(ctx)
	if err != nil {
		return err
	}
	return c.verdict(call(cn, at, &service{store: s, progress: c.options.OnProgress}))
}

// Attach has the kernel brought to where the store stands, before there is a message: what a node
// does when it starts, after its store is open and before consensus begins, and after a state-sync.
// height is the newest committed block's. It waits for the sidecar to be reachable until ctx ends,
// then asks once. Optional: without it the first delivery does the same, and a sidecar of the first
// version says [CodeUnknownMethod].
func (c *Client) Attach(ctx context.Context, height uint64, s Store) (Attached, error) {
	var attached Attached
	err := c.serving(ctx, s, func(cn *connection, at Position, s *service) (err error) {
		attached, err = cn.attach(ctx, height, at, s)
		return err
	})
	return attached, err
}

// Deliver has the kernel execute one message from where the store stands, and tells what to write.
// It changes nothing itself: applying the writes is the caller's, inside the transaction that s
// shows, and so is dropping them, of which nobody needs to be told.
//
// It waits for the sidecar to be reachable until ctx ends, then sends the delivery once. On any
// error nothing happened, and the same delivery may be made again. A ctx that ends while the answer
// is awaited gives the connection up: no later call can be given that answer.
func (c *Client) Deliver(ctx context.Context, d Delivery, s Store) (Answer, error) {
	var answer Answer
	err := c.serving(ctx, s, func(cn *connection, at Position, s *service) (err error) {
		answer, err = cn.deliver(ctx, d, at, s)
		return err
	})
	return answer, err
}

// Query asks what a call would do; nothing changes. It tries once. [CodeBusy] while a delivery runs
// or if one came meanwhile, [CodeNotReady] where no kernel stands, or not where the question says:
// both pass.
func (c *Client) Query(ctx context.Context, q Question) (QueryAnswer, error) {
	if err := q.check(); err != nil {
		return QueryAnswer{}, err
	}
	var answer QueryAnswer
	if err := c.ask(ctx, q.ask(&answer)); err != nil {
		return QueryAnswer{}, err
	}
	return answer, nil
}

// Commit tells that the node has durably committed block height, and, unless at is nil, where its
// store stands at that end. It is a notice: nothing answers it, and an error may be passed over,
// since the next delivery says as much. It does not connect: [CodeUnreachable] where no connection
// stands.
func (c *Client) Commit(ctx context.Context, height uint64, at *Position) error {
	if c.life.Err() != nil {
		return context.Cause(c.life)
	}
	cn := c.current.Load()
	if cn == nil {
		return &Error{Code: CodeUnreachable, Words: "no connection stands; a delivery makes one"}
	}
	return c.verdict(cn.notify(ctx, "commit", func(p *packer) {
		if at == nil {
			packHeight(p, height)
			return
		}
		packPlace(p, height, *at)
	}))
}

// PrepareCommit returns once every log entry of that block is on the sidecar's disk: for nodes that
// want power loss covered. It tries once. [CodeStorageFailed] where that cannot be had: the node
// goes on.
func (c *Client) PrepareCommit(ctx context.Context, height uint64) error {
	return c.ask(ctx, question{method: "prepare_commit",
		params: func(p *packer) { packHeight(p, height) }})
}

// Status gives what the sidecar is doing, by the keys of `headstart status --json`. Values are nil,
// bool, uint64, int64, float64, string, []any and map[string]any. It tries once.
func (c *Client) Status(ctx context.Context) (map[string]any, error) {
	var status map[string]any
	read := func(result value) error {
		var ok bool
		if status, ok = result.plain().(map[string]any); !ok {
			return malformed("a status that is not a map")
		}
		return nil
	}
	err := c.ask(ctx, question{method: "status", params: packNothing, read: read})
	return status, err
}

// Metrics gives the sidecar's metrics page, Prometheus text. It tries once.
func (c *Client) Metrics(ctx context.Context) (string, error) {
	var page string
	read := func(result value) error {
		text, ok := result.text()
		if !ok {
			return malformed("metrics that are not text")
		}
		page = string(text)
		return nil
	}
	err := c.ask(ctx, question{method: "metrics", params: packNothing, read: read})
	return page, err
}

// Shutdown asks the sidecar to stop in good order. It tries once.
func (c *Client) Shutdown(ctx context.Context) error {
	return c.ask(ctx, question{method: "shutdown", params: packNothing})
}

// ask is a call that needs no store: on the connection that stands, or one that is made at once.
func (c *Client) ask(ctx context.Context, q question) error {
	cn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	return c.verdict(cn.ask(ctx, q))
}

// verdict: whatever else a call found that failed, the client's end is why.
func (c *Client) verdict(err error) error {
	if err != nil && c.life.Err() != nil {
		return context.Cause(c.life)
	}
	return err
}

// Interrupt ends the client: every call under way returns [ErrInterrupted] at once (one that is
// inside its Store: when that returns), and so does every later one. It waits for nothing and may
// be called from any goroutine, more than once, and in the middle of anything. For a node that must
// stop while a block waits for the sidecar.
func (c *Client) Interrupt() { c.end(ErrInterrupted) }

// Close ends the client: calls under way, and later ones, return [ErrClosed] ([ErrInterrupted]
// after an Interrupt). It returns once the client's own goroutines have ended. The error is always nil.
func (c *Client) Close() error {
	c.end(ErrClosed)
	c.dialing <- struct{}{} // who makes a connection has noticed, and nobody makes another
	c.readers.Wait()
	<-c.dialing
	return nil
}

func packNothing(p *packer) { p.pairs(0) }

func packHeight(p *packer, height uint64) {
	p.pairs(1)
	p.numberOf("height", height)
}

func packPlace(p *packer, height uint64, at Position) {
	p.pairs(3)
	p.numberOf("height", height)
	p.position(at)
}
