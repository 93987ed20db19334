package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"headstart/chain/network"
)

type testnetFlags struct {
	plan          network.Plan
	chainID       string
	initialHeight int64
	state         string
	vector        string
}

func testnetCommand() *cobra.Command {
	var f testnetFlags
	c := &cobra.Command{
		Use:   "testnet",
		Short: "make homes for the nodes of a new chain",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return testnet(f) },
	}
	c.Flags().StringVar(&f.plan.Folder, "dir", "", "folder of the homes")
	c.Flags().StringSliceVar(&f.plan.Addresses, "addresses",
		[]string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}, "where each node listens")
	c.Flags().IntVar(&f.plan.Validators, "validators", 4, "so many of the nodes vote")
	c.Flags().DurationVar(&f.plan.BlockTime, "block-time", 500*time.Millisecond,
		"what passes between a block's decision and the next proposal")
	c.Flags().StringVar(&f.chainID, "chain-id", "headstart-1", "the chain's name")
	c.Flags().Int64Var(&f.initialHeight, "initial-height", 1, "of the first block")
	c.Flags().StringVar(&f.state, "state", "", "the application's state, as export prints it")
	c.Flags().StringVar(&f.vector, "kernel-state", "kernel-state.json",
		"the kernel's state vector, as `headstart genesis` prints it; not used with --state")
	_ = c.MarkFlagRequired("dir")
	return c
}

func testnet(f testnetFlags) error {
	homes, err := network.Make(f.plan)
	if err != nil {
		return err
	}
	g := network.Genesis{ChainID: f.chainID, InitialHeight: f.initialHeight}
	if f.state == "" {
		g.State, err = newState(homes[:f.plan.Validators], f.vector)
	} else {
		g.State, err = readState(f.state)
	}
	if err != nil {
		return err
	}
	return network.Begin(homes, g)
}

func newState(validators []*network.Home, vector string) (network.State, error) {
	raw, err := os.ReadFile(vector)
	if err != nil {
		return nil, fmt.Errorf("%w; make it by `headstart genesis --kernel FILE --out %s`", err, vector)
	}
	return network.NewState(validators, raw)
}

func readState(file string) (network.State, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var state network.State
	if err := json.Unmarshal(raw, &state); err != nil {
		return nil, fmt.Errorf("%s: %w; it is made by `headstart-chain export`", file, err)
	}
	return state, nil
}
