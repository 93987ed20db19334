package headstart

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	sdkclient "github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/server"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"headstart/cosmos/types"
)

// AddKernelCommand is for an app's `genesis` commands: `genesis add-kernel FILE` puts into the
// node's genesis.json what `headstart genesis` printed.
func AddKernelCommand() *cobra.Command {
	var callable []string
	c := &cobra.Command{
		Use:   "add-kernel FILE",
		Short: "Put the state vector that `headstart genesis` prints into genesis.json",
		Example: "headstart genesis --kernel kernel.json --out vector.json\n" +
			"appd genesis add-kernel vector.json --callable shop",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			document, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			file := server.GetServerContextFromCmd(c).Config.GenesisFile()
			cdc := sdkclient.GetClientContextFromCmd(c).Codec
			return addKernelTo(file, cdc, document, callable)
		},
	}
	c.Flags().StringSliceVar(&callable, "callable", nil,
		`vats that transactions may call, "*" for all; without it the genesis keeps what it says`)
	return c
}

func addKernelTo(file string, cdc codec.JSONCodec, document []byte, callable []string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(file)
	if err != nil {
		return err
	}
	var state map[string]json.RawMessage
	if err := json.Unmarshal(genesis.AppState, &state); err != nil {
		return fmt.Errorf("%s: app_state: %w", file, err)
	}
	if err := AddKernel(cdc, state, document, callable); err != nil {
		return err
	}
	if genesis.AppState, err = json.MarshalIndent(state, "", " "); err != nil {
		return err
	}
	return genesis.SaveAs(file)
}

// AddKernel puts a state vector, as `headstart genesis` prints it, into an app's state, in place of
// what the module has there. Nil callable: the params stay.
func AddKernel(cdc codec.JSONCodec, state map[string]json.RawMessage, document []byte,
	callable []string,
) error {
	g := types.DefaultGenesis()
	if raw := state[types.ModuleName]; raw != nil {
		if err := cdc.UnmarshalJSON(raw, g); err != nil {
			return err
		}
	}
	var err error
	if g.Entries, g.Hash, err = types.ReadStateVector(document); err != nil {
		return err
	}
	g.BeginEmpty = false
	if callable != nil {
		g.Params.Callable = callable
	}
	if err := g.Validate(); err != nil {
		return err
	}
	state[types.ModuleName], err = cdc.MarshalJSON(g)
	return err
}
