package trial

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/state"
)

const betweenLooks = 50 * time.Millisecond

// What validators can differ in.
const (
	appHash     = "AppHash"
	resultsHash = "LastResultsHash"
)

// outcome is what a validator made of one block.
type outcome struct {
	appHash     []byte
	resultsHash []byte // LastResultsHash, as the next header holds it
	txs         int
	failed      int
}

// Difference is a height at which a validator does not agree with who told that height first.
type Difference struct {
	Height int64
	Who    string
	What   string
}

func (d Difference) String() string {
	return fmt.Sprintf("height %d: %s has another %s than who was asked first", d.Height, d.Who, d.What)
}

// witness looks at every height of every node, and at who signed it.
type witness struct {
	mutex     sync.Mutex
	changed   chan struct{}             // closed, and made anew, at each change
	outcomes  map[int64]outcome         // of who told the height first
	voters    map[int64]map[string]bool // height → addresses that voted for it
	counted   map[int64]time.Time       // height → when its votes were seen
	newest    int64                     // newest height whose votes were seen
	reached   map[string]int64          // name → newest height looked at
	apart     []Difference
	followers sync.WaitGroup
}

func newWitness() *witness {
	return &witness{
		changed:  make(chan struct{}),
		outcomes: map[int64]outcome{},
		voters:   map[int64]map[string]bool{},
		counted:  map[int64]time.Time{},
		reached:  map[string]int64{},
	}
}

// follow looks at all heights of a node from its first on, until ctx ends. A node that is down is
// waited for.
func (w *witness) follow(ctx context.Context, name, rpc string) error {
	c, err := http.NewWithTimeout(rpc, "/websocket", 10)
	if err != nil {
		return err
	}
	w.followers.Add(1)
	go func() {
		defer w.followers.Done()
		for next := int64(0); ctx.Err() == nil; {
			before := next
			if next = w.look(ctx, c, name, next); next > before {
				continue
			}
			select {
			case <-ctx.Done():
			case <-time.After(betweenLooks):
			}
		}
	}()
	return nil
}

// look takes in what the node has from height next on, and returns where to go on.
func (w *witness) look(ctx context.Context, c *http.HTTP, name string, next int64) int64 {
	status, err := c.Status(ctx)
	if err != nil || status.SyncInfo.LatestBlockHeight == 0 {
		return next
	}
	if next == 0 {
		next = status.SyncInfo.EarliestBlockHeight
	}
	for ; next <= status.SyncInfo.LatestBlockHeight; next++ {
		results, err := c.BlockResults(ctx, &next)
		if err != nil {
			return next
		}
		o := outcome{appHash: results.AppHash, resultsHash: state.TxResultsHash(results.TxsResults),
			txs: len(results.TxsResults)}
		for _, r := range results.TxsResults {
			if r.Code != 0 {
				o.failed++
			}
		}
		block, err := c.Block(ctx, &next)
		if err != nil {
			return next
		}
		voters := map[string]bool{}
		for _, s := range block.Block.LastCommit.Signatures {
			if len(s.ValidatorAddress) > 0 {
				voters[s.ValidatorAddress.String()] = true
			}
		}
		w.note(name, next, o, voters)
	}
	return next
}

// note takes in a node's outcome of a height, and who voted for the height before it.
func (w *witness) note(name string, height int64, o outcome, voters map[string]bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.reached[name] = height
	if p, known := w.outcomes[height]; !known {
		w.outcomes[height] = o
	} else {
		if !bytes.Equal(o.appHash, p.appHash) {
			w.apart = append(w.apart, Difference{height, name, appHash})
		}
		if !bytes.Equal(o.resultsHash, p.resultsHash) {
			w.apart = append(w.apart, Difference{height, name, resultsHash})
		}
	}
	if _, known := w.voters[height-1]; !known && len(voters) > 0 {
		w.voters[height-1] = voters
		w.counted[height-1] = time.Now()
		w.newest = max(w.newest, height-1)
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until condition, which is asked with the lock held, is true.
func (w *witness) await(ctx context.Context, condition func() bool) error {
	for {
		w.mutex.Lock()
		met, changed := condition(), w.changed
		w.mutex.Unlock()
		if met {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(time.Second): // what is waited for may lie outside
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// height is the newest whose votes were seen.
func (w *witness) height() int64 {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.newest
}

// forget has a node that went for good, and may come again as a new one, count for nothing.
func (w *witness) forget(name string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.reached, name)
}

// streak is how many heights after that one the address has voted for without a gap, up to the
// newest, and the first of them. Asked with the lock held.
func (w *witness) streak(address string, after int64) (length, first int64) {
	for h := w.newest; h > after && w.voters[h][address]; h-- {
		length++
		first = h
	}
	return length, first
}
