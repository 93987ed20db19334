package whole_test

import (
	"encoding/binary"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/iavl"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"
	"cosmossdk.io/store/wrapper"

	"headstart/cosmos/whole"
)

// slow is a database whose writes in the background are not done before they are waited for: the
// first one waits until the import is over, or for a time that a wait for it takes.
type slow struct {
	*dbm.MemDB
	over chan struct{}
}

const waitedFor = 200 * time.Millisecond

func (s slow) NewBatch() dbm.Batch            { return slowBatch{s.MemDB.NewBatch(), s.over} }
func (s slow) NewBatchWithSize(int) dbm.Batch { return s.NewBatch() }

type slowBatch struct {
	dbm.Batch
	over chan struct{}
}

func (b slowBatch) Write() error {
	select {
	case <-b.over:
	case <-time.After(waitedFor):
	}
	return b.Batch.Write()
}

func tree(db dbm.DB) *iavl.MutableTree {
	return iavl.NewMutableTree(wrapper.NewDBWrapper(whole.DB(db)), 100, false, log.NewNopLogger())
}

// TestAStateSyncedTreeIsWhole: IAVL before 1.2.5 does not wait for the nodes that it writes in the
// background, ten thousand at a time, before it builds its index of the newest keys from them. Such a
// node goes on with keys that it cannot find, and parts from its chain with the first block.
func TestAStateSyncedTreeIsWhole(t *testing.T) {
	const entries = 6000 // and as many inner nodes
	from := tree(dbm.NewMemDB())
	for i := range uint64(entries) {
		_, err := from.Set(binary.BigEndian.AppendUint64(nil, i), []byte("value"))
		require.NoError(t, err)
	}
	_, version, err := from.SaveVersion()
	require.NoError(t, err)
	exporter, err := from.Export()
	require.NoError(t, err)
	defer exporter.Close()

	over := make(chan struct{})
	to := tree(slow{dbm.NewMemDB(), over})
	importer, err := to.Import(version)
	require.NoError(t, err)
	for {
		node, err := exporter.Next()
		if err != nil {
			require.ErrorIs(t, err, iavl.ErrorExportDone)
			break
		}
		require.NoError(t, importer.Add(node))
	}
	err = importer.Commit()
	close(over)
	require.NoError(t, err)
	for i := range uint64(entries) {
		value, err := to.Get(binary.BigEndian.AppendUint64(nil, i))
		require.NoError(t, err)
		require.Equal(t, "value", string(value), "of key %d", i)
	}
}
