package trial

import (
	"context"
	"time"

	"github.com/cometbft/cometbft/rpc/client/http"

	"headstart/chain/network"
)

// snapshotInterval is the blocks between the snapshots that a state-sync begins from.
const snapshotInterval = 10

// stateSync has a fifth node begin by state-sync, follow for some heights, and go.
func stateSync(ctx context.Context, t *trial) (Act, error) {
	c, v := t.chain, t.chain.fifth()
	err := c.await(ctx, func() bool { return c.witness.newest > snapshotInterval+heightsSteady })
	if err != nil {
		return Act{}, err
	}
	anchor, err := anchorOf(ctx, c.voting()[2:])
	if err != nil {
		return Act{}, err
	}
	v.SyncFrom(anchor)
	began := time.Now()
	if err := v.start(); err != nil {
		return Act{}, err
	}
	following, over := context.WithCancel(c.ctx)
	defer over()
	if err := c.witness.follow(following, v.Name, v.RPC()); err != nil {
		return Act{}, err
	}
	until := c.witness.height() + heightsSteady
	if err := c.await(ctx, func() bool { return c.witness.reached[v.Name] >= until }); err != nil {
		return Act{}, err
	}
	status, err := v.sidecarStatus()
	if err != nil {
		return Act{}, err
	}
	a := Act{Act: stateSyncName, Path: status.Node.Path, BackS: time.Since(began).Seconds()}
	v.stop()
	c.witness.forget(v.Name)
	return a, v.Clear()
}

// anchorOf is a block that all of them hold, for a state-sync that trusts them.
func anchorOf(ctx context.Context, from []*validator) (network.Anchor, error) {
	var a network.Anchor
	for _, v := range from {
		a.Servers = append(a.Servers, v.RPC())
	}
	node, err := http.NewWithTimeout(from[0].RPC(), "/websocket", 10)
	if err != nil {
		return a, err
	}
	first := int64(snapshotInterval)
	commit, err := node.Commit(ctx, &first)
	if err != nil {
		return a, err
	}
	a.Height, a.Hash = commit.Height, commit.Commit.BlockID.Hash.String()
	return a, nil
}
