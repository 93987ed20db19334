package trial

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"

	headstarttypes "headstart/cosmos/types"
)

// Vats is how many vats transactions made, upgraded and ended.
type Vats struct {
	Founded int `json:"founded"`
	Renewed int `json:"renewed"`
	Ended   int `json:"ended"`
}

// askVats asks the vat that makes others, once v's kernel takes questions.
func (t *trial) askVats(ctx context.Context, v *validator) (Vats, error) {
	var vats Vats
	node, err := http.NewWithTimeout(v.RPC(), "/websocket", 10)
	if err != nil {
		return vats, err
	}
	request, err := proto.Marshal(&headstarttypes.QueryCallRequest{Vat: "contracts", Method: "tally"})
	if err != nil {
		return vats, err
	}
	var refused error
	err = t.chain.await(ctx, func() bool {
		answer, err := node.ABCIQuery(ctx, "/headstart.v1.Query/Call", request)
		if err != nil || answer.Response.Code != 0 {
			return false // a block is executed, or the sidecar is not ready: asked again
		}
		var call headstarttypes.QueryCallResponse
		if refused = proto.Unmarshal(answer.Response.Value, &call); refused == nil && call.Status != "fulfilled" {
			refused = errors.New("the vats cannot be counted: " + call.Value)
		}
		if refused == nil {
			refused = json.Unmarshal([]byte(call.Value), &vats)
		}
		return true
	})
	return vats, errors.Join(err, refused)
}
