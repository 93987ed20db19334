// Package whole keeps a store from saving a block in pieces.
package whole

import (
	"math"

	dbm "github.com/cosmos/cosmos-db"
)

// DB is db for an application's state, with IAVL's trees saved whole.
//
// IAVL writes a version of a tree, and what it drops of old ones, as one batch, but breaks the batch
// up where it grows over 100 kB, which a block of calls to vats often does. A process that is killed
// between two pieces leaves nodes of a version that has no root. IAVL then takes that version for the
// newest, does not save it again, and the node ends at each start with "version does not exist".
//
// A batch of this database tells IAVL a size at which it never breaks up. It takes the memory that
// all changes of one tree in one block take.
func DB(db dbm.DB) dbm.DB { return database{db} }

type database struct{ dbm.DB }

func (d database) NewBatch() dbm.Batch { return batch{d.DB.NewBatch()} }

func (d database) NewBatchWithSize(size int) dbm.Batch { return batch{d.DB.NewBatchWithSize(size)} }

type batch struct{ dbm.Batch }

// GetByteSize is so little that no key and value added to it are too much: IAVL breaks up before a
// value that is over its bound by itself, too.
func (batch) GetByteSize() (int, error) { return math.MinInt / 2, nil }
