package types

import (
	errorsmod "cosmossdk.io/errors"
)

// AllVats in Callable stands for every vat.
const AllVats = "*"

// MaxUint is the largest number that goes over the sidecar's socket.
const MaxUint = 1<<53 - 1

// DefaultParams let no transaction call anything: a chain names its vats.
func DefaultParams() Params {
	return Params{
		Gas:          GasPrices{Base: 20_000, MessageByte: 10, Tick: 1_000, WriteByte: 30},
		MessageBytes: 256 << 10,
		CallTicks:    10_000,
		QueryTicks:   10_000,
		BlockTicks:   20_000,
		BlockRuns:    100,
		Estimate:     Estimate{Ticks: 100, WriteBytes: 8 << 10},
		EventBytes:   16 << 10,
	}
}

// Validate tells what is wrong with the params.
func (p Params) Validate() error {
	if err := p.validateNumbers(); err != nil {
		return err
	}
	if p.BlockTicks > 0 && p.BlockRuns == 0 {
		return errorsmod.Wrap(
			ErrInvalidParams,
			"block_runs: must not be 0 where block_ticks is not",
		)
	}
	for _, vat := range p.Callable {
		if err := CheckName("callable", vat); err != nil {
			return errorsmod.Wrap(ErrInvalidParams, err.Error())
		}
	}
	return p.Inbound.validate()
}

func (p Params) validateNumbers() error {
	for _, n := range []struct {
		name     string
		value    uint64
		min, max uint64
	}{
		{"gas.base", p.Gas.Base, 0, MaxUint},
		{"gas.message_byte", p.Gas.MessageByte, 0, 1 << 32},
		{"gas.tick", p.Gas.Tick, 0, 1 << 32},
		{"gas.write_byte", p.Gas.WriteByte, 0, 1 << 32},
		{"message_bytes", p.MessageBytes, 1 << 10, MaxMessageBytes},
		{"call_ticks", p.CallTicks, 1, 1 << 31},
		{"query_ticks", p.QueryTicks, 1, 1 << 31},
		{"block_ticks", p.BlockTicks, 0, 1 << 31},
		{"estimate.ticks", p.Estimate.Ticks, 0, 1 << 31},
		{"estimate.write_bytes", p.Estimate.WriteBytes, 0, 1 << 31},
		{"event_bytes", p.EventBytes, 0, MaxMessageBytes},
	} {
		if n.value < n.min || n.value > n.max {
			return errorsmod.Wrapf(ErrInvalidParams, "%s: %d is not from %d to %d", n.name, n.value, n.min, n.max)
		}
	}
	return nil
}

// IsNone tells whether nothing comes in.
func (i Inbound) IsNone() bool { return i.Vat == "" && i.Method == "" && i.Bridge == "" }

func (i Inbound) validate() error {
	names := []string{i.Vat, i.Method}
	switch {
	case i.IsNone():
		return nil
	case i.Bridge != "" && (i.Vat != "" || i.Method != ""):
		return errorsmod.Wrap(ErrInvalidParams, "inbound: a bridge, or a vat and a method")
	case i.Bridge != "":
		names = []string{i.Bridge}
	}
	for _, name := range names {
		if err := CheckName("inbound", name); err != nil {
			return errorsmod.Wrap(ErrInvalidParams, err.Error())
		}
	}
	return nil
}

// MayCall tells whether transactions may call that vat.
func (p Params) MayCall(vat string) bool {
	for _, name := range p.Callable {
		if name == vat || name == AllVats {
			return true
		}
	}
	return false
}
