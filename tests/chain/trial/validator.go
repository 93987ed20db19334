package trial

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"headstart/chain/network"
)

// Programs are the files that are run.
type Programs struct {
	Node    string // headstart-chain
	Sidecar string // headstart
	Kernel  string // kernel.json
}

// settings are what may differ between two validators of one chain without anybody seeing it in
// the state.
type settings struct {
	sidecar    []string // arguments
	optimistic bool
	snapshots  uint64 // blocks between snapshots for state-sync; 0: none
}

// readsNode: its sidecar asks the node for what it reads, and answers no questions.
func (v *validator) readsNode() bool {
	return slices.Contains(v.settings.sidecar, "--reads")
}

// validator is a node with the sidecar beside it.
type validator struct {
	*network.Home
	programs Programs
	chainID  string
	settings settings
	node     *process
	sidecar  *process
	nodes    consumer
	sidecars consumer
	room     *room // that the sidecar's data is in; nil: it is beside the node's
}

func (v *validator) sidecarData() string {
	if v.room != nil {
		return filepath.Join(v.room.folder, "sidecar")
	}
	return filepath.Join(v.Folder, "sidecar")
}

func (v *validator) socket() string     { return filepath.Join(v.Folder, "s") }
func (v *validator) nodeLog() string    { return filepath.Join(v.Folder, "node.log") }
func (v *validator) meterFile() string  { return filepath.Join(v.Folder, "meter") }
func (v *validator) sidecarLog() string { return filepath.Join(v.Folder, "sidecar.log") }

func (v *validator) startSidecar() error {
	if err := os.MkdirAll(v.sidecarData(), 0o700); err != nil {
		return err
	}
	arguments := []string{"run", "--kernel", v.programs.Kernel, "--chain-id", v.chainID,
		"--data", v.sidecarData(), "--socket", v.socket()}
	var err error
	v.sidecar, err = startProcess(v.sidecarLog(), v.programs.Sidecar,
		append(arguments, v.settings.sidecar...)...)
	return err
}

func (v *validator) startNode() error {
	arguments := []string{"start", "--home", v.Folder, "--socket", v.socket(),
		"--optimistic=" + strconv.FormatBool(v.settings.optimistic),
		"--meter", v.meterFile(),
		"--snapshot-interval", strconv.FormatUint(v.settings.snapshots, 10)}
	var err error
	v.node, err = startProcess(v.nodeLog(), v.programs.Node, arguments...)
	return err
}

// start starts both: the sidecar first, but nobody waits for it.
func (v *validator) start() error {
	if err := v.startSidecar(); err != nil {
		return err
	}
	return v.startNode()
}

func (v *validator) stop() {
	v.end(&v.node)
	v.end(&v.sidecar)
	if v.room != nil {
		v.room.close()
	}
}

// end kills a process of the validator; nobody is surprised by that.
func (v *validator) end(p **process) {
	if *p == nil {
		return
	}
	role := &v.nodes
	if p == &v.sidecar {
		role = &v.sidecars
	}
	role.end(*p)
	*p = nil
}

// trouble tells of a process that ended though nobody ended it.
func (v *validator) trouble() error {
	for _, p := range []struct {
		process *process
		log     string
	}{{v.node, v.nodeLog()}, {v.sidecar, v.sidecarLog()}} {
		if p.process != nil && !p.process.running() {
			return fmt.Errorf("%s: %s ended by itself (%s); its last words are in %s", v.Name,
				p.process.name, p.process.cmd.ProcessState, p.log)
		}
	}
	return nil
}

// sidecarStatus is the part of `headstart status --json` that is looked at.
type sidecarStatus struct {
	Ready  bool   `json:"ready"`
	Seqnum uint64 `json:"seqnum"`
	Disk   struct {
		InMemory         bool     `json:"in_memory"`
		LogFenced        bool     `json:"log_fenced"`
		SnapshotsFailing *float64 `json:"snapshots_failing_since"`
	} `json:"disk"`
	Node struct {
		Connected bool   `json:"connected"`
		Path      string `json:"path"`
	} `json:"node"`
}

func (s sidecarStatus) diskRefuses() bool {
	return s.Disk.InMemory || s.Disk.LogFenced || s.Disk.SnapshotsFailing != nil
}

func (v *validator) sidecarStatus() (sidecarStatus, error) {
	var s sidecarStatus
	raw, err := exec.Command(v.programs.Sidecar, "--json", "--socket", v.socket(), "status").Output()
	if err != nil {
		return s, fmt.Errorf("%s: the sidecar tells no status: %w", v.Name, err)
	}
	return s, json.Unmarshal(raw, &s)
}
