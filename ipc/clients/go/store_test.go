package headstart_test

import (
	"testing"

	headstart "headstart/client"
	"headstart/client/memory"
)

func TestRunIsDue(t *testing.T) {
	for _, c := range []struct {
		queued, wake string // "": the key is absent
		due          bool
	}{
		{"", "", false}, {"0", "", false}, {"2", "", true},
		{"0", "101", false}, {"0", "100", true}, {"0", "7", true}, {"1", "101", true},
	} {
		s := memory.New()
		write := func(key, value string) {
			if value != "" {
				s.Apply([]headstart.Write{{Key: []byte(key), Value: []byte(value)}})
			}
		}
		write("kernel.queued", c.queued)
		write("kernel.wake", c.wake)
		if due, err := headstart.RunIsDue(s, 100); err != nil || due != c.due {
			t.Errorf("queued %q, wake %q: %v, %v", c.queued, c.wake, due, err)
		}
	}
	s := memory.New()
	s.Apply([]headstart.Write{{Key: []byte("kernel.wake"), Value: []byte("soon")}})
	if _, err := headstart.RunIsDue(s, 100); err == nil {
		t.Error("a wake that is no number is taken")
	}
}
