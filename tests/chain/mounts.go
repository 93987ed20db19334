package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownMountsSet marks a process that has mounts of its own, which nobody else sees and which are gone
// with it.
const ownMountsSet = "HEADSTART_CHAIN_OWN_MOUNTS"

func hasOwnMounts() bool { return os.Getenv(ownMountsSet) != "" }

// withOwnMounts runs this very command again as a process that may mount, as root or, where the
// system lets users do that, as root of a namespace. ran is false, and why says it, where neither is
// allowed.
func withOwnMounts(ctx context.Context) (ran bool, why, err error) {
	root := os.Geteuid() == 0
	if why := tryMount(ctx, root); why != nil {
		return false, why, nil
	}
	c := again(ctx, root, os.Args[0], os.Args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), ownMountsSet+"=1")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	err = c.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() == exitFailed {
		return true, nil, errFailed // it has told why
	}
	return true, nil, err
}

// tryMount mounts something, where nobody sees it.
func tryMount(ctx context.Context, root bool) error {
	return again(ctx, root, "mount", "-t", "tmpfs", "headstart-chain", os.TempDir()).Run()
}

// again is a command in a mount namespace of its own.
func again(ctx context.Context, root bool, program string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, arguments...)
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if !root {
		c.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return c
}
