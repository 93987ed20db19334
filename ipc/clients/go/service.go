package headstart

import (
	"bytes"
	"context"
	"errors"
)

const (
	scanBytesMax  = frameBytesMax / 2  // a scan's answer, unless one entry is larger
	entryBytesMax = frameBytesMax - 64 // what an answer has room for
)

// service answers what the sidecar asks while a delivery or an attach is unanswered, and takes its
// progress: on the goroutine of that call, one after the other.
type service struct {
	store    Store
	progress func(Progress)
	failed   error // the store's first error
}

// serve answers one frame. Its error ends the call.
func (s *service) serve(ctx context.Context, cn *connection, f frame) error {
	if f.kind == frameNotification {
		if p, ok := readProgress(f); ok && s.progress != nil {
			s.progress(p)
		}
		return nil
	}
	p := newPacker()
	switch f.method {
	case "store.get":
		s.get(p, f)
	case "store.scan":
		s.scan(p, f)
	default:
		p.refuse(f.id, CodeUnknownMethod, "this node answers store.get and store.scan")
	}
	data, err := p.frame()
	if err != nil {
		return err
	}
	return cn.send(ctx, data)
}

// explain adds to the sidecar's answer what the node's store said, where that was the reason.
func (s *service) explain(e *Error) *Error {
	if s != nil && s.failed != nil && e.Code == CodeNodeFailed {
		e.Cause = s.failed
	}
	return e
}

func (s *service) fail(p *packer, id uint64, err error) {
	if s.failed == nil {
		s.failed = err
	}
	p.refuse(id, CodeStorageFailed, "the node's store cannot be read: "+err.Error())
}

func (s *service) get(p *packer, f frame) {
	found, _ := f.pick("key")
	key, ok := found[0].text()
	if !ok || len(key) == 0 {
		p.refuse(f.id, CodeBadRequest, "store.get needs a key")
		return
	}
	data, err := s.store.Get(key)
	if err == nil && len(data) > entryBytesMax {
		err = errors.New("a value does not fit a frame")
	}
	if err != nil {
		s.fail(p, f.id, err)
		return
	}
	p.result(f.id)
	p.pairs(1)
	p.text("value")
	p.bytes(data)
}

func (s *service) scan(p *packer, f frame) {
	found, _ := f.pick("after", "bytes")
	after, isText := found[0].text()
	most, isNumber := found[1].uint()
	if !isText || !isNumber {
		p.refuse(f.id, CodeBadRequest, "store.scan needs after and bytes")
		return
	}
	if len(after) == 0 {
		after = nil
	}
	entries, more, err := s.store.Scan(after, int(min(most, scanBytesMax)))
	if err == nil {
		err = checkEntries(after, entries, more)
	}
	if err != nil {
		s.fail(p, f.id, err)
		return
	}
	p.result(f.id)
	p.pairs(2)
	p.text("more")
	p.flag(more)
	p.text("entries")
	p.array(len(entries))
	for _, entry := range entries {
		p.array(2)
		p.bytes(entry.Key)
		p.bytes(entry.Value)
	}
}

// checkEntries holds a Store to its contract, whose breach the sidecar could only answer by ending
// the connection.
func checkEntries(after []byte, entries []Entry, more bool) error {
	if more && len(entries) == 0 {
		return errors.New("Store.Scan says that there are more entries, but gives none")
	}
	size := 0
	for _, entry := range entries {
		if bytes.Compare(after, entry.Key) >= 0 {
			return errors.New("Store.Scan gives keys that are not in rising order behind after")
		}
		if entry.Value == nil {
			return errors.New("Store.Scan gives a value that is nil")
		}
		after = entry.Key
		size += len(entry.Key) + len(entry.Value) + 16
	}
	if size > entryBytesMax {
		return errors.New("Store.Scan gives entries that do not fit a frame")
	}
	return nil
}
