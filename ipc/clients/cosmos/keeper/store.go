package keeper

import (
	"bytes"
	"fmt"
	"strconv"

	corestore "cosmossdk.io/core/store"
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// kernelStore is the kernel's part of the module's store, as one branch of the state sees it. It is
// the client's Store. What is read and written here costs no gas: how much of it there is depends
// on how the node's sidecar came here, and gas is part of a block's result.
type kernelStore struct{ kv corestore.KVStore }

var _ client.Store = kernelStore{}

func (k Keeper) kernel(ctx sdk.Context) kernelStore {
	return kernelStore{k.store.OpenKVStore(unmetered(ctx))}
}

func unmetered(ctx sdk.Context) sdk.Context {
	return ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).
		WithKVGasConfig(storetypes.GasConfig{})
}

func kernelKey(key []byte) []byte { return append(bytes.Clone(types.KernelPrefix), key...) }

// Get gives nil where there is no such key: an empty value is not nil.
func (s kernelStore) Get(key []byte) ([]byte, error) { return s.kv.Get(kernelKey(key)) }

// Scan gives the entries above a key, in byte order: at least one, if there is any, and about so
// many bytes.
func (s kernelStore) Scan(after []byte, size int) (entries []client.Entry, more bool, err error) {
	first := kernelKey(after)
	if len(after) > 0 {
		first = append(first, 0) // the smallest key above it
	}
	it, err := s.kv.Iterator(first, storetypes.PrefixEndBytes(types.KernelPrefix))
	if err != nil {
		return nil, false, err
	}
	defer it.Close()
	for taken := 0; it.Valid(); it.Next() {
		if len(entries) > 0 && taken >= size {
			return entries, true, nil
		}
		e := client.Entry{Key: it.Key()[len(types.KernelPrefix):], Value: it.Value()}
		entries = append(entries, e)
		taken += len(e.Key) + len(e.Value)
	}
	return entries, false, nil // Error would call the end itself one: a store that fails panics
}

// put sets a key; a value without bytes is an empty one.
func (s kernelStore) put(key, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return s.kv.Set(kernelKey(key), value)
}

// apply does an answer's writes, in their order.
func (s kernelStore) apply(writes []client.Write) error {
	for _, w := range writes {
		var err error
		if w.Value == nil {
			err = s.kv.Delete(kernelKey(w.Key))
		} else {
			err = s.put(w.Key, w.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// number reads a decimal number; 0 where there is none.
func (s kernelStore) number(key string) (uint64, error) {
	text, err := s.Get([]byte(key))
	if err != nil || text == nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("kernel store: %q: not a number: %q", key, text)
	}
	return n, nil
}

// position is where the kernel stood when this state was made: (0, "") in a store never used.
func (s kernelStore) position() (client.Position, error) { return client.PositionOf(s) }
