package headstart

import "time"

// Progress is how far the wait for a Deliver or an Attach has come.
type Progress struct {
	// Phase is what is done: "catching_up", "full_replay", …
	Phase string
	// Done of Total messages, transcript entries or entries of the store; Total is 0 if not known.
	Done, Total uint64
	// Left is the time that is left, if Known.
	Left time.Duration
	// Known tells whether Left is.
	Known bool
}

// readProgress passes over a notice that is another, or is not as it should be.
func readProgress(f frame) (Progress, bool) {
	if f.method != "progress" {
		return Progress{}, false
	}
	found, _ := f.pick("phase", "done", "total", "eta_s")
	phase, isText := found[0].text()
	done, isNumber := found[1].uint()
	if !isText || !isNumber {
		return Progress{}, false
	}
	total, _ := found[2].uint()
	left, known := found[3].uint()
	known = known && left < uint64((1<<63-1)/time.Second)
	if !known {
		left = 0
	}
	return Progress{Phase: printable(string(phase)), Done: done, Total: total,
		Left: time.Duration(left) * time.Second, Known: known}, true
}
