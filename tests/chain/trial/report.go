package trial

import (
	"encoding/json"
	"io"
)

// Act is what one act did to the validator that it happened to.
type Act struct {
	Act      string  `json:"act"`
	Path     string  `json:"path"`     // how the kernel got to the node's position
	Missed   int     `json:"missed"`   // heights that the validator did not vote for
	Baseline int     `json:"baseline"` // missed by the same act with the sidecar left alone
	BackS    float64 `json:"back_s"`   // until it voted steadily again
}

// PerCall is where a node's time for a call goes.
type PerCall struct {
	SDK     float64 `json:"sdk"`
	IAVL    float64 `json:"iavl"`
	Client  float64 `json:"client"`
	Sidecar float64 `json:"sidecar"`
}

// Report is what a test found.
type Report struct {
	Schema       int     `json:"schema"`
	Seed         uint64  `json:"seed"`
	Acts         []Act   `json:"acts"`
	Heights      int     `json:"heights"`
	Txs          int     `json:"txs"`
	FailedTxs    int     `json:"failed_txs"`
	RevertsRatio float64 `json:"reverts_ratio"` // calls a second, every second undone ÷ none
	PerCallUs    PerCall `json:"per_call_us"`
	Vats         Vats    `json:"vats"`
	History      int     `json:"history"`        // calls executed before the first act
	Usage        []Usage `json:"usage"`          // of the machine
	StateMiB     float64 `json:"state_mib"`      // a node's application state, all heights that it keeps
	SyncMiB      float64 `json:"state_sync_mib"` // a snapshot for state-sync; 0: none was made
	AppHashEqual bool    `json:"app_hash_equal"`
	ResultsEqual bool    `json:"results_equal"`

	Apart []Difference `json:"-"`
}

// Print writes the report as one JSON document.
func (r *Report) Print(out io.Writer) error { return json.NewEncoder(out).Encode(r) }

// Held tells whether nothing differed anywhere.
func (r *Report) Held() bool { return r.AppHashEqual && r.ResultsEqual }

// add takes in what a chain's witness saw, once the chain is over.
func (r *Report) add(w *witness) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	r.Heights += len(w.outcomes)
	for _, o := range w.outcomes {
		r.Txs += o.txs
		r.FailedTxs += o.failed
	}
	r.Apart = append(r.Apart, w.apart...)
	for _, d := range w.apart {
		r.AppHashEqual = r.AppHashEqual && d.What != appHash
		r.ResultsEqual = r.ResultsEqual && d.What != resultsHash
	}
}
