package types

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/address"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// VatAccount is where the funds of calls to that vat go. Nobody has its key.
func VatAccount(vat string) sdk.AccAddress { return address.Module(ModuleName, []byte(vat)) }

// ModuleAccount is the module's own.
func ModuleAccount() sdk.AccAddress { return authtypes.NewModuleAddress(ModuleName) }
