package trial

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAShrunkRoomIsFull: nothing can be written to a room that was shrunk, until it is widened.
func TestAShrunkRoomIsFull(t *testing.T) {
	if os.Getenv("TRIAL_TEST_MOUNTS") == "" {
		inner := exec.Command("unshare", "-rm", os.Args[0], "-test.run", "^TestAShrunkRoomIsFull$", "-test.v")
		inner.Env = append(os.Environ(), "TRIAL_TEST_MOUNTS=1")
		if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
			t.Skipf("no namespace of mounts here: %v", err)
		}
		if out, err := inner.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	r, err := newRoom(filepath.Join(t.TempDir(), "room"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	write := func(name string) error {
		return os.WriteFile(filepath.Join(r.folder, name), make([]byte, 1<<16), 0o600)
	}
	if err := errors.Join(write("first"), r.shrink()); err != nil {
		t.Fatal(err)
	}
	if err := write("more"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a write to a room without a free byte gives %v", err)
	}
	if err := errors.Join(r.widen(), write("more")); err != nil {
		t.Errorf("a write to a wide room gives %v", err)
	}
}
