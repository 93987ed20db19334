package trial

import (
	"context"
	"os"
	"slices"
	"syscall"
)

// deed does something to a validator. What it leaves behind runs again; whether it votes again is
// waited for elsewhere.
type deed func(ctx context.Context, t *trial, v *validator) error

// act is a deed with a name, and the same deed with the sidecar left alone: what the node's own part
// of it costs.
type act struct {
	name  string
	do    deed
	alone alone
}

// stateSyncName is an act that happens to a fifth node.
const stateSyncName = "state_sync"

type alone struct {
	name string
	do   deed
}

var (
	leftAlone  = alone{"nothing", nothing}
	killed     = alone{"node_killed", nodeKilled}
	frozen     = alone{"node_frozen", nodeFrozen}
	deadAwhile = alone{"node_dead", nodeDead}
)

// heightsAway is how long somebody is away, where it is for a while.
const heightsAway = 4

var acts = []act{
	{"sidecar_killed", sidecarKilled, leftAlone},
	{"sidecar_dead", sidecarDead, leftAlone},
	{"sidecar_frozen", sidecarFrozen, leftAlone},
	{"sidecar_settings", sidecarSettings, leftAlone},
	{"node_killed", nodeKilled, killed},
	{"node_frozen", nodeFrozen, frozen},
	{"node_optimistic", nodeOptimistic, killed},
	{"node_stopped_waiting", nodeStoppedWaiting, deadAwhile},
	{"both_killed", bothKilled, killed},
	{"data_deleted", dataDeleted, killed},
	{"disk_full", diskFull, killed},
}

// nothing is what happens while others are away for a while.
func nothing(ctx context.Context, t *trial, _ *validator) error {
	return t.chain.awaitHeights(ctx, heightsAway)
}

func sidecarKilled(_ context.Context, _ *trial, v *validator) error {
	v.end(&v.sidecar)
	return v.startSidecar()
}

func sidecarDead(ctx context.Context, t *trial, v *validator) error {
	v.end(&v.sidecar)
	if err := t.chain.awaitHeights(ctx, heightsAway); err != nil {
		return err
	}
	return v.startSidecar()
}

func sidecarFrozen(ctx context.Context, t *trial, v *validator) error {
	v.sidecar.signal(syscall.SIGSTOP)
	defer v.sidecar.signal(syscall.SIGCONT)
	return t.chain.awaitHeights(ctx, heightsAway)
}

func sidecarSettings(_ context.Context, t *trial, v *validator) error {
	v.end(&v.sidecar)
	v.settings.sidecar = t.drawSettings()
	return v.startSidecar()
}

func nodeKilled(_ context.Context, _ *trial, v *validator) error {
	v.end(&v.node)
	return v.startNode()
}

func nodeDead(ctx context.Context, t *trial, v *validator) error {
	v.end(&v.node)
	if err := t.chain.awaitHeights(ctx, heightsAway); err != nil {
		return err
	}
	return v.startNode()
}

func nodeFrozen(ctx context.Context, t *trial, v *validator) error {
	v.node.signal(syscall.SIGSTOP)
	defer v.node.signal(syscall.SIGCONT)
	return t.chain.awaitHeights(ctx, heightsAway)
}

// nodeOptimistic has the node execute proposals before they are decided, or no longer.
func nodeOptimistic(_ context.Context, _ *trial, v *validator) error {
	v.end(&v.node)
	v.settings.optimistic = !v.settings.optimistic
	return v.startNode()
}

// nodeStoppedWaiting stops, in order, a node that waits for a sidecar which does not come.
func nodeStoppedWaiting(ctx context.Context, t *trial, v *validator) error {
	v.end(&v.sidecar)
	if err := t.chain.awaitHeights(ctx, heightsAway); err != nil {
		return err
	}
	v.node.signal(syscall.SIGTERM)
	select {
	case <-v.node.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	v.node = nil
	return v.start()
}

func bothKilled(_ context.Context, _ *trial, v *validator) error {
	v.end(&v.node)
	v.end(&v.sidecar)
	return v.start()
}

func dataDeleted(_ context.Context, _ *trial, v *validator) error {
	v.end(&v.node)
	v.end(&v.sidecar)
	if err := os.RemoveAll(v.sidecarData()); err != nil {
		return err
	}
	return v.start()
}

// diskFull has the sidecar's disk refuse all growth until the sidecar says so, and kills the node
// meanwhile.
func diskFull(ctx context.Context, t *trial, v *validator) error {
	if err := v.sidecar.limitFiles(0); err != nil {
		return err
	}
	if err := t.awaitDisk(ctx, v, true); err != nil {
		return err
	}
	v.end(&v.node)
	if err := v.startNode(); err != nil {
		return err
	}
	if err := t.chain.awaitHeights(ctx, heightsAway); err != nil {
		return err
	}
	if err := v.sidecar.limitFiles(unlimited); err != nil {
		return err
	}
	return t.awaitDisk(ctx, v, false)
}

// drawSettings draws what a sidecar runs with, other than its defaults.
func (t *trial) drawSettings() []string {
	all := [][]string{
		{},
		{"--snapshot-every", "7"},
		{"--snapshot-every", "20", "--no-images"},
		{"--log-sync", "always"},
		{"--log-sync", "block", "--snapshot-keep", "2"},
		{"--reads", "node"},
		{"--verify-swap", "--snapshot-every", "10"},
		{"--no-log", "--snapshot-every", "15"},
	}
	return slices.Clone(all[t.dice.IntN(len(all))])
}
