package headstart_test

import (
	"fmt"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	client "headstart/client"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// idle lets blocks pass until the kernel has nothing left.
func idle(t testing.TB, c *chain) {
	t.Helper()
	for range 100 {
		if s := c.status(); s.Queued == 0 && s.Seqnum > 0 {
			return
		}
		c.block()
	}
	t.Fatal("the queue does not become empty")
}

// What a call leaves is worked off at the ends of blocks; its result is told under its own number.
func TestRunsFinishWhatACallBegan(t *testing.T) {
	c, _ := genesisChain(t, "slow", func(p *types.Params) { p.BlockRuns = 2 })
	idle(t, c)
	r := c.block(c.transaction(shop("countOften", "[20]")))
	answer := called(t, r.TxResults[0], 0)
	require.Equal(t, "pending", answer.Status)
	events := r.Events
	blocks := 0
	for ; c.status().Queued > 0; blocks++ {
		require.Len(t, attributes(events, types.EventRun, types.AttributeSeqnum), 2)
		events = c.block().Events
	}
	require.Greater(t, blocks, 2)
	require.Equal(
		t,
		[]string{fmt.Sprint(answer.Seqnum)},
		attributes(events, types.EventSettled, types.AttributeSeqnum),
	)
	require.Equal(t, []string{"120"}, attributes(events, types.EventSettled, types.AttributeValue))
	require.Empty(t, attributes(c.block().Events, types.EventRun, types.AttributeSeqnum))
}

// A validator that restarts in the middle of a backlog decides as the others: by the store.
func TestARestartedNodeSendsTheSameRuns(t *testing.T) {
	params := func(p *types.Params) { p.BlockRuns = 1 }
	steady, _ := genesisChain(t, "slow", params)
	d := newDaemon(t, "slow")
	entries, _ := vector(t, "slow")
	db := dbm.NewMemDB()
	c := newChain(t, setup{db: db, options: d.options(), entries: entries, params: params})
	for i := range 14 {
		var txs, same [][]byte
		if i == 4 {
			txs, same = [][]byte{
				c.transaction(shop("countOften", "[12]")),
			}, [][]byte{
				steady.transaction(shop("countOften", "[12]")),
			}
		}
		sameResults(t, steady.block(same...), c.block(txs...))
		if i%3 == 0 {
			prior := c.prior
			d.kill()
			d.start()
			c = newChain(t, setup{db: db, options: d.options(), noBegin: true})
			c.prior = prior
			require.NoError(t, c.keeper.Attach(c.ctx()))
		}
	}
}

// The block's budget is kept, and a timer that rang is a reason for a run.
func TestBudgetAndWake(t *testing.T) {
	s := newScript()
	var c *chain
	left := "0"
	s.answer = func(a *client.Answer) {
		a.Ticks = 400
		a.Writes = append(
			a.Writes,
			client.Write{Key: []byte("kernel.queued"), Value: []byte(left)},
			client.Write{
				Key:   []byte("kernel.wake"),
				Value: []byte(fmt.Sprint(c.prior.Add(13 * time.Second).Unix())),
			},
		)
	}
	c = newChain(
		t,
		setup{
			options: keeper.Options{Client: s},
			params:  func(p *types.Params) { p.BlockTicks = 1000 },
		},
	)
	runs := func(txs ...[]byte) int {
		before := s.count()
		c.block(txs...)
		return s.count() - before - len(txs)
	}
	left = "5"
	require.Equal(t, 3, runs(c.transaction(shop("sell", "[1]")))) // 400 + 400 + 400 of 1000
	require.EqualValues(t, 1000, *s.delivered[1].Ticks)
	require.EqualValues(t, 200, *s.delivered[3].Ticks)
	left = "0"
	require.Equal(t, 1, runs()) // the queue was not empty; its run named a time
	require.Equal(t, 0, runs()) // which is not yet
	require.Equal(t, 1, runs())
	require.Empty(t, s.delivered[len(s.delivered)-1].Message)
}

// Outputs of runs stand each for itself: what fails is undone and told, by event and to the vat.
func TestOutputsOfRuns(t *testing.T) {
	d := newDaemon(t, "slow")
	entries, _ := vector(t, "slow")
	o := d.options()
	var c *chain
	o.Outputs = map[string]keeper.OutputHandler{"gift": func(ctx sdk.Context, _ keeper.Output) error {
		gift := sdk.NewCoins(sdk.NewInt64Coin(denom, 500))
		require.NoError(t, c.bank.SendCoins(ctx, alice, bob, gift))
		return sdkerrors.ErrInsufficientFunds // after all
	}}
	c = newChain(t, setup{options: o, entries: entries})
	idle(t, c)
	c.block(
		c.transaction(shop("sayLate", `[2,{"type":"gift"}]`)),
		c.transaction(shop("sayLate", "[2,"+pays("", bob, 9)+"]")),
	)
	idle(t, c)
	require.EqualValues(t, purse+9, c.balance(bob))
	told := called(t, c.block(c.transaction(shop("inbox", ""))).TxResults[0], 0).Value
	require.Contains(t, told, `"type":"outputs_failed"`)
	require.Contains(t, told, `{"code":5,"codespace":"sdk","index":0}`)
	require.Contains(t, told, types.ModuleAccount().String())
}

// The sidecar is told of each commit with the position of its state, and asked before it, if so
// configured.
func TestCommitsAreTold(t *testing.T) {
	for _, prepare := range []bool{false, true} {
		d := newDaemon(t, "kernel")
		entries, _ := vector(t, "kernel")
		s := newScript()
		s.Client = d.dial()
		c := newChain(
			t,
			setup{entries: entries, options: keeper.Options{Client: s, PrepareCommit: prepare}},
		)
		for i := range 3 {
			c.block(c.transaction(shop("sell", "[1]")))
			at := c.status()
			require.Equal(t, client.Position{Seqnum: at.Seqnum, Hash: at.Hash}, s.committed[i])
		}
		require.Len(t, s.committed, 3)
		if prepare {
			require.Equal(t, []uint64{1, 2, 3}, s.prepared)
		} else {
			require.Empty(t, s.prepared)
		}
	}
}

// No notice holds up a block for longer than its bound, and what a block waits for as long as it
// takes are deliveries alone.
func TestNoticesOfCommitsAreBounded(t *testing.T) {
	const bound = 7 * time.Second
	s := newScript()
	options := keeper.Options{Client: s, PrepareCommit: true, PrepareTimeout: bound}
	c := newChain(t, setup{options: options})
	c.block()
	require.Len(t, s.bounds, 2)
	require.LessOrEqual(t, s.bounds[0], bound)
	require.LessOrEqual(t, s.bounds[1], time.Second)
}

// The inbound vat is told of an output that failed; of one that its own answer brings, nobody is: a
// failure would breed the next.
func TestAFailureBreedsNoOther(t *testing.T) {
	s := newScript()
	s.answer = func(a *client.Answer) {
		a.Writes = append(a.Writes, client.Write{Key: []byte(types.KeyQueued), Value: []byte("1")})
		if n := s.count(); n > 1 && n < 10 {
			a.Outputs = []string{`{"type":"gift"}`}
		}
	}
	gift := func(sdk.Context, keeper.Output) error { return sdkerrors.ErrInsufficientFunds }
	c := newChain(t, setup{
		options: keeper.Options{Client: s, Outputs: map[string]keeper.OutputHandler{"gift": gift}},
		params: func(p *types.Params) {
			p.BlockRuns = 1
			p.Inbound = types.Inbound{Vat: "shop", Method: "inbox"}
		},
	})
	r := c.block(c.transaction(shop("sell", "[1]")))
	require.Equal(t, 3, s.count(), "the call, a run, and what the inbound vat is told")
	require.Len(t, attributes(r.Events, types.EventOutputFailed, types.AttributeCode), 2)
}

// A run counts for a tick at the least: a block's budget ends where runs take nothing, too.
func TestARunThatTakesNothingCounts(t *testing.T) {
	s := newScript()
	s.answer = func(a *client.Answer) {
		a.Ticks = 0
		a.Writes = append(a.Writes, client.Write{Key: []byte(types.KeyQueued), Value: []byte("1")})
	}
	c := newChain(t, setup{
		options: keeper.Options{Client: s},
		params:  func(p *types.Params) { p.BlockTicks, p.BlockRuns = 3, 20 },
	})
	c.block(c.transaction(shop("sell", "[1]")))
	require.Equal(t, 4, s.count(), "the call, and three runs")
}
