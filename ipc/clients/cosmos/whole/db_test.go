package whole_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	pruningtypes "cosmossdk.io/store/pruning/types"
	"cosmossdk.io/store/rootmulti"
	storetypes "cosmossdk.io/store/types"

	"headstart/cosmos/whole"
)

// mortal is a database of which nothing is on the disk from the write on at which its process is
// killed.
type mortal struct {
	*dbm.MemDB
	*life
}

// life is how many writes are left of it.
type life struct{ left int }

func (l *life) over() bool { return l.left <= 0 }

func (m mortal) NewBatch() dbm.Batch { return mortalBatch{m.MemDB.NewBatch(), m.life} }
func (m mortal) NewBatchWithSize(n int) dbm.Batch {
	return mortalBatch{m.MemDB.NewBatchWithSize(n), m.life}
}

type mortalBatch struct {
	dbm.Batch
	*life
}

func (b mortalBatch) Write() error {
	if b.left--; b.over() {
		return nil
	}
	return b.Batch.Write()
}

func (b mortalBatch) WriteSync() error { return b.Write() }

const (
	blocks      = 13 // old heights are dropped at 10
	keysOfBlock = 30
	valueSize   = 5000 // of a block's keys together 150 kB
)

// state is a chain's store: a tree that changes much, one that changes little, and one that does not.
type state struct {
	*rootmulti.Store
	much, little, still *storetypes.KVStoreKey
}

func open(db dbm.DB) (*state, error) {
	s := &state{
		Store:  rootmulti.NewStore(db, log.NewNopLogger(), metrics.NewNoOpMetrics()),
		much:   storetypes.NewKVStoreKey("much"),
		little: storetypes.NewKVStoreKey("little"),
		still:  storetypes.NewKVStoreKey("still"),
	}
	s.SetIAVLSyncPruning(true)
	s.SetPruning(pruningtypes.NewCustomPruningOptions(2, 10))
	for _, k := range []storetypes.StoreKey{s.much, s.little, s.still} {
		s.MountStoreWithDB(k, storetypes.StoreTypeIAVL, nil)
	}
	return s, s.LoadLatestVersion()
}

// run executes all blocks that the store has not, while l lasts, and returns the hash of the newest.
func (s *state) run(l *life) []byte {
	for height := s.LastCommitID().Version + 1; height <= blocks && !l.over(); height++ {
		s.execute(uint64(height))
		s.Commit()
	}
	return s.LastCommitID().Hash
}

func (s *state) execute(height uint64) {
	much := s.GetKVStore(s.much)
	for i := range uint64(keysOfBlock) {
		key := binary.BigEndian.AppendUint64(nil, (height*7+i*11)%97)
		if (height+i)%5 == 0 {
			much.Delete(key)
			continue
		}
		much.Set(key, bytes.Repeat(binary.BigEndian.AppendUint64(nil, height<<32|i), valueSize/8))
	}
	if height%3 == 0 {
		s.GetKVStore(s.little).Set([]byte("height"), fmt.Append(nil, height))
	}
	if height == 1 {
		s.GetKVStore(s.still).Set([]byte("since"), []byte("the beginning"))
	}
}

// killAt begins a chain over a database made by with, kills it instead of that write of those after
// the first block, and starts it again on what is left. It returns the newest hash; survived: the
// chain came to its end before.
func killAt(write int, with func(dbm.DB) dbm.DB) (hash []byte, survived bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("after the restart: %v", r)
		}
	}()
	memory, l := dbm.NewMemDB(), &life{left: math.MaxInt}
	s, err := open(with(mortal{memory, l}))
	if err != nil {
		return nil, false, err
	}
	s.execute(1)
	s.Commit()
	l.left = write
	if hash = s.run(l); !l.over() {
		return hash, true, nil
	}
	if s, err = open(with(memory)); err != nil {
		return nil, false, err
	}
	return s.run(&life{left: math.MaxInt}), false, nil
}

// killEverywhere kills the chain instead of each of its writes in turn, and calls found with what
// came of it.
func killEverywhere(t *testing.T, with func(dbm.DB) dbm.DB, found func(write int, err error)) {
	t.Helper()
	expected, survived, err := killAt(math.MaxInt, whole.DB)
	require.NoError(t, err)
	require.True(t, survived)
	for write := 1; ; write++ {
		hash, survived, err := killAt(write, with)
		if survived {
			require.Greater(t, write, 3*(blocks-1))
			return
		}
		if err == nil && !bytes.Equal(hash, expected) {
			err = fmt.Errorf("the hash is %X, not %X", hash, expected)
		}
		found(write, err)
	}
}

func TestANodeKilledAtAnyWriteStartsAgain(t *testing.T) {
	killEverywhere(t, whole.DB, func(write int, err error) {
		require.NoError(t, err, "killed instead of write %d", write)
	})
}

// TestWithoutItIAVLTearsBlocks tells when IAVL does better by itself, and this package can go.
func TestWithoutItIAVLTearsBlocks(t *testing.T) {
	torn := 0
	killEverywhere(t, func(db dbm.DB) dbm.DB { return db }, func(write int, err error) {
		if err != nil {
			torn++
			t.Logf("killed instead of write %d: %v", write, err)
		}
	})
	require.Positive(t, torn)
}
