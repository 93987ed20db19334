package main

import (
	"encoding/json"
	"os"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/spf13/cobra"

	"cosmossdk.io/log"

	"headstart/chain/app"
)

func exportCommand() *cobra.Command {
	var f startFlags
	c := &cobra.Command{
		Use:   "export",
		Short: "print a stopped node's newest state, as a genesis holds it",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return export(f) },
	}
	c.Flags().StringVar(&f.home, "home", "", "the node's folder")
	_ = c.MarkFlagRequired("home")
	return c
}

func export(f startFlags) error {
	c, err := readConfig(f.home)
	if err != nil {
		return err
	}
	genesis, err := cmttypes.GenesisDocFromFile(c.GenesisFile())
	if err != nil {
		return err
	}
	a, err := openApp(f, app.Options{ChainID: genesis.ChainID}, log.NewNopLogger())
	if err != nil {
		return err
	}
	defer a.Close()
	state, err := a.Export()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(state)
}
