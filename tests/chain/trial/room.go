package trial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// room is a filesystem of one sidecar's own, in memory, whose size can be changed under it.
type room struct{ folder string }

const roomy = 4 << 30 // bytes; none is taken before it is used

// newRoom mounts a room at folder, which is made.
func newRoom(folder string) (*room, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return &room{folder}, unix.Mount("headstart-chain", folder, "tmpfs", 0, size(roomy))
}

func size(bytes uint64) string { return fmt.Sprintf("size=%d,mode=0700", bytes) }

// shrink leaves no byte free.
func (r *room) shrink() error {
	var s unix.Statfs_t
	if err := unix.Statfs(r.folder, &s); err != nil {
		return err
	}
	used := (s.Blocks - s.Bfree) * uint64(s.Bsize)
	return unix.Mount("", r.folder, "", unix.MS_REMOUNT, size(max(used, uint64(s.Bsize))))
}

// widen leaves as much free as there was.
func (r *room) widen() error {
	return unix.Mount("", r.folder, "", unix.MS_REMOUNT, size(roomy))
}

// close takes the room away, with what is in it.
func (r *room) close() { _ = unix.Unmount(r.folder, unix.MNT_DETACH) }

// moveIn has v's sidecar, and its data, live in a room of its own from now on.
func (v *validator) moveIn() error {
	if v.room != nil {
		return nil
	}
	v.end(&v.sidecar)
	r, err := newRoom(filepath.Join(v.Folder, "room"))
	if err != nil {
		return err
	}
	was := v.sidecarData()
	v.room = r
	if out, err := exec.Command("cp", "-a", "--sparse=always", was, v.sidecarData()).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: its sidecar's data cannot be copied: %s", v.Name, out)
	}
	if err := os.RemoveAll(was); err != nil {
		return err
	}
	return v.startSidecar()
}
