"""A vat that ends does not end in silence: the answer, the log and the metrics say so."""
import json
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/free.json"


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
        warnings = [line for line in daemon.log_text().splitlines() if "a vat has ended" in line]
        self.assertEqual(len(warnings), 1, daemon.log_text())
        for word in ("right", "no more"):
            self.assertIn(word, warnings[0])


if __name__ == "__main__":
    unittest.main()
