package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
)

// A scan goes through the kernel's keys alone, in byte order, each once, whatever its pages are.
func TestScan(t *testing.T) {
	key := storetypes.NewKVStoreKey("headstart")
	ctx := testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t"))
	k := Keeper{store: runtime.NewKVStoreService(key)}
	store := k.kernel(ctx)
	want := []string{"\x00", "a", "a\x00", "a\x00\x00", "b", "b.\xff", "b.\xff\xff", "\xff"}
	for _, name := range want {
		require.NoError(t, store.put([]byte(name), nil))
	}
	require.NoError(t, store.kv.Set([]byte{0x02}, []byte("params")))
	for _, size := range []int{0, 1, 3, 1000} {
		var after []byte
		var got []string
		for more := true; more; {
			entries, left, err := store.Scan(after, size)
			require.NoError(t, err)
			require.NotEmpty(t, entries)
			for _, e := range entries {
				require.NotNil(t, e.Value)
				got = append(got, string(e.Key))
			}
			after, more = entries[len(entries)-1].Key, left
			require.LessOrEqual(t, len(got), len(want))
		}
		require.Equal(t, want, got)
	}
	value, err := store.Get([]byte("a\x00"))
	require.NoError(t, err)
	require.NotNil(t, value)
	value, err = store.Get([]byte("c"))
	require.NoError(t, err)
	require.Nil(t, value)
}
