package headstart

import "time"

// reader takes a result apart by its keys. The first that is not as it should be is kept in wrong;
// reading goes on, and what was read is thrown away.
type reader struct {
	what  string
	from  value
	names []string
	parts []value
	wrong error
}

func (r *reader) refuse(key string) {
	if r.wrong == nil {
		r.wrong = malformed("an answer to a " + r.what + " without a right " + key)
	}
}

// pick finds the members that will be asked for.
func (r *reader) pick(names ...string) {
	parts, ok := r.from.pick(names...)
	if !ok {
		r.refuse("map")
	}
	r.names, r.parts = names, parts
}

func (r *reader) part(key string) value {
	for i, name := range r.names {
		if name == key {
			return r.parts[i]
		}
	}
	return nil
}

func (r *reader) number(key string) uint64 {
	n, ok := r.part(key).uint()
	if !ok {
		r.refuse(key)
	}
	return n
}

// laterNumber: the protocol's first version lacks it; 0 there.
func (r *reader) laterNumber(key string) uint64 {
	if r.part(key).absent() {
		return 0
	}
	return r.number(key)
}

func (r *reader) micros(key string) time.Duration {
	n := r.number(key)
	if n > uint64((1<<63-1)/time.Microsecond) {
		r.refuse(key)
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

func (r *reader) textIn(key string, v value) string {
	text, ok := v.text()
	if !ok {
		r.refuse(key)
	}
	return string(text)
}

func (r *reader) text(key string) string { return r.textIn(key, r.part(key)) }

func (r *reader) laterText(key string) string {
	if r.part(key).absent() {
		return ""
	}
	return r.text(key)
}

// each hands over the elements of an array, until one is wrong.
func (r *reader) each(key string, element func(value)) {
	v := r.part(key)
	if _, ok := v.count(); !ok {
		r.refuse(key)
		return
	}
	for _, e := range v.elements() {
		if element(e); r.wrong != nil {
			return
		}
	}
}

func (r *reader) texts(key string) []string {
	var texts []string
	r.each(key, func(v value) { texts = append(texts, r.textIn(key, v)) })
	return texts
}

func (r *reader) laterTexts(key string) []string {
	if r.part(key).absent() {
		return nil
	}
	return r.texts(key)
}

func (r *reader) position() Position {
	at := Position{Seqnum: r.number("seqnum"), Hash: r.text("hash")}
	if at.check() != nil {
		r.refuse("hash")
	}
	return at
}

func (r *reader) statusIn(key string, v value) Status {
	s := Status(r.textIn(key, v))
	if s != Fulfilled && s != Rejected && s != Pending {
		r.refuse(key)
	}
	return s
}

func (r *reader) status() Status { return r.statusIn("status", r.part("status")) }

// tuple gives the elements of an array that must have so many.
func (r *reader) tuple(key string, v value, count int) ([]value, bool) {
	if n, ok := v.count(); !ok || n != count {
		r.refuse(key)
		return nil, false
	}
	parts := make([]value, count)
	for i, part := range v.elements() {
		parts[i] = part
	}
	return parts, true
}

func (r *reader) settled() []Settled {
	var list []Settled
	if r.part("settled").absent() {
		return nil
	}
	r.each("settled", func(v value) {
		parts, ok := r.tuple("settled", v, 3)
		if !ok {
			return
		}
		seqnum, ok := parts[0].uint()
		if !ok {
			r.refuse("settled")
		}
		list = append(list, Settled{Seqnum: seqnum, Status: r.statusIn("settled", parts[1]),
			Value: r.textIn("settled", parts[2])})
	})
	return list
}

// writes: a key that is empty is none that a node's store must be able to hold.
func (r *reader) writes() []Write {
	var list []Write
	r.each("writes", func(v value) {
		parts, ok := r.tuple("writes", v, 2)
		if !ok {
			return
		}
		key, _ := parts[0].text()
		data, isText := parts[1].text()
		if len(key) == 0 || !isText && !parts[1].isNil() {
			r.refuse("writes")
		}
		list = append(list, Write{Key: key, Value: data})
	})
	return list
}
