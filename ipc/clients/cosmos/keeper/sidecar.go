package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"time"

	"cosmossdk.io/log"

	client "headstart/client"
)

// Client is what the module asks of the sidecar: *client.Client, or in tests of faults a script.
type Client interface {
	Hello(ctx context.Context) (client.Hello, error)
	Attach(ctx context.Context, height uint64, s client.Store) (client.Attached, error)
	Deliver(ctx context.Context, d client.Delivery, s client.Store) (client.Answer, error)
	Query(ctx context.Context, q client.Question) (client.QueryAnswer, error)
	Commit(ctx context.Context, height uint64, at *client.Position) error
	PrepareCommit(ctx context.Context, height uint64) error
	Interrupt()
}

// ExitStopped is the process's exit code where it ends inside a block: the block is executed again
// after the restart (sysexits: a temporary failure).
const ExitStopped = 75

// Halt is what the module panics with where nothing else ends the process. It must never be taken
// for a failed transaction: an app adds Recovery to its BaseApp, which panics on with it.
type Halt struct{ Reason string }

func (h Halt) String() string { return "headstart: " + h.Reason }

// Recovery is for BaseApp.AddRunTxRecoveryHandler.
func Recovery(recovered any) error {
	if h, is := recovered.(Halt); is {
		panic(h)
	}
	return nil
}

// sidecar is one node's line to its sidecar. All copies of a keeper share one.
type sidecar struct {
	client   Client
	exit     func(code int)
	pause    func(attempt int) time.Duration
	grace    time.Duration
	stopping chan struct{}
	once     sync.Once
	turn     sync.Mutex // held by the one delivery that may be under way
}

func newSidecar(o Options) *sidecar {
	s := &sidecar{
		client:   o.Client,
		exit:     o.Exit,
		pause:    o.Pause,
		grace:    o.StopGrace,
		stopping: make(chan struct{}),
	}
	if s.exit == nil {
		s.exit = os.Exit
	}
	if s.pause == nil {
		s.pause = pause
	}
	if s.grace == 0 {
		s.grace = 3 * time.Second
	}
	return s
}

// pause before the next attempt: 100 ms at first, 5 s in the end.
func pause(attempt int) time.Duration {
	return min(100*time.Millisecond<<min(attempt, 6), 5*time.Second)
}

// insist tries until it is done: a block waits for the sidecar as long as it takes. Where it cannot
// be done because the node stops, or because our own code failed, the process ends; insist does not
// return then.
func (s *sidecar) insist(logger log.Logger, what string, try func() error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	begun := time.Now()
	defer s.watch(logger, what, begun)()
	for attempt := 0; ; attempt++ {
		err := s.guarded(logger, try)
		if err == nil {
			return
		}
		if ended(err) {
			s.halt(
				logger,
				what+" was interrupted, since the node stops"+again,
			)
		}
		wait := s.pause(attempt)
		logger.Error(
			"headstart: the sidecar fails; the block waits. Look at it: `headstart status`",
			"doing",
			what,
			"error",
			err,
			"waited",
			time.Since(begun).Round(time.Millisecond),
			"next_try_in",
			wait,
		)
		select {
		case <-time.After(wait):
		case <-s.stopping:
			s.halt(
				logger,
				what+" was given up, since the node stops"+again,
			)
		}
	}
}

// watch says every few seconds that a block waits. The function that it gives ends that.
func (s *sidecar) watch(logger log.Logger, what string, begun time.Time) (end func()) {
	ticker := time.NewTicker(5 * time.Second)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				logger.Warn("headstart: the block waits for the sidecar", "doing", what,
					"waited", time.Since(begun).Round(time.Second))
			case <-over:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(over)
	}
}

const again = "; the block is executed again after the restart"

// ended tells whether the client is no more: no later attempt can do better.
func ended(err error) bool {
	return errors.Is(err, client.ErrInterrupted) || errors.Is(err, client.ErrClosed)
}

// guarded lets no panic of ours become a failed transaction, which would be one on this node alone.
func (s *sidecar) guarded(logger log.Logger, try func() error) error {
	defer func() {
		if r := recover(); r != nil {
			s.halt(
				logger,
				fmt.Sprintf("a panic outside any transaction's doing: %v\n%s", r, debug.Stack()),
			)
		}
	}()
	return try()
}

// halt ends the process; where the app said otherwise, the goroutine.
func (s *sidecar) halt(logger log.Logger, reason string) {
	logger.Error("headstart: " + reason)
	s.exit(ExitStopped)
	panic(Halt{reason})
}

// Stop is told that the node is to end. A delivery that waits for the sidecar ends the process at
// once; one that the sidecar works on has the grace of the options. Consensus by itself would wait
// for either for ever.
func (k Keeper) Stop() {
	k.node.once.Do(func() {
		close(k.node.stopping)
		if k.node.client != nil {
			time.AfterFunc(k.node.grace, k.node.client.Interrupt)
		}
	})
}

// StopOn calls Stop when one of these signals comes; the node's own handling of them stays as it
// is. The function that it gives ends that.
func (k Keeper) StopOn(signals ...os.Signal) (release func()) {
	coming := make(chan os.Signal, 1)
	over := make(chan struct{})
	signal.Notify(coming, signals...)
	go func() {
		select {
		case <-coming:
			k.Stop()
		case <-over:
		}
	}()
	return sync.OnceFunc(func() {
		signal.Stop(coming)
		close(over)
	})
}
