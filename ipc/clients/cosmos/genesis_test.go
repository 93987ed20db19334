package headstart_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	sdkclient "github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	client "headstart/client"
	headstart "headstart/cosmos"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// A chain does not begin without a state vector, unless its genesis says that it does.
func TestAChainNeedsItsStateVector(t *testing.T) {
	g := types.DefaultGenesis()
	require.NoError(t, g.Validate()) // as a template it is whole
	require.ErrorContains(t, g.Beginnable(), "headstart genesis")
	c := newChain(t, setup{options: keeper.Options{Client: newScript()}})
	require.ErrorIs(t, c.keeper.InitGenesis(c.ctx(), *g), types.ErrGenesis)
	g.BeginEmpty = true
	require.NoError(t, c.keeper.InitGenesis(c.ctx(), *g))
}

// What was changed by hand is found before a chain begins with it, not by its first message.
func TestADamagedGenesisIsRefused(t *testing.T) {
	entries, hash := vector(t, "kernel")
	_, other := vector(t, "foreign")
	good := func() types.GenesisState {
		copied := append([]types.Entry{}, entries...)
		return types.GenesisState{Params: types.DefaultParams(), Entries: copied, Hash: hash}
	}
	require.NoError(t, good().Validate())
	for name, damage := range map[string]func(*types.GenesisState){
		"a value":        func(g *types.GenesisState) { g.Entries[3].Value = []byte("8") },
		"a key missing":  func(g *types.GenesisState) { g.Entries = g.Entries[1:] },
		"no position":    func(g *types.GenesisState) { g.Entries = g.Entries[:3] },
		"order":          func(g *types.GenesisState) { g.Entries[0], g.Entries[1] = g.Entries[1], g.Entries[0] },
		"twice":          func(g *types.GenesisState) { g.Entries[1] = g.Entries[0] },
		"local":          func(g *types.GenesisState) { g.Entries[0].Key = []byte("local.x") },
		"another hash":   func(g *types.GenesisState) { g.Hash = other },
		"no hash":        func(g *types.GenesisState) { g.Hash = "x" },
		"empty, and not": func(g *types.GenesisState) { g.BeginEmpty = true },
		"params":         func(g *types.GenesisState) { g.Params.CallTicks = 0 },
	} {
		g := good()
		damage(&g)
		require.Error(t, g.Validate(), name)
	}
}

// A chain that carries its state vector is the same whatever its validators' sidecars are
// configured to.
func TestAForeignConfigurationForksNoChain(t *testing.T) {
	entries, _ := vector(t, "kernel")
	own, foreign := newDaemon(t, "kernel"), newDaemon(t, "foreign")
	a := newChain(t, setup{options: own.options(), entries: entries})
	b := newChain(t, setup{options: foreign.options(), entries: entries})
	sameResults(t, a.block(), b.block())
	require.NoError(t, b.keeper.Attach(b.ctx()))
	for range 3 {
		sameResults(
			t,
			a.block(a.transaction(shop("count", "[1]"))),
			b.block(b.transaction(shop("count", "[1]"))),
		)
	}
}

// One that began empty names the hash that each sidecar must make; another executes nothing.
func TestAChainThatBeganEmptyWaitsForItsConfiguration(t *testing.T) {
	_, hash := vector(t, "kernel")
	d := newDaemon(t, "foreign")
	o := d.options()
	tries := make(chan int, 1000)
	o.Pause = func(n int) time.Duration {
		tries <- n
		return 10 * time.Millisecond
	}
	c := newChain(t, setup{options: o, empty: hash})
	c.block()
	g, err := c.keeper.ExportGenesis(c.ctx())
	require.NoError(t, err)
	require.Equal(t, []any{true, hash}, []any{g.BeginEmpty, g.Hash})
	over := begun(c, c.transaction(shop("count", "[1]")))
	for range 3 {
		select {
		case <-over:
			t.Fatal("a foreign configuration became the chain's")
		case <-tries:
		}
	}
	d.kill()
	d.forget()
	d.kernel = "kernel"
	d.start()
	r := await(t, "the block", over)
	require.Equal(t, "101", called(t, r.TxResults[0], 0).Value)
}

// What one chain exported another goes on with, at its own heights: vats, accounts of theirs,
// params.
func TestExportAndImport(t *testing.T) {
	c, _ := genesisChain(t, "kernel", func(p *types.Params) { p.EventBytes = 77 })
	for i := range 5 {
		c.block(
			c.transaction(shop("sell", fmt.Sprint("[", i, "]"))),
			c.transaction(shop("count", "[1]")),
		)
	}
	exported, err := c.keeper.ExportGenesis(c.ctx())
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.EqualValues(t, 77, exported.Params.EventBytes)
	raw := c.cdc.MustMarshalJSON(exported)
	var read types.GenesisState
	c.cdc.MustUnmarshalJSON(raw, &read)
	require.NoError(t, read.Validate())

	d := newDaemon(t, "kernel")
	d.kill()
	d.forget()
	d.chainID = "module-2"
	d.start()
	next := newChain(
		t,
		setup{options: d.options(), entries: read.Entries, chainID: "module-2", height: 3},
	)
	next.prior = c.prior.Add(time.Hour)
	r := next.block(next.transaction(shop("sold", "")), next.transaction(shop("count", "[1]")))
	require.Equal(t, "10", called(t, r.TxResults[0], 0).Value)
	require.Equal(t, "106", called(t, r.TxResults[1], 0).Value)
	require.Equal(t, c.status().Seqnum+2, next.status().Seqnum)
}

