package headstart

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cosmossdk.io/log"

	client "headstart/client"
)

// Dial makes the client that keeper.Options want, with its words and its progress in the node's
// log. It does not connect. An empty socket is the sidecar's usual one; name is the node
// software's, with its version.
func Dial(socket, chainID, name string, logger log.Logger) (*client.Client, error) {
	return client.New(client.Options{
		Socket: socket, ChainID: chainID, Client: name,
		Log:        slog.New(LogHandler(logger)),
		OnProgress: func(p client.Progress) { logger.Info("headstart: " + Describe(p)) },
	})
}

// Describe says how far the kernel is: "full replay 45 %, 6 s left".
func Describe(p client.Progress) string {
	text := words(p.Phase)
	if p.Total > 0 {
		text += fmt.Sprintf(" %d %%", min(p.Done, p.Total)*100/p.Total)
	} else if p.Done > 0 {
		text += fmt.Sprintf(" %d done", p.Done)
	}
	if p.Known {
		text += fmt.Sprintf(", %.0f s left", p.Left.Round(time.Second).Seconds())
	}
	return text
}

func words(phase string) string {
	text := []byte(phase)
	for i, c := range text {
		if c == '_' {
			text[i] = ' '
		}
	}
	return string(text)
}

// LogHandler puts what a client says into a node's log.
func LogHandler(logger log.Logger) slog.Handler { return logHandler{logger} }

type logHandler struct{ logger log.Logger }

func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	var fields []any
	r.Attrs(func(a slog.Attr) bool {
		fields = append(fields, a.Key, a.Value.Any())
		return true
	})
	say := h.logger.Debug
	switch {
	case r.Level >= slog.LevelError:
		say = h.logger.Error
	case r.Level >= slog.LevelWarn:
		say = h.logger.Warn
	case r.Level >= slog.LevelInfo:
		say = h.logger.Info
	}
	say(r.Message, fields...)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	logger := h.logger
	for _, a := range attrs {
		logger = logger.With(a.Key, a.Value.Any())
	}
	return logHandler{logger}
}

// WithGroup is not used by the client; names stay flat.
func (h logHandler) WithGroup(string) slog.Handler { return h }
