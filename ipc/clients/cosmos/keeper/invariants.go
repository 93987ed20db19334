package keeper

//lint:file-ignore SA1019 invariants are deprecated with x/crisis, and have no successor: chains run them.

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/types"
)

// RegisterInvariants adds what must hold in every state.
func RegisterInvariants(registry sdk.InvariantRegistry, k Keeper) {
	registry.RegisterRoute(types.ModuleName, "position", PositionInvariant(k))
	registry.RegisterRoute(types.ModuleName, "params", ParamsInvariant(k))
}

// PositionInvariant: the kernel's own keys can be read, a message has a hash, and none is of a
// block that is yet to come.
func PositionInvariant(k Keeper) sdk.Invariant {
	return func(ctx sdk.Context) (string, bool) {
		err := k.checkPosition(ctx)
		return sdk.FormatInvariant(types.ModuleName, "position", fmt.Sprint(err)), err != nil
	}
}

func (k Keeper) checkPosition(ctx sdk.Context) error {
	store := k.kernel(ctx)
	at, err := store.position()
	if err != nil {
		return err
	}
	if at.Hash == "" && at.Seqnum > 0 || at.Hash != "" && len(at.Hash) != 64 {
		return fmt.Errorf("message %d has the hash %q", at.Seqnum, at.Hash)
	}
	for _, key := range []string{types.KeyQueued, types.KeyWake} {
		if _, err := store.number(key); err != nil {
			return err
		}
	}
	height, err := store.number(types.KeyHeight)
	if err == nil && at.Seqnum > 0 && height > blockHeight(ctx) {
		err = fmt.Errorf("the kernel is at height %d, the chain at %d", height, ctx.BlockHeight())
	}
	return err
}

// ParamsInvariant: the params are valid.
func ParamsInvariant(k Keeper) sdk.Invariant {
	return func(ctx sdk.Context) (string, bool) {
		params, err := k.Params(ctx)
		if err == nil {
			err = params.Validate()
		}
		return sdk.FormatInvariant(types.ModuleName, "params", fmt.Sprint(err)), err != nil
	}
}
