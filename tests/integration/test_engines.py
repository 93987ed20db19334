"""A chain goes over to another engine: a daemon without it stops with words, one with both goes on."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/free.json"
BIN = harness.bin_folder()


def call(method, *args):
    return json.dumps({"to": "left", "method": method, "args": args})


class Engines(IntegrationCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.both = pathlib.Path(folder.name)  # where `headstart` is the program with two engines
        (self.both / "headstart").symlink_to(BIN / "headstart-two-engines")
        told = subprocess.run([str(self.both / "headstart"), "version", "--json"], check=True,
                              capture_output=True, timeout=harness.DEADLINE_S)
        self.first, self.second = json.loads(told.stdout)["engines"]
        self.height = 0

    def attached(self, binaries, data, store):
        daemon = self.sidecar(kernel=KERNEL, data=data, binaries=binaries)
        daemon.wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      store=python_node.Store(store),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        return node, daemon

    def deliver(self, node, message, **more):
        self.height += 1
        return node.deliver(message, self.height, harness.block_time(self.height), **more)

    def restarted(self, node, daemon, binaries, data):
        store = dict(node.store.entries)
        node.close()
        daemon.stop()
        return self.attached(binaries, data, store)

    def test_chain_changes__old_release_stops_and_the_new_one_goes_on(self):
        node, daemon = self.attached(BIN, "a", {})
        self.deliver(node, call("set", "k", "kept"))
        use = json.dumps({"kernel": "useEngine", "engine": self.second})
        with self.assertRaises(python_node.RpcError) as refused:
            self.deliver(node, use, control=True)
        for words in ("kernel_failed", self.first, self.second, "install a release of headstart"):
            self.assertIn(words, str(refused.exception))
        node, daemon = self.restarted(node, daemon, self.both, "a")
        answer = self.deliver(node, use, control=True)
        self.assertEqual(answer["status"], "fulfilled")
        self.assertNotEqual(answer["path"], "full_replay")  # what the release before left serves
        self.deliver(node, '{"kernel":"upgradeVat","vat":"left"}', control=True)
        told = [json.loads(event)["type"] for answer in node.runs(self.height)
                for event in answer["events"]]
        self.assertEqual(told, ["vat_upgraded"])
        self.assertEqual(node.store.entries["v1.engine"], self.second)
        self.assertEqual(node.store.entries["v2.engine"], self.first)
        answer = self.deliver(node, call("get", "k"))
        self.assertEqual(answer["value"], '"kept"')
        # Warm, and from the store alone, it is the same.
        node, daemon = self.restarted(node, daemon, self.both, "a")
        answer = self.deliver(node, call("ask", "right", "echo", 7), apply=False)
        self.assertNotEqual(answer["path"], "full_replay")
        node, daemon = self.restarted(node, daemon, self.both, "b")
        self.height -= 1
        again = self.deliver(node, call("ask", "right", "echo", 7))
        self.assertEqual(again["path"], "full_replay")
        self.assertEqual((answer["hash"], answer["value"]), (again["hash"], again["value"]))
        # And the release that lacks the engine says so before anything runs.
        node, daemon = self.restarted(node, daemon, BIN, "c")
        with self.assertRaises(python_node.RpcError) as refused:
            self.deliver(node, call("get", "k"))
        self.assertIn(f"on the engine {self.second}", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
