package headstart

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Whom the two ends of the socket trust (ipc/trust.c): their own user and root, and a folder that
// only those two may write, since whoever writes there can put another socket in its place.
//
// A node that root runs may use a sidecar under a user of its own: that user is the one meant where
// the socket's folder is that user's, and nobody but that user and root could have put it there, or
// anything above it.

func trustUser(other, own uint32) bool { return other == own || other == 0 }

// trustServer looks at who serves a connection that was made to path, and at path's folder.
func trustServer(socket *net.UnixConn, path string) error {
	own := uint32(os.Geteuid())
	server, err := peerUser(socket)
	if err != nil {
		return untrusted("the system does not say who serves %s: %s", path, err)
	}
	folder := filepath.Dir(path)
	if own == 0 && trustServerOf(server, folder) {
		return nil
	}
	if !trustUser(server, own) {
		return untrusted("another user's process (uid %d) serves %s: it must be our own user's, "+
			"or root's; root may use another user's in a folder of that user's, if nobody else may "+
			"write there or above", server, path)
	}
	info, err := os.Stat(folder)
	if err != nil || !trustFolder(info, own) {
		return untrusted("others may write the socket's folder %s; take that right away "+
			"(chmod go-w), or let headstart listen elsewhere", folder)
	}
	return nil
}

func untrusted(format string, words ...any) *Error {
	return &Error{Code: CodeUntrusted, Words: fmt.Sprintf(format, words...)}
}

// peerUser asks the kernel who called listen.
func peerUser(socket *net.UnixConn) (uint32, error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, err
	}
	return peer.Uid, nil
}

func owner(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}

const othersWrite fs.FileMode = 0o022

// trustFolder: can only own and root put files there, or in the place of theirs (a sticky folder of
// own's)?
func trustFolder(info fs.FileInfo, own uint32) bool {
	user, known := owner(info)
	if !known {
		return false
	}
	if info.Mode()&fs.ModeSticky != 0 && user == own {
		return true
	}
	return trustUser(user, own) && info.Mode()&othersWrite == 0
}

// trustOnly: a sticky folder is no excuse here; before the server made its own in it, anybody
// could.
func trustOnly(path string, server uint32) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&othersWrite != 0 {
		return false
	}
	user, known := owner(info)
	return known && trustUser(user, server)
}

// trustServerOf: may root use a server of that user with its socket in folder?
func trustServerOf(server uint32, folder string) bool {
	path, err := filepath.Abs(folder)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return false
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if user, known := owner(info); !known || user != server {
		return false
	}
	for ; path != "/"; path = filepath.Dir(path) {
		if !trustOnly(path, server) {
			return false
		}
	}
	return trustOnly("/", server)
}
