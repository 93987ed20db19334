package trial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"time"

	"headstart/chain/network"
)

const validatorsOfChain = 4

// chain is a network that runs: validators with their sidecars, and a witness of what they do.
type chain struct {
	id         string
	validators []*validator // and whoever follows them, after the first four
	witness    *witness
	stopping   context.CancelFunc
	ctx        context.Context // ends when the chain is stopped
}

// addresses finds n loopback addresses on which nothing listens: each node has one of its own, as
// real machines do, and no port can be taken by somebody else meanwhile.
func addresses(n int) ([]string, error) {
	for range 100 {
		var found []string
		a, b := 1+rand.IntN(254), 1+rand.IntN(254)
		for i := range n {
			address := fmt.Sprintf("127.%d.%d.%d", a, b, i+1)
			l, err := net.Listen("tcp", net.JoinHostPort(address, "26657"))
			if err != nil {
				break
			}
			l.Close()
			found = append(found, address)
		}
		if len(found) == n {
			return found, nil
		}
	}
	return nil, errors.New("no loopback addresses are free: does something listen on all, port 26657?")
}

// plan is a chain that is to be made.
type plan struct {
	id            string
	folder        string
	initialHeight int64
	programs      Programs
	blockTime     time.Duration
	validatorsOf  *chain // whose keys vote; nil: fresh ones
	// state makes what the chain begins with from the validators' homes.
	state func([]*network.Home) (network.State, error)
}

func newChain(p plan) (*chain, error) {
	free, err := addresses(validatorsOfChain + 1)
	if err != nil {
		return nil, err
	}
	if p.validatorsOf != nil {
		for _, v := range p.validatorsOf.voting() {
			network.CopyKey(v.Home, filepath.Join(p.folder, v.Name))
		}
	}
	homes, err := network.Make(network.Plan{Folder: p.folder, Addresses: free, BlockTime: p.blockTime})
	if err != nil {
		return nil, err
	}
	s, err := p.state(homes[:validatorsOfChain])
	if err != nil {
		return nil, err
	}
	g := network.Genesis{ChainID: p.id, InitialHeight: p.initialHeight, State: s}
	if err := network.Begin(homes, g); err != nil {
		return nil, err
	}
	c := &chain{id: p.id, witness: newWitness()}
	for _, h := range homes {
		c.validators = append(c.validators, &validator{Home: h, programs: p.programs, chainID: p.id})
	}
	c.ctx, c.stopping = context.WithCancel(context.Background())
	return c, nil
}

// voting are the four validators; the fifth home is for a node that comes later.
func (c *chain) voting() []*validator { return c.validators[:validatorsOfChain] }

func (c *chain) fifth() *validator { return c.validators[validatorsOfChain] }

// start starts the four with their sidecars, and waits until each has voted.
func (c *chain) start(ctx context.Context) error {
	for _, v := range c.voting() {
		if err := v.start(); err != nil {
			return err
		}
		if err := c.witness.follow(c.ctx, v.Name, v.RPC()); err != nil {
			return err
		}
	}
	return c.await(ctx, func() bool {
		for _, v := range c.voting() {
			if n, _ := c.witness.streak(v.ValidatorAddress(), 0); n < 2 {
				return false
			}
		}
		return true
	})
}

// await waits for a condition of the witness. A chain in which a process has died, or validators
// differ, is not waited for.
func (c *chain) await(ctx context.Context, condition func() bool) error {
	var trouble error
	err := c.witness.await(ctx, func() bool {
		if len(c.witness.apart) > 0 {
			trouble = fmt.Errorf("the validators differ: %s", c.witness.apart[0])
		}
		for _, v := range c.validators {
			if err := v.trouble(); err != nil {
				trouble = err
			}
		}
		return trouble != nil || condition()
	})
	return errors.Join(err, trouble)
}

// awaitHeights waits for n more heights.
func (c *chain) awaitHeights(ctx context.Context, n int64) error {
	until := c.witness.height() + n
	return c.await(ctx, func() bool { return c.witness.newest >= until })
}

// level waits until all have executed what the newest of them has now.
func (c *chain) level(ctx context.Context) error {
	until := c.witness.height()
	return c.await(ctx, func() bool {
		for _, v := range c.validators {
			if v.node != nil && c.witness.reached[v.Name] < until {
				return false
			}
		}
		return true
	})
}

// stop ends all processes and the witness.
func (c *chain) stop() {
	c.stopping()
	for _, v := range c.validators {
		v.stop()
	}
	c.witness.followers.Wait()
}
