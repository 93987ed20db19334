package headstart_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	appv1alpha1 "cosmossdk.io/api/cosmos/app/v1alpha1"
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	"cosmossdk.io/depinject"
	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/testutil/configurator"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	_ "github.com/cosmos/cosmos-sdk/x/auth/tx/config" // registers itself
	_ "github.com/cosmos/cosmos-sdk/x/consensus"      // registers itself

	client "headstart/client"
	headstart "headstart/cosmos"
	"headstart/cosmos/keeper"
)

// Each command that autocli is to make names what the services have.
func TestAutoCLINamesWhatThereIs(t *testing.T) {
	o := headstart.AppModule{}.AutoCLIOptions()
	for _, service := range []*autocliv1.ServiceCommandDescriptor{o.Query, o.Tx} {
		d, err := proto.HybridResolver.FindDescriptorByName(protoreflect.FullName(service.Service))
		require.NoError(t, err)
		methods := d.(protoreflect.ServiceDescriptor).Methods()
		require.Equal(t, methods.Len(), len(service.RpcCommandOptions))
		for _, command := range service.RpcCommandOptions {
			method := methods.ByName(protoreflect.Name(command.RpcMethod))
			require.NotNil(t, method, command.RpcMethod)
			for _, argument := range command.PositionalArgs {
				require.NotNil(
					t,
					method.Input().Fields().ByName(protoreflect.Name(argument.ProtoField)),
					argument.ProtoField,
				)
			}
		}
	}
	require.NoError(t, msgservice.ValidateProtoAnnotations(proto.HybridResolver))
}

// An app that is put together by configuration has the keeper, with the app's own options.
func TestDepinject(t *testing.T) {
	s := newScript()
	var k keeper.Keeper
	config := configurator.NewAppConfig(
		configurator.AuthModule(),
		configurator.BankModule(),
		configurator.ConsensusModule(),
		configurator.TxModule(),
		withHeadstart(),
	)
	require.NoError(
		t,
		depinject.Inject(depinject.Configs(config, depinject.Supply(log.NewNopLogger(),
			keeper.Options{Client: s})), &k),
	)
	require.Equal(t, govAt.String(), k.Authority())
}

// Progress and the client's words come out in the node's log, as people read them.
func TestTheNodesLog(t *testing.T) {
	require.Equal(t, "full replay 45 %, 6 s left", headstart.Describe(client.Progress{
		Phase: "full_replay", Done: 45, Total: 100, Left: 6 * time.Second, Known: true,
	}))
	require.Equal(
		t,
		"catching up 7 done",
		headstart.Describe(client.Progress{Phase: "catching_up", Done: 7}),
	)
	var b strings.Builder
	l := slog.New(headstart.LogHandler(log.NewLogger(&b, log.ColorOption(false))))
	l.With("socket", "/run/x").Warn("no answer", "tries", 3)
	require.Contains(t, b.String(), "WRN")
	require.Contains(t, b.String(), "no answer")
	require.Contains(t, b.String(), "tries=3")
	require.Contains(t, b.String(), "socket=/run/x")
}

func withHeadstart() configurator.ModuleOption {
	return func(c *configurator.Config) {
		c.ModuleConfigs["headstart"] = &appv1alpha1.ModuleConfig{
			Name: "headstart", Config: &anypb.Any{TypeUrl: "/headstart.module.v1.Module"},
		}
	}
}
