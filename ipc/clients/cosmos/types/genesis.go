package types

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	errorsmod "cosmossdk.io/errors"
)

// DefaultGenesis holds no state vector and does not allow that: a chain brings its own.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate tells what is wrong with a genesis; not that it holds no state vector, which is told
// where a chain is to begin with it (Beginnable).
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if g.Hash != "" && !isHash(g.Hash) {
		return errorsmod.Wrap(ErrGenesis, "hash: must be 64 lower-case hex digits")
	}
	if g.BeginEmpty && len(g.Entries) > 0 {
		return errorsmod.Wrap(ErrGenesis, "begin_empty: there are entries")
	}
	var last []byte
	for i, e := range g.Entries {
		if len(e.Key) == 0 || bytes.Compare(e.Key, last) <= 0 {
			return errorsmod.Wrapf(
				ErrGenesis,
				"entries[%d]: keys must ascend, and none be empty",
				i,
			)
		}
		if bytes.HasPrefix(e.Key, []byte(PrefixLocal)) {
			return errorsmod.Wrapf(ErrGenesis, "entries[%d]: %s* is a node's own", i, PrefixLocal)
		}
		last = e.Key
	}
	if len(g.Entries) == 0 {
		return nil
	}
	return g.checkPosition()
}

// checkPosition wants the kernel's own two keys, and the hash as it is named beside them.
func (g GenesisState) checkPosition() error {
	seqnum, hash := g.entry(KeySeqnum), string(g.entry(KeyHash))
	if seqnum == nil || !isHash(hash) {
		return errorsmod.Wrapf(
			ErrGenesis,
			"entries: %s and %s are missing or damaged",
			KeySeqnum,
			KeyHash,
		)
	}
	if string(seqnum) != "0" {
		return nil // what another chain came to: its hash is of all its messages
	}
	if made := StateVectorHash(g.Entries); made != hash || g.Hash != "" && g.Hash != hash {
		return errorsmod.Wrapf(
			ErrGenesis,
			"the entries' hash is %s, but they, or the genesis, name %s, %s; "+
				"take them as `headstart genesis` prints them",
			made,
			hash,
			g.Hash,
		)
	}
	return nil
}

// StateVectorHash is the hash of a state vector, as the kernel makes it: that of one crank which
// adds all its keys.
func StateVectorHash(entries []Entry) string {
	crank := sha256.New()
	for _, e := range entries {
		if string(e.Key) != KeyHash && !bytes.HasPrefix(e.Key, []byte(PrefixLocal)) {
			fmt.Fprintf(crank, "add\n%d:%s\n%d:%s\n", len(e.Key), e.Key, len(e.Value), e.Value)
		}
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "activityhash\n\n%x\n", crank.Sum(nil)))
	return hex.EncodeToString(hash[:])
}

func (g GenesisState) entry(key string) []byte {
	for _, e := range g.Entries {
		if string(e.Key) == key {
			return e.Value
		}
	}
	return nil
}

// Beginnable tells whether a chain may begin with this genesis: with a state vector, or told to.
func (g GenesisState) Beginnable() error {
	if len(g.Entries) > 0 || g.BeginEmpty {
		return nil
	}
	return errorsmod.Wrap(
		ErrGenesis,
		"there is no state vector in it, so each validator's own kernel "+
			"configuration would be the chain's; put in what `headstart genesis` prints, "+
			"or set begin_empty",
	)
}

// ReadStateVector reads the document that `headstart genesis` prints, and gives its entries and
// hash.
func ReadStateVector(document []byte) ([]Entry, string, error) {
	var d struct {
		Schema  int         `json:"schema"`
		Hash    string      `json:"hash"`
		Entries [][2]string `json:"entries"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, "", fmt.Errorf("not what `headstart genesis` prints: %w", err)
	}
	if d.Schema != 1 || len(d.Entries) == 0 || !isHash(d.Hash) {
		return nil, "", fmt.Errorf(
			"not a state vector of schema 1, as `headstart genesis` prints it",
		)
	}
	entries := make([]Entry, 0, len(d.Entries))
	for _, e := range d.Entries {
		entries = append(entries, Entry{Key: []byte(e[0]), Value: []byte(e[1])})
	}
	return entries, d.Hash, nil
}

func isHash(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 64 && strings.ToLower(text) == text
}
