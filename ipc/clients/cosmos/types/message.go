package types

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	maxName  = 128
	maxDepth = 500
	// MaxMessageBytes is the kernel's own bound of a message.
	MaxMessageBytes = 1 << 20
)

// Caller is what a vat is told of who calls it. The module makes it, so vats may trust it.
type Caller struct {
	From   string
	Height uint64
	Time   uint64 // of the block, Unix seconds
	Funds  sdk.Coins
}

// Compose makes the message that calls a vat with the caller and then the arguments of args, a JSON
// array that CheckArgs took. Nothing is made by a library here: the text is hashed by every node.
func Compose(vat, method string, caller Caller, args string) string {
	return compose(`{"to":"`+vat+`","method":"`+method+`"`, caller, args)
}

// ComposeInbound makes the control message that hands the same to whoever registered with a bridge.
func ComposeInbound(bridge string, caller Caller, args string) string {
	return compose(`{"bridge":"`+bridge+`"`, caller, args)
}

func compose(head string, caller Caller, args string) string {
	var b strings.Builder
	b.WriteString(head + `,"args":[`)
	caller.write(&b)
	if inner := inside(args); inner != "" {
		b.WriteByte(',')
		b.WriteString(inner)
	}
	b.WriteString(`]}`)
	return b.String()
}

func (c Caller) write(b *strings.Builder) {
	b.WriteString(`{"from":"` + c.From + `","height":` + strconv.FormatUint(c.Height, 10))
	b.WriteString(`,"time":` + strconv.FormatUint(c.Time, 10))
	if !c.Funds.Empty() {
		b.WriteString(`,"funds":[`)
		for i, coin := range c.Funds {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`{"denom":"` + coin.Denom + `","amount":"` + coin.Amount.String() + `"}`)
		}
		b.WriteByte(']')
	}
	b.WriteByte('}')
}

// inside is what stands between the brackets of a JSON array; "" of an empty one, or of no text.
func inside(args string) string {
	trimmed := strings.Trim(args, " \t\r\n")
	if len(trimmed) < 2 {
		return ""
	}
	return strings.Trim(trimmed[1:len(trimmed)-1], " \t\r\n")
}

// CheckName tells whether a vat or method can be named in a message as it is, without escapes.
func CheckName(what, name string) error {
	if name == "" || len(name) > maxName {
		return errorsmod.Wrapf(ErrInvalidCall, "%s: 1 to %d characters", what, maxName)
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return errorsmod.Wrapf(
				ErrInvalidCall,
				"%s: printable ASCII without quotes, spaces, backslashes",
				what,
			)
		}
	}
	return nil
}

// CheckArgs takes "" and JSON arrays that the kernel can read.
func CheckArgs(args string) error {
	if args == "" {
		return nil
	}
	if len(args) > MaxMessageBytes {
		return errorsmod.Wrapf(ErrInvalidCall, "args: more than %d bytes", MaxMessageBytes)
	}
	if !utf8.ValidString(args) || depth(args) > maxDepth || !json.Valid([]byte(args)) {
		return errorsmod.Wrapf(
			ErrInvalidCall,
			"args: no JSON of at most %d levels in UTF-8",
			maxDepth,
		)
	}
	if !strings.HasPrefix(strings.TrimLeft(args, " \t\r\n"), "[") {
		return errorsmod.Wrap(ErrInvalidCall, `args: must be a JSON array, such as ["alice", 5]`)
	}
	return nil
}

// depth is the deepest nesting of a JSON text; of what is none, any number.
func depth(text string) (deepest int) {
	now, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return deepest
}

// CheckControl takes a JSON object with the key "kernel".
func CheckControl(message string) error {
	var fields map[string]json.RawMessage
	if len(message) > MaxMessageBytes || !utf8.ValidString(message) || depth(message) > maxDepth ||
		json.Unmarshal([]byte(message), &fields) != nil || fields["kernel"] == nil {
		return errorsmod.Wrap(
			ErrInvalidCall,
			`message: must be a JSON object with the key "kernel", such as `+`{"kernel":"setRules","rules":{…}}`,
		)
	}
	return nil
}
