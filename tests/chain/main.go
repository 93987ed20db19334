// Command headstart-chain is a small Cosmos SDK chain whose validators run a kernel in a sidecar,
// and what tries it: networks of four on one machine, things that go wrong, and the count of blocks
// missed by them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

const (
	exitFailed      = 1
	exitInterrupted = 130
)

// errFailed is the answer "no": it was found out and told, and is no trouble of ours.
var errFailed = errors.New("a check failed")

func main() {
	root := &cobra.Command{
		Use:           "headstart-chain",
		Short:         "a small chain with a kernel beside each validator, and what tries it",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(startCommand(), testnetCommand(), loadCommand(), exportCommand(), testCommand(),
		demoCommand(), tableCommand())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "headstart-chain: interrupted")
		os.Exit(exitInterrupted)
	case !errors.Is(err, errFailed):
		fmt.Fprintln(os.Stderr, "headstart-chain:", err)
	}
	os.Exit(exitFailed)
}
