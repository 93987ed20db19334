package trial

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestProcessesEndWithUs: who starts processes and is killed leaves none of them behind.
func TestProcessesEndWithUs(t *testing.T) {
	if os.Getenv("TRIAL_TEST_PARENT") != "" {
		p, err := startProcess(os.DevNull, "/bin/sleep", "1000")
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(filepath.Join("/proc", strconv.Itoa(p.pid())) + "\n")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	parent := exec.Command(os.Args[0], "-test.run", "^TestProcessesEndWithUs$")
	parent.Env = append(os.Environ(), "TRIAL_TEST_PARENT=1")
	out, err := parent.Output()
	if err == nil {
		t.Fatal("the parent was not killed")
	}
	child := strings.TrimSpace(string(out))
	for {
		status, err := os.ReadFile(filepath.Join(child, "stat"))
		if err != nil || strings.Contains(string(status), ") Z ") {
			return // gone, or waiting for whoever collects the dead
		}
	}
}
