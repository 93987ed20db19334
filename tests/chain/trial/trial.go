// Package trial runs networks of four validators on one machine, does to them what happens to
// machines, and looks whether they still agree.
package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"headstart/chain/app"
	"headstart/chain/load"
	"headstart/chain/network"
)

// Options are what a test is made of.
type Options struct {
	Programs  Programs
	Folder    string // everything is made in there
	Seed      uint64
	Length    time.Duration // no act begins later
	BlockTime time.Duration
	PerSecond float64              // transactions
	History   int                  // calls that were executed before the first act
	Acts      []string             // that may be drawn, of Acts()
	Say       func(string, ...any) // progress, for people
}

// trial is a test that runs.
type trial struct {
	Options
	dice      *rand.Rand
	chain     *chain   // that runs now
	chains    []*chain // all that ran
	load      *load.Generator
	baselines map[string]int
	report    *Report
}

// Test runs acts drawn by the seed, under load, and then the chain's state as another chain. The
// report is whole only if there is no error.
func Test(ctx context.Context, o Options) (*Report, error) {
	t := &trial{Options: o, dice: rand.New(rand.NewPCG(o.Seed, 0)), baselines: map[string]int{},
		report: &Report{Schema: 1, Seed: o.Seed, History: o.History, Acts: []Act{},
			AppHashEqual: true, ResultsEqual: true}}
	err := t.firstChain(ctx)
	for _, c := range t.chains {
		t.report.add(c.witness)
	}
	return t.report, err
}

const heightsOfImport = 6 // that a chain is looked at which began with another one's state

func (t *trial) firstChain(ctx context.Context) error {
	c, err := newChain(plan{id: "headstart-1", folder: filepath.Join(t.Folder, "1"), initialHeight: 1,
		programs: t.Programs, blockTime: t.BlockTime, state: t.newState})
	if err != nil {
		return err
	}
	t.chain, t.chains = c, append(t.chains, c)
	defer c.stop()
	t.drawDifferences()
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := t.makeHistory(ctx); err != nil {
		return err
	}
	if err := t.actUnderLoad(ctx); err != nil {
		return err
	}
	if err := t.price(ctx); err != nil {
		return fmt.Errorf("the price of calls: %w", err)
	}
	if err := c.level(ctx); err != nil {
		return err
	}
	c.stop()
	return t.secondChain(ctx, c)
}

// makeHistory has the kernels execute calls, in transactions of many.
func (t *trial) makeHistory(ctx context.Context) error {
	if t.History == 0 {
		return nil
	}
	many := load.Mix{{Kind: load.Many, Share: 1}}
	if err := t.load.Burst(ctx, many, (t.History+load.CallsOfMany-1)/load.CallsOfMany); err != nil {
		return err
	}
	v := t.chain.voting()[0]
	err := t.chain.await(ctx, func() bool {
		s, err := v.sidecarStatus()
		return err == nil && s.Seqnum >= uint64(t.History)
	})
	t.Say("a history of %d calls", t.History)
	return errors.Join(err, t.chain.level(ctx))
}

// underLoad does something while transactions of all kinds come in, and waits until all validators
// have executed them.
func (t *trial) underLoad(ctx context.Context, do func(context.Context) error) error {
	stop := t.load.Start(load.Usual, t.PerSecond)
	err := do(ctx)
	stop()
	if err != nil {
		return err
	}
	return errors.Join(t.chain.level(ctx), t.load.Refused())
}

const heightsIdle = 10 // that a chain without a transaction is looked at

// actUnderLoad runs the acts, and measures what the validators take of their machine before and
// meanwhile.
func (t *trial) actUnderLoad(ctx context.Context) error {
	c := t.chain
	idle := [2]clock{c.clock()}
	if err := c.awaitHeights(ctx, heightsIdle); err != nil {
		return err
	}
	idle[1] = c.clock()
	loaded := [2]clock{idle[1]}
	if err := t.underLoad(ctx, t.runActs); err != nil {
		return err
	}
	loaded[1] = c.clock()
	var err error
	if t.report.Vats, err = t.askVats(ctx, c.voting()[0]); err != nil {
		return err
	}
	t.Say("transactions made %d vats, upgraded %d, ended %d", t.report.Vats.Founded, t.report.Vats.Renewed,
		t.report.Vats.Ended)
	t.report.Usage = c.usage(idle, loaded)
	syncs := c.voting()[validatorsOfChain-1]
	t.report.StateMiB, t.report.SyncMiB = c.voting()[0].stateMiB(), syncs.syncMiB()
	for _, u := range t.report.Usage {
		t.Say("%s, its %-7s: %.2f of a core idle, %.2f under load; %.0f MiB of memory, %.1f of disk", u.Who,
			u.Process, u.IdleCPU, u.LoadCPU, u.MemoryMiB, u.DiskMiB)
	}
	t.Say("application state %.1f MiB, a state-sync %.1f", t.report.StateMiB, t.report.SyncMiB)
	return nil
}

