package network

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Denom is the coin that everything is paid and staked with.
const Denom = "stake"

// Senders is how many accounts with coins a new chain has.
const Senders = 40

const coinsOfSender = 1_000_000_000

// Sender is the key of an account that has coins. Everybody can know it: this is a test network.
func Sender(i int) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprintf("headstart test sender %d", i)))
}

// SenderAddress is the account of Sender(i).
func SenderAddress(i int) sdk.AccAddress {
	return sdk.AccAddress(Sender(i).PubKey().Address())
}
