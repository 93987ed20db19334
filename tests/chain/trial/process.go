package trial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a program that we started. It ends with us, however we end.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed once it ended and was waited for
}

// starter's thread starts every process, and never ends before we do: the kernel sends the signal
// of a parent's death when the thread that started a process ends.
var starter = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// startProcess starts a program; what it prints is appended to the file log.
func startProcess(log, program string, arguments ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{name: filepath.Base(program), done: make(chan struct{})}
	p.cmd = exec.Command(program, arguments...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	// A group of its own: an interrupt at the terminal is for us, and we end them.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	starter() <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s cannot be started: %w", program, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends one to the process, if it still runs.
func (p *process) signal(s syscall.Signal) {
	if p.running() {
		_ = p.cmd.Process.Signal(s)
	}
}

// kill ends the process without a chance to put anything in order, and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// unlimited is no limit of limitFiles.
const unlimited = unix.RLIM_INFINITY

// limitFiles has every write fail that would make a file of the process longer than that: what a
// full disk does to it, without a disk.
func (p *process) limitFiles(bytes uint64) error {
	var was unix.Rlimit
	if err := unix.Prlimit(p.pid(), unix.RLIMIT_FSIZE, nil, &was); err != nil {
		return err
	}
	now := unix.Rlimit{Cur: min(bytes, was.Max), Max: was.Max}
	return unix.Prlimit(p.pid(), unix.RLIMIT_FSIZE, &now, nil)
}
