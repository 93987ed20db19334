// Package keeper executes calls to vats on the sidecar's kernel, inside the chain's transactions.
package keeper

import (
	"fmt"
	"time"

	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/types"
)

// Options are what differs from node to node. Nothing here may change a block's result, but
// Outputs, which are the program's: the same on all nodes.
type Options struct {
	// Client speaks to the sidecar; nil for commands that execute no block (export, testnet).
	Client Client
	// Outputs adds handlers by an output's type to those of the module (bank.send); the same type
	// replaces it.
	Outputs map[string]OutputHandler
	// PrepareCommit has each block's log entries on the sidecar's disk before the node commits it:
	// for nodes that want power loss covered. PrepareTimeout: how long a block waits for it (10 s).
	PrepareCommit  bool
	PrepareTimeout time.Duration
	// StopGrace is what a delivery under way may take after Stop (3 s).
	StopGrace time.Duration
	// Exit ends the process (os.Exit).
	Exit func(code int)
	// Pause is how long to wait before another attempt, by how many failed.
	Pause func(attempt int) time.Duration
}

// Keeper holds the kernel's keys and the params. Copies share the line to the sidecar.
type Keeper struct {
	cdc       codec.BinaryCodec
	store     corestore.KVStoreService
	bank      types.BankKeeper
	addresses address.Codec
	authority string
	outputs   map[string]OutputHandler
	node      *sidecar
	options   Options
}

// NewKeeper makes a keeper on a store that is the module's alone. The authority is the address that
// may change params and speak to the kernel itself: the governance's account, as a rule.
func NewKeeper(cdc codec.BinaryCodec, store corestore.KVStoreService, bank types.BankKeeper,
	addresses address.Codec, authority string, o Options,
) Keeper {
	if _, err := addresses.StringToBytes(authority); err != nil {
		panic(fmt.Errorf("headstart: authority %q: %w", authority, err))
	}
	if o.PrepareTimeout == 0 {
		o.PrepareTimeout = 10 * time.Second
	}
	k := Keeper{
		cdc: cdc, store: store, bank: bank, addresses: addresses, authority: authority,
		node: newSidecar(o), options: o,
	}
	k.outputs = map[string]OutputHandler{BankSend: k.bankSend}
	for kind, handler := range o.Outputs {
		k.outputs[kind] = handler
	}
	return k
}

// HandleOutput adds a handler, for apps whose handlers need keepers that are made after this one.
// It is for the app's wiring, before the first block.
func (k Keeper) HandleOutput(kind string, handler OutputHandler) { k.outputs[kind] = handler }

// Authority is the address that may change params and speak to the kernel itself.
func (k Keeper) Authority() string { return k.authority }

// Params are those of this state. They are read without gas, as the kernel's keys are.
func (k Keeper) Params(ctx sdk.Context) (types.Params, error) {
	raw, err := k.store.OpenKVStore(unmetered(ctx)).Get(types.ParamsKey)
	if err != nil || raw == nil {
		return types.DefaultParams(), err
	}
	var params types.Params
	return params, k.cdc.Unmarshal(raw, &params)
}

// SetParams keeps params that are valid.
func (k Keeper) SetParams(ctx sdk.Context, params types.Params) error {
	if err := params.Validate(); err != nil {
		return err
	}
	raw, err := k.cdc.Marshal(&params)
	if err != nil {
		return err
	}
	if raw == nil {
		raw = []byte{}
	}
	return k.store.OpenKVStore(unmetered(ctx)).Set(types.ParamsKey, raw)
}

// blockTime is the block's, in Unix seconds, as the kernel is told it.
func blockTime(ctx sdk.Context) uint64 { return uint64(max(ctx.BlockTime().Unix(), 0)) }

func blockHeight(ctx sdk.Context) uint64 { return uint64(max(ctx.BlockHeight(), 0)) }
