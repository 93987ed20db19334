package trial

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestUsageOutlivesProcesses: what a process used counts after its end too, and its memory is its own.
func TestUsageOutlivesProcesses(t *testing.T) {
	var c consumer
	p, err := startProcess(os.DevNull, "/bin/sh", "-c", "while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	const some = 50 * time.Millisecond
	for c.cpu(p) < some {
		if !p.running() {
			t.Fatal("it has ended")
		}
	}
	c.end(p)
	if used := c.cpu(nil); used < some {
		t.Errorf("after its end it has used %v", used)
	}
	if c.most <= 0 || c.most > 16<<20 {
		t.Errorf("a shell had %d bytes in memory", c.most)
	}
}

func TestAllocatedCountsHolesAsNothing(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "full"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	hole, err := os.Create(filepath.Join(folder, "hole"))
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	if err := hole.Truncate(1 << 30); err != nil {
		t.Fatal(err)
	}
	if bytes := allocated(folder); bytes < 1<<20 || bytes > 2<<20 {
		t.Errorf("%d bytes are allocated", bytes)
	}
}
