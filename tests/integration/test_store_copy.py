"""A full replay copies the node's store, a scan ahead: what ends it in the middle leaves nothing.

The node gives its store out in small pieces, so that a copy has a middle."""
import shutil
import signal
import unittest

import harness
import python_nodes
from python_nodes import python_node

PIECE_BYTES = 1000


class Copy(python_nodes.PythonNodes):
    IN_THE_MIDDLE = 4  # scans that were answered before

    def setUp(self):
        super().setUp()
        self.lines = harness.workload_lines(45)
        self.oracle = harness.solo(self.folder, self.messages(self.lines))
        self.daemon = self.start(kernel=harness.LEDGER)
        node = self.client()
        for at, line in enumerate(self.lines[:-1]):
            node.deliver(line, at // 20 + 1, harness.block_time(at // 20 + 1))
        node.close()
        self.store = node.store
        self.entries = dict(node.store.entries)
        self.daemon.stop()
        shutil.rmtree(self.daemon.data)
        self.daemon.start().wait_ready()

    def piecewise(self, then=None):
        """A node that answers in small pieces and, in the middle, does what `then` does first."""
        node = self.client(self.store)

        def scan(params):
            if then and node.questions["store.scan"] == self.IN_THE_MIDDLE + 1:
                wrong = then(node)
                if wrong:
                    return wrong
            entries, more = node.store.scan(params["after"], PIECE_BYTES)
            return None, {"entries": entries, "more": more}

        node.answers["store.scan"] = scan
        return node

    def deliver_last(self, node):
        return node.deliver(self.lines[-1], 3, harness.block_time(3))

    def finish(self):
        """Whatever happened: the next attempt is a full replay, and comes to the chain's hash."""
        harness.wait_for(lambda: not self.daemon.status()["node"]["connected"], "no node is connected")
        node = self.piecewise()
        answer = self.deliver_last(node)
        self.assertEqual((answer["path"], answer["hash"]), ("full_replay", self.oracle[-1]["hash"]))
        self.assertGreater(node.questions["store.scan"], 2 * self.IN_THE_MIDDLE)

    def refused(self, node):
        with self.assertRaises(python_node.RpcError) as failure:
            self.deliver_last(node)
        node.close()
        self.assertEqual(self.store.entries, self.entries)
        return failure.exception

    def test_node_that_goes__is_served_when_it_comes_again(self):
        def leave(node):
            node.close()
            raise python_node.Disconnected

        with self.assertRaises(python_node.Disconnected):
            self.deliver_last(self.piecewise(leave))
        self.finish()

    def test_node_that_fails_a_scan__is_told_so_and_nothing_else(self):
        failure = self.refused(self.piecewise(lambda node: ("disk on fire", None)))
        self.assertEqual(failure.code, "node_failed")
        self.assertIn("store.scan: disk on fire", str(failure))
        self.finish()

    def test_scan_that_leads_back__is_the_nodes_failure(self):
        failure = self.refused(self.piecewise(
            lambda node: (None, {"entries": node.store.scan("", 1)[0], "more": True})))
        self.assertEqual(failure.code, "node_failed")
        self.assertIn("leads nowhere", str(failure))
        self.finish()

    def test_sidecar_that_is_killed__begins_again(self):
        def kill(_):
            self.daemon.kill()

        with self.assertRaises(python_node.Disconnected):
            self.deliver_last(self.piecewise(kill))
        self.daemon.start().wait_ready()
        self.finish()

    def test_stop__does_not_wait_for_the_rest(self):
        node = self.piecewise(lambda _: self.daemon.process.send_signal(signal.SIGTERM))
        self.ends_without_an_answer(node)
        self.assertEqual(self.daemon.process.wait(timeout=harness.DEADLINE_S), 0)
        self.daemon.start().wait_ready()
        self.finish()

    def ends_without_an_answer(self, node):
        with self.assertRaises((python_node.RpcError, python_node.Disconnected)):
            self.deliver_last(node)
        self.assertEqual(self.store.entries, self.entries)

    def test_damaged_transcript__is_named_and_mended_by_the_right_store(self):
        key = next(key for key in self.entries if key.endswith(".t.7"))
        whole = self.entries[key]
        self.store.write(key, "{}")
        self.entries[key] = "{}"
        self.assertIn(f'kernel store: "{key}": no transcript item',
                      str(self.refused(self.piecewise())))
        self.store.write(key, whole)
        self.finish()


if __name__ == "__main__":
    unittest.main()
