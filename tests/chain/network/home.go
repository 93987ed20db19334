// Package network makes what the nodes of a test network start from: a home for each, with keys and
// configuration, and the genesis that all share.
package network

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
)

const (
	portPeers = 26656
	portRPC   = 26657
)

// Home is one node's folder: config/, data/.
type Home struct {
	Name    string
	Folder  string
	Address string // the IPv4 address that this node alone listens on, with the usual ports
	config  *config.Config
	id      p2p.ID
	key     *privval.FilePV
}

// RPC is where the node answers, as a URL.
func (h *Home) RPC() string { return fmt.Sprintf("http://%s:%d", h.Address, portRPC) }

func (h *Home) peer() string { return fmt.Sprintf("%s@%s:%d", h.id, h.Address, portPeers) }

// newHome makes the folder with fresh keys, or takes those that are there.
func newHome(folder, address string, blockTime time.Duration) (*Home, error) {
	c := config.DefaultConfig()
	c.SetRoot(folder)
	for _, d := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(folder, d), 0o755); err != nil {
			return nil, err
		}
	}
	h := &Home{Name: filepath.Base(folder), Folder: folder, Address: address, config: c}
	c.Moniker = h.Name
	c.RPC.ListenAddress = fmt.Sprintf("tcp://%s:%d", address, portRPC)
	c.P2P.ListenAddress = fmt.Sprintf("tcp://%s:%d", address, portPeers)
	c.P2P.AddrBookStrict = false // loopback is no routable address
	c.P2P.AllowDuplicateIP = true
	c.P2P.PexReactor = false
	c.P2P.FlushThrottleTimeout = 10 * time.Millisecond
	c.Consensus.TimeoutCommit = blockTime
	c.Consensus.TimeoutPropose = 3 * blockTime
	c.Consensus.PeerGossipSleepDuration = 20 * time.Millisecond
	c.Mempool.Size = 20000
	c.Instrumentation.Prometheus = false
	key, err := p2p.LoadOrGenNodeKey(c.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	h.id = key.ID()
	h.key = privval.LoadOrGenFilePV(c.PrivValidatorKeyFile(), c.PrivValidatorStateFile())
	return h, nil
}

// introduce tells each home of all others, and writes its configuration.
func introduce(homes []*Home) {
	for _, h := range homes {
		var others []string
		for _, o := range homes {
			if o != h {
				others = append(others, o.peer())
			}
		}
		h.config.P2P.PersistentPeers = strings.Join(others, ",")
		config.WriteConfigFile(configFile(h.Folder), h.config)
	}
}

func configFile(folder string) string { return filepath.Join(folder, "config", "config.toml") }

// ValidatorAddress is the name under which the node's votes are counted.
func (h *Home) ValidatorAddress() string { return h.key.GetAddress().String() }

// Anchor is the block that a state-sync trusts, and the nodes that are asked for it.
type Anchor struct {
	Height  int64
	Hash    string
	Servers []string
}

// SyncFrom has the node begin by state-sync.
func (h *Home) SyncFrom(a Anchor) {
	s := h.config.StateSync
	s.Enable = true
	s.RPCServers = a.Servers
	s.TrustHeight = a.Height
	s.TrustHash = a.Hash
	s.TrustPeriod = 24 * time.Hour
	s.DiscoveryTime = 5 * time.Second // the shortest that is taken
	config.WriteConfigFile(configFile(h.Folder), h.config)
}

// Clear leaves of the home what it began with: keys, configuration, genesis.
func (h *Home) Clear() error {
	entries, err := os.ReadDir(h.Folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "config" {
			if err := os.RemoveAll(filepath.Join(h.Folder, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Mkdir(filepath.Join(h.Folder, "data"), 0o755); err != nil {
		return err
	}
	h.key.Reset() // what it voted for last is a file in there
	return nil
}

// CopyKey gives the home in folder, which is not made yet, the key by which another one votes.
func CopyKey(from *Home, folder string) {
	c := config.DefaultConfig().SetRoot(folder)
	config.EnsureRoot(folder)
	privval.NewFilePV(from.key.Key.PrivKey, c.PrivValidatorKeyFile(), c.PrivValidatorStateFile()).Save()
}
