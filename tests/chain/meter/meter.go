// Package meter measures where a node's time for a block goes.
package meter

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	client "headstart/client"
	"headstart/cosmos/keeper"
)

// Block is one block's times in microseconds.
type Block struct {
	Height     int64 `json:"height"`
	Calls      int   `json:"calls"`
	Runs       int   `json:"runs"`
	FinalizeUs int64 `json:"finalize_us"` // all of FinalizeBlock
	DeliverUs  int64 `json:"deliver_us"`  // of that, inside the client
	StoreUs    int64 `json:"store_us"`    // of that, reads of the node's store
	SidecarUs  int64 `json:"sidecar_us"`  // of that, what the sidecar says it took
	CommitUs   int64 `json:"commit_us"`   // Commit: IAVL's hashing and writing
}

// Meter writes a line of JSON for each block.
type Meter struct {
	mutex sync.Mutex
	out   *json.Encoder
	block Block
}

// New makes a meter that writes to out.
func New(out io.Writer) *Meter { return &Meter{out: json.NewEncoder(out)} }

func (m *Meter) add(what *int64, begun time.Time) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	*what += time.Since(begun).Microseconds()
}

// App measures an application's blocks.
func (m *Meter) App(a servertypes.ABCI) servertypes.ABCI { return &measuredApp{a, m} }

type measuredApp struct {
	servertypes.ABCI
	meter *Meter
}

func (a *measuredApp) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	defer a.meter.add(&a.meter.block.FinalizeUs, time.Now())
	a.meter.block.Height = req.Height
	return a.ABCI.FinalizeBlock(req)
}

func (a *measuredApp) Commit() (*abci.ResponseCommit, error) {
	begun := time.Now()
	response, err := a.ABCI.Commit()
	a.meter.add(&a.meter.block.CommitUs, begun)
	a.meter.mutex.Lock()
	defer a.meter.mutex.Unlock()
	_ = a.meter.out.Encode(a.meter.block)
	a.meter.block = Block{}
	return response, err
}

// Client measures what is asked of a sidecar.
func (m *Meter) Client(c keeper.Client) keeper.Client { return &measuredClient{c, m} }

type measuredClient struct {
	keeper.Client
	meter *Meter
}

func (c *measuredClient) Deliver(ctx context.Context, d client.Delivery, s client.Store) (client.Answer, error) {
	m := c.meter
	begun := time.Now()
	answer, err := c.Client.Deliver(ctx, d, &measuredStore{s, m})
	m.add(&m.block.DeliverUs, begun)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.block.SidecarUs += (answer.Wait + answer.Run).Microseconds()
	if err == nil && d.Message != "" {
		m.block.Calls++
	} else if err == nil {
		m.block.Runs++
	}
	return answer, err
}

type measuredStore struct {
	client.Store
	meter *Meter
}

func (s *measuredStore) Get(key []byte) ([]byte, error) {
	defer s.meter.add(&s.meter.block.StoreUs, time.Now())
	return s.Store.Get(key)
}

func (s *measuredStore) Scan(after []byte, bytes int) ([]client.Entry, bool, error) {
	defer s.meter.add(&s.meter.block.StoreUs, time.Now())
	return s.Store.Scan(after, bytes)
}
