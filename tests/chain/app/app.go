// Package app is the smallest chain that has accounts, fees, stake, blame for missed blocks, and a
// kernel.
package app

import (
	"encoding/json"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/log"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"headstart/cosmos/keeper"
)

// Name is what the chain's nodes call themselves.
const Name = "headstart-chain"

// Options are what differs between two nodes of one chain.
type Options struct {
	ChainID string        // as in the genesis
	Sidecar keeper.Client // nil only where no block is executed: a genesis, an export
}

// App is the chain's state machine, as CometBFT drives it.
type App struct {
	*baseapp.BaseApp
	Codec    codec.Codec
	TxConfig client.TxConfig
	Modules  *module.Manager
	Basics   module.BasicManager
	Kernel   keeper.Keeper
	keepers  keepers
}

// New makes the state machine over db and loads the newest committed height.
func New(logger log.Logger, db dbm.DB, o Options, with ...func(*baseapp.BaseApp)) (*App, error) {
	e, err := newEncoding()
	if err != nil {
		return nil, err
	}
	with = append(with, baseapp.SetChainID(o.ChainID))
	base := baseapp.NewBaseApp(Name, logger, db, e.tx.TxDecoder(), with...)
	base.SetInterfaceRegistry(e.registry)
	base.SetTxEncoder(e.tx.TxEncoder())
	keys := storetypes.NewKVStoreKeys(storeNames...)
	a := &App{BaseApp: base, Codec: e.codec, TxConfig: e.tx}
	a.keepers = newKeepers(e, keys, logger, o)
	a.Kernel = a.keepers.kernel
	// A halt of the kernel's module is no failed transaction.
	base.AddRunTxRecoveryHandler(keeper.Recovery)
	base.SetParamStore(a.keepers.consensus.ParamsStore)
	a.Modules = newModules(e, a.keepers)
	a.Basics = module.NewBasicManagerFromManager(a.Modules, nil)
	a.Basics.RegisterInterfaces(e.registry)
	a.Basics.RegisterLegacyAminoCodec(e.amino)
	configurator := module.NewConfigurator(e.codec, base.MsgServiceRouter(), base.GRPCQueryRouter())
	if err := a.Modules.RegisterServices(configurator); err != nil {
		return nil, err
	}
	if err := msgservice.ValidateProtoAnnotations(proto.HybridResolver); err != nil {
		return nil, err
	}
	base.MountKVStores(keys)
	if err := a.setHandlers(); err != nil {
		return nil, err
	}
	return a, base.LoadLatestVersion()
}

func (a *App) setHandlers() error {
	usual, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   a.keepers.accounts,
		BankKeeper:      a.keepers.bank,
		SignModeHandler: a.TxConfig.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
	})
	if err != nil {
		return err
	}
	calls := keeper.NewAnteDecorator(a.Kernel)
	a.SetAnteHandler(func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		return calls.AnteHandle(ctx, tx, simulate, usual)
	})
	a.SetInitChainer(a.initChain)
	a.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return a.Modules.PreBlock(ctx)
	})
	a.SetBeginBlocker(a.Modules.BeginBlock)
	a.SetEndBlocker(a.Modules.EndBlock)
	// The module manager calls neither of these by itself.
	a.SetPrecommiter(func(ctx sdk.Context) {
		if err := a.Modules.Precommit(ctx); err != nil {
			panic(err)
		}
	})
	a.SetPrepareCheckStater(func(ctx sdk.Context) {
		if err := a.Modules.PrepareCheckState(ctx); err != nil {
			panic(err)
		}
	})
	return nil
}

func (a *App) initChain(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, err
	}
	return a.Modules.InitGenesis(ctx, a.Codec, state)
}

// Attach has the sidecar's kernel come to the newest committed state, before consensus begins.
func (a *App) Attach() error { return a.Kernel.Attach(a.newest()) }

// newest is the state of the newest committed height.
func (a *App) newest() sdk.Context {
	header := cmtproto.Header{ChainID: a.ChainID(), Height: a.LastBlockHeight()}
	return a.NewContextLegacy(true, header)
}

// Export is the state of the newest committed height, as a genesis holds it.
func (a *App) Export() (map[string]json.RawMessage, error) {
	return a.Modules.ExportGenesis(a.newest(), a.Codec)
}
