package headstart_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// Whatever runs a message's handler, only a finalized block delivers.
func TestOnlyFinalizedBlocksExecute(t *testing.T) {
	s := newScript()
	s.answer = func(a *client.Answer) { // there is always something left to run
		a.Writes = append(a.Writes, client.Write{Key: []byte(types.KeyQueued), Value: []byte("1")})
	}
	c := newChain(t, setup{
		options: keeper.Options{Client: s},
		params:  func(p *types.Params) { p.BlockRuns = 1 },
	})
	c.block(c.transaction(shop("sell", "[1]")))
	executed, at := s.count(), c.status().Seqnum
	require.Equal(t, 2, executed, "the call, and a run")
	modes := []sdk.ExecMode{
		sdk.ExecModeCheck, sdk.ExecModeReCheck, sdk.ExecModePrepareProposal, sdk.ExecModeProcessProposal,
		sdk.ExecModeVoteExtension, sdk.ExecModeVerifyVoteExtension,
	}
	control := &types.MsgControl{
		Authority: govAt.String(),
		Message:   `{"kernel":"setRules","rules":{}}`,
	}
	for _, mode := range modes {
		ctx := c.ctx().WithExecMode(mode)
		_, err := keeper.NewMsgServer(c.keeper).Call(ctx, shop("sell", "[1]"))
		require.ErrorIs(t, err, types.ErrNotFinalized)
		_, err = keeper.NewMsgServer(c.keeper).Control(ctx, control)
		require.ErrorIs(t, err, types.ErrNotFinalized)
		_, err = c.keeper.Inbound(ctx, "{}")
		require.ErrorIs(t, err, types.ErrNotFinalized)
		require.NoError(t, c.keeper.EndBlock(ctx))
	}
	r, err := c.CheckTx(&abci.RequestCheckTx{Tx: c.transaction(shop("sell", "[1]"))})
	require.NoError(t, err)
	require.Zero(t, r.Code, r.Log)
	_, _, err = c.Simulate(c.transaction(shop("sell", "[1]"), control))
	require.NoError(t, err)
	require.Equal(t, executed, s.count())
	require.Equal(t, at, c.status().Seqnum)
}

// One delivery at a time is under way, whoever sends them: a block that is executed again may begin
// while the one that was given up still ends.
func TestOneDeliveryAtATime(t *testing.T) {
	const waitedFor = 100 * time.Millisecond // for another delivery, which must not come
	var under, most atomic.Int32
	two := make(chan struct{})
	s := newScript()
	s.deliver = func(client.Delivery, int) (client.Answer, error) {
		defer under.Add(-1)
		if n := under.Add(1); n > 1 {
			most.Store(n)
			close(two)
		}
		select {
		case <-two:
		case <-time.After(waitedFor):
		}
		return client.Answer{}, errPassOn
	}
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	c.block()
	over := make(chan error, 2)
	for range cap(over) {
		ctx, _ := c.ctx().CacheContext()
		go func() {
			_, err := keeper.NewMsgServer(c.keeper).Call(ctx.WithExecMode(sdk.ExecModeFinalize), shop("sell", "[1]"))
			over <- err
		}()
	}
	for range cap(over) {
		require.NoError(t, await(t, "a call", over))
	}
	require.Zero(t, most.Load(), "deliveries at once")
}

// The mempool takes no call that fails before the kernel sees it, and asks no kernel.
func TestCheckTxLooksAtTargetSizeAndGas(t *testing.T) {
	s := newScript()
	c := newChain(
		t,
		setup{
			options: keeper.Options{Client: s},
			params:  func(p *types.Params) { p.MessageBytes = 1024 },
		},
	)
	c.block()
	check := func(tx []byte) uint32 {
		r, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx})
		require.NoError(t, err)
		return r.Code
	}
	elsewhere := shop("sell", "[1]")
	elsewhere.Vat = "counter"
	require.Equal(t, types.ErrNotCallable.ABCICode(), check(c.transaction(elsewhere)))
	long := c.transaction(shop("sell", `["`+strings.Repeat("x", 1024)+`"]`))
	require.Equal(t, types.ErrInvalidCall.ABCICode(), check(long))
	require.EqualValues(t, 11, check(c.transactionFor(1000, shop("sell", "[1]")))) // out of gas
	require.Zero(t, check(c.transaction(shop("sell", "[1]"))))
	// whoever proposes it in a block all the same: nothing of it reaches the kernel
	require.Equal(t, types.ErrInvalidCall.ABCICode(), c.block(long).TxResults[0].Code)
	require.Zero(t, s.count())
}

// A simulation at the newest block asks the kernel, and changes nothing; its gas is what the call
// then costs, but for the writes, which it can only estimate.
func TestSimulateAsksTheKernel(t *testing.T) {
	// a single tick is more gas than what may differ
	c, _ := genesisChain(t, "kernel", func(p *types.Params) { p.Gas.WriteByte, p.Gas.Tick = 0, 50_000 })
	c.block(c.transaction(shop("sell", "[5]")))
	before := c.status()
	tx := c.transaction(shop("sell", "[7]"))
	gas, result, err := c.Simulate(tx)
	require.NoError(t, err)
	require.Equal(t, "12", called(t, &abci.ExecTxResult{Data: result.Data}, 0).Value)
	require.Equal(t, before, c.status())
	r := c.block(tx).TxResults[0]
	require.Equal(t, "12", called(t, r, 0).Value)
	require.InDelta(t, r.GasUsed, int64(gas.GasUsed), 5_000)
	_, _, err = c.Simulate(c.transaction(shop("fail", `["no"]`)))
	require.ErrorIs(t, err, types.ErrRejected)
}

// Where the kernel cannot be asked, the params tell what a call may cost.
func TestSimulateEstimates(t *testing.T) {
	c := newChain(t, setup{options: keeper.Options{Client: newScript()}})
	c.block()
	gas, _, err := c.Simulate(c.transaction(shop("sell", "[7]")))
	require.NoError(t, err)
	p := types.DefaultParams()
	require.Greater(
		t,
		gas.GasUsed,
		p.Gas.Base+p.Estimate.Ticks*p.Gas.Tick+p.Estimate.WriteBytes*p.Gas.WriteByte,
	)
}
