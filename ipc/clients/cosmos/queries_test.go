package headstart_test

//lint:file-ignore SA1019 as in module.go

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// A query's call is undone; it is answered at the newest block, and nowhere else.
func TestQueryCall(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[5]")))
	server := keeper.NewQueryServer(c.keeper)
	ask := func(ctx sdk.Context, r *types.QueryCallRequest) (*types.QueryCallResponse, error) {
		return server.Call(ctx, r)
	}
	r, err := ask(
		c.ctx(),
		&types.QueryCallRequest{Vat: "shop", Method: "sell", Args: "[2]", From: bob.String()},
	)
	require.NoError(t, err)
	require.Equal(t, []string{"fulfilled", "7"}, []string{r.Status, r.Value})
	require.Equal(t, c.status().Hash, r.Hash)
	r, err = ask(
		c.ctx(),
		&types.QueryCallRequest{Vat: "shop", Method: "work", Args: "[3000000]", Ticks: 3},
	)
	require.NoError(t, err)
	require.Equal(t, "rejected", r.Status)
	require.Equal(t, "5", called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value)

	at := func(height int64) sdk.Context {
		ctx, err := c.CreateQueryContext(height, false)
		require.NoError(t, err)
		return ctx
	}
	_, err = ask(at(c.LastBlockHeight()), &types.QueryCallRequest{Vat: "shop", Method: "sold"})
	require.NoError(t, err)
	_, err = ask(at(c.LastBlockHeight()-1), &types.QueryCallRequest{Vat: "shop", Method: "sold"})
	require.Equal(t, codes.Unavailable, status.Code(err))
	newest := at(c.LastBlockHeight())
	c.finalize(c.transaction(shop("sell", "[1]"))) // inside a block the kernel stands elsewhere
	_, err = ask(newest, &types.QueryCallRequest{Vat: "shop", Method: "sold"})
	require.Equal(t, codes.Unavailable, status.Code(err))
	c.commit()

	for _, r := range []*types.QueryCallRequest{
		{Vat: "", Method: "sold"}, {Vat: "shop", Method: `a"`}, {Vat: "shop", Method: "sold", Args: "1"},
		{Vat: "shop", Method: "sold", From: "nobody"},
	} {
		_, err := ask(c.ctx(), r)
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	}
}

// Status, keys, accounts and params are read from the state.
func TestQueriesOfTheState(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[5]")))
	s := c.status()
	require.Len(t, s.Hash, 64)
	require.ElementsMatch(t, []string{"shop", "counter"}, s.Vats)
	server := keeper.NewQueryServer(c.keeper)
	r, err := server.Key(c.ctx(), &types.QueryKeyRequest{Key: "kernel.hash"})
	require.NoError(t, err)
	require.Equal(t, s.Hash, string(r.Value))
	a, err := server.Account(c.ctx(), &types.QueryAccountRequest{Vat: "shop"})
	require.NoError(t, err)
	require.Equal(t, types.VatAccount("shop").String(), a.Address)
	p, err := server.Params(c.ctx(), &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"shop"}, p.Params.Callable)
}

// Params and the kernel itself are the authority's.
func TestTheAuthoritysMessages(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	params := types.DefaultParams()
	params.Callable = []string{types.AllVats}
	rules := `{"kernel":"setRules","rules":{"policy":{"cranks":5}}}`
	for _, who := range []sdk.AccAddress{alice, govAt} {
		r := c.block(c.transaction(&types.MsgUpdateParams{Authority: who.String(), Params: params}),
			c.transaction(&types.MsgControl{Authority: who.String(), Message: rules}))
		for _, x := range r.TxResults {
			require.Equal(t, who.Equals(govAt), x.Code == 0, x.Log)
		}
	}
	m := shop("add", "")
	m.Vat, m.Args = "counter", ""
	require.Zero(
		t,
		c.block(c.transaction(m)).TxResults[0].Code,
	) // callable now: it adds what the caller is
	k, err := keeper.NewQueryServer(c.keeper).
		Key(c.ctx(), &types.QueryKeyRequest{Key: "kernel.rules"})
	require.NoError(t, err)
	require.Contains(t, string(k.Value), `"cranks":5`)
	before := c.status()
	r := c.block(
		c.transaction(&types.MsgControl{Authority: govAt.String(), Message: `{"kernel":"dance"}`}),
	)
	require.Equal(t, types.ErrRejected.ABCICode(), r.TxResults[0].Code)
	require.Equal(t, before.Hash, c.status().Hash)
	require.Error(
		t,
		(&types.MsgControl{Authority: govAt.String(), Message: `{"to":"shop"}`}).ValidateBasic(),
	)
	params.MessageBytes = 0
	require.Error(
		t,
		(&types.MsgUpdateParams{Authority: govAt.String(), Params: params}).ValidateBasic(),
	)
	// as a call, the same text is a vat's business, which there is none of
	require.Error(
		t,
		(&types.MsgCall{Sender: alice.String(), Vat: "shop", Method: "x", Args: rules}).ValidateBasic(),
	)
}

// What a question may take is bounded by the params, whatever is asked for, and so is its size.
func TestQuestionsAreBounded(t *testing.T) {
	s := newScript()
	c := newChain(t, setup{options: keeper.Options{Client: s}, params: func(p *types.Params) { p.QueryTicks = 70 }})
	c.block()
	server := keeper.NewQueryServer(c.keeper)
	for _, ticks := range []struct{ named, given uint64 }{{0, 70}, {7, 7}, {1 << 40, 70}} {
		_, err := server.Call(c.ctx(), &types.QueryCallRequest{Vat: "shop", Method: "sold", Ticks: ticks.named})
		require.Equal(t, codes.Unavailable, status.Code(err)) // a script knows nothing
		require.Equal(t, ticks.given, *s.asked[len(s.asked)-1].Ticks)
	}
	asked := len(s.asked)
	long := `["` + strings.Repeat("x", types.MaxMessageBytes-10) + `"]` // with the caller it is too long
	_, err := server.Call(c.ctx(), &types.QueryCallRequest{Vat: "shop", Method: "sold", Args: long})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	require.Len(t, s.asked, asked)
}

type routes map[string]sdk.Invariant

func (r routes) RegisterRoute(module, route string, invariant sdk.Invariant) {
	r[module+"/"+route] = invariant
}

// The invariants hold on a chain at work, and break where its keys are damaged.
func TestInvariants(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[5]")))
	found := routes{}
	keeper.RegisterInvariants(found, c.keeper)
	require.Len(t, found, 2)
	for name, invariant := range found {
		text, broken := invariant(c.ctx())
		require.False(t, broken, name+text)
	}
	branch, _ := c.ctx().CacheContext()
	position := found["headstart/position"]
	text, broken := position(branch.WithBlockHeight(0))
	require.True(t, broken)
	require.Contains(t, text, "height")
}