// secondChain begins another chain with the state that the first one ended with, by the same
// validators with fresh sidecars, and looks at it for some heights.
func (t *trial) secondChain(ctx context.Context, first *chain) error {
	began := time.Now()
	v := first.voting()[t.dice.IntN(validatorsOfChain)]
	exported, err := exec.CommandContext(ctx, t.Programs.Node, "export", "--home", v.Folder).Output()
	if err != nil {
		return fmt.Errorf("%s cannot be exported: %w", v.Name, err)
	}
	var state network.State
	if err := json.Unmarshal(exported, &state); err != nil {
		return err
	}
	initial := []int64{1, first.witness.height() + 100}[t.dice.IntN(2)]
	c, err := newChain(plan{id: "headstart-2", folder: filepath.Join(t.Folder, "2"),
		initialHeight: initial, programs: t.Programs, blockTime: t.BlockTime, validatorsOf: first,
		state: func([]*network.Home) (network.State, error) { return state, nil }})
	if err != nil {
		return err
	}
	t.chain, t.chains = c, append(t.chains, c)
	defer c.stop()
	if err := t.begin(ctx); err != nil {
		return err
	}
	a := Act{Act: "export_import", BackS: time.Since(began).Seconds()}
	err = t.underLoad(ctx, func(ctx context.Context) error { return c.awaitHeights(ctx, heightsOfImport) })
	if err != nil {
		return err
	}
	status, err := c.voting()[0].sidecarStatus()
	if err != nil {
		return err
	}
	a.Path = status.Node.Path
	t.tell(a, c.voting()[0])
	return nil
}

// newState is that of a chain with the kernel's own beginning.
func (t *trial) newState(validators []*network.Home) (network.State, error) {
	vector, err := exec.Command(t.Programs.Sidecar, "genesis", "--kernel", t.Programs.Kernel).Output()
	if err != nil {
		return nil, fmt.Errorf("headstart makes no state vector of %s: %w", t.Programs.Kernel, err)
	}
	return network.NewState(validators, vector)
}

// drawDifferences has the validators differ in all that may differ.
func (t *trial) drawDifferences() {
	for i, v := range t.chain.voting() {
		t.drawSettings(v)
		v.settings.optimistic = i%2 == 1
		if i >= 2 {
			v.settings.snapshots = snapshotInterval
		}
		t.Say("%s: sidecar %q, optimistic execution %v", v.Name, v.settings.sidecar, v.settings.optimistic)
	}
}

// begin starts the chain, and makes what sends it transactions.
func (t *trial) begin(ctx context.Context) error {
	began := time.Now()
	if err := t.chain.start(ctx); err != nil {
		return err
	}
	t.Say("%s: four validators vote, %.1f s", t.chain.id, time.Since(began).Seconds())
	var rpc []string
	for _, v := range t.chain.voting() {
		rpc = append(rpc, v.RPC())
	}
	txConfig, err := app.TxConfig()
	if err != nil {
		return err
	}
	t.load, err = load.New(load.Options{ChainID: t.chain.id, RPC: rpc, TxConfig: txConfig, Seed: t.Seed})
	return err
}

// runActs runs the acts in an order that is drawn, again and again, until the time is over.
func (t *trial) runActs(ctx context.Context) error {
	until := time.Now().Add(t.Length)
	var drawn []act
	for _, a := range acts {
		if slices.Contains(t.Acts, a.name) {
			drawn = append(drawn, a)
		}
	}
	for {
		for _, i := range t.dice.Perm(len(drawn)) {
			v := t.chain.voting()[t.dice.IntN(validatorsOfChain)]
			if time.Now().After(until) {
				return nil
			}
			if drawn[i].name == stateSyncName {
				v = t.chain.fifth()
			}
			a, err := t.run(ctx, drawn[i], v)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", drawn[i].name, v.Name, err)
			}
			t.tell(a, v)
		}
	}
}

// run has an act happen to a validator.
func (t *trial) run(ctx context.Context, a act, v *validator) (Act, error) {
	if a.name == stateSyncName {
		return stateSync(ctx, t)
	}
	if a.prepare != nil {
		if err := a.prepare(ctx, t, v); err != nil {
			return Act{}, err
		}
	}
	if a.name != a.alone.name {
		if err := t.findBaseline(ctx, a.alone, v); err != nil {
			return Act{}, err
		}
	}
	f, err := t.measure(ctx, v, a.do)
	if err != nil {
		return Act{}, err
	}
	status, err := v.sidecarStatus()
	if err != nil {
		return Act{}, err
	}
	if a.name == a.alone.name {
		t.baselines[a.name] = f.missed
	}
	return Act{Act: a.name, Path: status.Node.Path, Missed: f.missed,
		Baseline: t.baselines[a.alone.name], BackS: f.back.Seconds()}, nil
}

func (t *trial) tell(a Act, v *validator) {
	t.report.Acts = append(t.report.Acts, a)
	t.Say("%-20s %s: missed %d, %d with the sidecar left alone; back after %.1f s; %s", a.Act, v.Name,
		a.Missed, a.Baseline, a.BackS, a.Path)
}

// findBaseline measures what an act's own part of the node costs, once.
func (t *trial) findBaseline(ctx context.Context, a alone, v *validator) error {
	if _, known := t.baselines[a.name]; known {
		return nil
	}
	f, err := t.measure(ctx, v, a.do)
	t.baselines[a.name] = f.missed
	return err
}
