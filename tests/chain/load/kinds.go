package load

import (
	"fmt"
	"math/rand/v2"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"headstart/chain/network"
	headstarttypes "headstart/cosmos/types"
)

// Kind is what a transaction is about.
type Kind string

// The kinds. Each is made of messages that every node takes into its pool.
const (
	Deposit  Kind = "deposit"  // coins become tokens
	Transfer Kind = "transfer" // one small call
	Several  Kind = "several"  // three of them in one transaction
	Withdraw Kind = "withdraw" // the vat pays coins from its account
	Failing  Kind = "failing"  // a transfer, and then a message that fails: the call is undone
	Undone   Kind = "undone"   // a deposit, and then a message that fails
	Refused  Kind = "refused"  // a call that throws
	Large    Kind = "large"    // a large answer
	Audit    Kind = "audit"    // a call that takes some milliseconds
	Many     Kind = "many"     // fifty small calls in one transaction
	Toil     Kind = "toil"     // more work than a block's end does
	Found    Kind = "found"    // a vat is made
	Visit    Kind = "visit"    // one that was made is called
	Renew    Kind = "renew"    // and upgraded
	Close    Kind = "close"    // and ended
)

// CallsOfMany is how many calls such a transaction holds.
const CallsOfMany = 50

// DepositAmount is how many coins a deposit brings.
const DepositAmount = 1000

const (
	largeAnswer = 200_000
	toilTurns   = 100
	auditTimes  = 2000 // of at most as many balances as there are senders
	ticksOfCall = 500
	counters    = 6       // vats that come and go
	tooMuch     = 1 << 50 // nobody has so much
)

// messages makes a transaction of that kind, from sender i.
func (k Kind) messages(i int, dice *rand.Rand) []sdk.Msg {
	transfer := func() sdk.Msg {
		to := network.SenderAddress(drawSender(dice))
		return call(i, "transfer", fmt.Sprintf("[%q,1]", to.String()))
	}
	deposit := func() sdk.Msg {
		m := call(i, "deposit", "")
		m.Funds = coins(DepositAmount)
		return m
	}
	failing := func() sdk.Msg {
		to := network.SenderAddress(drawSender(dice))
		return banktypes.NewMsgSend(network.SenderAddress(i), to, coins(tooMuch))
	}
	switch k {
	case Deposit:
		return []sdk.Msg{deposit()}
	case Transfer:
		return []sdk.Msg{transfer()}
	case Several:
		return []sdk.Msg{transfer(), transfer(), transfer()}
	case Withdraw:
		return []sdk.Msg{call(i, "withdraw", fmt.Sprintf("[%d]", 1+dice.IntN(5)))}
	case Failing:
		return []sdk.Msg{transfer(), failing()}
	case Undone:
		return []sdk.Msg{deposit(), failing()}
	case Refused:
		return []sdk.Msg{call(i, "transfer", `["nobody",0]`)}
	case Large:
		return []sdk.Msg{call(i, "statement", fmt.Sprintf("[%d]", largeAnswer))}
	case Audit:
		return []sdk.Msg{call(i, "audit", fmt.Sprintf("[%d]", auditTimes))}
	case Many:
		return slices.Repeat([]sdk.Msg{call(i, "audit", "[1]")}, CallsOfMany)
	case Toil:
		return []sdk.Msg{call(i, "toil", fmt.Sprintf("[%d]", toilTurns))}
	}
	return k.onCounter(i, dice)
}

// onCounter makes a transaction about one of the vats that come and go.
func (k Kind) onCounter(i int, dice *rand.Rand) []sdk.Msg {
	args := fmt.Sprintf("[%d]", dice.IntN(counters))
	switch k {
	case Found, Renew, Close:
		return []sdk.Msg{callOf(i, "contracts", string(k), args)}
	case Visit:
		args = fmt.Sprintf("[%d,%d]", dice.IntN(counters), 1+dice.IntN(100))
		return []sdk.Msg{callOf(i, "contracts", "visit", args)}
	}
	panic(fmt.Sprintf("no kind of transaction: %q", k))
}

func call(i int, method, args string) *headstarttypes.MsgCall {
	return callOf(i, "token", method, args)
}

func callOf(i int, vat, method, args string) *headstarttypes.MsgCall {
	return &headstarttypes.MsgCall{Sender: network.SenderAddress(i).String(), Vat: vat,
		Method: method, Args: args, Ticks: ticksOfCall}
}

func coins(amount int64) sdk.Coins {
	return sdk.NewCoins(sdk.NewInt64Coin(network.Denom, amount))
}

// Mix says how often a kind is drawn, against the others.
type Mix []struct {
	Kind  Kind
	Share int
}

func (m Mix) draw(dice *rand.Rand) Kind {
	all := 0
	for _, part := range m {
		all += part.Share
	}
	n := dice.IntN(all)
	for _, part := range m {
		if n -= part.Share; n < 0 {
			return part.Kind
		}
	}
	panic("a mix without shares")
}

// Usual is a bit of everything.
var Usual = Mix{{Deposit, 10}, {Transfer, 35}, {Several, 10}, {Withdraw, 10}, {Failing, 20},
	{Refused, 10}, {Large, 4}, {Toil, 1}, {Found, 3}, {Visit, 8}, {Renew, 2}, {Close, 2}}
