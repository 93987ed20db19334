package app

import (
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/core/address"
	"cosmossdk.io/log"
	"cosmossdk.io/x/tx/signing"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	bech32 "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/tx"
)

// encoding is how the chain writes addresses, messages and transactions.
type encoding struct {
	codec      codec.Codec
	amino      *codec.LegacyAmino
	registry   codectypes.InterfaceRegistry
	tx         client.TxConfig
	accounts   address.Codec
	validators address.Codec
	nodes      address.Codec
}

func newEncoding() (encoding, error) {
	config := sdk.GetConfig()
	e := encoding{
		amino:      codec.NewLegacyAmino(),
		accounts:   bech32.NewBech32Codec(config.GetBech32AccountAddrPrefix()),
		validators: bech32.NewBech32Codec(config.GetBech32ValidatorAddrPrefix()),
		nodes:      bech32.NewBech32Codec(config.GetBech32ConsensusAddrPrefix()),
	}
	signingOptions := signing.Options{AddressCodec: e.accounts, ValidatorAddressCodec: e.validators}
	var err error
	e.registry, err = codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver, SigningOptions: signingOptions,
	})
	if err != nil {
		return encoding{}, err
	}
	e.codec = codec.NewProtoCodec(e.registry)
	e.tx = tx.NewTxConfig(e.codec, tx.DefaultSignModes)
	std.RegisterInterfaces(e.registry)
	std.RegisterLegacyAminoCodec(e.amino)
	return e, nil
}

// TxConfig is how clients write the chain's transactions.
func TxConfig() (client.TxConfig, error) {
	a, err := New(log.NewNopLogger(), dbm.NewMemDB(), Options{})
	if err != nil {
		return nil, err
	}
	return a.TxConfig, a.Close()
}
