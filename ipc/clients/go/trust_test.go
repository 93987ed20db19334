//go:build linux

package headstart_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	headstart "headstart/client"
)

const stranger = 65534

// listenAs listens as another user: the kernel notes the thread's user when listen is called.
func listenAs(t *testing.T, uid int, socket string) net.Listener {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can be another user; run this test as root, too")
	}
	type result struct {
		listener net.Listener
		err      error
	}
	done := make(chan result)
	go func() { // the thread is thrown away: it is locked and its goroutine ends
		runtime.LockOSThread()
		keep := ^uintptr(0)
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, keep, uintptr(uid), keep); e != 0 {
			done <- result{nil, e}
			return
		}
		listener, err := net.Listen("unix", socket)
		done <- result{listener, err}
	}()
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { _ = r.listener.Close() })
	go func() {
		for {
			conn, err := r.listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serves(&peer{t, conn, msgpack.NewDecoder(conn)})
			}()
		}
	}()
	return r.listener
}

// servedBy is a folder of that user's, with a socket that it listens at.
func servedBy(t *testing.T, uid int, parent string, mode os.FileMode) string {
	t.Helper()
	folder, err := os.MkdirTemp(parent, "hsgo-")
	if err != nil {
		t.Skipf("SKIPPED: no folder in %s: %v", parent, err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := errors.Join(os.Chown(folder, uid, uid), os.Chmod(folder, mode)); err != nil {
		t.Skipf("SKIPPED: only root can give a folder away: %v", err)
	}
	socket := filepath.Join(folder, "s")
	listenAs(t, uid, socket)
	return socket
}

func greeting(t *testing.T, socket string) error {
	_, err := newClient(t, headstart.Options{Socket: socket, ChainID: chainID}).Hello(within(t))
	return err
}

func TestAnotherUsersSidecarBelowAFolderOfEverybodysIsNotTrusted(t *testing.T) {
	if err := greeting(t, servedBy(t, stranger, "", 0o700)); !errors.Is(err, headstart.CodeUntrusted) {
		t.Fatalf("%v", err)
	}
}

// The uid that a sidecar has by `User=` of its unit: root takes it where nobody else may write.
func TestAnotherUsersSidecarInItsOwnFolderIsTrustedByRoot(t *testing.T) {
	if err := greeting(t, servedBy(t, stranger, "/run", 0o755)); err != nil {
		t.Fatalf("%v", err)
	}
	if err := greeting(t, servedBy(t, stranger, "/run", 0o777)); !errors.Is(err, headstart.CodeUntrusted) {
		t.Fatalf("where others may write: %v", err)
	}
}
