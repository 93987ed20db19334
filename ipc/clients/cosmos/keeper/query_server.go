package keeper

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

type queryServer struct{ keeper Keeper }

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

// Call asks the kernel, as it stands at the newest block.
func (s queryServer) Call(
	c context.Context,
	r *types.QueryCallRequest,
) (*types.QueryCallResponse, error) {
	ctx := sdk.UnwrapSDKContext(c)
	if err := checkQuestion(r); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if r.From != "" {
		if _, err := s.keeper.addresses.StringToBytes(r.From); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "from: %s", err)
		}
	}
	params, err := s.keeper.Params(ctx)
	if err != nil {
		return nil, err
	}
	ticks := params.QueryTicks
	if r.Ticks > 0 {
		ticks = min(ticks, r.Ticks)
	}
	caller := types.Caller{From: r.From, Height: blockHeight(ctx), Time: blockTime(ctx)}
	message := types.Compose(r.Vat, r.Method, caller, r.Args)
	if len(message) > types.MaxMessageBytes {
		return nil, status.Error(codes.InvalidArgument, "args: too long")
	}
	answer, err := s.keeper.ask(ctx, message, ticks)
	if errors.Is(err, client.CodeUnknownMethod) {
		return nil, status.Errorf(codes.Unimplemented,
			"this node's sidecar answers no questions (--reads node, or an older one): ask another: %s", err)
	}
	if err != nil {
		return nil, status.Errorf(
			codes.Unavailable,
			"the kernel cannot be asked now, so ask again: %s",
			err,
		)
	}
	return &types.QueryCallResponse{
		Status: string(answer.Status), Value: answer.Value, Ticks: answer.Ticks,
		Seqnum: answer.Position.Seqnum, Hash: answer.Position.Hash,
	}, nil
}

func checkQuestion(r *types.QueryCallRequest) error {
	if err := types.CheckName("vat", r.Vat); err != nil {
		return err
	}
	if err := types.CheckName("method", r.Method); err != nil {
		return err
	}
	return types.CheckArgs(r.Args)
}

// Status tells where the kernel stands in this state.
func (s queryServer) Status(
	c context.Context,
	_ *types.QueryStatusRequest,
) (*types.QueryStatusResponse, error) {
	store := s.keeper.kernel(sdk.UnwrapSDKContext(c))
	at, err := store.position()
	if err != nil {
		return nil, err
	}
	r := &types.QueryStatusResponse{Seqnum: at.Seqnum, Hash: at.Hash}
	if r.Queued, err = store.number(types.KeyQueued); err != nil {
		return nil, err
	}
	if r.Wake, err = store.number(types.KeyWake); err != nil {
		return nil, err
	}
	names, err := store.Get([]byte(types.KeyVatNames))
	if err == nil && names != nil {
		err = json.Unmarshal(names, &r.Vats)
	}
	return r, err
}

// Params gives the params.
func (s queryServer) Params(
	c context.Context,
	_ *types.QueryParamsRequest,
) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.Params(sdk.UnwrapSDKContext(c))
	return &types.QueryParamsResponse{Params: params}, err
}

// Key reads one of the kernel's keys.
func (s queryServer) Key(
	c context.Context,
	r *types.QueryKeyRequest,
) (*types.QueryKeyResponse, error) {
	if r.Key == "" {
		return nil, status.Error(codes.InvalidArgument, "key: must not be empty")
	}
	value, err := s.keeper.kernel(sdk.UnwrapSDKContext(c)).Get([]byte(r.Key))
	return &types.QueryKeyResponse{Found: value != nil, Value: value}, err
}

// Account gives the account of a vat.
func (s queryServer) Account(
	_ context.Context,
	r *types.QueryAccountRequest,
) (*types.QueryAccountResponse, error) {
	if err := types.CheckName("vat", r.Vat); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	address, err := s.keeper.addresses.BytesToString(types.VatAccount(r.Vat))
	return &types.QueryAccountResponse{Address: address}, err
}
