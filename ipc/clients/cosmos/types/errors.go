package types

import errorsmod "cosmossdk.io/errors"

// The module's errors. Their codes are part of a block's results: never renumber them.
var (
	ErrInvalidCall = errorsmod.Register(ModuleName, 2, "invalid call")
	ErrNotCallable = errorsmod.Register(
		ModuleName,
		3,
		"the vat is not to be called by transactions",
	)
	ErrRejected      = errorsmod.Register(ModuleName, 4, "the kernel rejected it")
	ErrNotFinalized  = errorsmod.Register(ModuleName, 5, "executed in a finalized block only")
	ErrInvalidParams = errorsmod.Register(ModuleName, 6, "invalid params")
	ErrInvalidOutput = errorsmod.Register(ModuleName, 7, "invalid output")
	ErrNoInbound     = errorsmod.Register(ModuleName, 8, "the params name no inbound vat")
	ErrGenesis       = errorsmod.Register(ModuleName, 9, "invalid genesis")
	ErrUnauthorized  = errorsmod.Register(ModuleName, 10, "not the module's authority")
)
