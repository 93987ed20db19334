package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/cosmos-sdk/client"
)

// Options say where transactions go.
type Options struct {
	ChainID  string
	RPC      []string // of nodes: each takes its turn, one that is down is passed over
	TxConfig client.TxConfig
	Seed     uint64
}

// Generator sends transactions. Its methods may be called by one goroutine at a time, Start and
// the function that it returns aside.
type Generator struct {
	mutex   sync.Mutex
	wallet  wallet
	dice    *rand.Rand
	nodes   []*http.HTTP
	avoid   int // of the nodes; -1: none
	turn    int
	sent    int
	refused error
}

// New makes a generator; nothing is sent yet.
func New(o Options) (*Generator, error) {
	g := &Generator{
		wallet: wallet{txConfig: o.TxConfig, chainID: o.ChainID},
		dice:   rand.New(rand.NewPCG(o.Seed, 1)),
		avoid:  -1,
	}
	for _, rpc := range o.RPC {
		node, err := http.NewWithTimeout(rpc, "/websocket", 5)
		if err != nil {
			return nil, err
		}
		g.nodes = append(g.nodes, node)
	}
	return g, nil
}

// Send sends one transaction of that kind to the node whose turn it is, or to the next that takes it.
func (g *Generator) Send(ctx context.Context, k Kind) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	sender := drawSender(g.dice)
	raw, err := g.wallet.sign(ctx, sender, k.messages(sender, g.dice)...)
	if err != nil {
		return err
	}
	var away []error
	for range g.nodes {
		at := g.turn % len(g.nodes)
		g.turn++
		if at == g.avoid {
			continue
		}
		node := g.nodes[at]
		answer, err := node.BroadcastTxSync(ctx, raw)
		if err == nil && answer.Code == 0 {
			g.sent++
			return nil
		}
		if err == nil {
			g.refused = fmt.Errorf("%s refuses a transaction of kind %s: %s", node.Remote(), k, answer.Log)
			return g.refused
		}
		away = append(away, err)
	}
	return errors.Join(away...)
}

// Avoid has one of the nodes passed over, by its index; -1: none.
func (g *Generator) Avoid(node int) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.avoid = node
}

// Sent is how many transactions a node took.
func (g *Generator) Sent() int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.sent
}

// Burst sends n transactions as fast as they are taken, the kinds of the mix in turn.
func (g *Generator) Burst(ctx context.Context, mix Mix, n int) error {
	for i := range n {
		if err := g.Send(ctx, mix[i%len(mix)].Kind); err != nil {
			return err
		}
	}
	return nil
}

// Refused is the newest word of a node that did not take a transaction, which none should.
func (g *Generator) Refused() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.refused
}

// Start sends transactions of a mix, so many a second, until the function that it returns is called.
// What finds no node is passed over: nodes are down at times.
func (g *Generator) Start(mix Mix, perSecond float64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				g.mutex.Lock()
				k := mix.draw(g.dice)
				g.mutex.Unlock()
				_ = g.Send(ctx, k)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
