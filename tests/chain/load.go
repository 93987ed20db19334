package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"headstart/chain/app"
	"headstart/chain/load"
)

func loadCommand() *cobra.Command {
	var o load.Options
	var perSecond, seconds float64
	c := &cobra.Command{
		Use:   "load",
		Short: "send a test network transactions of all kinds",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if o.Seed == 0 {
				o.Seed = rand.Uint64()
			}
			if o.TxConfig, err = app.TxConfig(); err != nil {
				return err
			}
			g, err := load.New(o)
			if err != nil {
				return err
			}
			stop := g.Start(load.Usual, perSecond)
			select {
			case <-c.Context().Done():
			case <-time.After(time.Duration(seconds * float64(time.Second))):
			}
			stop()
			fmt.Printf("%d transactions were taken\n", g.Sent())
			return g.Refused()
		},
	}
	c.Flags().StringVar(&o.ChainID, "chain-id", "headstart-1", "the chain's name")
	c.Flags().StringSliceVar(&o.RPC, "rpc", []string{"http://127.0.0.1:26657"}, "of the nodes that get them in turn")
	c.Flags().Uint64Var(&o.Seed, "seed", 0, "draws the transactions; 0: a seed is drawn")
	c.Flags().Float64Var(&perSecond, "rate", 20, "transactions a second")
	c.Flags().Float64Var(&seconds, "seconds", 60, "for so long")
	return c
}
