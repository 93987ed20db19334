"""The main job over the whole real workload: the numbers that come out are the expected ones."""
import json
import unittest

import harness
from harness import IntegrationCase


class WholeWorkload(IntegrationCase):
    """The real workload, compared with `headstart solo` message by message."""

    @classmethod
    def setUpClass(cls):
        cls.lines = [*harness.workload_lines(), harness.REPORT]
        cls.expected = json.loads(harness.EXPECTED.read_text(encoding="utf-8"))

    def test_solo__whole_workload_gives_the_expected_report(self):
        answers = harness.solo(self.folder, self.messages(self.lines))
        self.assertEqual(len(answers), len(self.lines))
        self.assertEqual(answers[-1]["value"], self.expected)

    def test_node_and_sidecar__give_the_hash_and_report_of_solo(self):
        messages = self.messages(self.lines)
        oracle = {answer["seqnum"]: answer for answer in harness.solo(self.folder, messages)}
        self.sidecar().wait_ready()
        node = self.node(messages)
        result = node.run()
        self.assertEqual(result["first_path"], "cold")
        self.assertEqual(result["seqnum"], len(self.lines))
        self.assertEqual(result["hash"], oracle[len(self.lines)]["hash"])
        self.assert_same_chain(node.answered(), oracle)
        self.assertEqual(node.answered()[len(self.lines)]["value"], self.expected)

    def test_both_killed_past_the_middle__go_on_from_the_preloaded_kernel(self):
        messages = self.messages(self.lines)
        oracle = {answer["seqnum"]: answer for answer in harness.solo(self.folder, messages)}
        sidecar = self.sidecar()
        sidecar.wait_ready()
        self.node(messages, arguments=["--crash-after", 1487]).crash()
        sidecar.kill()
        self.sidecar().wait_ready()
        node = self.node(messages)
        result = node.run()
        self.assertIn(result["first_path"], ("swap", "catch_up", "roll_back"))
        self.assertEqual(result["hash"], oracle[len(self.lines)]["hash"])
        self.assert_same_chain(node.answered(), oracle)
        self.assertEqual(node.answered()[len(self.lines)]["value"], self.expected)


if __name__ == "__main__":
    unittest.main()