// Empty values are values: they outlive branches, commits, a reload, and the way through a genesis.
func TestEmptyValues(t *testing.T) {
	db, err := dbm.NewGoLevelDB("application", t.TempDir(), nil)
	require.NoError(t, err)
	d := newDaemon(t, "kernel")
	entries, _ := vector(t, "kernel")
	c := newChain(t, setup{db: db, options: d.options(), entries: entries})
	c.block(c.transaction(shop("sell", "[2]")), c.transaction(shop("wait", "")))
	empties := func(c *chain) (keys []string) {
		g, err := c.keeper.ExportGenesis(c.ctx())
		require.NoError(t, err)
		for _, e := range g.Entries {
			if len(e.Value) == 0 {
				keys = append(keys, string(e.Key))
			}
		}
		return keys
	}
	before := empties(c)
	require.NotEmpty(t, before)
	reloaded := newChain(t, setup{db: db, options: d.options(), noBegin: true})
	reloaded.prior = c.prior
	require.Equal(t, before, empties(reloaded))
	for _, key := range before {
		r, err := keeper.NewQueryServer(reloaded.keeper).
			Key(reloaded.ctx(), &types.QueryKeyRequest{Key: key})
		require.NoError(t, err)
		require.True(t, r.Found, key)
	}
	d.kill()
	d.forget() // a full replay: the sidecar reads each key from this node
	d.start()
	require.Equal(
		t,
		"2",
		called(t, reloaded.block(reloaded.transaction(shop("sold", ""))).TxResults[0], 0).Value,
	)
	r, err := keeper.NewQueryServer(c.keeper).Key(c.ctx(), &types.QueryKeyRequest{Key: "no.such"})
	require.NoError(t, err)
	require.False(t, r.Found)
}

// The vats' accounts are addresses of their own.
func TestVatAccounts(t *testing.T) {
	require.NotEqual(t, types.VatAccount("a"), types.VatAccount("b"))
	require.NotEqual(t, types.VatAccount("shop"), types.ModuleAccount())
	require.Len(t, types.VatAccount("shop"), 32)
	require.NoError(t, sdk.VerifyAddressFormat(types.VatAccount("shop")))
}

// `genesis add-kernel` makes a template's genesis one that a chain begins with.
func TestAddKernel(t *testing.T) {
	document, err := exec.Command(program(t), "genesis", "--kernel", kernelFile("kernel")).Output()
	require.NoError(t, err)
	cdc := build(t, &setup{options: keeper.Options{Client: newScript()}}).cdc
	file := filepath.Join(t.TempDir(), "genesis.json")
	template := headstart.AppModule{}.DefaultGenesis(cdc)
	state, err := json.Marshal(map[string]json.RawMessage{types.ModuleName: template})
	require.NoError(t, err)
	genesis := genutiltypes.NewAppGenesisWithVersion(chainID, state)
	require.NoError(t, genesis.SaveAs(file))
	vector := filepath.Join(t.TempDir(), "vector.json")
	require.NoError(t, os.WriteFile(vector, document, 0o600))

	command := headstart.AddKernelCommand()
	command.SetArgs([]string{vector, "--callable", "shop"})
	config := server.NewDefaultContext()
	config.Config.Genesis = file
	config.Config.RootDir = "/"
	ctx := context.WithValue(context.Background(), server.ServerContextKey, config)
	ctx = context.WithValue(ctx, sdkclient.ClientContextKey, &sdkclient.Context{Codec: cdc})
	require.NoError(t, command.ExecuteContext(ctx))

	read, err := genutiltypes.AppGenesisFromFile(file)
	require.NoError(t, err)
	var after map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(read.AppState, &after))
	var g types.GenesisState
	cdc.MustUnmarshalJSON(after[types.ModuleName], &g)
	require.NoError(t, g.Validate())
	require.NoError(t, g.Beginnable())
	require.Equal(t, []string{"shop"}, g.Params.Callable)
	require.Error(t, headstart.AddKernel(cdc, after, []byte("{}"), nil))
}

// What a node keeps for itself goes into no genesis.
func TestWhatIsLocalIsNotExported(t *testing.T) {
	s := newScript()
	s.answer = func(a *client.Answer) {
		for _, key := range []string{"local.note", "local", "locality"} {
			a.Writes = append(a.Writes, client.Write{Key: []byte(key), Value: []byte("1")})
		}
	}
	c := newChain(t, setup{options: keeper.Options{Client: s}})
	c.block(c.transaction(shop("sell", "[1]")))
	g, err := c.keeper.ExportGenesis(c.ctx())
	require.NoError(t, err)
	var keys []string
	for _, e := range g.Entries {
		keys = append(keys, string(e.Key))
	}
	require.ElementsMatch(t, []string{"kernel.hash", "kernel.seqnum", "local", "locality"}, keys)
}
