package headstart

import (
	"context"
	"log/slog"
	"time"
)

// Options are a client's settings. The zero value of each but ChainID is a good one.
type Options struct {
	// Socket is the path of the sidecar's Unix socket; "": HEADSTART_SOCKET, else [DefaultSocket].
	Socket string
	// ChainID is the node's chain; the sidecar must serve the same. Needed but by a visitor.
	ChainID string
	// Client is name and version of the node software, for people; at most 128 bytes.
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

// Progress is how far the wait for a Deliver or an Attach has come.
type Progress struct {
	// Phase is what is done: "catching_up", "full_replay", …
	Phase string
	// Done of Total messages, transcript entries or entries of the store; Total is 0 if not known.
	Done, Total uint64
	// Left is the time that is left, if Known.
	Left time.Duration
	// Known tells whether Left is.
	Known bool
}

// Attached is how the kernel got to the store's position. It is this node's own: for logs only.
type Attached struct {
	// Path and Replayed are those of an [Answer].
	Path     string
	Replayed uint64
	// Wait is how long it took.
	Wait time.Duration
}

// Client is a node's connection to its sidecar, made when it is first needed and again when it
// broke. Any number of goroutines may use one.
type Client struct {
	options Options
}

// New checks the options and makes a client. It does not connect. [Client.Close] ends it.
func New(options Options) (*Client, error) { return &Client{options: options}, nil }

// Hello says what the sidecar said when the connection was made that stands. It connects, and waits
// for the sidecar until ctx ends. A visitor's is empty.
func (c *Client) Hello(ctx context.Context) (Hello, error) { return Hello{}, ErrClosed }

// Attach has the kernel brought to where the store stands, before there is a message: what a node
// does when it starts, after its store is open and before consensus begins, and after a state-sync.
// height is the newest committed block's. It waits for the sidecar until ctx ends, and is made again
// by nobody. Optional: without it the first delivery does the same, and a sidecar of the first
// version says [CodeUnknownMethod].
func (c *Client) Attach(ctx context.Context, height uint64, s Store) (Attached, error) {
	return Attached{}, ErrClosed
}

// Deliver has the kernel execute one message from where the store stands, and tells what to write.
// It changes nothing itself: applying the writes is the caller's, inside the transaction that s
// shows, and so is dropping them, of which nobody needs to be told.
//
// It waits for the sidecar to be reachable until ctx ends, then sends the delivery once. On any
// error nothing happened, and the same delivery may be made again. A ctx that ends while the answer
// is awaited gives the connection up: no later call can be given that answer.
func (c *Client) Deliver(ctx context.Context, d Delivery, s Store) (Answer, error) {
	return Answer{}, ErrClosed
}

// Query asks what a call would do; nothing changes. It tries once. [CodeBusy] while a delivery runs
// or if one came meanwhile, [CodeNotReady] where no kernel stands, or not where the question says:
// both pass. It waits behind nothing.
func (c *Client) Query(ctx context.Context, q Question) (QueryAnswer, error) {
	return QueryAnswer{}, ErrClosed
}

// Commit tells that the node has durably committed block height, and, unless at is nil, where its
// store stands at that end. It is a notice: nothing answers it, and an error may be passed over,
// since the next delivery says as much. It does not connect.
func (c *Client) Commit(ctx context.Context, height uint64, at *Position) error { return ErrClosed }

// PrepareCommit returns once every log entry of that block is on the sidecar's disk: for nodes that
// want power loss covered. [CodeStorageFailed] where that cannot be had: the node goes on.
func (c *Client) PrepareCommit(ctx context.Context, height uint64) error { return ErrClosed }

// Status gives what the sidecar is doing, by the keys of `headstart status --json`. Values are nil,
// bool, uint64, int64, float64, string, []any and map[string]any.
func (c *Client) Status(ctx context.Context) (map[string]any, error) { return nil, ErrClosed }

// Metrics gives the sidecar's metrics page, Prometheus text.
func (c *Client) Metrics(ctx context.Context) (string, error) { return "", ErrClosed }

// Shutdown asks the sidecar to stop in good order.
func (c *Client) Shutdown(ctx context.Context) error { return ErrClosed }

// Interrupt ends the client: every call under way returns [ErrInterrupted] at once (one that is
// inside its Store: when that returns), and so does every later one. It waits for nothing and may be
// called from any goroutine, by a signal's handler too. For a node that must stop while a block
// waits for the sidecar.
func (c *Client) Interrupt() {}

// Close ends the client: calls under way, and later ones, return [ErrClosed]. It returns once the
// client's own goroutines have ended. A second Close does nothing. The error is always nil.
func (c *Client) Close() error { return nil }
