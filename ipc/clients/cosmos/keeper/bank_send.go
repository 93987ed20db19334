package keeper

import (
	"bytes"
	"encoding/json"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"headstart/cosmos/types"
)

// BankSend is the type of outputs that pay: {"type": "bank.send", "vat"?: name, "to": address,
// "amount": [{"denom": …, "amount": …}…]}. They pay from that vat's account, without one from the
// module's. Whoever holds the bridge device speaks for all of these accounts.
const BankSend = "bank.send"

func (k Keeper) bankSend(ctx sdk.Context, o Output) error {
	var send struct {
		Type   string    `json:"type"`
		Vat    string    `json:"vat"`
		To     string    `json:"to"`
		Amount sdk.Coins `json:"amount"`
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(o.Text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&send); err != nil {
		return errorsmod.Wrapf(types.ErrInvalidOutput, "%s: %s", BankSend, err)
	}
	if err := checkAmount(send.Amount); err != nil {
		return err
	}
	to, err := k.addresses.StringToBytes(send.To)
	if err != nil {
		return errorsmod.Wrapf(types.ErrInvalidOutput, "%s: to: %s", BankSend, err)
	}
	if k.bank.BlockedAddr(to) {
		return errorsmod.Wrapf(types.ErrInvalidOutput, "%s: %s takes no funds", BankSend, send.To)
	}
	from := types.ModuleAccount()
	if send.Vat != "" {
		from = types.VatAccount(send.Vat)
	}
	return k.move(ctx, from, to, send.Amount)
}

// checkAmount wants coins as sdk.Coins are: sorted, each once, all above nothing.
func checkAmount(amount sdk.Coins) error {
	for _, coin := range amount {
		if coin.Amount.IsNil() {
			return errorsmod.Wrapf(types.ErrInvalidOutput, "%s: a coin without an amount", BankSend)
		}
	}
	if err := amount.Validate(); err != nil || amount.Empty() {
		return errorsmod.Wrapf(types.ErrInvalidOutput, "%s: amount: %s", BankSend, amount)
	}
	return nil
}
