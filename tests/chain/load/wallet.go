// Package load makes transactions and hands them to a chain's nodes.
package load

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"headstart/chain/network"
)

const (
	validFor = 5 * time.Minute
	gasOfTx  = 20_000_000
)

// wallet signs for the network's senders.
type wallet struct {
	txConfig client.TxConfig
	chainID  string
	last     time.Time // of the newest transaction: each has a time of its own, which tells them apart
}

// sign makes a transaction of sender i, in no order with its others.
func (w *wallet) sign(ctx context.Context, i int, messages ...sdk.Msg) ([]byte, error) {
	b := w.txConfig.NewTxBuilder()
	if err := b.SetMsgs(messages...); err != nil {
		return nil, err
	}
	until := time.Now().Add(validFor)
	if !until.After(w.last) {
		until = w.last.Add(time.Nanosecond)
	}
	w.last = until
	b.SetGasLimit(gasOfTx)
	b.SetUnordered(true)
	b.SetTimeoutTimestamp(until)
	key := network.Sender(i)
	signer := authsigning.SignerData{Address: network.SenderAddress(i).String(), ChainID: w.chainID,
		AccountNumber: uint64(i), PubKey: key.PubKey()}
	mode := signing.SignMode_SIGN_MODE_DIRECT
	// What is signed names the signers: they are set once without a signature, and then with it.
	empty := signing.SignatureV2{PubKey: key.PubKey(), Data: &signing.SingleSignatureData{SignMode: mode}}
	if err := b.SetSignatures(empty); err != nil {
		return nil, err
	}
	signature, err := tx.SignWithPrivKey(ctx, mode, signer, b, key, w.txConfig, 0)
	if err != nil {
		return nil, err
	}
	if err := b.SetSignatures(signature); err != nil {
		return nil, err
	}
	return w.txConfig.TxEncoder()(b.GetTx())
}

// drawSender draws one of the network's senders.
func drawSender(dice *rand.Rand) int { return dice.IntN(network.Senders) }
