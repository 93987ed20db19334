package headstart

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	socketVariable = "HEADSTART_SOCKET"
	socketPathMax  = 107                   // what a Unix socket's address has room for
	sayAgain       = 10 * time.Second      // between two words in the log about the same wait
	firstPause     = 20 * time.Millisecond // Backoff's defaults
	mostPause      = time.Second           //
	patience       = 10 * time.Second      //
)

// DefaultSocket is where headstart listens unless told: /run/headstart/headstart.sock, or for users
// other than root $XDG_RUNTIME_DIR/headstart.sock where that is set.
func DefaultSocket() string {
	if folder := os.Getenv("XDG_RUNTIME_DIR"); folder != "" && os.Getuid() != 0 {
		return filepath.Join(folder, "headstart.sock")
	}
	return "/run/headstart/headstart.sock"
}

// reach gives the connection that stands, or waits until there is one. It returns at once where
// waiting does not help.
func (c *Client) reach(ctx context.Context) (*connection, error) {
	began := time.Now()
	var said time.Time
	for pause := c.options.Backoff.First; ; pause = min(2*pause, c.options.Backoff.Most) {
		cn, err := c.connect(ctx)
		if err == nil {
			if !said.IsZero() {
				c.options.Log.Info("headstart answers again", "after", since(began))
			}
			return cn, nil
		}
		if !Temporary(err) {
			return nil, err
		}
		if said.IsZero() || time.Since(said) >= sayAgain {
			said = time.Now()
			c.options.Log.Warn("headstart does not answer: waiting for it",
				"socket", c.options.Socket, "error", err, "waited", since(began))
		}
		if err := c.pause(ctx, pause, err); err != nil {
			return nil, err
		}
	}
}

func since(began time.Time) time.Duration { return time.Since(began).Round(time.Millisecond) }

func (c *Client) pause(ctx context.Context, d time.Duration, last error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx, last)
	case <-c.life.Done():
		return context.Cause(c.life)
	}
}

// connect gives the connection that stands, or tries once to make one.
func (c *Client) connect(ctx context.Context) (*connection, error) {
	if cn := c.current.Load(); cn != nil && cn.alive() {
		return cn, nil
	}
	if err := c.take(ctx, c.dialing); err != nil {
		return nil, err
	}
	defer func() { <-c.dialing }()
	if cn := c.current.Load(); cn != nil && cn.alive() {
		return cn, nil // another call's, made while we waited
	}
	try, cancel := context.WithTimeout(ctx, c.options.Backoff.Patience)
	defer cancel()
	stop := context.AfterFunc(c.life, cancel)
	defer stop()
	cn, err := c.open(try)
	if err == nil {
		c.current.Store(cn)
		return cn, nil
	}
	switch {
	case c.life.Err() != nil:
		return nil, context.Cause(c.life)
	case ctx.Err() != nil:
		return nil, ended(ctx, nil)
	case try.Err() != nil:
		return nil, &Error{Code: CodeUnreachable, Words: "headstart takes connections at " +
			c.options.Socket + ", but said nothing for " + c.options.Backoff.Patience.String()}
	}
	return nil, err
}

// open makes a connection, looks at who serves it, and says hello.
func (c *Client) open(ctx context.Context) (*connection, error) {
	var dialer net.Dialer
	dialed, err := dialer.DialContext(ctx, "unix", c.options.Socket)
	if err != nil {
		return nil, dialFailed(c.options.Socket, err)
	}
	socket, ok := dialed.(*net.UnixConn)
	if !ok {
		_ = dialed.Close()
		return nil, &Error{Code: CodeInternal, Words: "a Unix socket that is none"}
	}
	if err := trustServer(socket, c.options.Socket); err != nil {
		_ = socket.Close()
		return nil, err
	}
	cn := newConnection(socket, func() uint64 { return c.ids.Add(1) })
	c.serve(cn)
	if c.options.Role == RoleVisitor {
		return cn, nil
	}
	if err := cn.greet(ctx, c.options); err != nil {
		cn.abort(errGivenUp)
		return nil, err
	}
	return cn, nil
}

// serve reads a connection on a goroutine of its own, until it or the client is over.
func (c *Client) serve(cn *connection) {
	stop := context.AfterFunc(c.life, func() { cn.abort(context.Cause(c.life)) })
	c.readers.Add(1)
	go func() {
		defer c.readers.Done()
		defer stop()
		cn.read()
	}()
}

func dialFailed(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &Error{Code: CodeUntrusted, Words: "we may not use the socket " + path +
			": run the node as headstart's user, or as root", Cause: err}
	}
	return &Error{Code: CodeUnreachable, Cause: err,
		Words: "nobody answers at " + path + ": is headstart running?"}
}
