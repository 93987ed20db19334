package headstart

import "slices"

// Role is what a connection may do.
type Role string

const (
	// RoleNode may do everything; one connection at a time has it. The default.
	RoleNode Role = "node"
	// RoleObserver may look: Status, Metrics, and Query where the sidecar serves observers.
	RoleObserver Role = "observer"
	// RoleVisitor says no hello and needs no chain id: Status and Metrics only, for tools.
	RoleVisitor Role = "visitor"
)

// The features that this package says it has, and knows of a sidecar.
const (
	FeatureAttach = "attach"
	FeatureQuery  = "query"
	FeatureRun    = "run"
	FeatureTicks  = "ticks"
	FeatureBin    = "bin"
)

// Hello is what the sidecar said when the connection was made. It belongs to the caller.
type Hello struct {
	// Server is its name and version.
	Server string
	// ChainID is the chain that it serves.
	ChainID string
	// Phase is what it was doing then.
	Phase string
	// Position and Height are where its kernel stood then.
	Position Position
	Height   uint64
	// Engines are the identities of the engines that it holds.
	Engines []string
	// Genesis is H0, the hash of the state vector that its own configuration makes; "" if it makes
	// none, or does not say. A chain whose genesis has another hash does not use that configuration.
	Genesis string
	// Features is what it can beyond the protocol's first version.
	Features []string
}

// Can tells whether the sidecar said that it has a feature.
func (h Hello) Can(feature string) bool { return slices.Contains(h.Features, feature) }
