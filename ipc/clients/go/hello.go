package headstart

import (
	"context"
	"slices"
)

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
	FeatureAttach = "attach" // [Client.Attach]
	FeatureQuery  = "query"  // [Client.Query]
	FeatureRun    = "run"    // deliveries without a message
	FeatureTicks  = "ticks"  // Ticks and Control of a [Delivery], and what answers say of them
	FeatureBin    = "bin"    // values that are no text
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
	// none, or does not say. A chain whose genesis has another hash does not use that
	// configuration.
	Genesis string
	// Features is what it can beyond the protocol's first version.
	Features []string
}

// Can tells whether the sidecar said that it has a feature.
func (h Hello) Can(feature string) bool { return slices.Contains(h.Features, feature) }

func (h Hello) clone() Hello {
	h.Engines = slices.Clone(h.Engines)
	h.Features = slices.Clone(h.Features)
	return h
}

// greet says hello and keeps what is said to it.
func (cn *connection) greet(ctx context.Context, o Options) error {
	return cn.ask(ctx, question{
		method: "hello",
		params: func(p *packer) {
			p.pairs(5)
			p.numberOf("protocol", 1)
			p.textOf("chain_id", o.ChainID)
			p.textOf("role", string(o.Role))
			p.textOf("client", o.Client)
			p.text("features")
			features := []string{FeatureAttach, FeatureQuery, FeatureRun, FeatureTicks, FeatureBin}
			p.array(len(features))
			for _, feature := range features {
				p.text(feature)
			}
		},
		read: func(result value) error { return cn.readHello(result, o.ChainID) },
	})
}

func (cn *connection) readHello(result value, chainID string) error {
	r := reader{what: "hello", from: result}
	r.pick("protocol", "server", "chain_id", "phase", "seqnum", "hash", "height", "engines",
		"genesis", "features")
	protocol := r.number("protocol")
	h := Hello{
		Server:   printable(r.text("server")),
		ChainID:  r.text("chain_id"),
		Phase:    printable(r.text("phase")),
		Position: r.position(),
		Height:   r.number("height"),
		Engines:  r.laterTexts("engines"),
		Genesis:  r.laterText("genesis"),
		Features: r.laterTexts("features"),
	}
	if protocol != 1 {
		r.refuse("protocol")
	}
	if h.ChainID != chainID {
		r.refuse("chain_id")
	}
	if h.Genesis != "" && !isHash(h.Genesis) {
		r.refuse("genesis")
	}
	cn.hello = h
	return r.wrong
}
