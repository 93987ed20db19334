package load

import (
	"fmt"
	"math/rand/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"headstart/chain/network"
)

// Kind is what a transaction is about.
type Kind string

// The kinds. Each is made of messages that every node takes into its pool.
const (
	Cheap   Kind = "cheap"   // one small call
	Failing Kind = "failing" // a call, and then a message that fails: the call is undone
)

// messages makes a transaction of that kind, from sender i.
func (k Kind) messages(i int, dice *rand.Rand) []sdk.Msg {
	from, to := network.SenderAddress(i), network.SenderAddress(drawSender(dice))
	switch k {
	case Cheap:
		return []sdk.Msg{send(from, to, 1)}
	case Failing:
		return []sdk.Msg{send(from, to, 1), send(from, to, 1<<60)}
	}
	panic(fmt.Sprintf("no kind of transaction: %q", k))
}

func send(from, to sdk.AccAddress, amount int64) sdk.Msg {
	return banktypes.NewMsgSend(from, to, sdk.NewCoins(sdk.NewInt64Coin(network.Denom, amount)))
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
var Usual = Mix{{Cheap, 75}, {Failing, 25}}
