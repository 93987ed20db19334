"""Timers and what comes in by the bridge, over real processes that end and come back: the chain is
the one of a sidecar that never stopped."""
import json
import shutil
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/sleepers.json"
BLOCKS = 14


def call(vat, method, *args):
    return json.dumps({"to": vat, "method": method, "args": list(args)})


# Height: what its block holds; (message, control).
SCRIPT = {
    1: [(call("left", "often", 2, 7, "a"), False), (call("right", "in", 31, "b"), False)],
    2: [(call("right", "register"), False)],
    3: [('{"bridge":"bridge","args":["coin",9]}', True)],
    5: [(call("left", "chase", "c"), False), ('{"bridge":"bridge","args":["coin",200]}', True)],
    8: [(call("right", "drop", "coin"), False)],
    9: [('{"bridge":"bridge","args":["late",1]}', True), (call("left", "at", 5, "d"), False)],
}


class Timers(IntegrationCase):
    def client(self, store=None):
        node = python_node.PythonNode(str(self.folder / "headstart.sock"), store,
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        return node

    def block(self, node, height):
        """(hash, woken) of the block; its first path."""
        time = harness.block_time(height)
        answers = [node.deliver(message, height, time, control=control)
                   for message, control in SCRIPT.get(height, [])]
        answers += node.runs(height, time)
        self.assertFalse(node.run_is_due(time))
        node.commit(height, node.position())
        woken = [json.loads(output) for answer in answers for output in answer["outputs"]]
        return (node.position()[1], woken), answers[0]["path"] if answers else None

    def chain_without_a_stop(self):
        daemon = self.sidecar(kernel=KERNEL, data="steady")
        daemon.wait_ready()
        node = self.client()
        blocks = [self.block(node, height)[0] for height in range(1, BLOCKS + 1)]
        node.close()
        daemon.stop()
        return blocks

    def test_restarts__wake_the_same_in_the_same_order(self):
        steady = self.chain_without_a_stop()
        woken = [name.split()[0] for _, names in steady for name in names]
        for name in ("left.a", "right.b", "right.coin", "left.c", "right.late", "left.d"):
            self.assertIn(name, woken)
        self.assertGreater(woken.count("left.c"), 3)  # asks again in each block
        store, paths = None, set()
        for height in range(1, BLOCKS + 1):
            if height % 4 == 0:
                shutil.rmtree(self.folder / "moving")
            daemon = self.sidecar(kernel=KERNEL, data="moving")
            daemon.wait_ready()
            node = self.client(store)
            block, path = self.block(node, height)
            self.assertEqual(block, steady[height - 1], f"block {height} ({path})")
            paths.add(path)
            store = node.store
            node.close()
            if height % 2 == 0:
                daemon.kill()
            else:
                daemon.stop()
        self.assertLessEqual({"cold", "full_replay"}, paths)
        self.assertTrue(paths & {"swap", "catch_up"}, paths)

    def test_user__cannot_speak_by_the_bridge(self):
        self.sidecar(kernel=KERNEL).wait_ready()
        node = self.client()
        node.deliver(call("right", "register"), 1, harness.block_time(1))
        forged = node.deliver('{"bridge":"bridge","args":["coin",1]}', 1, harness.block_time(1))
        self.assertEqual(forged["status"], "rejected")
        self.assertIn("only the chain itself", forged["value"])
        self.assertEqual(node.runs(2, harness.block_time(2)), [])


if __name__ == "__main__":
    unittest.main()
