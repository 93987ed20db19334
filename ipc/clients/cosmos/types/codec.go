package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces tells the registry of the module's messages.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgCall{}, &MsgControl{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages for hardware wallets that sign amino JSON.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgCall{}, "headstart/MsgCall")
	legacy.RegisterAminoMsg(cdc, &MsgControl{}, "headstart/MsgControl")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "headstart/MsgUpdateParams")
	cdc.RegisterConcrete(&Params{}, "headstart/Params", nil)
}
