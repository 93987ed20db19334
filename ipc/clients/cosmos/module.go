// Package headstart is the module x/headstart: vats on a chain of the Cosmos SDK, executed by a
// sidecar that has its kernel ready.
package headstart

//lint:file-ignore SA1019 invariants are deprecated with x/crisis, and have no successor: chains run them.

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"

	"cosmossdk.io/core/appmodule"

	sdkclient "github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// ConsensusVersion is that of the store's layout.
const ConsensusVersion = 1

var (
	_ module.AppModuleBasic          = AppModule{}
	_ module.HasGenesis              = AppModule{}
	_ module.HasServices             = AppModule{}
	_ module.HasInvariants           = AppModule{}
	_ module.HasConsensusVersion     = AppModule{}
	_ appmodule.AppModule            = AppModule{}
	_ appmodule.HasEndBlocker        = AppModule{}
	_ appmodule.HasPrecommit         = AppModule{}
	_ appmodule.HasPrepareCheckState = AppModule{}
)

// AppModule is the module as an app takes it. The app itself must have its precommiter and its
// prepare-check-stater call the module manager's, and its BaseApp take keeper.Recovery.
type AppModule struct{ keeper keeper.Keeper }

// NewAppModule makes the module.
func NewAppModule(k keeper.Keeper) AppModule { return AppModule{k} }

// IsOnePerModuleType is for depinject.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule is for depinject.
func (AppModule) IsAppModule() {}

// Name is the module's.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion is that of the store's layout.
func (AppModule) ConsensusVersion() uint64 { return ConsensusVersion }

// RegisterLegacyAminoCodec names the messages for amino JSON.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	types.RegisterLegacyAminoCodec(cdc)
}

// RegisterInterfaces tells the registry of the messages.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}

// RegisterGRPCGatewayRoutes serves the queries over REST.
func (AppModule) RegisterGRPCGatewayRoutes(c sdkclient.Context, mux *gwruntime.ServeMux) {
	queries := types.NewQueryClient(c)
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, queries); err != nil {
		panic(err)
	}
}

// DefaultGenesis holds no state vector: a chain cannot begin with it before it has one.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis tells what is wrong with a genesis.
func (AppModule) ValidateGenesis(
	cdc codec.JSONCodec,
	_ sdkclient.TxEncodingConfig,
	raw json.RawMessage,
) error {
	var g types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &g); err != nil {
		return fmt.Errorf("%s genesis: %w", types.ModuleName, err)
	}
	return g.Validate()
}

// InitGenesis begins a chain; one that must not begin so panics, as the SDK has it.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var g types.GenesisState
	cdc.MustUnmarshalJSON(raw, &g)
	if err := m.keeper.InitGenesis(ctx, g); err != nil {
		panic(err)
	}
}

// ExportGenesis gives the state for another chain to go on with.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(g)
}

// RegisterServices serves messages and queries.
func (m AppModule) RegisterServices(c module.Configurator) {
	types.RegisterMsgServer(c.MsgServer(), keeper.NewMsgServer(m.keeper))
	types.RegisterQueryServer(c.QueryServer(), keeper.NewQueryServer(m.keeper))
}

// RegisterInvariants adds what must hold in every state.
func (m AppModule) RegisterInvariants(registry sdk.InvariantRegistry) {
	keeper.RegisterInvariants(registry, m.keeper)
}

// EndBlock sends the kernel's runs.
func (m AppModule) EndBlock(ctx context.Context) error {
	return m.keeper.EndBlock(sdk.UnwrapSDKContext(ctx))
}

// Precommit has the block on the sidecar's disk, where the options ask for it.
func (m AppModule) Precommit(ctx context.Context) error {
	m.keeper.Precommit(sdk.UnwrapSDKContext(ctx))
	return nil
}

// PrepareCheckState tells the sidecar that the block is committed.
func (m AppModule) PrepareCheckState(ctx context.Context) error {
	m.keeper.Committed(sdk.UnwrapSDKContext(ctx))
	return nil
}
