package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"cosmossdk.io/log"
	pruningtypes "cosmossdk.io/store/pruning/types"
	"cosmossdk.io/store/snapshots"
	snapshottypes "cosmossdk.io/store/snapshots/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	cometlog "github.com/cosmos/cosmos-sdk/server/log"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"headstart/chain/app"
	"headstart/chain/meter"
	headstart "headstart/cosmos"
	"headstart/cosmos/whole"
)

// heightsKept and heightsBetween are the pruning that public validators use: old heights of the
// state are dropped, some at a time.
const (
	heightsKept    = 100
	heightsBetween = 10
	snapshotsKept  = 3
)

type startFlags struct {
	home             string
	socket           string
	optimistic       bool
	snapshotInterval uint64
	meter            string
}

func startCommand() *cobra.Command {
	var f startFlags
	c := &cobra.Command{
		Use:   "start",
		Short: "run a node until a signal ends it",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return start(c.Context(), f) },
	}
	c.Flags().StringVar(&f.home, "home", "", "the node's folder, as testnet makes it")
	c.Flags().StringVar(&f.socket, "socket", "", "the sidecar's socket")
	c.Flags().BoolVar(&f.optimistic, "optimistic", false, "execute proposals before they are decided")
	c.Flags().Uint64Var(&f.snapshotInterval, "snapshot-interval", 0,
		"blocks between snapshots for state-sync; 0: none")
	c.Flags().StringVar(&f.meter, "meter", "", "append a line of JSON for each block: where its time went")
	_ = c.MarkFlagRequired("home")
	return c
}

func start(ctx context.Context, f startFlags) error {
	c, err := readConfig(f.home)
	if err != nil {
		return err
	}
	genesis, err := cmttypes.GenesisDocFromFile(c.GenesisFile())
	if err != nil {
		return err
	}
	logger := log.NewLogger(os.Stderr, log.ColorOption(false), log.LevelOption(zerolog.InfoLevel))
	sidecar, err := headstart.Dial(f.socket, genesis.ChainID, app.Name, logger)
	if err != nil {
		return err
	}
	defer sidecar.Close()
	m, closeMeter, err := openMeter(f.meter)
	if err != nil {
		return err
	}
	defer closeMeter()
	a, err := openApp(f, app.Options{ChainID: genesis.ChainID, Sidecar: m.Client(sidecar)}, logger)
	if err != nil {
		return err
	}
	defer a.Close()
	// Consensus waits for a block under way; the keeper ends the process where that waits in vain.
	defer a.Kernel.StopOn(os.Interrupt, syscall.SIGTERM)()
	if err := a.Attach(); err != nil {
		return err
	}
	n, err := newNode(ctx, c, m.App(a), genesis, logger)
	if err != nil {
		return err
	}
	defer func() { logger.Info("stopped", "height", a.LastBlockHeight()) }()
	return run(ctx, n)
}

// run runs a node until ctx ends.
func run(ctx context.Context, n *node.Node) error {
	if err := n.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return n.Stop()
}

func openMeter(file string) (m *meter.Meter, end func() error, err error) {
	if file == "" {
		return meter.New(io.Discard), func() error { return nil }, nil
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	return meter.New(out), out.Close, nil
}

// readConfig reads config.toml; its paths are below home.
func readConfig(home string) (*config.Config, error) {
	v := viper.New()
	v.SetConfigFile(filepath.Join(home, "config", "config.toml"))
	if err := v.ReadInConfig(); err != nil {
		return nil, fmt.Errorf("%w; make a home with `headstart-chain testnet`", err)
	}
	c := config.DefaultConfig()
	if err := v.Unmarshal(c); err != nil {
		return nil, err
	}
	c.SetRoot(home)
	return c, c.ValidateBasic()
}

func openApp(f startFlags, o app.Options, logger log.Logger) (*app.App, error) {
	data := filepath.Join(f.home, "data")
	db, err := dbm.NewGoLevelDB("application", data, nil)
	if err != nil {
		return nil, err
	}
	snapshotDB, err := dbm.NewGoLevelDB("metadata", filepath.Join(data, "snapshots"), nil)
	if err != nil {
		return nil, err
	}
	store, err := snapshots.NewStore(snapshotDB, filepath.Join(data, "snapshots"))
	if err != nil {
		return nil, err
	}
	with := []func(*baseapp.BaseApp){
		baseapp.SetPruning(pruningtypes.NewCustomPruningOptions(heightsKept, heightsBetween)),
		// Pruning in the background fills the batches by which versions are saved, and whole.DB can keep
		// together only what one batch holds.
		baseapp.SetIAVLSyncPruning(true),
		baseapp.SetSnapshot(store, snapshottypes.NewSnapshotOptions(f.snapshotInterval, snapshotsKept)),
	}
	if f.optimistic {
		with = append(with, baseapp.SetOptimisticExecution())
	}
	return app.New(logger, whole.DB(db), o, with...)
}

func newNode(ctx context.Context, c *config.Config, a servertypes.ABCI, genesis *cmttypes.GenesisDoc,
	logger log.Logger) (*node.Node, error) {
	key, err := p2p.LoadOrGenNodeKey(c.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	return node.NewNodeWithContext(ctx, c,
		privval.LoadOrGenFilePV(c.PrivValidatorKeyFile(), c.PrivValidatorStateFile()), key,
		proxy.NewLocalClientCreator(server.NewCometABCIWrapper(a)),
		func() (*cmttypes.GenesisDoc, error) { return genesis, nil },
		config.DefaultDBProvider, node.DefaultMetricsProvider(c.Instrumentation),
		cometlog.CometLoggerWrapper{Logger: logger})
}
