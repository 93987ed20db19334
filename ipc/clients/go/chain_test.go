package headstart_test

import "testing"

func TestWorkloadIsExecutedAsSoloDoes(t *testing.T) {
	s := start(t, "ledger")
	texts := lines(t, 300)
	n := newChain(t, s.client())
	n.messages(texts, solo(t, "ledger", texts))
	if n.paths["cold"] != 1 || n.paths["live"] != len(texts)-1 {
		t.Fatalf("paths: %v", n.paths)
	}
}
