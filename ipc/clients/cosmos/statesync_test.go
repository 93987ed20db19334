package headstart_test

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/store/snapshots"
	snapshottypes "cosmossdk.io/store/snapshots/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
)

func snapshotting(t testing.TB) func(*baseapp.BaseApp) {
	t.Helper()
	store, err := snapshots.NewStore(dbm.NewMemDB(), t.TempDir())
	require.NoError(t, err)
	return baseapp.SetSnapshot(store, snapshottypes.NewSnapshotOptions(0, 2))
}

// A node that joins by state-sync needs nothing but the chain's own snapshot: its sidecar, which was
// never there, comes to the position from the store, and goes on as the others.
func TestStateSync(t *testing.T) {
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	c := newChain(t, setup{
		options: d.options(), entries: entries, base: []func(*baseapp.BaseApp){snapshotting(t)},
	})
	for range 4 {
		c.block(c.transaction(shop("sell", "[2]")), c.transaction(shop("wait", "")))
	}
	snapshot, err := c.SnapshotManager().Create(uint64(c.LastBlockHeight()))
	require.NoError(t, err)

	fresh := newDaemon(t, "kernel")
	joined := newChain(t, setup{
		options: fresh.options(), noBegin: true, base: []func(*baseapp.BaseApp){snapshotting(t)},
	})
	offered, err := snapshot.ToABCI()
	require.NoError(t, err)
	answer, err := joined.OfferSnapshot(&abci.RequestOfferSnapshot{
		Snapshot: &offered, AppHash: c.LastCommitID().Hash,
	})
	require.NoError(t, err)
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, answer.Result)
	for i := range snapshot.Chunks {
		chunk, err := c.SnapshotManager().LoadChunk(snapshot.Height, snapshot.Format, i)
		require.NoError(t, err)
		r, err := joined.ApplySnapshotChunk(&abci.RequestApplySnapshotChunk{Index: i, Chunk: chunk})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, r.Result)
	}
	require.Equal(t, c.LastCommitID().Hash, joined.LastCommitID().Hash)
	joined.prior = c.prior
	require.NoError(t, joined.keeper.Attach(joined.ctx()))
	for range 3 {
		want := c.block(c.transaction(shop("sell", "[1]")), c.transaction(shop("sold", "")))
		got := joined.block(
			joined.transaction(shop("sell", "[1]")), joined.transaction(shop("sold", "")))
		sameResults(t, want, got)
	}
}
