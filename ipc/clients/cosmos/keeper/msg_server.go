package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

type msgServer struct{ Keeper }

// NewMsgServer serves the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

// Call sends a call to a vat.
func (s msgServer) Call(c context.Context, m *types.MsgCall) (*types.MsgCallResponse, error) {
	ctx := sdk.UnwrapSDKContext(c)
	if err := m.ValidateBasic(); err != nil {
		return nil, err
	}
	params, err := s.Params(ctx)
	if err != nil {
		return nil, err
	}
	if !params.MayCall(m.Vat) {
		return nil, errorsmod.Wrap(types.ErrNotCallable, m.Vat)
	}
	from, err := s.addresses.StringToBytes(m.Sender)
	if err != nil {
		return nil, err
	}
	return s.call(
		ctx,
		params,
		call{
			from:   from,
			vat:    m.Vat,
			method: m.Method,
			args:   m.Args,
			funds:  m.Funds,
			ticks:  m.Ticks,
		},
	)
}

// Control speaks to the kernel itself. A message that the kernel rejects fails.
func (s msgServer) Control(
	c context.Context,
	m *types.MsgControl,
) (*types.MsgControlResponse, error) {
	ctx := sdk.UnwrapSDKContext(c)
	if err := s.authorize(m.Authority); err != nil {
		return nil, err
	}
	if err := m.ValidateBasic(); err != nil {
		return nil, err
	}
	switch ctx.ExecMode() {
	case sdk.ExecModeFinalize:
	case sdk.ExecModeSimulate:
		return &types.MsgControlResponse{Value: "null"}, nil
	default:
		return nil, types.ErrNotFinalized
	}
	params, err := s.Params(ctx)
	if err != nil {
		return nil, err
	}
	answer := s.deliver(ctx, client.Delivery{Message: m.Message, Control: true})
	if answer.Status == client.Rejected {
		return nil, rejected(answer)
	}
	if err := s.handle(ctx, answer, params); err != nil {
		return nil, err
	}
	return &types.MsgControlResponse{Value: answer.Value, Seqnum: answer.Position.Seqnum}, nil
}

// UpdateParams sets all params.
func (s msgServer) UpdateParams(
	c context.Context,
	m *types.MsgUpdateParams,
) (*types.MsgUpdateParamsResponse, error) {
	if err := s.authorize(m.Authority); err != nil {
		return nil, err
	}
	if err := s.SetParams(sdk.UnwrapSDKContext(c), m.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}

func (s msgServer) authorize(who string) error {
	if who != s.authority {
		return errorsmod.Wrapf(types.ErrUnauthorized, "%s is, not %s", s.authority, who)
	}
	return nil
}
