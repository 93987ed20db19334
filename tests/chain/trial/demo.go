package trial

import (
	"context"

	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"headstart/chain/load"
	"headstart/chain/network"
	headstarttypes "headstart/cosmos/types"
)

// scene is an act of the demo, in words.
type scene struct {
	words string
	act   act
}

var scenes = []scene{
	{"the sidecar alone is killed", act{name: "sidecar_killed", do: sidecarKilled, alone: leftAlone}},
	{"the node alone is killed", act{name: "node_killed", do: nodeKilled, alone: killed}},
	{"both are killed at once", act{name: "both_killed", do: bothKilled, alone: killed}},
	{"both, and the sidecar's data is deleted", act{name: "data_deleted", do: dataDeleted, alone: killed}},
}

// Demo shows a validator that is killed with its sidecar and comes back, for people. It returns
// whether all validators agreed at every height.
func Demo(ctx context.Context, o Options) (bool, error) {
	t := &trial{Options: o, dice: rand.New(rand.NewPCG(o.Seed, 0)), baselines: map[string]int{},
		report: &Report{Schema: 1, Seed: o.Seed, AppHashEqual: true, ResultsEqual: true}}
	c, err := newChain(plan{id: "headstart-1", folder: filepath.Join(t.Folder, "1"), initialHeight: 1,
		programs: t.Programs, blockTime: t.BlockTime, state: t.newState})
	if err != nil {
		return false, err
	}
	t.chain = c
	defer c.stop()
	t.Say("Four validators, each a node with its sidecar, begin a chain.")
	if err := t.begin(ctx); err != nil {
		return false, err
	}
	if err := t.showPayment(ctx); err != nil {
		return false, err
	}
	if err := t.showHistory(ctx); err != nil {
		return false, err
	}
	if err := t.underLoad(ctx, t.playScenes); err != nil {
		return false, err
	}
	c.stop()
	t.report.add(c.witness)
	t.showTable()
	return t.report.Held(), nil
}

// showPayment has tokens made of coins, and coins paid out again by the vat.
func (t *trial) showPayment(ctx context.Context) error {
	node, err := http.NewWithTimeout(t.chain.voting()[0].RPC(), "/websocket", 10)
	if err != nil {
		return err
	}
	account := headstarttypes.VatAccount("token").String()
	t.Say("")
	t.Say("The vat \"token\" lives in each sidecar's kernel. Its account: %s", account)
	const depositors = 20
	if err := t.load.Burst(ctx, load.Mix{{Kind: load.Deposit, Share: 1}}, depositors); err != nil {
		return err
	}
	held, err := t.awaitBalance(ctx, node, account, func(held int64) bool { return held == depositors*load.DepositAmount })
	if err != nil {
		return err
	}
	t.Say("  %d deposits: the account holds %d %s, the vat's heap as many tokens", depositors, held, network.Denom)
	if err := t.load.Burst(ctx, load.Mix{{Kind: load.Withdraw, Share: 1}}, depositors); err != nil {
		return err
	}
	left, err := t.awaitBalance(ctx, node, account, func(now int64) bool { return now < held })
	t.Say("  withdrawals: the vat says bank.send, and its account pays: %d %s are left", left, network.Denom)
	return err
}

// awaitBalance waits until what the account holds is as wanted.
func (t *trial) awaitBalance(ctx context.Context, node *http.HTTP, account string,
	wanted func(int64) bool) (held int64, err error) {
	request, err := proto.Marshal(&banktypes.QueryBalanceRequest{Address: account, Denom: network.Denom})
	if err != nil {
		return 0, err
	}
	err = t.chain.await(ctx, func() bool {
		answer, err := node.ABCIQuery(ctx, "/cosmos.bank.v1beta1.Query/Balance", request)
		var balance banktypes.QueryBalanceResponse
		if err != nil || answer.Response.Code != 0 || proto.Unmarshal(answer.Response.Value, &balance) != nil ||
			balance.Balance == nil {
			return false
		}
		held = balance.Balance.Amount.Int64()
		return wanted(held)
	})
	return held, err
}

// showHistory has calls executed that take their time, so that there is something to replay.
func (t *trial) showHistory(ctx context.Context) error {
	t.Say("")
	t.Say("%d calls that take their time, so that there is a history.", t.History)
	if err := t.load.Burst(ctx, load.Mix{{Kind: load.Audit, Share: 1}}, t.History); err != nil {
		return err
	}
	return t.quiet(ctx, t.chain.voting()[0])
}

func (t *trial) playScenes(ctx context.Context) error {
	v := t.chain.voting()[3]
	t.Say("")
	t.Say("Under %.0f transactions a second, to %s:", t.PerSecond, v.Name)
	if err := t.chain.awaitHeights(ctx, heightsAway); err != nil {
		return err
	}
	for _, s := range scenes {
		a, err := t.run(ctx, s.act, v)
		if err != nil {
			return fmt.Errorf("%s: %w", s.words, err)
		}
		t.report.Acts = append(t.report.Acts, a)
		t.Say("  %s: it votes again after %.1f s", s.words, a.BackS)
	}
	return nil
}

func (t *trial) showTable() {
	r := t.report
	t.Say("")
	t.Say("  %-42s %-12s %8s %11s", "what happened to it", "way back", "blocks", "votes again")
	t.Say("  %-42s %-12s %8s %11s", "", "", "missed", "after")
	for i, a := range r.Acts {
		t.Say("  %-42s %-12s %8d %9.1f s", scenes[i].words, a.Path, a.Missed, a.BackS)
	}
	t.Say("")
	equal := map[bool]string{true: "equal", false: "NOT EQUAL"}
	t.Say("  %d heights, %d transactions, %d of them failing; over all four validators, at every height:", r.Heights,
		r.Txs, r.FailedTxs)
	t.Say("  AppHash %s, LastResultsHash %s.", equal[r.AppHashEqual], equal[r.ResultsEqual])
}
