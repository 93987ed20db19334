package keeper

import (
	"context"
	"fmt"
	"strings"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// deliver has the sidecar execute one message at the position of this branch of the state, and does
// its writes there. It waits until that is done. It is for finalized blocks only: everything else
// must never come here.
func (k Keeper) deliver(ctx sdk.Context, d client.Delivery) client.Answer {
	store := k.kernel(ctx)
	d.Height, d.Time = blockHeight(ctx), blockTime(ctx)
	var answer client.Answer
	k.node.insist(ctx.Logger(), fmt.Sprintf("a message of block %d", d.Height), func() error {
		at, err := k.beginnable(ctx, store)
		if err != nil {
			return err
		}
		if answer, err = k.node.client.Deliver(context.Background(), d, store); err != nil {
			return err
		}
		if err := sound(answer, at); err != nil {
			return err
		}
		if err := store.apply(answer.Writes); err != nil {
			panic(err) // half a message in a store: nobody may go on with it
		}
		return nil
	})
	report(ctx, answer)
	tell(ctx, answer, k.eventBytes(ctx))
	return answer
}

// beginnable gives the position, and keeps a chain that began empty from a sidecar whose kernel
// configuration is not the chain's: it would part from the others with this very message.
func (k Keeper) beginnable(ctx sdk.Context, store kernelStore) (client.Position, error) {
	if k.node.client == nil {
		panic("this program was made without a sidecar's client, and executes no blocks")
	}
	at, err := store.position()
	if err != nil || at.Hash != "" {
		return at, err
	}
	expected, err := k.expected(ctx)
	if err != nil || expected == "" {
		return at, err
	}
	hello, err := k.node.client.Hello(context.Background())
	if err == nil && hello.Genesis != expected {
		err = fmt.Errorf(
			"the sidecar's kernel configuration makes the state vector %q, but the chain's is %q; "+
				"give it the chain's own (--kernel)",
			hello.Genesis,
			expected,
		)
	}
	return at, err
}

// sound tells whether an answer can be done to a store at this position. What is not the kernel's
// next step is the word of a broken sidecar: nothing of it is taken.
func sound(a client.Answer, at client.Position) error {
	var seqnum, hash string
	for _, w := range a.Writes {
		if len(w.Key) == 0 || len(w.Key) > maxKey || len(w.Value) > maxValue {
			return fmt.Errorf(
				"the sidecar's answer has a key of %d bytes, a value of %d",
				len(w.Key),
				len(w.Value),
			)
		}
		switch string(w.Key) {
		case types.KeySeqnum:
			seqnum = string(w.Value)
		case types.KeyHash:
			hash = string(w.Value)
		}
	}
	next := at.Seqnum + 1
	if a.Position.Seqnum != next || seqnum != fmt.Sprint(next) || hash != a.Position.Hash ||
		len(hash) != 64 {
		return fmt.Errorf(
			"the sidecar's answer is no step from message %d: position %d %q, writes %q %q",
			at.Seqnum,
			a.Position.Seqnum,
			a.Position.Hash,
			seqnum,
			hash,
		)
	}
	switch a.Status {
	case client.Fulfilled, client.Rejected, client.Pending:
		return nil
	}
	return fmt.Errorf("the sidecar's answer has the status %q", a.Status)
}

const (
	maxKey   = 1<<17 - 2 // of the SDK's stores, less our prefix
	maxValue = 1<<31 - 1
)

// report logs how the kernel came to the position; that is this node's matter, and in no result.
func report(ctx sdk.Context, a client.Answer) {
	say := ctx.Logger().Debug
	if a.Path != "live" {
		say = ctx.Logger().Info
	}
	say("headstart: message executed", "seqnum", a.Position.Seqnum, "path", a.Path,
		"replayed", a.Replayed, "wait", a.Wait, "run", a.Run)
}

// rejected is the error of a transaction that fails since the kernel rejected its message.
func rejected(a client.Answer) error {
	const most = 1 << 10
	value := a.Value
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "…"
	}
	return errorsmod.Wrap(types.ErrRejected, value)
}
