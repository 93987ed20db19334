package headstart_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestExampleNode(t *testing.T) {
	s := startChain(t, "town", "example")
	program := shortFolder(t) + "/node"
	if out, err := exec.Command("go", "build", "-o", program, "./examples/node").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program, s.socket())
	cmd.Stdin = strings.NewReader(strings.Repeat(countOne+"\n", 12))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	told := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(told) != 12 || told[0] != "1 1 fulfilled 101" || told[11] != "2 12 fulfilled 112" {
		t.Fatalf("%q", told)
	}
}
