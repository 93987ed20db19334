package app

import (
	"cosmossdk.io/core/store"
	"cosmossdk.io/log"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	headstart "headstart/cosmos"
	"headstart/cosmos/keeper"
	headstarttypes "headstart/cosmos/types"
)

var storeNames = []string{
	authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey,
	consensustypes.StoreKey, headstarttypes.StoreKey,
}

type keepers struct {
	accounts  authkeeper.AccountKeeper
	bank      bankkeeper.BaseKeeper
	staking   *stakingkeeper.Keeper
	slashing  slashingkeeper.Keeper
	consensus consensuskeeper.Keeper
	kernel    keeper.Keeper
}

func newKeepers(e encoding, keys map[string]*storetypes.KVStoreKey, logger log.Logger, o Options) keepers {
	open := func(name string) store.KVStoreService { return runtime.NewKVStoreService(keys[name]) }
	authority := authtypes.NewModuleAddress("gov").String()
	permissions := map[string][]string{
		authtypes.FeeCollectorName:     nil,
		stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
	}
	var k keepers
	k.consensus = consensuskeeper.NewKeeper(e.codec, open(consensustypes.StoreKey), authority,
		runtime.EventService{})
	// Unordered: where a sender's sequences must come in order, one lost transaction stops its lane.
	k.accounts = authkeeper.NewAccountKeeper(e.codec, open(authtypes.StoreKey),
		authtypes.ProtoBaseAccount, permissions, e.accounts,
		sdk.GetConfig().GetBech32AccountAddrPrefix(), authority,
		authkeeper.WithUnorderedTransactions(true))
	k.bank = bankkeeper.NewBaseKeeper(e.codec, open(banktypes.StoreKey), k.accounts,
		map[string]bool{}, authority, logger)
	k.staking = stakingkeeper.NewKeeper(e.codec, open(stakingtypes.StoreKey), k.accounts, k.bank,
		authority, e.validators, e.nodes)
	k.slashing = slashingkeeper.NewKeeper(e.codec, e.amino, open(slashingtypes.StoreKey), k.staking,
		authority)
	k.staking.SetHooks(stakingtypes.NewMultiStakingHooks(k.slashing.Hooks()))
	k.kernel = keeper.NewKeeper(e.codec, open(headstarttypes.StoreKey), k.bank, e.accounts, authority,
		keeper.Options{Client: o.Sidecar})
	return k
}

func newModules(e encoding, k keepers) *module.Manager {
	m := module.NewManager(
		auth.NewAppModule(e.codec, k.accounts, nil, nil),
		bank.NewAppModule(e.codec, k.bank, k.accounts, nil),
		staking.NewAppModule(e.codec, k.staking, k.accounts, k.bank, nil),
		slashing.NewAppModule(e.codec, k.slashing, k.accounts, k.bank, k.staking, nil, e.registry),
		consensus.NewAppModule(e.codec, k.consensus),
		headstart.NewAppModule(k.kernel),
	)
	order := []string{
		authtypes.ModuleName, banktypes.ModuleName, slashingtypes.ModuleName,
		stakingtypes.ModuleName, consensustypes.ModuleName, headstarttypes.ModuleName,
	}
	m.SetOrderInitGenesis(authtypes.ModuleName, banktypes.ModuleName, stakingtypes.ModuleName,
		slashingtypes.ModuleName, consensustypes.ModuleName, headstarttypes.ModuleName)
	m.SetOrderPreBlockers(authtypes.ModuleName)
	m.SetOrderExportGenesis(order...)
	m.SetOrderBeginBlockers(order...)
	m.SetOrderEndBlockers(order...)
	return m
}
