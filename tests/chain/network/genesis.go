package network

import (
	"encoding/json"
	"path/filepath"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"headstart/chain/app"
	headstarttypes "headstart/cosmos/types"
)

// State is a chain's application state, a JSON text for each module.
type State map[string]json.RawMessage

// Genesis is what a chain begins from.
type Genesis struct {
	ChainID       string
	InitialHeight int64
	State         State
}

// Plan is a network that is to be made.
type Plan struct {
	Folder     string
	Addresses  []string // a home for each, in this order
	Validators int      // so many of them vote; the others follow
	BlockTime  time.Duration
}

// Make makes the homes, with fresh keys where there are none.
func Make(p Plan) ([]*Home, error) {
	homes := make([]*Home, len(p.Addresses))
	for i, address := range p.Addresses {
		var err error
		folder := filepath.Join(p.Folder, nodeName(i))
		if homes[i], err = newHome(folder, address, p.BlockTime); err != nil {
			return nil, err
		}
	}
	introduce(homes)
	return homes, nil
}

func nodeName(i int) string { return "node" + string(rune('0'+i)) }

// Begin writes the genesis into all homes.
func Begin(homes []*Home, g Genesis) error {
	raw, err := json.Marshal(g.State)
	if err != nil {
		return err
	}
	doc := cmttypes.GenesisDoc{
		ChainID: g.ChainID, GenesisTime: time.Now().UTC(), InitialHeight: g.InitialHeight,
		ConsensusParams: cmttypes.DefaultConsensusParams(), AppState: raw,
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return err
	}
	for _, h := range homes {
		if err := doc.SaveAs(h.config.GenesisFile()); err != nil {
			return err
		}
	}
	return nil
}

// NewState is the state of a chain that begins: validators with equal stakes, senders with coins, and
// the kernel as `headstart genesis` printed it.
func NewState(validators []*Home, vector []byte) (State, error) {
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), app.Options{})
	if err != nil {
		return nil, err
	}
	state := State(a.Basics.DefaultGenesis(a.Codec))
	if err := addStakes(a.Codec, state, validators); err != nil {
		return nil, err
	}
	addAccounts(a.Codec, state, len(validators))
	addBlame(a.Codec, state)
	return state, addKernel(a.Codec, state, vector)
}

func stakeOf() sdkmath.Int { return sdk.DefaultPowerReduction.MulRaw(100) }

func addStakes(c codec.Codec, state State, homes []*Home) error {
	var validators []stakingtypes.Validator
	var delegations []stakingtypes.Delegation
	zero := sdkmath.LegacyZeroDec()
	for _, h := range homes {
		key, err := cryptocodec.FromCmtPubKeyInterface(h.key.Key.PubKey)
		if err != nil {
			return err
		}
		anyKey, err := codectypes.NewAnyWithValue(key)
		if err != nil {
			return err
		}
		shares := sdkmath.LegacyNewDecFromInt(stakeOf())
		operator := sdk.ValAddress(h.key.GetAddress()).String()
		validators = append(validators, stakingtypes.Validator{
			OperatorAddress: operator, ConsensusPubkey: anyKey, Status: stakingtypes.Unbonded,
			Tokens: stakeOf(), DelegatorShares: shares, MinSelfDelegation: sdkmath.ZeroInt(),
			Description:   stakingtypes.Description{Moniker: h.Name},
			UnbondingTime: time.Unix(0, 0).UTC(),
			Commission:    stakingtypes.NewCommission(zero, zero, zero),
		})
		owner := SenderAddress(0).String()
		delegations = append(delegations, stakingtypes.NewDelegation(owner, operator, shares))
	}
	params := stakingtypes.DefaultParams()
	params.BondDenom = Denom
	genesis := stakingtypes.NewGenesisState(params, validators, delegations)
	state[stakingtypes.ModuleName] = c.MustMarshalJSON(genesis)
	return nil
}

func addAccounts(c codec.Codec, state State, validators int) {
	var accounts []authtypes.GenesisAccount
	var balances []banktypes.Balance
	for i := range Senders {
		address := SenderAddress(i)
		accounts = append(accounts, authtypes.NewBaseAccount(address, nil, uint64(i), 0))
		balances = append(balances, banktypes.Balance{Address: address.String(),
			Coins: sdk.NewCoins(sdk.NewInt64Coin(Denom, coinsOfSender))})
	}
	pool := authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName)
	balances = append(balances, banktypes.Balance{Address: pool.String(),
		Coins: sdk.NewCoins(sdk.NewCoin(Denom, stakeOf().MulRaw(int64(validators))))})
	state[authtypes.ModuleName] = c.MustMarshalJSON(
		authtypes.NewGenesisState(authtypes.DefaultParams(), accounts))
	state[banktypes.ModuleName] = c.MustMarshalJSON(
		banktypes.NewGenesisState(banktypes.DefaultParams(), balances, nil, nil, nil))
}

// addBlame has missed blocks counted, and nobody jailed for them: the tests miss some on purpose.
func addBlame(c codec.Codec, state State) {
	genesis := slashingtypes.DefaultGenesisState()
	genesis.Params.SignedBlocksWindow = 10000
	genesis.Params.MinSignedPerWindow = sdkmath.LegacyNewDecWithPrec(1, 2)
	state[slashingtypes.ModuleName] = c.MustMarshalJSON(genesis)
}

// blockTicks is little, so that what the worker does for a call goes on over the ends of blocks.
const blockTicks = 200

func addKernel(c codec.Codec, state State, vector []byte) error {
	genesis := headstarttypes.DefaultGenesis()
	genesis.Params.Callable = []string{"token", "contracts"}
	genesis.Params.BlockTicks = blockTicks
	var err error
	if genesis.Entries, genesis.Hash, err = headstarttypes.ReadStateVector(vector); err != nil {
		return err
	}
	state[headstarttypes.ModuleName] = c.MustMarshalJSON(genesis)
	return nil
}
