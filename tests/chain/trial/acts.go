package trial

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"time"
)

// deed does something to a validator. What it leaves behind runs again; whether it votes again is
// waited for elsewhere.
type deed func(ctx context.Context, t *trial, v *validator) error

// act is a deed with a name, and the same deed with the sidecar left alone: what the node's own part
// of it costs.
type act struct {
	name    string
	do      deed
	alone   alone
	prepare deed // before anything is measured; nil: nothing
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
	{name: "sidecar_killed", do: sidecarKilled, alone: leftAlone},
	{name: "sidecar_dead", do: sidecarDead, alone: leftAlone},
	{name: "sidecar_frozen", do: sidecarFrozen, alone: leftAlone},
	{name: "sidecar_settings", do: sidecarSettings, alone: leftAlone},
	{name: "node_killed", do: nodeKilled, alone: killed},
	{name: "node_frozen", do: nodeFrozen, alone: frozen},
	{name: "node_optimistic", do: nodeOptimistic, alone: killed},
	{name: "node_stopped_waiting", do: nodeStoppedWaiting, alone: deadAwhile},
	{name: "both_killed", do: bothKilled, alone: killed},
	{name: "data_deleted", do: dataDeleted, alone: killed},
	{name: "disk_full", do: diskFull, alone: killed, prepare: moveIn},
	{name: "files_limited", do: filesLimited, alone: killed},
	{name: stateSyncName},
}

// diskFull is for those who may mount, and filesLimited for those who may not.
var withMounts = map[string]bool{"disk_full": true, "files_limited": false}

// Acts are the names of what can happen; whoever has mounts of its own has a disk filled.
func Acts(ownMounts bool) []string {
	var names []string
	for _, a := range acts {
		if needed, matters := withMounts[a.name]; !matters || needed == ownMounts {
			names = append(names, a.name)
		}
	}
	return names
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
	t.drawSettings(v)
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
	v.end(&v.node)
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

func moveIn(_ context.Context, _ *trial, v *validator) error { return v.moveIn() }

// diskFull has not one byte free on the sidecar's disk until the sidecar says so, and kills the node
// meanwhile. What the sidecar gives back is taken at once.
func diskFull(ctx context.Context, t *trial, v *validator) error {
	full, over := context.WithCancel(ctx)
	defer over()
	shrinking := keepDoing(full, v.room.shrink)
	err := t.killOnFullDisk(ctx, v)
	over()
	if err := errors.Join(err, <-shrinking, v.room.widen()); err != nil {
		return err
	}
	return t.awaitDisk(ctx, v, false)
}

// keepDoing does something again and again until ctx ends, and tells its first error.
func keepDoing(ctx context.Context, do func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		var first error
		for ctx.Err() == nil {
			if err := do(); err != nil && first == nil {
				first = err
			}
			select {
			case <-ctx.Done():
			case <-time.After(betweenLooks):
			}
		}
		done <- first
	}()
	return done
}

// filesLimited has the system refuse all growth of the sidecar's files until the sidecar says so, and
// kills the node meanwhile.
func filesLimited(ctx context.Context, t *trial, v *validator) error {
	if err := v.sidecar.limitFiles(0); err != nil {
		return err
	}
	if err := t.killOnFullDisk(ctx, v); err != nil {
		return err
	}
	if err := v.sidecar.limitFiles(unlimited); err != nil {
		return err
	}
	return t.awaitDisk(ctx, v, false)
}

func (t *trial) killOnFullDisk(ctx context.Context, v *validator) error {
	if err := t.awaitDisk(ctx, v, true); err != nil {
		return err
	}
	v.end(&v.node)
	if err := v.startNode(); err != nil {
		return err
	}
	return t.chain.awaitHeights(ctx, heightsAway)
}

// drawSettings draws what v's sidecar runs with, other than its defaults. One of them answers
// questions always.
func (t *trial) drawSettings(v *validator) {
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
	v.settings.sidecar = slices.Clone(all[t.dice.IntN(len(all))])
	if v == t.chain.voting()[0] && v.readsNode() {
		v.settings.sidecar = nil
	}
}
