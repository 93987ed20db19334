"""The rules of a chain are in its state: a release that does not know their version says so, and
runs nothing."""
import json
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/free.json"
ECHO = json.dumps({"to": "left", "method": "echo", "args": [1]})


class Rules(IntegrationCase):
    def attached(self, store, data):
        """A node with `store` on a new daemon with its own data folder, and that daemon."""
        daemon = self.sidecar(kernel=KERNEL, data=data)
        daemon.wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"), store=python_node.Store(store),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        return node, daemon

    def test_unknown_version__is_refused_with_words_until_the_store_is_right_again(self):
        node, daemon = self.attached({}, "first")
        for height in (1, 2, 3):
            node.deliver(ECHO, height, harness.block_time(height))
        store = dict(node.store.entries)
        daemon.stop()
        rules = store["kernel.rules"]
        later = rules.replace('"version":1', '"version":2')
        self.assertNotEqual(later, rules)
        node, daemon = self.attached({**store, "kernel.rules": later}, "second")
        for _ in range(2):
            with self.assertRaises(python_node.RpcError) as refused:
                node.deliver(ECHO, 4, harness.block_time(4))
            self.assertIn("kernel_failed", str(refused.exception))
            self.assertIn("version 2", str(refused.exception))
            self.assertIn("use the release that the chain uses", str(refused.exception))
        node.store.write("kernel.rules", rules)
        answer = node.deliver(ECHO, 4, harness.block_time(4))
        self.assertEqual((answer["status"], answer["path"]), ("fulfilled", "full_replay"))

    def test_message_of_a_later_release__blames_no_disk_and_tells_the_way_past(self):
        node, daemon = self.attached({}, "first")
        node.deliver(ECHO, 1, harness.block_time(1))
        later = '{"kernel":"setRules","rules":{"version":2}}'
        for _ in range(2):
            with self.assertRaises(python_node.RpcError) as refused:
                node.deliver(later, 2, harness.block_time(2), control=True)
            self.assertIn("kernel_failed", str(refused.exception))
            self.assertIn("version 2", str(refused.exception))
        self.assertFalse(node.status()["disk"]["in_memory"])
        skip = daemon.log_text().rpartition("--skip ")[2].split()[0]
        answer = node.deliver(ECHO, 2, harness.block_time(2), apply=False)
        self.assertEqual((answer["status"], answer["path"]), ("fulfilled", "live"))
        daemon.stop()
        node.close()
        daemon = self.sidecar(kernel=KERNEL, data="first", arguments=("--skip", skip))
        daemon.wait_ready()
        node.connect()
        node.hello(harness.CHAIN_ID)
        answer = node.deliver(later, 2, harness.block_time(2), control=True)
        self.assertEqual(answer["status"], "rejected")
        self.assertEqual([json.loads(event)["type"] for event in answer["events"]],
                         ["message_skipped"])


if __name__ == "__main__":
    unittest.main()
