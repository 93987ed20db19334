// Package types holds what the module's parts and its users speak of: messages, params, genesis.
package types

const (
	// ModuleName names the module, its account and its route.
	ModuleName = "headstart"
	// StoreKey is the name of the store that holds the kernel's keys and the params.
	StoreKey = ModuleName
)

// The store's parts, told by a key's first byte. What lies below Kernel is the kernel's and nobody
// else's: its hash commits to every key there.
var (
	// KernelPrefix is that of the kernel's keys, local.* included.
	KernelPrefix = []byte{0x01}
	// ParamsKey holds the params.
	ParamsKey = []byte{0x02}
	// ExpectedKey holds the hash that the state vector of a chain that began empty must have.
	ExpectedKey = []byte{0x03}
)

// Keys of the kernel that the module reads. All are text.
const (
	KeySeqnum   = "kernel.seqnum"
	KeyHash     = "kernel.hash"
	KeyQueued   = "kernel.queued"
	KeyWake     = "kernel.wake"
	KeyHeight   = "kernel.height"
	KeyVatNames = "vat.names"
	// PrefixLocal begins the keys that are a node's own: in no genesis, and in no hash.
	PrefixLocal = "local."
)
