package keeper

import (
	"context"
	"errors"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
)

var (
	errNoClient = errors.New("this program was made without a sidecar's client")
	errInbound  = errors.New("what comes in by a bridge is not asked")
)

// Attach has the kernel come to this state before consensus begins, so that a long replay, if there
// must be one, is over before the chain waits for it. It waits for the sidecar as long as it takes;
// after Stop it gives client.ErrInterrupted. The context is that of the newest committed block. Before
// a chain's first block, and before a state-sync, there is nothing to come to: the genesis is no state
// until that block is committed, and a sidecar that attached to a store without keys would make a
// kernel for nothing.
func (k Keeper) Attach(ctx sdk.Context) error {
	if k.node.client == nil {
		return errNoClient
	}
	if ctx.BlockHeight() == 0 {
		ctx.Logger().Info("headstart: nothing is committed yet; the first block attaches")
		return nil
	}
	store := k.kernel(ctx)
	for attempt := 0; ; attempt++ {
		attached, err := k.node.client.Attach(context.Background(), blockHeight(ctx), store)
		if err == nil {
			ctx.Logger().
				Info("headstart: attached", "height", ctx.BlockHeight(), "path", attached.Path,
					"replayed", attached.Replayed, "wait", attached.Wait)
			if err := k.compareGenesis(ctx); err != nil {
				ctx.Logger().Error("headstart: " + err.Error())
			}
			return nil
		}
		if ended(err) {
			return err
		}
		wait := k.node.pause(attempt)
		ctx.Logger().
			Error("headstart: not attached; the node waits. Look at the sidecar: `headstart status`",
				"error", err, "next_try_in", wait)
		select {
		case <-time.After(wait):
		case <-k.node.stopping:
			return client.ErrInterrupted
		}
	}
}

// Precommit has the block's messages on the sidecar's disk, where the options ask for it. A sidecar
// that cannot does not hold up the block: a restart then costs a catch-up.
func (k Keeper) Precommit(ctx sdk.Context) {
	if k.node.client == nil || !k.options.PrepareCommit {
		return
	}
	limited, cancel := context.WithTimeout(context.Background(), k.options.PrepareTimeout)
	defer cancel()
	if err := k.node.client.PrepareCommit(limited, blockHeight(ctx)); err != nil {
		ctx.Logger().
			Error("headstart: the block's messages are not on the sidecar's disk", "error", err)
	}
}

// commitTimeout bounds what a notice may hold up a node whose sidecar is away.
const commitTimeout = 500 * time.Millisecond

// Committed tells the sidecar that this block is durable. Without the notice the first delivery of
// another height says it.
func (k Keeper) Committed(ctx sdk.Context) {
	if k.node.client == nil {
		return
	}
	at, err := k.kernel(ctx).position()
	if err == nil {
		limited, cancel := context.WithTimeout(context.Background(), commitTimeout)
		defer cancel()
		err = k.node.client.Commit(limited, blockHeight(ctx), &at)
	}
	if err != nil {
		ctx.Logger().Info("headstart: the sidecar was not told of the commit", "error", err)
	}
}
