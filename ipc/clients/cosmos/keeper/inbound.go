package keeper

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/types"
)

// Inbound brings in what another module has for the vats, such as an acknowledgement or a transfer:
// to the handler that a vat registered with the bridge that the params name, or to the vat and method
// that they name, from the module's own account, with the payload (a JSON value) as second argument.
// It is paid by the context's gas, as a call is.
func (k Keeper) Inbound(ctx sdk.Context, payload string) (*types.MsgCallResponse, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return nil, err
	}
	if params.Inbound.IsNone() {
		return nil, types.ErrNoInbound
	}
	args := "[" + payload + "]"
	if err := types.CheckArgs(args); err != nil {
		return nil, errorsmod.Wrap(err, "payload")
	}
	return k.call(ctx, params, inbound(params, args))
}

func inbound(params types.Params, args string) call {
	return call{
		from:   types.ModuleAccount(),
		vat:    params.Inbound.Vat,
		method: params.Inbound.Method,
		bridge: params.Inbound.Bridge,
		args:   args,
	}
}

// inform tells the inbound vat something at a block's end. Nothing waits for its answer; what its
// outputs come to is told by events alone, so that a failure breeds no other.
func (k Keeper) inform(ctx sdk.Context, params types.Params, payload string) error {
	c := inbound(params, "["+payload+"]")
	message, err := c.message(k, ctx)
	if err != nil || len(message) > types.MaxMessageBytes {
		return err
	}
	answer := k.deliver(ctx, c.delivery(message, &params.CallTicks))
	params.Inbound = types.Inbound{}
	if err := k.handleEach(ctx, answer, params); err != nil {
		return err
	}
	k.tellCall(ctx, c, answer)
	return nil
}
