package keeper

import (
	"bytes"
	"context"
	"fmt"
	"time"

	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/types"
)

// InitGenesis puts a genesis into an empty store. A chain does not begin without a state vector
// unless its genesis says so.
func (k Keeper) InitGenesis(ctx sdk.Context, g types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := g.Beginnable(); err != nil {
		return err
	}
	if err := k.SetParams(ctx, g.Params); err != nil {
		return err
	}
	store := k.kernel(ctx)
	for _, e := range g.Entries {
		if err := store.put(e.Key, e.Value); err != nil {
			return err
		}
	}
	if g.BeginEmpty && g.Hash != "" {
		return store.kv.Set(types.ExpectedKey, []byte(g.Hash))
	}
	return nil
}

// expected is the hash that the state vector of a chain that began empty must have; "": any.
func (k Keeper) expected(ctx sdk.Context) (string, error) {
	hash, err := k.kernel(ctx).kv.Get(types.ExpectedKey)
	return string(hash), err
}

// manyBytes is where a genesis becomes too large to be handled as JSON.
const manyBytes = 256 << 20

// ExportGenesis gives all that the kernel keeps but what is a node's own. Another chain goes on
// with it at its own heights.
func (k Keeper) ExportGenesis(ctx sdk.Context) (*types.GenesisState, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return nil, err
	}
	g := &types.GenesisState{Params: params}
	size, err := k.collect(ctx, g)
	if err != nil {
		return nil, err
	}
	if size > manyBytes {
		ctx.Logger().
			Error("headstart: the exported state is large for a genesis; for a node of this chain, "+
				"state-sync carries the same, in chunks that are verified", "bytes", size)
	}
	if g.BeginEmpty = len(g.Entries) == 0; g.BeginEmpty {
		g.Hash, err = k.expected(ctx)
	}
	return g, err
}

func (k Keeper) collect(ctx sdk.Context, g *types.GenesisState) (size int, err error) {
	prefix := types.KernelPrefix
	it, err := k.kernel(ctx).kv.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	if err != nil {
		return 0, err
	}
	defer it.Close()
	for ; it.Valid(); it.Next() {
		key := it.Key()[len(prefix):]
		if bytes.HasPrefix(key, []byte(types.PrefixLocal)) {
			continue
		}
		g.Entries = append(
			g.Entries,
			types.Entry{Key: bytes.Clone(key), Value: append([]byte{}, it.Value()...)},
		)
		size += len(key) + len(it.Value())
	}
	return size, nil
}

// compareGenesis looks at what this node's sidecar would begin a chain with. A chain that carries
// its state vector cannot be forked by it, but whoever runs the node should know.
func (k Keeper) compareGenesis(ctx sdk.Context) error {
	at, err := k.kernel(ctx).position()
	if err != nil || at.Seqnum > 0 || at.Hash == "" {
		return err
	}
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	hello, err := k.node.client.Hello(limited)
	if err != nil {
		return fmt.Errorf("the sidecar's genesis could not be compared: %w", err)
	}
	if hello.Genesis != "" && hello.Genesis != at.Hash {
		ctx.Logger().
			Error("headstart: this sidecar's kernel configuration (--kernel) is not that which the chain "+
				"begins with; the chain's counts", "sidecar", hello.Genesis, "chain", at.Hash)
	}
	return nil
}
