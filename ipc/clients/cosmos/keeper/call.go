package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// call is a message of a transaction, or of another module, on its way to a vat.
type call struct {
	from   sdk.AccAddress
	vat    string
	method string
	bridge string // comes in by it, as the chain's own word; then there is no vat and no method
	args   string
	funds  sdk.Coins
	ticks  uint64
}

func (c call) message(k Keeper, ctx sdk.Context) (string, error) {
	from, err := k.addresses.BytesToString(c.from)
	caller := types.Caller{
		From:   from,
		Height: blockHeight(ctx),
		Time:   blockTime(ctx),
		Funds:  c.funds,
	}
	if c.bridge != "" {
		return types.ComposeInbound(c.bridge, caller, c.args), err
	}
	return types.Compose(c.vat, c.method, caller, c.args), err
}

func (c call) delivery(message string, ticks *uint64) client.Delivery {
	return client.Delivery{Message: message, Ticks: ticks, Control: c.bridge != ""}
}

// call executes a call in a finalized block, and estimates it in a simulation.
func (k Keeper) call(ctx sdk.Context, params types.Params, c call) (*types.MsgCallResponse, error) {
	message, err := c.message(k, ctx)
	if err != nil {
		return nil, err
	}
	if uint64(len(message)) > params.MessageBytes {
		return nil, errorsmod.Wrapf(
			types.ErrInvalidCall,
			"the message has %d bytes, more than the %d of message_bytes",
			len(message),
			params.MessageBytes,
		)
	}
	switch ctx.ExecMode() {
	case sdk.ExecModeFinalize:
		return k.execute(ctx, params, c, message)
	case sdk.ExecModeSimulate:
		return k.simulate(ctx, params, c, message)
	}
	return nil, types.ErrNotFinalized
}

// execute does all that can fail before the delivery; what fails after it was executed, and is
// undone.
func (k Keeper) execute(
	ctx sdk.Context,
	params types.Params,
	c call,
	message string,
) (*types.MsgCallResponse, error) {
	queued, err := k.kernel(ctx).number(types.KeyQueued)
	if err != nil {
		return nil, err
	}
	b := bill{behind: queued != 0}
	b.open(ctx, params, c.ticks, len(message))
	account := types.VatAccount(c.vat)
	if err := k.move(ctx, c.from, account, c.funds); err != nil {
		return nil, err
	}
	answer := k.deliver(ctx, c.delivery(message, &b.limit))
	b.close(ctx, answer)
	if answer.Status == client.Rejected {
		if !params.KeepRejected {
			return nil, rejected(answer)
		}
		if err := k.move(ctx, account, c.from, c.funds); err != nil {
			return nil, err
		}
	}
	if err := k.handle(ctx, answer, params); err != nil {
		return nil, err
	}
	k.tellCall(ctx, c, answer)
	return respond(answer), nil
}

func respond(a client.Answer) *types.MsgCallResponse {
	return &types.MsgCallResponse{
		Status: string(a.Status),
		Value:  a.Value,
		Seqnum: a.Position.Seqnum,
		Ticks:  a.Ticks,
	}
}

func (k Keeper) move(ctx sdk.Context, from, to sdk.AccAddress, funds sdk.Coins) error {
	if funds.Empty() {
		return nil
	}
	if err := k.bank.IsSendEnabledCoins(ctx, funds...); err != nil {
		return err
	}
	return k.bank.SendCoins(ctx, from, to, funds)
}

// askTimeout bounds what a simulation waits for the kernel.
const askTimeout = 10 * time.Second

// simulate asks the kernel for what the call would come to, where it stands at this state, and
// undoes it; elsewhere it estimates. It pays as an executed call would, as far as that can be
// known.
func (k Keeper) simulate(
	ctx sdk.Context,
	params types.Params,
	c call,
	message string,
) (*types.MsgCallResponse, error) {
	var b bill
	b.open(ctx, params, c.ticks, len(message))
	if err := k.move(ctx, c.from, types.VatAccount(c.vat), c.funds); err != nil {
		return nil, err
	}
	charge(ctx, params.Estimate.WriteBytes, b.prices.WriteByte, "headstart: writes, estimated")
	q, err := k.askCall(ctx, c, message, b.limit)
	if err != nil {
		ctx.Logger().
			Debug("headstart: estimated, since the kernel could not be asked", "error", err)
		charge(ctx, params.Estimate.Ticks, b.prices.Tick, "headstart: ticks, estimated")
		return &types.MsgCallResponse{
			Status: string(client.Pending),
			Value:  "null",
			Ticks:  params.Estimate.Ticks,
		}, nil
	}
	charge(ctx, q.Ticks, b.prices.Tick, "headstart: ticks")
	if q.Status == client.Rejected && !params.KeepRejected {
		return nil, rejected(client.Answer{Value: q.Value})
	}
	return &types.MsgCallResponse{
		Status: string(q.Status),
		Value:  q.Value,
		Seqnum: q.Position.Seqnum + 1,
		Ticks:  q.Ticks,
	}, nil
}

// askCall asks what the call would come to. What comes in by a bridge cannot be asked: questions are
// never the chain's own word.
func (k Keeper) askCall(
	ctx sdk.Context,
	c call,
	message string,
	ticks uint64,
) (client.QueryAnswer, error) {
	if c.bridge != "" {
		return client.QueryAnswer{}, errInbound
	}
	return k.ask(ctx, message, ticks)
}

// ask puts a question to the kernel as it stands at this state, and nowhere else.
func (k Keeper) ask(ctx sdk.Context, message string, ticks uint64) (client.QueryAnswer, error) {
	if k.node.client == nil {
		return client.QueryAnswer{}, errNoClient
	}
	at, err := k.kernel(ctx).position()
	if err != nil {
		return client.QueryAnswer{}, err
	}
	limited, cancel := context.WithTimeout(ctx.Context(), askTimeout)
	defer cancel()
	return k.node.client.Query(limited, client.Question{Message: message, At: &at, Ticks: &ticks})
}
