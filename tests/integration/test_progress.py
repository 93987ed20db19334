"""A node that waits long is told how far its wait is; one that knows nothing of it waits the same.

How long a wait is, is the test's to say: the sidecar asks the node for its store, and the node
answers when it was told often enough."""
import shutil
import subprocess
import time
import unittest

import harness
import python_nodes
from python_nodes import python_node


class Deaf(python_node.PythonNode):
    """A client of the first version: what it does not know it passes over; counted from outside."""

    passed_over = 0

    def _told(self, frame):
        self.passed_over += 1


class Progress(python_nodes.PythonNodes):
    NOTICES = 2

    def prepare(self, kind=python_node.PythonNode):
        """A store with some history, and a sidecar that has nothing of it."""
        lines = harness.workload_lines(45)
        oracle = harness.solo(self.folder, self.messages(lines))
        sidecar = self.start(kernel=harness.LEDGER)
        node = self.client()
        for at, line in enumerate(lines[:-1]):
            told, began = len(node.progress), time.monotonic()
            node.deliver(line, at // 20 + 1, harness.block_time(at // 20 + 1))
            waited_s = round(time.monotonic() - began)
            self.assertLessEqual(len(node.progress) - told, waited_s, "once a second at most")
        node.close()
        sidecar.stop()
        shutil.rmtree(sidecar.data)
        self.start(kernel=harness.LEDGER)
        again = kind(str(self.folder / "headstart.sock"), node.store, timeout=harness.DEADLINE_S)
        again.connect()
        self.addCleanup(again.close)
        again.hello(harness.CHAIN_ID)
        return again, lines[-1], oracle[-1]

    def wait_in_a_scan(self, node, told):
        """The store is given out when `told` says how often the node was told."""
        honest = node.answers["store.scan"]

        def slow(params):
            while told() < self.NOTICES:
                frame = node.receive()
                self.assertEqual(frame[:2], [2, "progress"])
                node._told(frame)  # pylint: disable=protected-access
            return honest(params)

        node.answers["store.scan"] = slow

    def test_full_replay__is_told_while_the_node_waits(self):
        node, line, last = self.prepare()
        self.wait_in_a_scan(node, lambda: len(node.progress))
        result = node.deliver(line, 3, harness.block_time(3))
        self.assertEqual((result["path"], result["hash"]), ("full_replay", last["hash"]))
        self.assertGreaterEqual(len(node.progress), self.NOTICES)
        for notice in node.progress:
            self.assertEqual(sorted(notice), ["done", "eta_s", "phase", "total"])
            self.assertEqual(notice["phase"], "full_replay")
            self.assertIsInstance(notice["done"], int)
        told = len(node.progress)
        node.commit(3)
        node.status()
        self.assertEqual(len(node.progress), told, "nobody waits any more")

    def test_attach__is_told_as_well(self):
        node, line, last = self.prepare()
        self.wait_in_a_scan(node, lambda: len(node.progress))
        self.assertEqual(node.attach(3)["path"], "full_replay")
        self.assertGreaterEqual(len(node.progress), self.NOTICES)
        self.assertEqual(node.deliver(line, 3, harness.block_time(3))["hash"], last["hash"])

    def test_old_client__passes_it_over_and_has_the_same_answer(self):
        node, line, last = self.prepare(Deaf)
        self.wait_in_a_scan(node, lambda: node.passed_over)
        result = node.deliver(line, 3, harness.block_time(3))
        self.assertEqual((result["path"], result["hash"]), ("full_replay", last["hash"]))
        self.assertEqual(node.progress, [])

    def test_message_that_runs_long__is_told_with_its_phase_until_it_ends(self):
        self.start("--reads", "node", kernel=harness.LEDGER)
        node = self.client()
        lines = harness.workload_lines(2)
        node.deliver(lines[0], 1, harness.block_time(1))
        honest = node.answers["store.get"]

        def slow(params):  # the message reads the node's store while it runs
            while len(node.progress) < self.NOTICES:
                node._told(node.receive())  # pylint: disable=protected-access
            return honest(params)

        node.answers["store.get"] = slow
        self.assertEqual(node.deliver(lines[1], 1, harness.block_time(1))["path"], "live")
        for notice in node.progress:
            self.assertEqual(notice, {"phase": "live", "done": 0, "total": None, "eta_s": None})

    def test_reference_node__says_and_counts_what_it_is_told(self):
        socket = self.folder / "headstart.sock"
        server = subprocess.Popen([str(harness.bin_folder() / "scripted-server"), str(socket)])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        node = self.node(self.messages(["tell 3", "tell 2"]), chain_id="test-chain")
        self.assertEqual(node.run()["progress_notices"], 5)
        self.assertIn("headstart-node: waiting: full_replay, 2 of 6\n", node.errors)


if __name__ == "__main__":
    unittest.main()
