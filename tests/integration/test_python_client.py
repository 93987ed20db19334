"""The independent client plays the node, its store a dictionary: the same chain comes out."""
import json
import shutil
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position


class PythonClient(IntegrationCase):
    BLOCK = 20

    def client(self, store=None):
        node = python_node.PythonNode(str(self.folder / "headstart.sock"), store,
                                      timeout=harness.DEADLINE_S)
        node.connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        return node

    def deliver_at(self, node, line, height):
        return node.deliver(line, height, harness.block_time(height))

    def deliver_all(self, node, lines, begin=0):
        """Deliver lines[begin:] in blocks; the results."""
        results = []
        for at in range(begin, len(lines)):
            results.append(self.deliver_at(node, lines[at], at // self.BLOCK + 1))
            if (at + 1) % self.BLOCK == 0:
                node.commit(at // self.BLOCK + 1)
        return results

    def test_whole_workload__gives_the_hash_and_report_of_solo(self):
        lines = [*harness.workload_lines(), harness.REPORT]
        oracle = harness.solo(self.folder, self.messages(lines))
        self.sidecar().wait_ready()
        results = self.deliver_all(self.client(), lines)
        self.assertEqual([result["hash"] for result in results],
                         [answer["hash"] for answer in oracle])
        self.assertEqual(json.loads(results[-1]["value"]),
                         json.loads(harness.EXPECTED.read_text(encoding="utf-8")))

    def test_attach__the_replay_is_over_before_the_first_message(self):
        lines = harness.workload_lines(60)
        oracle = harness.solo(self.folder, self.messages(lines))
        sidecar = self.sidecar()
        sidecar.wait_ready()
        node = self.client()
        self.assertEqual(node.attach(0)["path"], "cold")
        self.assertEqual(node.store.entries, {})
        self.deliver_all(node, lines[:40])
        node.close()
        second = self.client(node.store)  # the same chain from another place: all ours is there
        self.assertEqual(second.attach(2)["path"], "swap")
        second.close()
        sidecar.kill()
        shutil.rmtree(sidecar.data)
        self.sidecar().wait_ready()
        third = self.client(node.store)
        attached = third.attach(2)
        self.assertEqual(attached["path"], "full_replay")
        self.assertGreater(attached["replayed"], 0)
        self.assertGreater(third.questions["store.scan"], 0)
        results = self.deliver_all(third, lines, 40)
        self.assertEqual(results[0]["path"], "live")
        self.assertEqual(results[-1]["hash"], oracle[-1]["hash"])

    def test_reference_node_attaches__its_first_delivery_is_live(self):
        file = self.messages(harness.workload_lines(60))
        self.sidecar().wait_ready()
        first = self.node(file, arguments=["--blocks", 2, "--attach"]).run()
        self.assertEqual((first["attach_path"], first["first_path"]), ("cold", "cold"))
        then = self.node(file, arguments=["--attach"]).run()
        self.assertEqual((then["attach_path"], then["first_path"]), ("swap", "live"))
        self.assertEqual(then["hash"], harness.solo(self.folder, file)[-1]["hash"])

    def test_sidecar_killed_in_a_delivery__store_unchanged_and_the_delivery_succeeds_again(self):
        lines = ['{"to":"town","method":"count","args":[%d]}' % i for i in range(50)]
        lines.append('{"to":"town","method":"work","args":[3000000]}')
        oracle = harness.solo(self.folder, self.messages(lines), kernel=harness.TOWN)
        sidecar = self.sidecar(kernel=harness.TOWN)
        sidecar.wait_ready()
        node = self.client()
        self.deliver_all(node, lines[:-1])
        before = dict(node.store.entries)
        node.send([0, 4711, "deliver", [node.delivery(lines[-1], 3, harness.block_time(3))]])
        status = harness.wait_for(lambda: sidecar.status(), "the sidecar answers meanwhile")
        self.assertEqual(status["seqnum"], 50)
        sidecar.kill()
        with self.assertRaises(python_node.Disconnected):
            node.await_result(4711)
        self.assertEqual(node.store.entries, before)
        self.sidecar(kernel=harness.TOWN).wait_ready()
        again = self.client(node.store)
        result = self.deliver_at(again, lines[-1], 3)
        self.assertEqual(result["hash"], oracle[-1]["hash"])
        self.assertIn(result["path"], ("swap", "catch_up", "roll_back"))

    def test_node_that_fails_its_questions__gets_an_error_and_may_try_again(self):
        lines = harness.workload_lines(60)
        oracle = harness.solo(self.folder, self.messages(lines))
        first = self.sidecar()
        first.wait_ready()
        node = self.client()
        self.deliver_all(node, lines[:-1])
        first.kill()
        self.sidecar(data="empty").wait_ready()
        again = self.client(node.store)
        honest = again.answers["store.scan"]
        again.answers["store.scan"] = lambda params: ("disk on fire", None)
        before = dict(again.store.entries)
        with self.assertRaises(python_node.RpcError) as failure:
            self.deliver_at(again, lines[-1], 3)
        self.assertEqual(failure.exception.code, "node_failed")
        self.assertEqual(again.store.entries, before)
        again.answers["store.scan"] = honest
        result = self.deliver_at(again, lines[-1], 3)
        self.assertEqual(result["path"], "full_replay")
        self.assertEqual(result["hash"], oracle[-1]["hash"])

    def test_position_that_the_store_does_not_hold__is_an_error(self):
        lines = harness.workload_lines(45)
        oracle = harness.solo(self.folder, self.messages(lines))
        self.sidecar().wait_ready()
        node = self.client()
        self.deliver_all(node, lines[:-1])
        before = dict(node.store.entries)
        for seqnum, digest in ((44, "ab" * 32), (99, "cd" * 32), (43, before["kernel.hash"]),
                               (0, "")):  # at the origin a store is empty, this one is not
            wrong = {**node.delivery(lines[-1], 3, harness.block_time(3)), "seqnum": seqnum,
                     "hash": digest}
            with self.assertRaises(python_node.RpcError, msg=f"{seqnum} {digest}"):
                node.request("deliver", wrong)
        self.assertEqual(node.store.entries, before)
        self.assertEqual(self.deliver_at(node, lines[-1], 3)["hash"], oracle[-1]["hash"])


if __name__ == "__main__":
    unittest.main()
