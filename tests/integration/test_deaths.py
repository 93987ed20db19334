"""A vat that ends does not end in silence: the answer, the log and the metrics say so."""
import hashlib
import json
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/free.json"
LATE = KERNEL.with_name("late-bootstrap.json")


class Deaths(IntegrationCase):
    def test_a_vat_that_ends__is_told_in_answer_log_and_metrics(self):
        daemon = self.sidecar(kernel=KERNEL)
        daemon.wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        call = {"to": "right", "method": "exitFailing", "args": ["no more"]}
        answer = node.deliver(json.dumps(call), 1, harness.block_time(1))
        self.assertEqual(answer["status"], "rejected")
        event = json.loads(answer["events"][0])
        self.assertEqual((event["type"], event["vat"]), ("vat_ended", "right"))
        self.assertIn("no more", event["reason"])
        self.assertGreater(answer["queued"], 0)
        page = node.request("metrics", {})
        self.assertIn(f"headstart_run_queue_length {answer['queued']}\n", page)
        self.assertIn(f"headstart_ticks_total {answer['ticks']}\n", page)
        self.assertEqual(node.runs(1, harness.block_time(1))[-1]["status"], "fulfilled")
        self.assertIn("headstart_vats_ended_total 1\n", node.request("metrics", {}))
        lines = [line for line in daemon.log_text().splitlines() if "a vat has ended" in line]
        self.assertEqual(len(lines), 1, daemon.log_text())
        sha256 = hashlib.sha256(json.dumps(call).encode()).hexdigest()
        for word in ("error", '"right"', "no more", "seqnum 1,", "message exitFailing",
                     "right.exitFailing", sha256):
            self.assertIn(word, lines[0])
        ended = [{"vat": "right", "vatID": "v2", "seqnum": 1, "reason": event["reason"],
                  "delivery": "message exitFailing"}]
        harness.wait_for(lambda: daemon.status()["vats_ended"] == ended, "status tells it")
        node.commit(1)
        daemon.stop()
        daemon.start()
        daemon.wait_ready()
        harness.wait_for(lambda: daemon.status()["vats_ended"] == ended, "it is still told")

    def test_bootstrap_rejected_late__stops_the_chain_there_and_can_be_passed_over(self):
        daemon = self.sidecar(kernel=LATE)
        daemon.wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        count = '{"to":"late","method":"count","args":[]}'
        reject = '{"to":"late","method":"settle","args":["reject","no site"]}'
        node.deliver(count, 1, harness.block_time(1))
        for again in range(2):
            with self.assertRaises(python_node.RpcError) as refused:
                node.deliver(reject, 2, harness.block_time(2))
            self.assertIn("bootstrap was rejected", str(refused.exception))
            self.assertIn("no site", str(refused.exception))
            if again:
                continue
            daemon.kill()  # the same from the node's store, and from our own
            node.close()
            daemon.start()
            daemon.wait_ready()
            node.connect()
            node.hello(harness.CHAIN_ID)
        skip = daemon.log_text().rpartition("--skip ")[2].split()[0]
        daemon.stop()
        node.close()
        daemon = self.sidecar(kernel=LATE, arguments=("--skip", skip))
        daemon.wait_ready()
        node.connect()
        node.hello(harness.CHAIN_ID)
        self.assertEqual(node.deliver(reject, 2, harness.block_time(2))["status"], "rejected")
        self.assertEqual(node.deliver(count, 2, harness.block_time(2))["value"], "2")


if __name__ == "__main__":
    unittest.main()
