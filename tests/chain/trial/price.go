package trial

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	"headstart/chain/load"
	"headstart/chain/meter"
)

// callsOfPrice is how many calls a price is the mean of.
const callsOfPrice = 200

// price measures what a call costs a node of the usual settings, by part, and how much of the calls
// a second is left where every second one is undone.
func (t *trial) price(ctx context.Context) error {
	v := t.chain.voting()[0]
	v.settings.sidecar, v.settings.optimistic = nil, false
	if err := bothKilled(ctx, t, v); err != nil {
		return err
	}
	if err := t.steady(ctx, v, t.chain.witness.height()); err != nil {
		return err
	}
	none, err := t.priceOf(ctx, v, load.Mix{{Kind: load.Deposit, Share: 1}})
	if err != nil {
		return err
	}
	half, err := t.priceOf(ctx, v, load.Mix{{Kind: load.Deposit, Share: 1}, {Kind: load.Undone, Share: 1}})
	if err != nil {
		return err
	}
	per := func(us int64) float64 { return float64(us) / float64(max(none.Calls, 1)) }
	t.report.PerCallUs = PerCall{
		SDK:     per(none.FinalizeUs - none.DeliverUs),
		IAVL:    per(none.StoreUs + none.CommitUs),
		Client:  per(none.DeliverUs - none.StoreUs - none.SidecarUs),
		Sidecar: per(none.SidecarUs),
	}
	each := func(b meter.Block) float64 { return float64(b.FinalizeUs+b.CommitUs) / float64(max(b.Calls, 1)) }
	t.report.RevertsRatio = each(none) / each(half)
	t.Say("a call at the node: SDK %.0f us, IAVL %.0f us, client %.0f us, sidecar %.0f us; "+
		"every second undone: %.2f of the calls a second", t.report.PerCallUs.SDK, t.report.PerCallUs.IAVL,
		t.report.PerCallUs.Client, t.report.PerCallUs.Sidecar, t.report.RevertsRatio)
	return nil
}

// priceOf sends calls in blocks of many, and sums up what v's meter says of these blocks.
func (t *trial) priceOf(ctx context.Context, v *validator, mix load.Mix) (meter.Block, error) {
	if err := t.quiet(ctx, v); err != nil {
		return meter.Block{}, err
	}
	after := t.chain.witness.height()
	if err := t.load.Burst(ctx, mix, callsOfPrice); err != nil {
		return meter.Block{}, err
	}
	var sum meter.Block
	err := t.chain.await(ctx, func() bool {
		sum = meter.Block{}
		for _, b := range readMeter(v) {
			if b.Height > after && b.Calls > 0 {
				sum.Calls += b.Calls
				sum.FinalizeUs += b.FinalizeUs
				sum.DeliverUs += b.DeliverUs
				sum.StoreUs += b.StoreUs
				sum.SidecarUs += b.SidecarUs
				sum.CommitUs += b.CommitUs
			}
		}
		return sum.Calls >= callsOfPrice
	})
	return sum, err
}

// quiet waits for a block in which v's kernel had nothing to do.
func (t *trial) quiet(ctx context.Context, v *validator) error {
	return t.chain.await(ctx, func() bool {
		blocks := readMeter(v)
		return len(blocks) > 0 && blocks[len(blocks)-1].Calls == 0 && blocks[len(blocks)-1].Runs == 0
	})
}

// readMeter reads what v's meter has written; a line that is being written is left out.
func readMeter(v *validator) []meter.Block {
	file, err := os.Open(v.meterFile())
	if err != nil {
		return nil
	}
	defer file.Close()
	var blocks []meter.Block
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var b meter.Block
		if json.Unmarshal(lines.Bytes(), &b) == nil {
			blocks = append(blocks, b)
		}
	}
	return blocks
}
