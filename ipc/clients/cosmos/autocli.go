package headstart

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

func positional(fields ...string) (args []*autocliv1.PositionalArgDescriptor) {
	for _, field := range fields {
		args = append(args, &autocliv1.PositionalArgDescriptor{ProtoField: field})
	}
	return args
}

// AutoCLIOptions are the module's commands: `query headstart …` and `tx headstart …`.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "headstart.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Call", Use: "call VAT METHOD [ARGS]",
					Short:          "Call a vat and undo it: what would it answer now?",
					Example:        `query headstart call ledger balance '["alice"]'`,
					PositionalArgs: optionalLast("vat", "method", "args"),
				},
				{RpcMethod: "Status", Use: "status", Short: "Where the kernel stands"},
				{RpcMethod: "Params", Use: "params", Short: "The params"},
				{
					RpcMethod: "Key", Use: "key KEY", Short: "One of the kernel's keys",
					PositionalArgs: positional("key"),
				},
				{
					RpcMethod: "Account", Use: "account VAT", Short: "The account of a vat",
					PositionalArgs: positional("vat"),
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "headstart.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Call", Use: "call VAT METHOD [ARGS]",
					Short:          "Call a vat",
					Example:        `tx headstart call shop buy '[7]' --funds 5stake --from alice`,
					PositionalArgs: optionalLast("vat", "method", "args"),
				},
				{RpcMethod: "Control", Skip: true},      // by the authority only
				{RpcMethod: "UpdateParams", Skip: true}, // by the authority only
			},
		},
	}
}

func optionalLast(fields ...string) []*autocliv1.PositionalArgDescriptor {
	args := positional(fields...)
	args[len(args)-1].Optional = true
	return args
}
