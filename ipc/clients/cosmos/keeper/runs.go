package keeper

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// EndBlock sends runs while the kernel has something left to do and the block's budget lasts. It
// decides by the store alone: a node that was started anew remembers no answer.
func (k Keeper) EndBlock(ctx sdk.Context) error {
	if ctx.ExecMode() != sdk.ExecModeFinalize {
		return nil
	}
	ctx = unmetered(ctx)
	params, err := k.Params(ctx)
	if err != nil {
		return err
	}
	budget := params.BlockTicks
	for run := uint32(0); run < params.BlockRuns && budget > 0; run++ {
		due, err := k.due(ctx)
		if err != nil || !due {
			return err
		}
		ticks := budget
		answer := k.deliver(ctx, client.Delivery{Ticks: &ticks})
		tellRun(ctx, answer)
		if err := k.handleEach(ctx, answer, params); err != nil {
			return err
		}
		budget -= min(budget, max(answer.Ticks, 1))
	}
	return nil
}

// due tells whether the kernel has something left to do: work that is queued, or a timer that rang.
func (k Keeper) due(ctx sdk.Context) (bool, error) {
	store := k.kernel(ctx)
	queued, err := store.number(types.KeyQueued)
	if err != nil || queued > 0 {
		return queued > 0, err
	}
	wake, err := store.number(types.KeyWake)
	return wake > 0 && wake <= blockTime(ctx), err
}
