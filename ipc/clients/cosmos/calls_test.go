package headstart_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"headstart/cosmos/types"
)

// genesisChain is a chain with a sidecar that begins with the state vector.
func genesisChain(t testing.TB, kernel string, params func(*types.Params)) (*chain, *daemon) {
	t.Helper()
	d := newDaemon(t, kernel)
	entries, _ := vector(t, kernel)
	return newChain(t, setup{options: d.options(), entries: entries, params: params}), d
}

func TestACallIsAnswered(t *testing.T) {
	c, _ := genesisChain(t, "kernel", nil)
	r := c.block(c.transaction(shop("whoami", `["x", {"y": [1, 2]}]`)))
	answer := called(t, r.TxResults[0], 0)
	var told struct {
		Caller struct {
			From   string
			Height uint64
			Time   int64
		}
		Rest []any
	}
	require.NoError(t, json.Unmarshal([]byte(answer.Value), &told))
	require.Equal(t, "fulfilled", answer.Status)
	require.Equal(t, alice.String(), told.Caller.From)
	require.EqualValues(t, 1, told.Caller.Height)
	require.Equal(t, c.prior.Unix(), told.Caller.Time)
	require.Equal(t, []any{"x", map[string]any{"y": []any{1.0, 2.0}}}, told.Rest)
}
