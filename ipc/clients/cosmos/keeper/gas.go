package keeper

import (
	"math"
	"math/bits"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// bill is what one call pays. All that it can be known to fail at is taken before the kernel works.
type bill struct {
	prices types.GasPrices
	limit  uint64 // ticks: the delivery's
	named  bool   // the caller named it
	behind bool   // the run queue is not empty: the call is only put behind it
}

// charge takes gas. Nothing overflows: what would is as much as there can be.
func charge(ctx sdk.Context, count, price uint64, what string) {
	high, gas := bits.Mul64(count, price)
	if high != 0 || gas > math.MaxInt64 {
		gas = math.MaxInt64
	}
	ctx.GasMeter().ConsumeGas(gas, what)
}

// open takes what a call costs before it is delivered, and finds its limit: what the params allow,
// what the caller named, what the gas that remains can pay.
func (p *bill) open(ctx sdk.Context, params types.Params, named uint64, message int) {
	p.prices = params.Gas
	charge(ctx, 1, p.prices.Base, "headstart: a call")
	charge(ctx, uint64(message), p.prices.MessageByte, "headstart: message")
	p.limit = params.CallTicks
	if named > 0 && named <= p.limit {
		p.limit, p.named = named, true
	}
	if p.prices.Tick == 0 {
		return
	}
	affordable := ctx.GasMeter().GasRemaining() / p.prices.Tick
	if affordable == 0 || (p.behind && p.named && affordable < p.limit) {
		charge(ctx, p.limit, p.prices.Tick, "headstart: ticks") // there is not so much
	}
	p.limit = min(p.limit, affordable)
}

// close takes what it cost. A call that was put behind others pays now for all that it may cost
// then: what it named, else what its gas can pay.
func (p *bill) close(ctx sdk.Context, a client.Answer) {
	charge(ctx, written(a), p.prices.WriteByte, "headstart: writes")
	ticks := a.Ticks
	if p.behind && a.Status == client.Pending {
		ticks = p.limit
		if !p.named && p.prices.Tick > 0 {
			ticks = min(ticks, ctx.GasMeter().GasRemaining()/p.prices.Tick)
		}
	}
	charge(ctx, ticks, p.prices.Tick, "headstart: ticks")
}

func written(a client.Answer) (size uint64) {
	for _, w := range a.Writes {
		size += uint64(len(w.Key) + len(w.Value))
	}
	return size
}
