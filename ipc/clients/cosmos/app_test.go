package headstart_test

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	coreaddress "cosmossdk.io/core/address"
	"cosmossdk.io/log"
	sdkmath "cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"
	"cosmossdk.io/x/tx/signing"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdkclient "github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	"github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	headstart "headstart/cosmos"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

const (
	chainID = "module-1"
	denom   = "stake"
	purse   = 1_000_000
	plenty  = 50_000_000 // gas
)

var (
	alice = sdk.AccAddress("alice_______________")
	bob   = sdk.AccAddress("bob_________________")
	govAt = authtypes.NewModuleAddress("gov")
)

// chain is a node: a BaseApp on a real multistore, with bank, authz and the module. Its
// transactions are not signed; everything else is as on any chain.
type chain struct {
	*baseapp.BaseApp
	t       testing.TB
	cdc     codec.Codec
	config  sdkclient.TxConfig
	modules *module.Manager
	keeper  keeper.Keeper
	bank    bankkeeper.BaseKeeper
	atEnd   func(ctx sdk.Context) // once, at the next block's end, before the module's
	prior   time.Time             // the newest block's time
	first   int64                 // the first block's height
}

// setup is what chains of tests differ in.
type setup struct {
	db      dbm.DB
	options keeper.Options
	params  func(*types.Params)
	entries []types.Entry // the genesis; nil: a chain that begins empty
	empty   string        // then: the hash that it expects
	base    []func(*baseapp.BaseApp)
	height  int64
	noBegin bool // no InitChain: the database holds a chain
	chainID string
	logger  log.Logger
}

func newChain(t testing.TB, s setup) *chain {
	t.Helper()
	c := build(t, &s)
	require.NoError(t, c.LoadLatestVersion())
	if s.noBegin {
		return c
	}
	_, err := c.InitChain(&abci.RequestInitChain{
		ChainId: s.chainID, InitialHeight: s.height, Time: c.prior, AppStateBytes: c.genesis(s),
	})
	require.NoError(t, err)
	return c
}

func build(t testing.TB, s *setup) *chain {
	if s.db == nil {
		s.db = dbm.NewMemDB()
	}
	if s.chainID == "" {
		s.chainID = chainID
	}
	if s.height == 0 {
		s.height = 1
	}
	if s.logger == nil {
		s.logger = log.NewNopLogger()
	}
	accounts := address.NewBech32Codec("cosmos")
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          accounts,
			ValidatorAddressCodec: address.NewBech32Codec("cosmosvaloper"),
		},
	})
	require.NoError(t, err)
	std.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	config := tx.NewTxConfig(cdc, tx.DefaultSignModes)
	base := baseapp.NewBaseApp(
		"module",
		s.logger,
		s.db,
		config.TxDecoder(),
		append(s.base, baseapp.SetChainID(s.chainID))...)
	base.SetInterfaceRegistry(registry)
	base.SetTxEncoder(config.TxEncoder())
	base.AddRunTxRecoveryHandler(keeper.Recovery)
	c := &chain{
		BaseApp: base,
		t:       t,
		cdc:     cdc,
		config:  config,
		first:   s.height,
		prior:   time.Unix(1_700_000_000, 0).UTC(),
	}
	c.wire(s, registry, accounts)
	return c
}

func (c *chain) wire(s *setup, registry codectypes.InterfaceRegistry, accounts coreaddress.Codec) {
	keys := storetypes.NewKVStoreKeys(
		authtypes.StoreKey,
		banktypes.StoreKey,
		authzkeeper.StoreKey,
		types.StoreKey,
	)
	authority := govAt.String()
	ak := authkeeper.NewAccountKeeper(
		c.cdc,
		runtime.NewKVStoreService(keys[authtypes.StoreKey]),
		authtypes.ProtoBaseAccount,
		map[string][]string{authtypes.FeeCollectorName: nil},
		accounts,
		"cosmos",
		authority,
	)
	blocked := map[string]bool{
		authtypes.NewModuleAddress(authtypes.FeeCollectorName).String(): true,
	}
	c.bank = bankkeeper.NewBaseKeeper(
		c.cdc,
		runtime.NewKVStoreService(keys[banktypes.StoreKey]),
		ak,
		blocked,
		authority,
		s.logger,
	)
	zk := authzkeeper.NewKeeper(
		runtime.NewKVStoreService(keys[authzkeeper.StoreKey]),
		c.cdc,
		c.MsgServiceRouter(),
		ak,
	)
	c.keeper = keeper.NewKeeper(
		c.cdc,
		runtime.NewKVStoreService(keys[types.StoreKey]),
		c.bank,
		accounts,
		authority,
		s.options,
	)
	c.modules = module.NewManager(
		auth.NewAppModule(c.cdc, ak, nil, nil), bank.NewAppModule(c.cdc, c.bank, ak, nil),
		authzmodule.NewAppModule(c.cdc, zk, ak, c.bank, registry), headstart.NewAppModule(c.keeper))
	for _, m := range c.modules.Modules {
		if m, is := m.(module.AppModuleBasic); is {
			m.RegisterInterfaces(registry)
		}
	}
	require.NoError(
		c.t,
		c.modules.RegisterServices(
			module.NewConfigurator(c.cdc, c.MsgServiceRouter(), c.GRPCQueryRouter()),
		),
	)
	c.MountKVStores(keys)
	c.setHandlers()
}

