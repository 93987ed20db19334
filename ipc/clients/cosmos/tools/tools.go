//go:build tools

// Package tools holds the programs that proto/generate needs to the versions of go.mod.
package tools

import _ "github.com/cosmos/gogoproto/protoc-gen-gocosmos"
