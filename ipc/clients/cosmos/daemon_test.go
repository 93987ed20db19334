package headstart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	client "headstart/client"
	headstart "headstart/cosmos"
	"headstart/cosmos/keeper"
	"headstart/cosmos/types"
)

// program is the sidecar's: HEADSTART_BIN, else what this tree built. A test that needs it, and has
// none, is skipped aloud.
func program(t testing.TB) string {
	path := os.Getenv("HEADSTART_BIN")
	if path == "" {
		path = "../../../build/bin/headstart"
	}
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("HEADSTART_BIN") != "" {
			t.Fatalf("HEADSTART_BIN: %s", err)
		}
		t.Skip("no sidecar: set HEADSTART_BIN to the program headstart")
	}
	return path
}

// daemon is a sidecar of a test's own.
type daemon struct {
	t       testing.TB
	dir     string
	kernel  string
	chainID string
	process *exec.Cmd
}

// kernelFile is a kernel configuration of the tests.
func kernelFile(name string) string { return filepath.Join("testdata", "vats", name+".json") }

func newDaemon(t testing.TB, kernel string) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "hs") // short: it is part of a socket's name
	require.NoError(t, err)
	d := &daemon{t: t, dir: dir, kernel: kernel, chainID: chainID}
	t.Cleanup(func() {
		d.kill()
		_ = os.RemoveAll(dir)
	})
	d.start()
	return d
}

func (d *daemon) socket() string { return filepath.Join(d.dir, "s") }

func (d *daemon) start(more ...string) {
	d.t.Helper()
	arguments := append([]string{
		"run", "--data", filepath.Join(d.dir, "data"), "--socket", d.socket(),
		"--chain-id", d.chainID, "--kernel", kernelFile(d.kernel), "--log-level", "error",
	}, more...)
	d.process = exec.Command(program(d.t), arguments...)
	d.process.Stderr = os.Stderr
	require.NoError(d.t, d.process.Start())
}

// kill ends it as a crash would.
func (d *daemon) kill() {
	if d.process != nil {
		_ = d.process.Process.Kill()
		_ = d.process.Wait()
		d.process = nil
	}
}

// forget deletes its data, once it is killed.
func (d *daemon) forget() { require.NoError(d.t, os.RemoveAll(filepath.Join(d.dir, "data"))) }

func (d *daemon) dial() *client.Client {
	c, err := headstart.Dial(d.socket(), d.chainID, "module test", log.NewNopLogger())
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = c.Close() })
	return c
}

// options are a node's whose sidecar this is.
func (d *daemon) options() keeper.Options {
	return keeper.Options{Client: d.dial(), Pause: shortPause}
}

func shortPause(int) time.Duration { return 10 * time.Millisecond }

// vector is the state vector of a kernel configuration, as the sidecar's program makes it.
func vector(t testing.TB, kernel string) (entries []types.Entry, hash string) {
	t.Helper()
	document, err := exec.Command(program(t), "genesis", "--kernel", kernelFile(kernel)).Output()
	require.NoError(t, err)
	entries, hash, err = types.ReadStateVector(document)
	require.NoError(t, err)
	return entries, hash
}
