package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headstart/chain/trial"
)

// trialFlags are what demo and test have in common.
type trialFlags struct {
	bin       string
	kernel    string
	seed      uint64
	blockTime time.Duration
	perSecond float64
	history   int
	keep      bool
	acts      []string
}

func (f *trialFlags) add(c *cobra.Command, history int) {
	c.Flags().StringVar(&f.bin, "bin", "build/bin", "folder of headstart and headstart-chain")
	c.Flags().StringVar(&f.kernel, "kernel", "tests/chain/vats/kernel.json", "kernel configuration")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "draws the acts and the load; 0: a seed is drawn and told")
	c.Flags().DurationVar(&f.blockTime, "block-time", 500*time.Millisecond, "between blocks")
	c.Flags().Float64Var(&f.perSecond, "rate", 20, "transactions a second")
	c.Flags().IntVar(&f.history, "history", history, "calls that are executed before anything happens")
	c.Flags().BoolVar(&f.keep, "keep", false, "leave everybody's files and logs behind")
}

// chooseActs has all acts drawn where none are named, and refuses those that cannot be.
func (f *trialFlags) chooseActs(all []string) error {
	if len(f.acts) == 0 {
		f.acts = all
	}
	for _, name := range f.acts {
		if !slices.Contains(all, name) {
			return fmt.Errorf("no act is named %q; there are: %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}

// run makes a folder for a trial, and removes it after one that went well.
func (f *trialFlags) run(say func(string, ...any), do func(trial.Options) (good bool, err error)) error {
	if f.seed == 0 {
		f.seed = rand.Uint64N(1<<32-1) + 1
	}
	folder, err := os.MkdirTemp("", "headstart-chain-") // short: sockets lie in it
	if err != nil {
		return err
	}
	good, err := do(trial.Options{
		Programs: trial.Programs{Node: filepath.Join(f.bin, "headstart-chain"),
			Sidecar: filepath.Join(f.bin, "headstart"), Kernel: f.kernel},
		Folder: folder, Seed: f.seed, BlockTime: f.blockTime, PerSecond: f.perSecond,
		History: f.history, Acts: f.acts, Say: say,
	})
	if err == nil && good && !f.keep {
		return os.RemoveAll(folder)
	}
	fmt.Fprintf(os.Stderr, "everybody's files and logs are in %s\n", folder)
	if err == nil && !good {
		return errFailed
	}
	return err
}

// sayTo prints lines, each with the seconds since the beginning.
func sayTo(out io.Writer) func(string, ...any) {
	began := time.Now()
	return func(format string, a ...any) {
		fmt.Fprintf(out, "%6.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, a...))
	}
}

func sayPlainly(format string, a ...any) { fmt.Printf(format+"\n", a...) }

func testCommand() *cobra.Command {
	var f trialFlags
	var seconds float64
	var json bool
	c := &cobra.Command{
		Use:   "test",
		Short: "do to validators under load what happens to machines, and compare them at every height",
		Args:  cobra.NoArgs,
	}
	f.add(c, 0)
	c.Flags().Float64Var(&seconds, "seconds", 300, "no act begins later")
	c.Flags().BoolVar(&json, "json", false, "print the result as one JSON document")
	c.Flags().StringSliceVar(&f.acts, "acts", nil, "what may happen, by its names; all without it")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if !hasOwnMounts() {
			ran, why, err := withOwnMounts(c.Context())
			if ran {
				return err
			}
			fmt.Fprintf(os.Stderr, "no filesystem can be mounted here (%v): instead of a full disk, "+
				"the size of files is limited\n", why)
		}
		if err := f.chooseActs(trial.Acts(hasOwnMounts())); err != nil {
			return err
		}
		say := sayTo(os.Stderr)
		return f.run(say, func(o trial.Options) (bool, error) {
			say("seed %d; the same acts again: scripts/chain test --seed %d", o.Seed, o.Seed)
			o.Length = time.Duration(seconds * float64(time.Second))
			return test(c.Context(), o, json)
		})
	}
	return c
}

func test(ctx context.Context, o trial.Options, json bool) (good bool, err error) {
	report, err := trial.Test(ctx, o)
	if err != nil {
		return false, err
	}
	for _, d := range report.Apart {
		o.Say("%s", d)
	}
	o.Say("%d heights, %d transactions, %d of them failing: AppHash equal %v, LastResultsHash equal %v",
		report.Heights, report.Txs, report.FailedTxs, report.AppHashEqual, report.ResultsEqual)
	if json {
		return report.Held(), report.Print(os.Stdout)
	}
	return report.Held(), nil
}

func demoCommand() *cobra.Command {
	var f trialFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "see a validator killed with its sidecar, and back",
		Args:  cobra.NoArgs,
	}
	f.add(c, 300)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return f.run(sayPlainly, func(o trial.Options) (bool, error) { return trial.Demo(c.Context(), o) })
	}
	return c
}

func tableCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "table FILE...",
		Short: "sum up what `test --json` printed, as Markdown",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			var reports []trial.Report
			for _, name := range files {
				file, err := os.Open(name)
				if err != nil {
					return err
				}
				r, err := trial.ReadReport(file)
				file.Close()
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				reports = append(reports, r)
			}
			trial.Tables(os.Stdout, reports)
			return nil
		},
	}
}
