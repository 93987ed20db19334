"""The disk refuses under a running daemon, and takes writes again: nothing waits, nothing is wrong,
the daemon says what is missing, and heals without a restart."""
import json
import resource
import shutil
import subprocess
import unittest

import harness
from harness import IntegrationCase

SMALL = 16 << 10  # bytes: the daemon's own words fit a file of it, no store and no heap does
OFTEN = ("--snapshot-every", "30")
WELL = {"in_memory": False, "log_fenced": False, "log_fenced_since": None,
        "snapshots_failing_since": None, "without": []}


def refuse(sidecar):
    """From here on no file of the daemon's can be written past SMALL bytes (EFBIG)."""
    _, hard = resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE, (SMALL, hard))


def heal(sidecar):
    _, hard = resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


class DiskHeals(IntegrationCase):
    def setUp(self):
        super().setUp()
        lines = harness.workload_lines(240)
        self.parts = [self.messages(lines[:end], f"to-{end}.jsonl") for end in (60, 160, 220, 240)]
        self.oracle = {answer["seqnum"]: answer["hash"]
                       for answer in harness.solo(self.folder, self.parts[-1])}

    def go_on(self, part):
        """The chain goes on to the end of a part; the path of its first delivery."""
        node = self.node(self.parts[part])
        result = node.run()
        self.assertEqual(result["hash"], self.oracle[result["seqnum"]])
        for seqnum, answer in node.answered().items():
            self.assertEqual(answer["hash"], self.oracle[seqnum], f"hash at {seqnum}")
        return result["first_path"]

    def ask(self, *words):
        return subprocess.run([str(harness.bin_folder() / "headstart"), "--socket",
                               str(self.folder / "headstart.sock"), *words], capture_output=True,
                              text=True, timeout=60, check=False)

    def expect_told(self, disk):
        """What status says is what ready, the screen and the metrics say."""
        self.assertEqual(json.loads(self.ask("--json", "ready").stdout)["disk"], disk)
        ready, screen = self.ask("ready"), self.ask("status").stdout
        self.assertEqual(ready.returncode, 0)
        page = json.loads(self.ask("call", "metrics").stdout).splitlines()
        for told, words, metric in (
                (disk["in_memory"], "the kernel runs from memory", "headstart_in_memory 1"),
                (disk["log_fenced"], f"log fenced since seqnum {disk['log_fenced_since']}",
                 f"headstart_log_fenced_since_seqnum {disk['log_fenced_since']}"),
                (disk["snapshots_failing_since"], "snapshots failing since 2",
                 "headstart_snapshots_failing_since_timestamp_seconds "
                 f"{disk['snapshots_failing_since']}")):
            for text, word in ((ready.stderr, words), (screen, words), (page, metric)):
                self.assertEqual(word in text, bool(told), word)

    def finish(self, sidecar):
        """It heals with nobody there; the chain goes on, and a restart costs nothing."""
        heal(sidecar)
        harness.wait_for(lambda: sidecar.status()["disk"] == WELL, "all is well again")
        self.expect_told(WELL)
        self.assertIn("snapshots are written again", sidecar.log_text())
        self.assertGreater(sidecar.status()["snapshot"]["count"], 0)
        self.assertIn(self.go_on(2), ("swap", "live"))
        self.assertEqual(sidecar.status()["disk"], WELL)
        sidecar.stop()
        again = self.sidecar(arguments=OFTEN)
        again.wait_ready()
        self.assertEqual(self.go_on(3), "swap")
        again.stop()

    def test_log_and_snapshots(self):
        sidecar = self.sidecar(arguments=OFTEN)
        sidecar.wait_ready()
        self.go_on(0)
        refuse(sidecar)
        self.go_on(1)
        harness.wait_for(lambda: sidecar.status()["disk"]["snapshots_failing_since"],
                         "a snapshot was tried")
        disk = sidecar.status()["disk"]
        self.assertTrue(disk["log_fenced"], disk)
        self.assertFalse(disk["in_memory"])
        # From the first entry that no sync covered: of the second part, or before it.
        self.assertIn(disk["log_fenced_since"], range(1, 161))
        self.expect_told(disk)
        self.finish(sidecar)
        self.assertIn("writing works again", sidecar.log_text())

    def start_without(self):
        """A file stands in the data folder's place at the start, and is removed later."""
        sidecar = harness.Sidecar(self.folder, arguments=OFTEN)
        self.processes.append(sidecar)
        sidecar.data.write_text("x", encoding="utf-8")
        sidecar.start().wait_ready()
        disk = sidecar.status()["disk"]
        self.assertTrue(disk["in_memory"] and disk["log_fenced"], disk)
        self.assertEqual(set(disk["without"]),
                         {"snapshot", "log", "images", "quarantine", "RATES"})
        self.assertIn("gone without", self.ask("ready").stderr)
        return sidecar

    def test_start_without_a_folder__heals_before_a_node_comes(self):
        sidecar = self.start_without()
        sidecar.data.unlink()
        harness.wait_for(lambda: sidecar.status()["disk"] == WELL, "the folder is had")
        sidecar.wait_ready()
        self.expect_told(WELL)
        self.go_on(2)
        sidecar.stop()
        again = self.sidecar(arguments=OFTEN)
        again.wait_ready()
        self.assertEqual(self.go_on(3), "swap")
        again.stop()

    def test_start_without_a_folder__heals_under_a_node(self):
        sidecar = self.start_without()
        self.go_on(1)
        self.assertTrue(sidecar.data.is_file(), "nothing of it was touched")
        sidecar.data.unlink()
        self.finish(sidecar)
        self.assertIn("log can be had again", sidecar.log_text())

    def test_kernel_from_memory(self):
        sidecar = self.sidecar(arguments=OFTEN)
        sidecar.wait_ready()
        self.go_on(0)
        sidecar.stop()
        shutil.rmtree(sidecar.data)
        sidecar = self.sidecar(arguments=OFTEN)
        sidecar.wait_ready()
        refuse(sidecar)
        self.assertEqual(self.go_on(1), "full_replay")
        disk = sidecar.status()["disk"]
        self.assertTrue(disk["in_memory"] and disk["snapshots_failing_since"], disk)
        self.expect_told(disk)
        self.finish(sidecar)
        self.assertIn("not in memory", sidecar.log_text())


if __name__ == "__main__":
    unittest.main()
