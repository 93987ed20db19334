package keeper

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	sdk "github.com/cosmos/cosmos-sdk/types"

	client "headstart/client"
	"headstart/cosmos/types"
)

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

func attribute(key, value string) sdk.Attribute { return sdk.NewAttribute(key, value) }

// bounded repeats a text, or names it where it is longer than the params allow.
func bounded(key, text string, most uint64) []sdk.Attribute {
	if uint64(len(text)) <= most {
		return []sdk.Attribute{attribute(key, text)}
	}
	digest := sha256.Sum256([]byte(text))
	return []sdk.Attribute{
		attribute(types.AttributeSize, strconv.Itoa(len(text))),
		attribute(types.AttributeDigest, hex.EncodeToString(digest[:])),
	}
}

func (k Keeper) eventBytes(ctx sdk.Context) uint64 {
	params, err := k.Params(ctx)
	if err != nil {
		return 0
	}
	return params.EventBytes
}

// tell emits what came with a message, whatever it was: results of earlier calls, the kernel's
// events.
func tell(ctx sdk.Context, a client.Answer, most uint64) {
	for _, s := range a.Settled {
		attributes := []sdk.Attribute{
			attribute(types.AttributeSeqnum, decimal(s.Seqnum)),
			attribute(types.AttributeStatus, string(s.Status)),
		}
		attributes = append(attributes, bounded(types.AttributeValue, s.Value, most)...)
		ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventSettled, attributes...))
	}
	for _, event := range a.Events {
		attributes := []sdk.Attribute{attribute(types.AttributeSeqnum, decimal(a.Position.Seqnum))}
		attributes = append(attributes, bounded(types.AttributeEvent, event, most)...)
		ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventKernel, attributes...))
	}
}

func (k Keeper) tellCall(ctx sdk.Context, c call, a client.Answer) {
	from, _ := k.addresses.BytesToString(c.from)
	ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventCall,
		attribute(types.AttributeSeqnum, decimal(a.Position.Seqnum)),
		attribute(types.AttributeHash, a.Position.Hash),
		attribute(types.AttributeSender, from),
		attribute(types.AttributeVat, c.vat),
		attribute(types.AttributeMethod, c.method),
		attribute(types.AttributeStatus, string(a.Status)),
		attribute(types.AttributeTicks, decimal(a.Ticks))))
}

func tellRun(ctx sdk.Context, a client.Answer) {
	ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventRun,
		attribute(types.AttributeSeqnum, decimal(a.Position.Seqnum)),
		attribute(types.AttributeHash, a.Position.Hash),
		attribute(types.AttributeStatus, string(a.Status)),
		attribute(types.AttributeTicks, decimal(a.Ticks))))
}

func (o Output) attributes() []sdk.Attribute {
	return []sdk.Attribute{
		attribute(types.AttributeSeqnum, decimal(o.Seqnum)),
		attribute(types.AttributeIndex, strconv.Itoa(o.Index)),
		attribute(types.AttributeType, o.Type),
	}
}

func tellOutput(ctx sdk.Context, o Output, most uint64) {
	attributes := append(o.attributes(), bounded(types.AttributeOutput, o.Text, most)...)
	ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventOutput, attributes...))
}

func tellFailure(ctx sdk.Context, o Output, space string, code uint32) {
	attributes := append(o.attributes(), attribute(types.AttributeCodespace, space),
		attribute(types.AttributeCode, decimal(uint64(code))))
	ctx.EventManager().EmitEvent(sdk.NewEvent(types.EventOutputFailed, attributes...))
}
