//go:build !linux

package headstart

import "net"

// headstart runs on Linux: elsewhere this package compiles, for chains that do, and connects never.
func trustServer(*net.UnixConn, string) error {
	return &Error{Code: CodeUntrusted,
		Words: "headstart runs on Linux; elsewhere nobody is trusted"}
}
