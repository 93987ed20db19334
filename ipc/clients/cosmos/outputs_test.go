package headstart_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

func pays(vat string, to sdk.AccAddress, amount int64) string {
	return fmt.Sprintf(
		`{"type":"bank.send","vat":%q,"to":%q,"amount":[{"denom":"stake","amount":"%d"}]}`,
		vat,
		to.String(),
		amount,
	)
}

// Funds go to the vat's account with the call, and out of it by bank.send.
func TestFundsComeAndGo(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	m := shop("whoami", "")
	m.Funds = sdk.NewCoins(sdk.NewInt64Coin(denom, 700))
	r := c.block(c.transaction(m))
	require.Contains(
		t,
		called(t, r.TxResults[0], 0).Value,
		`"funds":[{"amount":"700","denom":"stake"}]`,
	)
	require.EqualValues(t, purse-700, c.balance(alice))
	require.EqualValues(t, 700, c.balance(types.VatAccount("shop")))
	r = c.block(c.transaction(shop("say", "["+pays("shop", bob, 300)+"]")))
	require.Zero(t, r.TxResults[0].Code, r.TxResults[0].Log)
	require.EqualValues(t, purse+300, c.balance(bob))
	r = c.block(
		c.transaction(shop("say", "["+strings.Replace(pays("", bob, 1), `"vat":"",`, "", 1)+"]")),
	)
	require.Zero(t, r.TxResults[0].Code, r.TxResults[0].Log)
	require.EqualValues(t, purse-1, c.balance(types.ModuleAccount()))
}

// What bank.send cannot do fails the transaction, with all that it did.
func TestAnOutputThatFailsFailsTheTransaction(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.block(c.transaction(shop("sell", "[1]")))
	before := c.status()
	fee := authtypes.NewModuleAddress(authtypes.FeeCollectorName)
	for _, output := range []string{
		pays("shop", bob, 1),
		pays("", fee, 1),
		pays("", bob, 0),
		pays("", bob, -5),
		`{"type":"bank.send","to":"nobody","amount":[{"denom":"stake","amount":"1"}]}`,
		`{"type":"bank.send","to":"` + bob.String() + `"}`,
		`{"type":"bank.send","to":"` + bob.String() + `","amount":[{"denom":"stake"}]}`,
		`{"type":"bank.send","to":"` + bob.String() + `","amount":[{"denom":"stake","amount":"1"}],"form":"alice"}`,
	} {
		r := c.block(c.transaction(shop("say", "["+output+"]"))).TxResults[0]
		require.NotZero(t, r.Code, output)
		require.Equal(t, before, c.status(), output)
	}
	require.Equal(t, "1", called(t, c.block(c.transaction(shop("sold", ""))).TxResults[0], 0).Value)
	require.EqualValues(t, purse, c.balance(bob))
}

// What no handler takes becomes an event; one that is too long is told by its digest.
func TestOutputsWithoutAHandlerAreEvents(t *testing.T) {
	c, _ := genesisChain(t, "kernel", func(p *types.Params) { p.EventBytes = 64 })
	for _, output := range []string{`{"text":"open","type":"news"}`, `"no object"`, `{"type":5}`, `[1,2]`} {
		r := c.block(c.transaction(shop("say", "["+output+"]"))).TxResults[0]
		require.Equal(
			t,
			[]string{output},
			attributes(r.Events, types.EventOutput, types.AttributeOutput),
		)
		require.Equal(
			t,
			[]string{fmt.Sprint(c.status().Seqnum)},
			attributes(r.Events, types.EventOutput, types.AttributeSeqnum),
		)
	}
	r := c.block(c.transaction(shop("say", `["`+strings.Repeat("x", 100)+`"]`))).TxResults[0]
	require.Equal(t, []string{"102"}, attributes(r.Events, types.EventOutput, types.AttributeSize))
	require.Empty(t, attributes(r.Events, types.EventOutput, types.AttributeOutput))
}

// An app's own handlers are asked by type, inside the transaction.
func TestAnAppsHandler(t *testing.T) {
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	var seen []keeper.Output
	o := d.options()
	o.Outputs = map[string]keeper.OutputHandler{
		"news": func(_ sdk.Context, output keeper.Output) error {
			seen = append(seen, output)
			return nil
		},
	}
	c := newChain(t, setup{options: o, entries: entries})
	r := c.block(c.transaction(shop("say", `[{"type":"news","n":1}]`), shop("say", `[{"type":"news","n":2}]`))).TxResults[0]
	require.Zero(t, r.Code, r.Log)
	require.Empty(t, attributes(r.Events, types.EventOutput, types.AttributeOutput))
	require.Len(t, seen, 2)
	require.JSONEq(t, `{"type":"news","n":2}`, seen[1].Text)
	require.Equal(t, seen[0].Seqnum+1, seen[1].Seqnum)
}

