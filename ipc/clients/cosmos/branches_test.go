package headstart_test

import (
	"math/rand/v2"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/oe"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"headstart/cosmos/keeper"
)

// Several calls a transaction: each from where the one before came to, and all or none of them
// stay.
func TestSeveralCallsATransaction(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	r := c.block(
		c.transaction(
			shop("sell", "[1]"),
			shop("sell", "[2]"),
			shop("count", "[3]"),
			shop("sold", ""),
		),
	)
	require.Equal(t, "3", called(t, r.TxResults[0], 3).Value)
	require.Equal(t, "103", called(t, r.TxResults[0], 2).Value)
	before := c.status()
	r = c.block(c.transaction(shop("sell", "[10]"), shop("sell", "[20]"), shop("fail", `["x"]`)))
	require.NotZero(t, r.TxResults[0].Code)
	require.Equal(t, before, c.status())
	require.Equal(t, "3", called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value)
}

// authz calls in another's name, inside its own message.
func TestNestedMessages(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	grant, err := authz.NewMsgGrant(
		alice,
		bob,
		authz.NewGenericAuthorization(sdk.MsgTypeURL(shop("", ""))),
		nil,
	)
	require.NoError(t, err)
	c.block(c.transaction(grant))
	inner := authz.NewMsgExec(bob, []sdk.Msg{shop("whoami", ""), shop("sell", "[4]")})
	outer := authz.NewMsgExec(bob, []sdk.Msg{&inner, callOf(bob, "sell", "[5]")})
	r := c.block(c.transaction(&outer, callOf(bob, "sold", "")))
	require.Equal(t, "9", called(t, r.TxResults[0], 1).Value)
}

// Branches inside a message are kept or dropped, as x/gov does it; a dropped one leaves nothing.
func TestBranchesAreKeptOrDropped(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	server := keeper.NewMsgServer(c.keeper)
	c.block(c.transaction(shop("sell", "[1]")))
	c.atEnd = func(ctx sdk.Context) {
		sell := func(ctx sdk.Context) string {
			answer, err := server.Call(ctx, shop("sell", "[10]"))
			require.NoError(t, err)
			return answer.Value
		}
		dropped, _ := ctx.CacheContext()
		require.Equal(t, "11", sell(dropped))
		kept, write := ctx.CacheContext()
		require.Equal(t, "11", sell(kept))
		inner, _ := kept.CacheContext()
		require.Equal(t, "21", sell(inner))
		require.Equal(t, "21", sell(kept))
		write()
	}
	c.block()
	require.Equal(
		t,
		"21",
		called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value,
	)
}

// Optimistic execution, of which half is aborted and run again, ends as without it.
func TestOptimisticExecution(t *testing.T) {
	steady, _ := genesisChain(t, "kernel", nil)
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	hasty := newChain(t, setup{
		options: d.options(), entries: entries,
		base: []func(*baseapp.BaseApp){baseapp.SetOptimisticExecution(oe.WithAbortRate(50))},
	})
	dice := rand.New(rand.NewPCG(7, 11))
	for range 12 {
		txs := func(c *chain) [][]byte {
			return [][]byte{
				c.transaction(shop("sell", "[1]")),
				c.transaction(shop("fail", `["x"]`)),
				c.transaction(shop("count", "[2]")),
			}
		}
		proposed := hasty.request(txs(hasty)...)
		if dice.IntN(2) == 0 { // and a proposal that is not decided, before
			other := hasty.request(hasty.transaction(shop("sell", "[1000]")))
			propose(t, hasty, other)
		}
		propose(t, hasty, proposed)
		got, err := hasty.FinalizeBlock(proposed)
		require.NoError(t, err)
		hasty.commit()
		want, err := steady.FinalizeBlock(steady.request(txs(steady)...))
		require.NoError(t, err)
		steady.commit()
		sameResults(t, want, got)
	}
}

func propose(t testing.TB, c *chain, r *abci.RequestFinalizeBlock) {
	t.Helper()
	answer, err := c.ProcessProposal(
		&abci.RequestProcessProposal{Txs: r.Txs, Hash: r.Hash, Height: r.Height, Time: r.Time},
	)
	require.NoError(t, err)
	require.Equal(t, abci.ResponseProcessProposal_ACCEPT, answer.Status)
}
