// Package trial runs networks of four validators on one machine, does to them what happens to
// machines, and looks whether they still agree.
package trial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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
	Say       func(string, ...any) // progress, for people
}

// trial is a test that runs.
type trial struct {
	Options
	dice      *rand.Rand
	chain     *chain
	load      *load.Generator
	baselines map[string]int
	report    *Report
}

// Test runs acts drawn by the seed, under load, and then the chain's state as another chain. The
// report is whole only if there is no error.
func Test(ctx context.Context, o Options) (*Report, error) {
	t := &trial{Options: o, dice: rand.New(rand.NewPCG(o.Seed, 0)), baselines: map[string]int{},
		report: &Report{Schema: 1, Seed: o.Seed, Acts: []Act{}, AppHashEqual: true, ResultsEqual: true}}
	err := t.firstChain(ctx)
	return t.report, err
}

func (t *trial) firstChain(ctx context.Context) error {
	var err error
	t.chain, err = newChain("headstart-1", filepath.Join(t.Folder, "first"), t.Programs, t.BlockTime,
		1, t.newState)
	if err != nil {
		return err
	}
	defer t.chain.stop()
	t.drawDifferences()
	if err := t.begin(ctx); err != nil {
		return err
	}
	stop := t.load.Start(load.Usual, t.PerSecond)
	err = t.runActs(ctx)
	stop()
	if err == nil {
		err = errors.Join(t.chain.level(ctx), t.load.Refused())
	}
	t.report.add(t.chain.witness)
	return err
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
		v.settings.sidecar = t.drawSettings()
		v.settings.optimistic = i%2 == 1
		if i >= 2 {
			v.settings.snapshots = 10
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

// runActs runs all acts in an order that is drawn, again and again, until the time is over.
func (t *trial) runActs(ctx context.Context) error {
	until := time.Now().Add(t.Length)
	for {
		for _, i := range t.dice.Perm(len(acts)) {
			v := t.chain.voting()[t.dice.IntN(validatorsOfChain)]
			if time.Now().After(until) {
				return nil
			}
			if err := t.run(ctx, acts[i], v); err != nil {
				return fmt.Errorf("%s of %s: %w", acts[i].name, v.Name, err)
			}
		}
	}
}

func (t *trial) run(ctx context.Context, a act, v *validator) error {
	baseline, err := t.baseline(ctx, a.alone, v)
	if err != nil {
		return err
	}
	f, err := t.measure(ctx, v, a.do)
	if err != nil {
		return err
	}
	status, err := v.sidecarStatus()
	if err != nil {
		return err
	}
	if a.name == a.alone.name {
		baseline = f.missed
		t.baselines[a.name] = f.missed
	}
	r := Act{Act: a.name, Path: status.Node.Path, Missed: f.missed, Baseline: baseline,
		BackS: f.back.Seconds()}
	t.report.Acts = append(t.report.Acts, r)
	t.Say("%-22s %s: missed %d (%d with the sidecar left alone), votes again after %.1f s, %s",
		r.Act, v.Name, r.Missed, r.Baseline, r.BackS, r.Path)
	return nil
}

// baseline is what an act's own part of the node costs, measured once.
func (t *trial) baseline(ctx context.Context, a alone, v *validator) (int, error) {
	if n, known := t.baselines[a.name]; known {
		return n, nil
	}
	f, err := t.measure(ctx, v, a.do)
	if err != nil {
		return 0, err
	}
	t.baselines[a.name] = f.missed
	return f.missed, nil
}

// TempFolder makes a folder for a test's files, with a name short enough for a socket in it.
func TempFolder() (string, error) { return os.MkdirTemp("", "headstart-chain-") }
