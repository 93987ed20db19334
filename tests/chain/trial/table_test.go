package trial

import (
	"strings"
	"testing"
)

func TestTablesSumUp(t *testing.T) {
	var out strings.Builder
	Tables(&out, []Report{
		{Seed: 1, Heights: 10, Txs: 100, FailedTxs: 7, AppHashEqual: true, ResultsEqual: true, StateMiB: 2,
			Acts: []Act{{Act: "both_killed", Path: "swap", Missed: 1, Baseline: 2, BackS: 0.5},
				{Act: "both_killed", Path: "swap", Missed: 9, Baseline: 2, BackS: 4}},
			Usage: []Usage{{Who: "node0", Process: "node", LoadCPU: 0.25, MemoryMiB: 100}}},
		{Seed: 2, Acts: []Act{{Act: "both_killed", Path: "tail", Missed: 4, Baseline: 3, BackS: 2}}},
	})
	for _, line := range []string{
		"| 1 | 10 | 100 | 7 | 2 | 1 (2), 9 (2) | 0.00 | 0, 0, 0, 0 | true |",
		"| 2 | 0 | 0 | 0 | 1 | 4 (3) | 0.00 | 0, 0, 0, 0 | false |",
		"| `both_killed` | 3 | `swap` 2, `tail` 1 | 1 / 4 / 9 | 2 / 2 / 3 | 0.5 / 2.0 / 4.0 |",
		"| node | 0.00 / 0.00 / 0.00 | 0.25 / 0.25 / 0.25 | 100 / 100 / 100 | 0.0 / 0.0 / 0.0 |",
		"Application state, MiB: 2.0 / 2.0 / 2.0;",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no line %q in\n%s", line, out.String())
		}
	}
}
