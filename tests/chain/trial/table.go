package trial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Tables writes what several tests found as Markdown: a line for each, for each act, and what they
// took of their machine.
func Tables(out io.Writer, reports []Report) {
	tests(out, reports)
	actsOf(out, reports)
	usages(out, reports)
}

// ReadReport reads what Print wrote.
func ReadReport(in io.Reader) (r Report, err error) { return r, json.NewDecoder(in).Decode(&r) }

func tests(out io.Writer, reports []Report) {
	fmt.Fprintln(out, "| seed | heights | txs | failed | acts | missed by `both_killed` (`baseline`) "+
		"| `reverts_ratio` | SDK, IAVL, client, sidecar µs a call | equal |")
	fmt.Fprintln(out, "|---:|---:|---:|---:|---:|---|---:|---|---|")
	for _, r := range reports {
		var both []string
		for _, a := range r.Acts {
			if a.Act == "both_killed" {
				both = append(both, fmt.Sprintf("%d (%d)", a.Missed, a.Baseline))
			}
		}
		p := r.PerCallUs
		fmt.Fprintf(out, "| %d | %d | %d | %d | %d | %s | %.2f | %.0f, %.0f, %.0f, %.0f | %v |\n", r.Seed, r.Heights,
			r.Txs, r.FailedTxs, len(r.Acts), strings.Join(both, ", "), r.RevertsRatio,
			p.SDK, p.IAVL, p.Client, p.Sidecar, r.Held())
	}
	fmt.Fprintln(out)
}

// grouped is what all reports tell, by name.
func grouped[T any](reports []Report, of func(Report) []T, name func(T) string) map[string][]T {
	all := map[string][]T{}
	for _, r := range reports {
		for _, one := range of(r) {
			all[name(one)] = append(all[name(one)], one)
		}
	}
	return all
}

func actsOf(out io.Writer, reports []Report) {
	byName := grouped(reports, func(r Report) []Act { return r.Acts }, func(a Act) string { return a.Act })
	fmt.Fprintln(out, "| act | times | path | missed | `baseline` | `back_s` |")
	fmt.Fprintln(out, "|---|---:|---|---:|---:|---:|")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all := byName[name]
		paths := map[string]int{}
		for _, a := range all {
			paths[a.Path]++
		}
		fmt.Fprintf(out, "| `%s` | %d | %s | %s | %s | %s |\n", name, len(all), counted(paths),
			spread(all, "%.0f", func(a Act) float64 { return float64(a.Missed) }),
			spread(all, "%.0f", func(a Act) float64 { return float64(a.Baseline) }),
			spread(all, "%.1f", func(a Act) float64 { return a.BackS }))
	}
	fmt.Fprintln(out)
}

func usages(out io.Writer, reports []Report) {
	byProcess := grouped(reports, func(r Report) []Usage { return r.Usage },
		func(u Usage) string { return u.Process })
	fmt.Fprintln(out, "| process | of a core, idle | of a core, under load | MiB of memory | MiB of disk |")
	fmt.Fprintln(out, "|---|---:|---:|---:|---:|")
	for _, process := range slices.Sorted(maps.Keys(byProcess)) {
		all := byProcess[process]
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", process,
			spread(all, "%.2f", func(u Usage) float64 { return u.IdleCPU }),
			spread(all, "%.2f", func(u Usage) float64 { return u.LoadCPU }),
			spread(all, "%.0f", func(u Usage) float64 { return u.MemoryMiB }),
			spread(all, "%.1f", func(u Usage) float64 { return u.DiskMiB }))
	}
	measured := slices.DeleteFunc(slices.Clone(reports), func(r Report) bool { return r.StateMiB == 0 })
	fmt.Fprintf(out, "\nApplication state, MiB: %s; a state-sync, MiB: %s\n",
		spread(measured, "%.1f", func(r Report) float64 { return r.StateMiB }),
		spread(measured, "%.2f", func(r Report) float64 { return r.SyncMiB }))
}

// counted names what was counted, the most frequent first.
func counted(times map[string]int) string {
	names := slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("`%s` %d", name, times[name])
	}
	return strings.Join(names, ", ")
}

// spread is the least, the median and the most of a figure.
func spread[T any](of []T, format string, figure func(T) float64) string {
	if len(of) == 0 {
		return ""
	}
	var all []float64
	for _, o := range of {
		all = append(all, figure(o))
	}
	slices.Sort(all)
	one := func(f float64) string { return fmt.Sprintf(format, f) }
	return one(all[0]) + " / " + one(all[len(all)/2]) + " / " + one(all[len(all)-1])
}
