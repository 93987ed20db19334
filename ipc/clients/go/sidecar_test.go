package headstart_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	headstart "headstart/client"
	"headstart/client/memory"
)

const (
	chainID    = "go-client-1"
	blockSize  = 20
	deadline   = 2 * time.Minute // a hang, not slowness
	binaryName = "headstart"
)

func root(parts ...string) string {
	return filepath.Join(append([]string{"..", "..", ".."}, parts...)...)
}

// binary is the real sidecar; without one the test is skipped, aloud.
func binary(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("HEADSTART_BIN")
	if folder == "" {
		folder = root("build", "bin")
	}
	path, err := filepath.Abs(filepath.Join(folder, binaryName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		fmt.Fprintf(os.Stderr, "%s SKIPPED: no real sidecar at %s: build it (scripts/build release), "+
			"or name its folder in HEADSTART_BIN\n", t.Name(), path)
		t.Skip("no real sidecar")
	}
	return path
}

// sidecar is one `headstart run`, and its folder.
type sidecar struct {
	t      testing.TB
	folder string
	kernel string
	chain  string
	more   []string
	cmd    *exec.Cmd
	ended  chan struct{}
}

// shortFolder: the path of a socket must fit its address.
func shortFolder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "hsgo-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

func start(t *testing.T, vats string, more ...string) *sidecar {
	t.Helper()
	return startChain(t, vats, chainID, more...)
}

func startChain(t *testing.T, vats, chain string, more ...string) *sidecar {
	t.Helper()
	binary(t)
	kernel, err := filepath.Abs(root("tests", "vats", vats, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := &sidecar{t: t, folder: shortFolder(t), kernel: kernel, chain: chain, more: more}
	s.start()
	t.Cleanup(func() {
		s.kill()
		if text, _ := os.ReadFile(s.log()); t.Failed() {
			t.Logf("the sidecar's log:\n%s", text)
		}
	})
	return s
}

func (s *sidecar) socket() string { return filepath.Join(s.folder, "headstart.sock") }
func (s *sidecar) log() string    { return filepath.Join(s.folder, "log") }
func (s *sidecar) data() string   { return filepath.Join(s.folder, "data") }

func (s *sidecar) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(binary(s.t), append([]string{"run", "--data", s.data(), "--socket", s.socket(),
		"--kernel", s.kernel, "--chain-id", s.chain, "--metrics", "off"}, s.more...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.ended = ended
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(ended)
	}(s.cmd)
}

// kill is a crash: SIGKILL.
func (s *sidecar) kill() {
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.ended
}

func (s *sidecar) options() headstart.Options {
	return headstart.Options{Socket: s.socket(), ChainID: chainID, Client: "go test",
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func (s *sidecar) client(change ...func(*headstart.Options)) *headstart.Client {
	s.t.Helper()
	options := s.options()
	for _, f := range change {
		f(&options)
	}
	return newClient(s.t, options)
}

func newClient(t testing.TB, options headstart.Options) *headstart.Client {
	t.Helper()
	c, err := headstart.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, deadline)
		}
	}
}

// --- the chain

// lines are the first messages of the workload.
func lines(t testing.TB, count int) []string {
	t.Helper()
	file, err := os.Open(root("tests", "workloads", "bitcoin-blocks.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var texts []string
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<24)
	for len(texts) < count && scan.Scan() {
		texts = append(texts, scan.Text())
	}
	if scan.Err() != nil || len(texts) < count {
		t.Fatalf("%d messages: %v", len(texts), scan.Err())
	}
	return texts
}

// told is a line of `headstart solo --json`.
type told struct {
	Seqnum  uint64
	Hash    string
	Status  headstart.Status
	Value   json.RawMessage
	Outputs []json.RawMessage
	Ticks   uint64
	Queued  uint64
}

// solo is the oracle: the same messages, in the same blocks, by a kernel that has no chain.
func solo(t testing.TB, vats string, messages []string, more ...string) []told {
	t.Helper()
	folder := shortFolder(t)
	file := filepath.Join(folder, "messages")
	if err := os.WriteFile(file, []byte(strings.Join(messages, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary(t), append([]string{"solo", "--json", "--kernel",
		root("tests", "vats", vats, "kernel.json"), "--data", filepath.Join(folder, "data"),
		"--block-size", fmt.Sprint(blockSize), "--messages", file}, more...)...)
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("solo: %v: %s", err, words.String())
	}
	var all []told
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		var one told
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("solo said %q: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

// chain is a node: a store in memory, blocks of blockSize messages.
type chain struct {
	t      testing.TB
	client *headstart.Client
	store  *memory.Store
	done   int // messages
	paths  map[string]int
}

func newChain(t testing.TB, c *headstart.Client) *chain {
	return &chain{t: t, client: c, store: memory.New(), paths: map[string]int{}}
}

func (n *chain) height() uint64 { return uint64(n.done/blockSize) + 1 }

func (n *chain) delivery(message string) headstart.Delivery {
	return headstart.Delivery{Height: n.height(), Time: 1700000000 + 5*n.height(), Message: message}
}

func (n *chain) position() headstart.Position {
	n.t.Helper()
	at, err := headstart.PositionOf(n.store)
	if err != nil {
		n.t.Fatal(err)
	}
	return at
}

// try delivers in a transaction, which stays if keep.
func (n *chain) try(d headstart.Delivery, keep bool) (headstart.Answer, error) {
	n.t.Helper()
	n.store.Begin()
	answer, err := n.client.Deliver(within(n.t), d, n.store)
	if err != nil {
		n.store.Rollback()
		return answer, err
	}
	n.paths[answer.Path]++
	n.store.Apply(answer.Writes)
	if at := n.position(); at != answer.Position {
		n.t.Fatalf("the writes lead to %s, the answer says %s", at, answer.Position)
	}
	if keep {
		n.store.Commit()
	} else {
		n.store.Rollback()
	}
	return answer, nil
}

// deliver does as a node does: nothing happened, so the same again. (A sidecar that was killed may
// not be missed before the next delivery is on its way.)
func (n *chain) deliver(d headstart.Delivery) headstart.Answer {
	n.t.Helper()
	answer, err := n.try(d, true)
	for ; headstart.Temporary(err); answer, err = n.try(d, true) {
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return answer
}

// message delivers the next one, and compares it with the oracle's.
func (n *chain) message(text string, oracle told) {
	n.t.Helper()
	n.agrees(n.deliver(n.delivery(text)), oracle)
	n.done++
	if n.done%blockSize == 0 {
		at := n.position()
		if err := n.client.Commit(within(n.t), n.height()-1, &at); err != nil {
			n.t.Fatal(err)
		}
	}
}

func (n *chain) agrees(a headstart.Answer, oracle told) {
	n.t.Helper()
	if a.Position.Seqnum != oracle.Seqnum || a.Position.Hash != oracle.Hash ||
		a.Status != oracle.Status || a.Value != string(oracle.Value) || a.Ticks != oracle.Ticks ||
		a.Queued != oracle.Queued || len(a.Outputs) != len(oracle.Outputs) {
		n.t.Fatalf("message %d: the sidecar answered %+v, solo %+v", oracle.Seqnum, a, oracle)
	}
	for i, output := range a.Outputs {
		if output != string(oracle.Outputs[i]) {
			n.t.Fatalf("output %d of %d: %s", i, oracle.Seqnum, output)
		}
	}
}

func (n *chain) messages(texts []string, oracle []told) {
	n.t.Helper()
	for i := n.done; i < len(texts); i++ {
		n.message(texts[i], oracle[i])
	}
}
