package headstart

import (
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/appmodule"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/depinject"
	"cosmossdk.io/depinject/appconfig"

	"github.com/cosmos/cosmos-sdk/codec"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"headstart/cosmos/keeper"
	modulev1 "headstart/cosmos/module/v1"
	"headstart/cosmos/types"
)

func init() {
	appconfig.RegisterModule(&modulev1.Module{}, appconfig.Provide(ProvideModule))
}

// ModuleInputs are what depinject gives the module. The app supplies keeper.Options.
type ModuleInputs struct {
	depinject.In

	Config    *modulev1.Module
	Cdc       codec.Codec
	Store     corestore.KVStoreService
	Addresses address.Codec
	Bank      types.BankKeeper
	Options   keeper.Options `optional:"true"`
}

// ModuleOutputs are what the module gives.
type ModuleOutputs struct {
	depinject.Out

	Keeper keeper.Keeper
	Module appmodule.AppModule
}

// ProvideModule makes keeper and module. Its authority is the configuration's, else the gov module.
func ProvideModule(in ModuleInputs) (ModuleOutputs, error) {
	authority := authtypes.NewModuleAddress(govtypes.ModuleName)
	if in.Config.Authority != "" {
		authority = authtypes.NewModuleAddressOrBech32Address(in.Config.Authority)
	}
	text, err := in.Addresses.BytesToString(authority)
	if err != nil {
		return ModuleOutputs{}, err
	}
	k := keeper.NewKeeper(in.Cdc, in.Store, in.Bank, in.Addresses, text, in.Options)
	return ModuleOutputs{Keeper: k, Module: NewAppModule(k)}, nil
}
