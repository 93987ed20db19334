package keeper

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"headstart/cosmos/types"
)

// AnteDecorator keeps calls out of the mempool that would fail before they reach the kernel: by
// their target, their size, or the gas they bring. It asks no kernel, and looks in CheckTx alone.
type AnteDecorator struct{ keeper Keeper }

// NewAnteDecorator makes one; its place is before the signatures are verified.
func NewAnteDecorator(k Keeper) AnteDecorator { return AnteDecorator{k} }

// AnteHandle looks at the transaction's own messages; those inside others are looked at when
// executed.
func (d AnteDecorator) AnteHandle(
	ctx sdk.Context,
	tx sdk.Tx,
	simulate bool,
	next sdk.AnteHandler,
) (sdk.Context, error) {
	if !ctx.IsCheckTx() || simulate {
		return next(ctx, tx, simulate)
	}
	params, err := d.keeper.Params(ctx)
	if err != nil {
		return ctx, err
	}
	var least uint64
	for _, m := range tx.GetMsgs() {
		if m, is := m.(*types.MsgCall); is {
			gas, err := leastGas(params, m)
			if err != nil {
				return ctx, err
			}
			least += gas
		}
	}
	if fee, is := tx.(sdk.FeeTx); is && fee.GetGas() < least {
		return ctx, errorsmod.Wrapf(
			sdkerrors.ErrOutOfGas,
			"headstart: the calls need %d gas before they are executed",
			least,
		)
	}
	return next(ctx, tx, simulate)
}

// leastGas is what a call pays before the kernel sees it, at the least.
func leastGas(params types.Params, m *types.MsgCall) (uint64, error) {
	if !params.MayCall(m.Vat) {
		return 0, errorsmod.Wrap(types.ErrNotCallable, m.Vat)
	}
	size := uint64(
		len(types.Compose(m.Vat, m.Method, types.Caller{From: m.Sender, Funds: m.Funds}, m.Args)),
	)
	if size > params.MessageBytes {
		return 0, errorsmod.Wrapf(
			types.ErrInvalidCall,
			"the message has more than the %d bytes of message_bytes",
			params.MessageBytes,
		)
	}
	return params.Gas.Base + size*params.Gas.MessageByte + params.Gas.Tick, nil
}
