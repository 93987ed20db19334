package headstart_test

import (
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/keeper"
)

var errAway = &client.Error{Code: client.CodeUnreachable, Words: "nobody listens"}

func fault(client.Delivery, int) (client.Answer, error) { panic("a fault of the client's") }

// begun is a block that is executed in the background.
func begun(c *chain, txs ...[]byte) <-chan *abci.ResponseFinalizeBlock {
	over := make(chan *abci.ResponseFinalizeBlock, 1)
	request := c.request(txs...)
	go func() {
		defer close(over)
		if r, err := c.FinalizeBlock(request); err == nil {
			over <- r
		}
	}()
	return over
}

func await[T any](t testing.TB, what string, coming <-chan T) T {
	t.Helper()
	select {
	case got := <-coming:
		return got
	case <-time.After(60 * time.Second):
		t.Fatalf("%s does not come", what)
		panic("unreachable")
	}
}

// ending gives an Exit that tells its code and ends the goroutine, as os.Exit would the process.
func ending() (exit func(int), codes <-chan int) {
	told := make(chan int, 1)
	return func(code int) {
		told <- code
		runtime.Goexit()
	}, told
}

// No error of a client is a transaction's: each is tried again until it is done.
func TestErrorsOfTheClientFailNoTransaction(t *testing.T) {
	errs := []error{
		errAway, &client.Error{Code: client.CodeBusy}, &client.Error{Code: client.CodeKernelFailed},
		&client.Error{Code: client.CodeWrongChain}, errors.New("something else"),
	}
	s := newScript()
	s.deliver = func(_ client.Delivery, n int) (client.Answer, error) {
		if n <= len(errs) {
			return client.Answer{}, errs[n-1]
		}
		return client.Answer{}, errPassOn
	}
	c := newChain(t, setup{options: keeper.Options{Client: s, Pause: shortPause}})
	r := c.block(c.transaction(shop("sell", "[1]")))
	require.Zero(t, r.TxResults[0].Code, r.TxResults[0].Log)
	require.Equal(t, len(errs)+1, s.count())
}

// What is no step from the store's position is not taken, whoever says it.
func TestUnsoundAnswersAreNotTaken(t *testing.T) {
	breaks := []func(*client.Answer){
		func(a *client.Answer) { a.Position.Seqnum++ },
		func(a *client.Answer) { a.Position.Hash = "" },
		func(a *client.Answer) { a.Writes = a.Writes[:1] },
		func(a *client.Answer) { a.Writes = append(a.Writes, client.Write{Value: []byte("no key")}) },
		func(a *client.Answer) { a.Writes[0].Value = []byte("99") },
		func(a *client.Answer) { a.Status = "perhaps" },
	}
	s := newScript()
	s.answer = func(a *client.Answer) {
		if n := s.count(); n <= len(breaks) {
			breaks[n-1](a)
		}
	}
	c := newChain(t, setup{options: keeper.Options{Client: s, Pause: shortPause}})
	r := c.block(c.transaction(shop("sell", "[1]")))
	require.Zero(t, r.TxResults[0].Code, r.TxResults[0].Log)
	require.Equal(t, len(breaks)+1, s.count())
	require.EqualValues(t, 1, c.status().Seqnum)
}

// A panic of ours ends the process: as a failed transaction it would be one on this node alone.
func TestAPanicEndsTheProcess(t *testing.T) {
	exit, codes := ending()
	s := newScript()
	s.deliver = fault
	c := newChain(t, setup{options: keeper.Options{Client: s, Exit: exit}})
	over := begun(c, c.transaction(shop("sell", "[1]")))
	require.Equal(t, keeper.ExitStopped, await(t, "the exit", codes))
	require.Nil(t, await(t, "the block's end", over), "the block has a result")
}

// An app whose Exit returns is stopped by the recovery handler: Halt passes BaseApp's own recovery.
func TestHaltIsNoTransactionsFailure(t *testing.T) {
	s := newScript()
	s.deliver = fault
	c := newChain(t, setup{options: keeper.Options{Client: s, Exit: func(int) {}}})
	defer func() { require.IsType(t, keeper.Halt{}, recover()) }()
	c.finalize(c.transaction(shop("sell", "[1]")))
	t.Fatal("the block has a result")
}

