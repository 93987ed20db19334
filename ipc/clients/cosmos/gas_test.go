package headstart_test

import (
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// sameResults: two nodes that executed the same blocks agree in all that consensus compares.
func sameResults(t testing.TB, a, b *abci.ResponseFinalizeBlock) {
	t.Helper()
	require.Equal(t, fmt.Sprintf("%x", a.AppHash), fmt.Sprintf("%x", b.AppHash))
	require.Len(t, b.TxResults, len(a.TxResults))
	for i, x := range a.TxResults {
		y := b.TxResults[i]
		require.Equal(
			t,
			[]any{x.Code, x.Data, x.GasUsed, x.GasWanted},
			[]any{y.Code, y.Data, y.GasUsed, y.GasWanted},
		)
		require.Equal(t, x.Events, y.Events)
	}
	require.Equal(t, a.Events, b.Events)
}

// How the kernel came to the position is no part of a result: neither gas nor events nor state.
func TestAFullReplayGivesTheSameResults(t *testing.T) {
	steady, _ := genesisChain(t, "kernel", nil)
	shaken, d := genesisChain(t, "kernel", nil)
	for i := range 6 {
		if i == 3 {
			d.kill()
			d.forget()
			d.start()
		}
		block := func(c *chain) *abci.ResponseFinalizeBlock {
			return c.block(
				c.transaction(shop("sell", fmt.Sprint("[", i, "]"))),
				c.transaction(shop("count", "[2]")),
			)
		}
		sameResults(t, block(steady), block(shaken))
	}
}

// The kernel's reads and writes of the store are free on every path; only the params' prices count.
func TestGasIsWhatTheParamsSay(t *testing.T) {
	const ticks, value, gas = 7, 1000, 5_000_000
	s := newScript()
	s.answer = func(a *client.Answer) {
		a.Ticks = ticks
		a.Writes = append(a.Writes, client.Write{Key: []byte("v1.x"), Value: make([]byte, value)})
	}
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	c.block()
	msg := shop("sell", "[1]")
	ctx := c.ctx().WithExecMode(sdk.ExecModeFinalize).WithGasMeter(storetypes.NewGasMeter(gas))
	branch, _ := ctx.CacheContext()
	_, err := keeper.NewMsgServer(c.keeper).Call(branch, msg)
	require.NoError(t, err)
	p := types.DefaultParams().Gas
	message := types.Compose(
		"shop",
		"sell",
		types.Caller{From: alice.String(), Height: 1, Time: uint64(c.prior.Unix())},
		"[1]",
	)
	writes := len("kernel.seqnum") + 1 + len("kernel.hash") + 64 + len("v1.x") + value
	require.Equal(
		t,
		p.Base+uint64(len(message))*p.MessageByte+ticks*p.Tick+uint64(writes)*p.WriteByte,
		ctx.GasMeter().GasConsumed(),
	)
	taken := p.Base + uint64(len(message))*p.MessageByte
	require.Equal(
		t,
		min((gas-taken)/p.Tick, types.DefaultParams().CallTicks),
		*s.delivered[0].Ticks,
	)
}

// What the gas cannot pay is not executed: the limit is the delivery's.
func TestACallOutOfTicksIsUndone(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[1]")))
	before := c.status()
	work := shop("work", "[3000000]")
	work.Ticks = 5
	r := c.block(c.transaction(work)).TxResults[0]
	require.Equal(t, types.ErrRejected.ABCICode(), r.Code, r.Log)
	require.Contains(t, r.Log, "ticks")
	require.Equal(t, before, c.status())
	// the same by gas alone, and nothing is left of it in the vats either
	r = c.block(c.transactionFor(60_000, shop("work", "[3000000]"))).TxResults[0]
	require.NotZero(t, r.Code)
	require.Equal(t, "1", called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value)
}

// Too little gas for the call itself fails before the kernel sees it.
func TestWhatCannotPayIsNotDelivered(t *testing.T) {
	s := newScript()
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	r := c.block(c.transactionFor(20_500, shop("sell", "[1]"))).TxResults[0]
	require.EqualValues(t, 11, r.Code)
	funds := shop("sell", "[1]")
	funds.Funds = sdk.NewCoins(sdk.NewInt64Coin(denom, purse+1))
	r = c.block(c.transaction(funds)).TxResults[0]
	require.EqualValues(t, 5, r.Code) // insufficient funds
	require.Zero(t, s.count())
}

// By param a rejected call is a transaction that went well; its funds come back.
func TestRejectedCallsAreKeptByParam(t *testing.T) {
	for _, keep := range []bool{false, true} {
		c, _ := genesisChain(t, "kernel", func(p *types.Params) { p.KeepRejected = keep })
		c.block(c.transaction(shop("sell", "[1]")))
		before := c.status()
		fails := shop("fail", `["out of stock"]`)
		fails.Funds = sdk.NewCoins(sdk.NewInt64Coin(denom, 500))
		r := c.block(c.transaction(fails)).TxResults[0]
		require.EqualValues(t, purse, c.balance(alice))
		if !keep {
			require.Equal(t, types.ErrRejected.ABCICode(), r.Code)
			require.Contains(t, r.Log, "out of stock")
			require.Equal(t, before.Hash, c.status().Hash)
			continue
		}
		answer := called(t, r, 0)
		require.Equal(t, "rejected", answer.Status)
		require.Contains(t, answer.Value, "out of stock")
		require.Equal(t, before.Seqnum+1, c.status().Seqnum)
	}
}

// A call behind a backlog pays for what it named, before it is executed; one that cannot is not
// sent.
func TestACallBehindABacklogPaysWhatItNames(t *testing.T) {
	c, _ := genesisChain(t, "slow", func(p *types.Params) { p.BlockRuns = 1; p.BlockTicks = 1 })
	for c.status().Queued > 0 || c.status().Seqnum == 0 {
		c.block()
	}
	r := c.block(c.transaction(shop("countOften", "[30]")))
	require.Equal(t, "pending", called(t, r.TxResults[0], 0).Status)
	require.NotZero(t, c.status().Queued)
	named := shop("sell", "[1]")
	named.Ticks = 300
	poor := c.transactionFor(200_000, named)
	before := c.status().Seqnum
	r = c.block(poor, c.transaction(named))
	require.EqualValues(t, 11, r.TxResults[0].Code)
	require.Equal(t, "pending", called(t, r.TxResults[1], 0).Status)
	require.Greater(t, r.TxResults[1].GasUsed, int64(300*types.DefaultParams().Gas.Tick))
	require.Less(t, r.TxResults[1].GasUsed, int64(400*types.DefaultParams().Gas.Tick))
	require.Equal(t, before+2, c.status().Seqnum) // the call, and the block's one run
	// without a name: as much as its gas can pay, and it does not fail for that
	r = c.block(c.transactionFor(200_000, shop("sell", "[1]")))
	require.Equal(t, "pending", called(t, r.TxResults[0], 0).Status)
	require.Greater(t, r.TxResults[0].GasUsed, int64(190_000))
}

// A transaction that fails after its delivery was executed, and is undone: the next block goes on
// from before it, and every node comes to the same.
func TestAFailureAfterTheDeliveryIsUndone(t *testing.T) {
	c, d := genesisChain(t, "kernel", nil)
	twin, _ := genesisChain(t, "kernel", nil)
	broke := `[{"type":"bank.send","vat":"shop","to":"` + bob.String() + `","amount":[{"denom":"stake","amount":"1"}]}]`
	for range 3 {
		block := func(c *chain) *abci.ResponseFinalizeBlock {
			return c.block(
				c.transaction(shop("sell", "[1]")),
				c.transaction(shop("say", broke)),
				c.transaction(
					shop("sell", "[1]"),
					shop("fail", `["late"]`),
				),
				c.transaction(shop("sold", "")),
			)
		}
		a, b := block(c), block(twin)
		sameResults(t, a, b)
		require.NotZero(t, a.TxResults[1].Code)
		require.NotZero(t, a.TxResults[2].Code)
		d.kill()
		d.start()
	}
	require.Equal(t, "3", called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value)
}
