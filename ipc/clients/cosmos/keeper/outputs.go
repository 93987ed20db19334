package keeper

import (
	"encoding/json"
	"fmt"
	"strings"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

// Output is what a vat sent out through the bridge device, as JSON.
type Output struct {
	Seqnum uint64 // of the message that it came with
	Index  int    // among that message's outputs
	Type   string // its member "type"
	Text   string // all of it
}

// OutputHandler does what an output asks for, in the call's own branch of the state. An error fails
// the transaction; of an output that came with a block's runs, it undoes what the handler did, and
// is told the inbound vat. It is executed in finalized blocks only, and must be the same on every
// node.
type OutputHandler func(ctx sdk.Context, output Output) error

func outputOf(a client.Answer, index int) Output {
	var head struct {
		Type any `json:"type"`
	}
	o := Output{Seqnum: a.Position.Seqnum, Index: index, Text: a.Outputs[index]}
	if json.Unmarshal([]byte(o.Text), &head) == nil {
		o.Type, _ = head.Type.(string)
	}
	return o
}

// handle does a call's outputs in their order; the first that fails ends it.
func (k Keeper) handle(ctx sdk.Context, a client.Answer, params types.Params) error {
	for i := range a.Outputs {
		if err := k.handleOne(ctx, outputOf(a, i), params); err != nil {
			return errorsmod.Wrapf(err, "output %d of message %d", i, a.Position.Seqnum)
		}
	}
	return nil
}

func (k Keeper) handleOne(ctx sdk.Context, o Output, params types.Params) error {
	if handler := k.outputs[o.Type]; handler != nil {
		return handler(ctx, o)
	}
	tellOutput(ctx, o, params.EventBytes)
	return nil
}

// handleEach does the outputs of a run, of which each stands for itself: there is no transaction
// that could fail. What failed is undone and told, by events and to the inbound vat.
func (k Keeper) handleEach(ctx sdk.Context, a client.Answer, params types.Params) error {
	var failures []string
	for i := range a.Outputs {
		o := outputOf(a, i)
		branch, write := ctx.CacheContext()
		err := k.handleOne(branch, o, params)
		if err == nil {
			write()
			continue
		}
		space, code, _ := errorsmod.ABCIInfo(err, false)
		tellFailure(ctx, o, space, code)
		ctx.Logger().
			Info("headstart: an output failed", "seqnum", o.Seqnum, "index", i, "error", err)
		failures = append(
			failures,
			fmt.Sprintf(`{"index":%d,"codespace":%q,"code":%d}`, i, space, code),
		)
	}
	if len(failures) == 0 || params.Inbound.IsNone() {
		return nil
	}
	payload := fmt.Sprintf(`{"type":"outputs_failed","seqnum":%d,"outputs":[%s]}`,
		a.Position.Seqnum, strings.Join(failures, ","))
	return k.inform(ctx, params, payload)
}