// x/gov, among others, recovers panics by itself: nothing comes back to it.
func TestNothingReturnsToWhoRecovers(t *testing.T) {
	exit, codes := ending()
	s := newScript()
	s.deliver = func(client.Delivery, int) (client.Answer, error) {
		return client.Answer{}, client.ErrInterrupted
	}
	c := newChain(t, setup{options: keeper.Options{Client: s, Exit: exit}})
	var returned atomic.Bool
	c.atEnd = func(ctx sdk.Context) {
		func() {
			defer func() { _ = recover() }()
			_, _ = keeper.NewMsgServer(c.keeper).Call(ctx, shop("sell", "[1]"))
		}()
		returned.Store(true)
	}
	over := begun(c)
	require.Equal(t, keeper.ExitStopped, await(t, "the exit", codes))
	await(t, "the block's end", over)
	require.False(t, returned.Load())
}

// A dead sidecar holds the block up, and the block goes on once it is back.
func TestABlockWaitsForItsSidecar(t *testing.T) {
	c, d := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[1]")))
	d.kill()
	over := begun(c, c.transaction(shop("sell", "[2]")), c.transaction(shop("sold", "")))
	select {
	case <-over:
		t.Fatal("a block without a sidecar")
	case <-time.After(300 * time.Millisecond):
	}
	d.start()
	r := await(t, "the block", over)
	require.Equal(t, "3", called(t, r.TxResults[1], 0).Value)
}

// Stop ends a node that waits for its sidecar; the block is executed again after the restart.
func TestStopWhileTheSidecarIsAway(t *testing.T) {
	exit, codes := ending()
	db := dbm.NewMemDB()
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	o := d.options()
	o.Exit, o.StopGrace = exit, time.Millisecond
	c := newChain(t, setup{db: db, options: o, entries: entries})
	c.block(c.transaction(shop("sell", "[1]")))
	d.kill()
	again := c.transaction(shop("sell", "[2]"))
	over := begun(c, again)
	c.keeper.Stop()
	c.keeper.Stop() // a second one changes nothing
	require.Equal(t, keeper.ExitStopped, await(t, "the exit", codes))
	require.Nil(t, await(t, "the block's end", over))

	d.start()
	restarted := newChain(t, setup{db: db, options: d.options(), noBegin: true})
	restarted.prior = c.prior
	require.NoError(t, restarted.keeper.Attach(restarted.ctx()))
	require.Equal(t, "3", called(t, restarted.block(again).TxResults[0], 0).Value)
}

// A signal does the same to a delivery that the sidecar works on, after the grace.
func TestASignalInterruptsALongDelivery(t *testing.T) {
	exit, codes := ending()
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	at := make(chan struct{}, 1)
	s := newScript()
	s.Client = d.dial()
	s.deliver = func(d client.Delivery, _ int) (client.Answer, error) {
		at <- struct{}{}
		return client.Answer{}, errPassOn
	}
	c := newChain(
		t,
		setup{
			entries: entries,
			options: keeper.Options{Client: s, Exit: exit, StopGrace: time.Millisecond},
		},
	)
	release := c.keeper.StopOn(syscall.SIGUSR1)
	defer release()
	over := begun(c, c.transactionFor(1<<50, shop("work", "[100000000000]")))
	await(t, "the delivery", at)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	require.Equal(t, keeper.ExitStopped, await(t, "the exit", codes))
	require.Nil(t, await(t, "the block's end", over))
}

// Before the first block there is nothing to attach to: a node does not wait for its sidecar then.
func TestNothingIsAttachedToBeforeTheFirstBlock(t *testing.T) {
	s := newScript()
	asked := 0
	s.attach = func() { asked++ }
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	require.NoError(t, c.keeper.Attach(c.ctx()))
	require.Zero(t, asked)
	c.block()
	require.NoError(t, c.keeper.Attach(c.ctx()))
	require.Equal(t, 1, asked)
}

// Attach, too, waits for a sidecar, and is given up by Stop.
func TestAttachWaitsAndStops(t *testing.T) {
	c, d := genesisChain(t, "kernel", nil)
	c.block()
	d.kill()
	over := make(chan error, 1)
	go func() { over <- c.keeper.Attach(c.ctx()) }()
	d.start()
	require.NoError(t, await(t, "attach", over))
	d.kill()
	go func() { over <- c.keeper.Attach(c.ctx()) }()
	c.keeper.Stop()
	require.ErrorIs(t, await(t, "attach", over), client.ErrInterrupted)
}