// requireInbox wants the vat to have what was brought in once, in the name of the module.
func requireInbox(t *testing.T, c *chain) {
	got := called(t, c.block(c.transaction(shop("inbox", ""))).TxResults[0], 0).Value
	require.JSONEq(
		t,
		`[{"from":"`+types.ModuleAccount().String()+`","payload":{"type":"ack","of":7}}]`,
		got,
	)
}

// What other modules bring in is a call of the module's own to the vat of the params.
func TestInbound(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	c.atEnd = func(ctx sdk.Context) {
		_, err := c.keeper.Inbound(ctx, `{"type":"ack","of":7}`)
		require.NoError(t, err)
		_, err = c.keeper.Inbound(ctx, `1], "other": [`)
		require.ErrorIs(t, err, types.ErrInvalidCall)
	}
	c.block()
	requireInbox(t, c)
}

// By the bridge they reach the handler that a vat registered, and nobody else's message does.
func TestInboundByTheBridge(t *testing.T) {
	c, _ := genesisChain(t, "kernel", func(p *types.Params) {
		p.Inbound = types.Inbound{Bridge: "bridge"}
	})
	c.block(c.transaction(shop("register", "")))
	c.atEnd = func(ctx sdk.Context) {
		r, err := c.keeper.Inbound(ctx, `{"type":"ack","of":7}`)
		require.NoError(t, err)
		require.Equal(t, "fulfilled", r.Status)
		require.Equal(t, "1", r.Value)
		_, err = c.keeper.Inbound(ctx, `1], "other": [`)
		require.ErrorIs(t, err, types.ErrInvalidCall)
	}
	c.block()
	requireInbox(t, c)
}

// Without a handler what comes in is rejected, as a call to nobody is.
func TestInboundByTheBridgeToNobody(t *testing.T) {
	c, _ := genesisChain(t, "kernel", func(p *types.Params) {
		p.Inbound = types.Inbound{Bridge: "bridge"}
	})
	c.atEnd = func(ctx sdk.Context) {
		_, err := c.keeper.Inbound(ctx, `{}`)
		require.ErrorContains(t, err, "no vat has registered")
	}
	c.block()
}

// A bridge, or a vat and a method.
func TestInboundParams(t *testing.T) {
	for _, i := range []types.Inbound{
		{Vat: "a"}, {Method: "a"}, {Vat: "a", Method: "b", Bridge: "c"}, {Vat: "a", Bridge: "c"},
		{Bridge: "a b"}, {Bridge: `a"`},
	} {
		p := types.DefaultParams()
		p.Inbound = i
		require.ErrorIs(t, p.Validate(), types.ErrInvalidParams, "%v", i)
	}
	for _, i := range []types.Inbound{{}, {Vat: "a", Method: "b"}, {Bridge: "bridge"}} {
		p := types.DefaultParams()
		p.Inbound = i
		require.NoError(t, p.Validate(), "%v", i)
	}
}

// The arguments are the user's, but the message is the module's: nothing gets out of its place.
func TestArgumentsStayArguments(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	for _, args := range []string{
		`]`, `1`, `{}`, `"x"`, `[1`, `[1]]`, `[1],"to":"counter","x":[2]`, `[1]} {`, "[\"\xff\"]", `[01]`,
		strings.Repeat("[", 600) + strings.Repeat("]", 600),
	} {
		m := shop("whoami", args)
		require.ErrorIs(t, m.ValidateBasic(), types.ErrInvalidCall, args)
		require.NotZero(t, c.block(c.transaction(m)).TxResults[0].Code, args)
	}
	for _, name := range []string{"", `a"b`, `a\`, "a b", "ä", strings.Repeat("x", 129)} {
		m := shop(name, "")
		require.ErrorIs(t, m.ValidateBasic(), types.ErrInvalidCall, name)
		m = shop("sell", "")
		m.Vat = name
		require.ErrorIs(t, m.ValidateBasic(), types.ErrInvalidCall, name)
	}
	m := shop("sell", "[1]")
	m.Vat = "counter"
	require.Equal(t, types.ErrNotCallable.ABCICode(), c.block(c.transaction(m)).TxResults[0].Code)
	own := `[{"from":"` + bob.String() + `"},"]}",` + "\n" + ` "ü\u00fc\\\""]`
	got := called(t, c.block(c.transaction(shop("whoami", own))).TxResults[0], 0)
	require.Contains(t, got.Value, `{"caller":{"from":"`+alice.String()+`"`)
	require.Contains(t, got.Value, `"]}","üü\\\""`)
}

// A coin that the chain does not let anybody send is not sent by a call, in or out.
func TestACoinThatMayNotBeSentStays(t *testing.T) {
	s := newScript()
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	c.atEnd = func(ctx sdk.Context) { c.bank.SetSendEnabled(ctx, denom, false) }
	c.block()
	m := shop("sell", "[1]")
	m.Funds = sdk.NewCoins(sdk.NewInt64Coin(denom, 700))
	r := c.block(c.transaction(m)).TxResults[0]
	require.NotZero(t, r.Code)
	require.Zero(t, s.count())
	require.EqualValues(t, purse, c.balance(alice))
}
