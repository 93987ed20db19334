"""Every kind of restart, and the rule: the kernel after it is the one that never stopped."""
import itertools
import json
import subprocess
import unittest

import harness
from harness import IntegrationCase


class Restarts(IntegrationCase):
    """A few hundred real transactions, and everything that can happen to those who run them."""

    MESSAGES = 400

    @classmethod
    def setUpClass(cls):
        cls.lines = [*harness.workload_lines(cls.MESSAGES), harness.REPORT]

    def setUp(self):
        super().setUp()
        self.file = self.messages(self.lines)
        self.oracle = {answer["seqnum"]: answer for answer in harness.solo(self.folder, self.file)}
        self.hash = self.oracle[len(self.lines)]["hash"]

    def finish(self, node=None):
        """Run a node to the end of the file; the chain must be the oracle's."""
        node = node or self.node(self.file)
        result = node.run()
        self.assertEqual(result["seqnum"], len(self.lines))
        self.assertEqual(result["hash"], self.hash)
        self.assert_same_chain(node.answered(), self.oracle)
        return result

    def store_hash_of_twin(self):
        return self.twin_result(self.file)["store_hash"]

    def test_solo__killed_anywhere_goes_on_without_loss(self):
        dice = harness.dice("solo killed")
        # The last message is kept for the end: an answer may be lost in a crash, a message not.
        begun = self.messages(self.lines[:-1], "begun.jsonl")
        command = [str(harness.bin_folder() / "headstart"), "solo", "--json", "--kernel",
                   str(harness.LEDGER), "--data", str(self.folder / "killed"), "--block-size", "20",
                   "--messages", str(begun)]
        seen = {}
        for _ in range(6):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
            lines = list(itertools.islice(process.stdout, dice.randrange(150)))
            process.kill()
            out, _ = process.communicate()
            for line in [*lines, *out.splitlines(keepends=True)]:
                if line.endswith("\n"):
                    answer = json.loads(line)
                    seen[answer["seqnum"]] = answer
        for answer in harness.solo(self.folder, self.file, data="killed"):
            seen[answer["seqnum"]] = answer
        self.assertEqual(seen[len(self.lines)]["value"], self.oracle[len(self.lines)]["value"])
        for seqnum, answer in seen.items():
            self.assertEqual(answer["hash"], self.oracle[seqnum]["hash"], f"hash at {seqnum}")

    def test_node_killed_in_a_block__sidecar_stays_warm_and_the_block_is_executed_again(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        self.node(self.file, arguments=["--crash-after", 213]).crash()
        status = sidecar.wait_phase("detached")
        self.assertFalse(status["node"]["connected"])
        result = self.finish()
        self.assertEqual(result["first_path"], "roll_back")

    def test_sidecar_killed_under_a_running_node__the_same_delivery_succeeds_again(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        node = self.node(self.file, arguments=["--interval-ms", 20]).start()
        harness.wait_for(lambda: len(node.answered_lines()) > 120, "some messages are committed")
        sidecar.kill()
        self.sidecar()
        result = node.result()
        self.assertGreaterEqual(result["reconnects"], 1)
        self.assertEqual(result["hash"], self.hash)
        self.assert_same_chain(node.answered(), self.oracle)

    def test_sidecar_stopped_and_started__catches_up_or_swaps(self):
        first = self.sidecar()
        first.wait_ready()
        self.node(self.file, arguments=["--blocks", 13]).run()
        first.stop()
        self.sidecar().wait_ready()
        result = self.finish()
        self.assertIn(result["first_path"], ("swap", "catch_up"))

    def test_sidecar_data_lost__full_replay_and_the_same_chain(self):
        first = self.sidecar()
        first.wait_ready()
        self.node(self.file, arguments=["--blocks", 9]).run()
        first.kill()
        self.sidecar(data="empty").wait_ready()
        result = self.finish()
        self.assertEqual(result["first_path"], "full_replay")
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())

    def test_failed_transactions__leave_no_trace(self):
        self.sidecar().wait_ready()
        result = self.finish(self.node(self.file, arguments=["--revert-every", 7]))
        self.assertEqual(result["reverted"], len(self.lines) // 7)
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())

    def test_every_second_transaction_fails__at_no_phase_and_no_replay(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        result = self.finish(self.node(self.file, arguments=["--revert-every", 2]))
        self.assertEqual(result["reverted"], len(self.lines) // 2)
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())
        self.assertEqual(sidecar.status()["seqnum"], len(self.lines))
        sidecar.kill()
        self.sidecar().wait_ready()  # what was undone is not in the log either
        self.assertEqual(self.finish(self.node(self.file))["delivered"], 0)

    def test_proposals_that_are_not_decided__leave_no_trace(self):
        self.sidecar().wait_ready()
        arguments = ["--repropose", 2, "--revert-every", 5, "--blocks", 11]
        self.node(self.file, arguments=arguments).run()
        result = self.finish(self.node(self.file, arguments=["--repropose", 1]))
        self.assertGreater(result["reproposed"], 5)
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())

    def test_rolled_back_blocks__are_followed_back_and_executed_again(self):
        self.sidecar().wait_ready()
        self.node(self.file, arguments=["--blocks", 12]).run()
        result = self.finish(self.node(self.file, arguments=["--rollback", 5]))
        self.assertIn(result["first_path"], ("roll_back", "full_replay"))
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())

    def test_rolled_back_onto_other_messages__are_followed_too(self):
        self.sidecar().wait_ready()
        common = 6 * 20
        other = [self.lines[i] for i in range(len(self.lines))
                 if not common <= i < common + 40]
        other_file = self.messages(other, "other.jsonl")
        self.node(self.file, arguments=["--blocks", 11]).run()
        node = self.node(other_file, arguments=["--rollback", 5])
        result = node.run()
        oracle = harness.solo(self.folder, other_file, data="other-solo")
        self.assertEqual(result["hash"], oracle[-1]["hash"])
        self.assertIn(result["first_path"], ("roll_back", "full_replay"))

    def test_without_commit_notices__blocks_are_learned_from_heights(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        arguments = ["--commit-notice", "no"]
        self.node(self.file, arguments=[*arguments, "--crash-after", 250]).crash()
        sidecar.kill()
        self.sidecar().wait_ready()
        result = self.finish(self.node(self.file, arguments=arguments))
        self.assertIn(result["first_path"], ("swap", "catch_up", "roll_back"))

    def test_every_restart_at_random__ends_at_the_same_store(self):
        dice = harness.dice("every restart")
        sidecar = self.sidecar(arguments=["--snapshot-every", 30])
        done = False
        for _ in range(12):
            sidecar.wait_ready()
            arguments = ["--crash-after", dice.randrange(1, 60),
                         "--rollback", dice.choice([0, 0, 1])]
            if dice.random() < 0.5:
                arguments += ["--revert-every", dice.randrange(2, 9)]
            node = self.node(self.file, arguments=arguments).start()
            done = node.finish() == 0
            if done:
                break
            if dice.random() < 0.6:
                sidecar.kill()
                sidecar = self.sidecar(arguments=["--snapshot-every", 30])
        sidecar.wait_ready()
        result = self.finish()
        self.assertEqual(result["store_hash"], self.store_hash_of_twin())


if __name__ == "__main__":
    unittest.main()
