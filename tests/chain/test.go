package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"headstart/chain/trial"
)

type testFlags struct {
	bin       string
	kernel    string
	seed      uint64
	seconds   float64
	blockTime time.Duration
	perSecond float64
	json      bool
	keep      bool
}

func testCommand() *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use:   "test",
		Short: "do to validators under load what happens to machines, and compare them at every height",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return test(c.Context(), f) },
	}
	c.Flags().StringVar(&f.bin, "bin", "build/bin", "folder of headstart and headstart-chain")
	c.Flags().StringVar(&f.kernel, "kernel", "tests/chain/vats/kernel.json", "kernel configuration")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "draws the acts and the load; 0: a seed is drawn and told")
	c.Flags().Float64Var(&f.seconds, "seconds", 300, "no act begins later")
	c.Flags().DurationVar(&f.blockTime, "block-time", 500*time.Millisecond, "between blocks")
	c.Flags().Float64Var(&f.perSecond, "rate", 20, "transactions a second")
	c.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON document")
	c.Flags().BoolVar(&f.keep, "keep", false, "leave everybody's files and logs behind")
	return c
}

func test(ctx context.Context, f testFlags) error {
	if f.seed == 0 {
		f.seed = rand.Uint64N(1<<32-1) + 1
	}
	folder, err := trial.TempFolder()
	if err != nil {
		return err
	}
	began := time.Now()
	say := func(format string, a ...any) {
		fmt.Fprintf(os.Stderr, "%6.1f s  "+format+"\n", append([]any{time.Since(began).Seconds()}, a...)...)
	}
	say("seed %d; the same acts again: scripts/chain test --seed %d", f.seed, f.seed)
	report, err := trial.Test(ctx, trial.Options{
		Programs: trial.Programs{Node: filepath.Join(f.bin, "headstart-chain"),
			Sidecar: filepath.Join(f.bin, "headstart"), Kernel: f.kernel},
		Folder: folder, Seed: f.seed, Length: time.Duration(f.seconds * float64(time.Second)),
		BlockTime: f.blockTime, PerSecond: f.perSecond, Say: say,
	})
	good := err == nil && report.Held()
	if good && !f.keep {
		os.RemoveAll(folder)
	} else {
		say("files and logs are in %s", folder)
	}
	if err == nil && f.json {
		if err := report.Print(os.Stdout); err != nil {
			return err
		}
	}
	if err == nil && !good {
		return failed
	}
	return err
}
