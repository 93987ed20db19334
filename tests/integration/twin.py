"""The twin: a chain that nothing disturbed, as the measure of one that much happened to.

Both run the same messages in the same blocks and end alike: all blocks but the last, a pause in
which snapshots come to rest, then the last block, which holds one message. So both have a snapshot
of the position before it, and its digest says whether store and heaps are equal byte for byte: it
adds up every store entry, every heap page (by its checksum) and what else a heap is.
"""
import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile

import harness

EVERY_BLOCK = ["--snapshot-every", 1]
# The twin keeps all of its snapshots: whatever the other one has, there is one to compare with.
KEEP_ALL = ["--snapshot-keep", 1000]
REST_LOOKS = 5  # in a row, so that work which is handed from thread to thread is seen


@dataclasses.dataclass
class Chain:
    """What is executed: the same for both."""
    kernel: pathlib.Path
    lines: list
    block: int

    def __post_init__(self):
        if len(self.lines) % self.block != 1:
            raise ValueError("the last block must hold one message")

    @property
    def settled_seqnum(self):
        """The position before the last block."""
        return len(self.lines) - 1

    def write(self, folder):
        """The messages without the last one, and all of them."""
        return (harness.write_messages(folder / "most.jsonl", self.lines[:-1]),
                harness.write_messages(folder / "all.jsonl", self.lines))


@dataclasses.dataclass
class Outcome:
    """What a chain came to."""
    first: dict      # the node's result, of the run that ends before the last block
    last: dict       # of the last block
    status: dict     # the sidecar's, after it
    answers: dict    # seqnum to the committed answer
    snapshots: dict  # seqnum to the record that `snapshot list` shows


def snapshots(data):
    """seqnum to record of every snapshot that a data folder holds."""
    run = subprocess.run([str(harness.bin_folder() / "headstart"), "--data", str(data), "--json",
                          "snapshot", "list"], capture_output=True, text=True,
                         timeout=harness.DEADLINE_S, check=False)
    if run.returncode != 0:
        raise AssertionError(f"snapshot list ended with {run.returncode}: {run.stderr}")
    return {record["seqnum"]: record for record in json.loads(run.stdout)["snapshots"]}


def rest(sidecar):
    """Wait until no thread of the sidecar has anything to do: then no snapshot is being written."""
    looks = 0

    def resting():
        nonlocal looks
        looks = looks + 1 if sidecar.is_resting() else 0
        return looks == REST_LOOKS
    harness.wait_for(resting, "the sidecar rests")


def conclude(chain, folder, sidecar, arguments=()):
    """Run a ready sidecar's node to the chain's end, and say what it came to."""
    most, everything = chain.write(folder)
    blocks = ["--block-size", chain.block]

    def settled():
        newest = sidecar.status()["snapshot"]["newest"]
        return newest == chain.settled_seqnum

    first = harness.Node(folder, most, arguments=[*blocks, *arguments]).run()
    rest(sidecar)
    # Without a notice of its commit, which would move the mark: a snapshot that is late because a
    # verification runs is then still one of the position before.
    node = harness.Node(folder, everything, arguments=[*blocks, "--commit-notice", "no"])
    last = node.run()
    harness.wait_for(settled, f"a snapshot at {chain.settled_seqnum}")
    status = sidecar.status()
    sidecar.stop()
    return Outcome(first, last, status, node.answered(), snapshots(sidecar.data))


class TwinCase(harness.IntegrationCase):
    """A case with a twin, made once for all of its tests: classes say `chain`."""

    chain = None

    @classmethod
    def setUpClass(cls):
        if cls.chain is None:
            return
        folder = pathlib.Path(tempfile.mkdtemp(prefix="hstw-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.twin = cls.undisturbed(cls.chain, folder)

    @classmethod
    def undisturbed(cls, chain, folder, arguments=()):
        """Run the chain straight through in a folder of its own."""
        sidecar = harness.Sidecar(folder, kernel=chain.kernel,
                                  arguments=[*EVERY_BLOCK, *KEEP_ALL, *arguments])
        try:
            sidecar.start().wait_ready()
            return conclude(chain, folder, sidecar, ["--interval-ms", 20])
        finally:
            sidecar.end()

    def start(self, *arguments, ready=True, **options):
        """A sidecar of this case's chain that makes a snapshot of every block."""
        sidecar = self.sidecar(kernel=self.chain.kernel, arguments=[*EVERY_BLOCK, *arguments],
                               **options)
        if ready:
            sidecar.wait_ready()
        return sidecar

    def chain_node(self, *arguments):
        """A node that goes through this case's chain but for its last block."""
        most, _ = self.chain.write(self.folder)
        return self.node(most, arguments=["--block-size", self.chain.block, *arguments])

    def finish(self, sidecar, arguments=(), but=frozenset()):
        """To the chain's end, which must be the twin's; what it came to."""
        outcome = conclude(self.chain, self.folder, sidecar, arguments)
        self.assert_is_twin(outcome, but)
        return outcome

    def assert_snapshots_are_twins(self, found, but=frozenset()):
        """Store and heaps of each snapshot are the twin's, but for the (seqnum, digest) excepted;
        how many were compared to the byte."""
        compared = 0
        for seqnum in sorted(set(found) & set(self.twin.snapshots)):
            ours, theirs = found[seqnum], self.twin.snapshots[seqnum]
            self.assertEqual(ours["hash"], theirs["hash"], f"snapshot at {seqnum}: hash")
            self.assertEqual(ours["keys"], theirs["keys"], f"snapshot at {seqnum}: keys")
            if not ours["images"] or (seqnum, ours["digest"]) in but:
                continue
            self.assertEqual(ours["pages"], theirs["pages"], f"snapshot at {seqnum}: pages")
            self.assertEqual(ours["digest"], theirs["digest"], f"snapshot at {seqnum}: digest")
            compared += 1
        return compared

    def assert_is_twin(self, outcome, but=frozenset()):
        """Position, real store, answers, outputs, and every heap byte."""
        for key in ("seqnum", "hash", "height", "store_hash"):
            self.assertEqual(outcome.last[key], self.twin.last[key], key)
        self.assert_same_chain(outcome.answers, self.twin.answers)
        self.assertEqual(len(outcome.answers), len(self.twin.answers))
        settled = self.chain.settled_seqnum
        self.assertEqual(outcome.snapshots[settled]["digest"],
                         self.twin.snapshots[settled]["digest"])
        self.assert_snapshots_are_twins(outcome.snapshots, but)