func (c *chain) setHandlers() {
	c.SetAnteHandler(
		sdk.ChainAnteDecorators(ante.NewSetUpContextDecorator(), keeper.NewAnteDecorator(c.keeper)),
	)
	c.SetInitChainer(c.begin)
	c.SetEndBlocker(func(ctx sdk.Context) (sdk.EndBlock, error) {
		if act := c.atEnd; act != nil {
			c.atEnd = nil
			act(ctx)
		}
		return c.modules.EndBlock(ctx)
	})
	c.SetPrecommiter(func(ctx sdk.Context) { require.NoError(c.t, c.modules.Precommit(ctx)) })
	c.SetPrepareCheckStater(
		func(ctx sdk.Context) { require.NoError(c.t, c.modules.PrepareCheckState(ctx)) },
	)
}

// begin is the module manager's InitGenesis, which would want validators.
func (c *chain) begin(ctx sdk.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(r.AppStateBytes, &state); err != nil {
		return nil, err
	}
	order := []string{
		authtypes.ModuleName, banktypes.ModuleName, authz.ModuleName, types.ModuleName,
	}
	for _, name := range order {
		c.modules.Modules[name].(module.HasGenesis).InitGenesis(ctx, c.cdc, state[name])
	}
	return &abci.ResponseInitChain{}, nil
}

func (c *chain) genesis(s setup) []byte {
	coins := sdk.NewCoins(sdk.NewCoin(denom, sdkmath.NewInt(purse)))
	balances := []banktypes.Balance{
		{Address: alice.String(), Coins: coins}, {Address: bob.String(), Coins: coins},
		{Address: types.ModuleAccount().String(), Coins: coins},
	}
	g := types.DefaultGenesis()
	g.Params.Callable = []string{"shop"}
	g.Params.Inbound = types.Inbound{Vat: "shop", Method: "inbound"}
	if s.params != nil {
		s.params(&g.Params)
	}
	g.Entries, g.BeginEmpty, g.Hash = s.entries, s.entries == nil, s.empty
	raw, err := json.Marshal(map[string]json.RawMessage{
		authtypes.ModuleName: c.cdc.MustMarshalJSON(authtypes.DefaultGenesisState()),
		banktypes.ModuleName: c.cdc.MustMarshalJSON(
			banktypes.NewGenesisState(banktypes.DefaultParams(), balances, nil, nil, nil),
		),
		authz.ModuleName: c.cdc.MustMarshalJSON(authz.DefaultGenesisState()),
		types.ModuleName: c.cdc.MustMarshalJSON(g),
	})
	require.NoError(c.t, err)
	return raw
}

// transaction is one with plenty of gas.
func (c *chain) transaction(msgs ...sdk.Msg) []byte { return c.transactionFor(plenty, msgs...) }

func (c *chain) transactionFor(gas uint64, msgs ...sdk.Msg) []byte {
	builder := c.config.NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(gas)
	raw, err := c.config.TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return raw
}

func (c *chain) request(txs ...[]byte) *abci.RequestFinalizeBlock {
	height := max(c.LastBlockHeight()+1, c.first)
	return &abci.RequestFinalizeBlock{
		Height: height, Time: c.prior.Add(5 * time.Second), Txs: txs,
		Hash: []byte{byte(height), byte(len(txs))},
	}
}

// finalize executes a block, without committing it.
func (c *chain) finalize(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	r, err := c.FinalizeBlock(c.request(txs...))
	require.NoError(c.t, err)
	return r
}

// block executes a block and commits it.
func (c *chain) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	r := c.finalize(txs...)
	c.commit()
	return r
}

func (c *chain) commit() {
	_, err := c.Commit()
	require.NoError(c.t, err)
	c.prior = c.prior.Add(5 * time.Second)
}

// ctx shows the committed state.
func (c *chain) ctx() sdk.Context {
	return c.NewUncachedContext(
		false,
		cmtproto.Header{ChainID: chainID, Height: c.LastBlockHeight(), Time: c.prior},
	)
}

func (c *chain) status() *types.QueryStatusResponse {
	c.t.Helper()
	s, err := keeper.NewQueryServer(c.keeper).Status(c.ctx(), &types.QueryStatusRequest{})
	require.NoError(c.t, err)
	return s
}

func (c *chain) balance(of sdk.AccAddress) int64 {
	return c.bank.GetBalance(c.ctx(), of, denom).Amount.Int64()
}

// called is the module's answer to the i-th message of a transaction that went well.
func called(t testing.TB, r *abci.ExecTxResult, i int) *types.MsgCallResponse {
	t.Helper()
	require.Zero(t, r.Code, r.Log)
	var data sdk.TxMsgData
	require.NoError(t, proto.Unmarshal(r.Data, &data))
	var answer types.MsgCallResponse
	require.NoError(t, proto.Unmarshal(data.MsgResponses[i].Value, &answer))
	return &answer
}

func callOf(from sdk.AccAddress, method, args string) *types.MsgCall {
	return &types.MsgCall{Sender: from.String(), Vat: "shop", Method: method, Args: args}
}

func shop(method, args string) *types.MsgCall { return callOf(alice, method, args) }

// attributes are those of the events of one kind, in order.
func attributes(events []abci.Event, kind, key string) (values []string) {
	for _, e := range events {
		for _, a := range e.Attributes {
			if e.Type == kind && a.Key == key {
				values = append(values, a.Value)
			}
		}
	}
	return values
}
