"""Offline tools on the data folder of a daemon that is busy on it.

They once linked the daemon's tables into their own copy, and recovery there cut them short under the
daemon. So here they run in a loop while a node delivers: every answer must be good, the daemon must
live, and what it leaves behind must be whole and the same as where no tool ever ran.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
import harness  # noqa: E402
from harness import IntegrationCase  # noqa: E402

STRETCH = 500
ROUNDS_MIN = 3


class BusyDaemon(IntegrationCase):
    def tool(self, *words):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("HEADSTART_")}
        return subprocess.run([str(harness.bin_folder() / "headstart"), "--data",
                               str(self.folder / "sidecar"), "--socket",
                               str(self.folder / "headstart.sock"), "--json", *words],
                              capture_output=True, text=True, env=environment,
                              timeout=harness.DEADLINE_S, check=False)

    def document(self, *words):
        run = self.tool(*words)
        self.assertEqual((run.returncode, run.stderr), (0, ""), words)
        return json.loads(run.stdout)

    def one_round(self):
        snapshots = self.document("snapshot", "list")["snapshots"]
        if not snapshots:
            return False
        verdict = self.document("snapshot", "verify")
        self.assertTrue(verdict["ok"])
        self.assertGreaterEqual(verdict["seqnum"], snapshots[0]["seqnum"])
        # An older one, which the daemon may drop meanwhile: then it is missing, never bad.
        older = self.tool("snapshot", "verify", str(snapshots[len(snapshots) // 2]["seqnum"]))
        self.assertIn(older.returncode, (0, 66), older.stderr)
        self.assertRegex(self.document("store", "hash")["hash"], "^[0-9a-f]{64}$")
        self.assertTrue(self.document("log", "verify")["ok"])
        self.assertIn(self.document("plan")["path"], ("swap", "catch_up", "roll_back"))
        return True

    def test_tools_in_a_loop_beside_a_node_that_delivers(self):
        sidecar = self.sidecar(arguments=("--snapshot-every", 20, "--snapshot-keep", 4))
        sidecar.wait_ready()
        lines, rounds = [], 0
        while rounds < ROUNDS_MIN:  # tools may be slower than a node's stretch of messages
            lines += harness.workload_lines(STRETCH)
            messages = self.messages(lines)
            node = self.node(messages)
            node.start()
            while node.process.poll() is None:
                rounds += self.one_round()
                self.assertIsNone(sidecar.process.poll(), "the daemon lives")
            result = node.result()
            self.assertEqual(result["seqnum"], len(lines))
        counters = sidecar.status()["counters"]
        for bad in ("failed", "full_replays", "divergences", "snapshots_failed", "log_failures"):
            self.assertEqual(counters[bad], 0, bad)
        self.assertTrue(self.one_round())
        sidecar.stop()
        self.check_what_is_left(result)
        self.assertEqual(result["store_hash"], self.twin_result(messages)["store_hash"])

    def check_what_is_left(self, result):
        for snapshot in self.document("snapshot", "list")["snapshots"]:
            self.assertTrue(self.document("snapshot", "verify", str(snapshot["seqnum"]))["ok"])
        verdict = self.document("log", "verify")
        self.assertEqual((verdict["ok"], verdict["last"]), (True, result["seqnum"]))
        quarantine = self.folder / "sidecar/quarantine"
        self.assertEqual(list(quarantine.iterdir()) if quarantine.exists() else [], [])
        copies = [path.name for path in (self.folder / "sidecar/snapshot").glob(".read-*")]
        self.assertEqual(copies, [])
        sidecar = self.sidecar()
        status = sidecar.wait_ready()
        self.assertEqual((status["seqnum"], status["hash"]), (result["seqnum"], result["hash"]))
        self.assertEqual(status["counters"]["full_replays"], 0)
        sidecar.stop()


if __name__ == "__main__":
    unittest.main()
