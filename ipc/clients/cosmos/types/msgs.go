package types

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

var (
	_ sdk.HasValidateBasic = (*MsgCall)(nil)
	_ sdk.HasValidateBasic = (*MsgControl)(nil)
	_ sdk.HasValidateBasic = (*MsgUpdateParams)(nil)
)

// ValidateBasic looks at the message's shape alone.
func (m *MsgCall) ValidateBasic() error {
	if _, err := sdk.AccAddressFromBech32(m.Sender); err != nil {
		return sdkerrors.ErrInvalidAddress.Wrapf("sender: %s", err)
	}
	if err := CheckName("vat", m.Vat); err != nil {
		return err
	}
	if err := CheckName("method", m.Method); err != nil {
		return err
	}
	if len(m.Funds) > 0 {
		if err := m.Funds.Validate(); err != nil {
			return errorsmod.Wrapf(sdkerrors.ErrInvalidCoins, "funds: %s", err)
		}
	}
	return CheckArgs(m.Args)
}

// ValidateBasic looks at the message's shape alone.
func (m *MsgControl) ValidateBasic() error {
	if _, err := sdk.AccAddressFromBech32(m.Authority); err != nil {
		return sdkerrors.ErrInvalidAddress.Wrapf("authority: %s", err)
	}
	return CheckControl(m.Message)
}

// ValidateBasic looks at the message's shape alone.
func (m *MsgUpdateParams) ValidateBasic() error {
	if _, err := sdk.AccAddressFromBech32(m.Authority); err != nil {
		return sdkerrors.ErrInvalidAddress.Wrapf("authority: %s", err)
	}
	return m.Params.Validate()
}
