package headstart

import (
	"bytes"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// packer writes one frame. What fails is told once, by frame.
type packer struct {
	out   bytes.Buffer
	to    *msgpack.Encoder
	wrong error
}

func newPacker() *packer {
	p := &packer{}
	p.to = msgpack.NewEncoder(&p.out)
	return p
}

func (p *packer) keep(err error) {
	if p.wrong == nil && err != nil {
		p.wrong = &Error{Code: CodeInternal, Words: "a frame cannot be packed", Cause: err}
	}
}

func (p *packer) array(count int)   { p.keep(p.to.EncodeArrayLen(count)) }
func (p *packer) pairs(count int)   { p.keep(p.to.EncodeMapLen(count)) }
func (p *packer) text(text string)  { p.keep(p.to.EncodeString(text)) }
func (p *packer) bytes(data []byte) { p.keep(p.to.EncodeBytes(data)) } // nil stays nil
func (p *packer) number(n uint64)   { p.keep(p.to.EncodeUint(n)) }
func (p *packer) flag(is bool)      { p.keep(p.to.EncodeBool(is)) }
func (p *packer) none()             { p.keep(p.to.EncodeNil()) }

func (p *packer) textOf(key, text string) {
	p.text(key)
	p.text(text)
}

// numberOf refuses what the wire does not carry.
func (p *packer) numberOf(key string, n uint64) {
	if n > uintMax && p.wrong == nil {
		p.wrong = badRequest("%s is %d; integers end at 2^53-1", key, n)
	}
	p.text(key)
	p.number(n)
}

func badRequest(format string, words ...any) *Error {
	return &Error{Code: CodeBadRequest, Words: fmt.Sprintf(format, words...)}
}

func (p *packer) position(at Position) {
	if err := at.check(); err != nil && p.wrong == nil {
		p.wrong = badRequest("%s", err)
	}
	p.numberOf("seqnum", at.Seqnum)
	p.textOf("hash", at.Hash)
}

// request begins one; exactly one map must follow, here and below.
func (p *packer) request(id uint64, method string) {
	p.array(4)
	p.number(uint64(frameRequest))
	p.number(id)
	p.text(method)
	p.array(1)
}

func (p *packer) notification(method string) {
	p.array(3)
	p.number(uint64(frameNotification))
	p.text(method)
	p.array(1)
}

// result begins a response; the result must follow.
func (p *packer) result(id uint64) {
	p.array(4)
	p.number(uint64(frameResponse))
	p.number(id)
	p.none()
}

// refuse is a whole response.
func (p *packer) refuse(id uint64, code Code, words string) {
	p.array(4)
	p.number(uint64(frameResponse))
	p.number(id)
	p.text(string(code) + ": " + printable(words))
	p.none()
}

func (p *packer) frame() ([]byte, error) {
	if p.wrong == nil && p.out.Len() > frameBytesMax {
		p.wrong = &Error{Code: CodeTooLarge, Words: fmt.Sprintf(
			"a frame of %d bytes; %d are allowed", p.out.Len(), frameBytesMax)}
	}
	return p.out.Bytes(), p.wrong
}
