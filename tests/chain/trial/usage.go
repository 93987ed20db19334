package trial

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Usage is what a validator's node or sidecar takes of its machine.
type Usage struct {
	Who       string  `json:"who"`     // the validator
	Process   string  `json:"process"` // node or sidecar
	IdleCPU   float64 `json:"idle_cpu"`
	LoadCPU   float64 `json:"load_cpu"`   // of one core, acts and all
	MemoryMiB float64 `json:"memory_mib"` // the most that was resident
	DiskMiB   float64 `json:"disk_mib"`   // in the end, as allocated
}

// consumer is a role whose processes follow each other.
type consumer struct {
	ended time.Duration // of processor time, by those that are no more
	most  int64         // bytes resident, of those
}

// end kills p, and takes in what it used.
func (c *consumer) end(p *process) {
	// Not what its rusage says: that begins with the memory of who started it.
	c.most = max(c.most, p.resident())
	p.kill()
	if state := p.cmd.ProcessState; state != nil {
		c.ended += state.UserTime() + state.SystemTime()
	}
}

// cpu is the processor time of all so far; now is the one that runs, if one does.
func (c *consumer) cpu(now *process) time.Duration {
	if now == nil {
		return c.ended
	}
	return c.ended + now.cpu()
}

const clockTick = 10 * time.Millisecond // of /proc's times on Linux, everywhere

// cpu is the processor time that a process which runs has had.
func (p *process) cpu() time.Duration {
	raw, _ := os.ReadFile(p.proc("stat"))
	_, after, _ := strings.Cut(string(raw), ") ") // its name may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick
}

// resident is the most bytes that a process which runs has had in memory.
func (p *process) resident() int64 {
	raw, _ := os.ReadFile(p.proc("status"))
	_, after, _ := strings.Cut(string(raw), "VmHWM:")
	words := strings.Fields(after)
	if len(words) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(words[0], 10, 64)
	return kib << 10
}

func (p *process) proc(file string) string {
	return filepath.Join("/proc", strconv.Itoa(p.pid()), file)
}

// allocated is how many bytes of disk a folder's files take.
func allocated(folder string) int64 {
	var bytes int64
	_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile
		}
		if info, err := d.Info(); err == nil {
			if s, known := info.Sys().(*syscall.Stat_t); known {
				bytes += s.Blocks * 512
			}
		}
		return nil
	})
	return bytes
}

// clock is what all processes had used at a moment.
type clock struct {
	at   time.Time
	used map[string]time.Duration // name of the validator, and of the process
}

func (c *chain) clock() clock {
	now := clock{time.Now(), map[string]time.Duration{}}
	for _, v := range c.voting() {
		now.used[v.Name+" node"] = v.nodes.cpu(v.node)
		now.used[v.Name+" sidecar"] = v.sidecars.cpu(v.sidecar)
	}
	return now
}

// share is the share of one core that a process had between two moments.
func (c clock) share(since clock, process string) float64 {
	took := c.used[process] - since.used[process]
	return max(0, took.Seconds()) / c.at.Sub(since.at).Seconds()
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// usage sums up what all validators took: idle and loaded are the moments around each.
func (c *chain) usage(idle, loaded [2]clock) []Usage {
	var all []Usage
	add := func(v *validator, process string, of *consumer, now *process, folder string) {
		name := v.Name + " " + process
		u := Usage{Who: v.Name, Process: process, IdleCPU: idle[1].share(idle[0], name),
			LoadCPU: loaded[1].share(loaded[0], name), DiskMiB: mib(allocated(folder))}
		most := of.most
		if now != nil {
			most = max(most, now.resident())
		}
		u.MemoryMiB = mib(most)
		all = append(all, u)
	}
	for _, v := range c.voting() {
		add(v, "node", &v.nodes, v.node, filepath.Join(v.Folder, "data"))
		add(v, "sidecar", &v.sidecars, v.sidecar, v.sidecarData())
	}
	return all
}

// stateMiB is the size of v's application state on its disk: all heights that pruning keeps.
func (v *validator) stateMiB() float64 {
	return mib(allocated(filepath.Join(v.Folder, "data", "application.db")))
}

// syncMiB is the size of the newest snapshot that v holds for a state-sync; 0: none.
func (v *validator) syncMiB() float64 {
	heights, _ := filepath.Glob(filepath.Join(v.Folder, "data", "snapshots", "[0-9]*"))
	newest := int64(0)
	for _, h := range heights {
		n, _ := strconv.ParseInt(filepath.Base(h), 10, 64)
		newest = max(newest, n)
	}
	if newest == 0 {
		return 0
	}
	return mib(allocated(filepath.Join(v.Folder, "data", "snapshots", strconv.FormatInt(newest, 10))))
}
