"""Heights as nodes really send them: they repeat, skip, go back, never change; and huge blocks."""
import shutil
import unittest

import harness
from python_nodes import PythonNodes, python_node
from twin import EVERY_BLOCK


class Heights(PythonNodes):
    """Heights as nodes really send them; driven by the independent client."""

    def count(self, amount):
        return '{"to":"town","method":"count","args":[%d]}' % amount

    def restart(self, sidecar, node):
        """SIGKILL for the sidecar; another one, and the node connects again."""
        node.close()
        sidecar.kill()
        sidecar = self.start(*EVERY_BLOCK)
        return sidecar, self.client(node.store)

    def deliver(self, node, amounts, height):
        return [node.deliver(self.count(amount), height, 1700000000)["value"]
                for amount in amounts]

    def test_heights_repeat_and_skip__all_messages_are_executed(self):
        sidecar = self.start(*EVERY_BLOCK)
        node = self.client()
        self.assertEqual(self.deliver(node, [1, 1], 5), ["101", "102"])
        self.assertEqual(self.deliver(node, [1], 5), ["103"])
        self.assertEqual(self.deliver(node, [1, 1], 900), ["104", "105"])
        self.assertEqual(self.deliver(node, [1], 2**53 - 1), ["106"])
        sidecar, node = self.restart(sidecar, node)
        self.assertEqual(self.deliver(node, [1], 2**53 - 1), ["107"])
        self.assertEqual(sidecar.status()["counters"]["full_replays"], 0)

    def test_height_goes_back_without_its_seqnum__a_new_era_begins(self):
        """As a chain that is begun anew from an exported store; through every way back to it."""
        sidecar = self.start(*EVERY_BLOCK)
        node = self.client()
        for height in range(1, 9):
            self.deliver(node, [1, 1], height)
        self.assertEqual(self.deliver(node, [1, 1], 3), ["117", "118"])
        noted = {key for key in node.store.entries if key.startswith("kernel.history.")}
        self.assertEqual(noted, {"kernel.history.1", "kernel.history.2"})
        self.assertEqual(node.store.entries["kernel.height"], "3")
        sidecar, node = self.restart(sidecar, node)
        result = node.deliver(self.count(1), 4, harness.block_time(4))
        self.assertEqual((result["path"], result["value"]), ("swap", "119"))
        self.assertEqual(self.deliver(node, [1], 5), ["120"])
        node.close()
        sidecar.stop()
        shutil.rmtree(sidecar.data)
        self.start(*EVERY_BLOCK)
        node = self.client(node.store)
        result = node.deliver(self.count(1), 2, harness.block_time(2))
        self.assertEqual((result["path"], result["value"]), ("full_replay", "121"))
        self.assertEqual(self.deliver(node, [1], 3), ["122"])

    def test_height_goes_back_with_its_seqnum__is_followed(self):
        sidecar = self.start(*EVERY_BLOCK)
        node = self.client()
        kept = {}
        for height in range(1, 9):
            kept[height] = dict(node.store.entries)
            self.deliver(node, [height, height], height)
            node.commit(height)
        for height, other in ((8, 3), (4, 7), (2, 9)):
            back = self.client_over(node, kept[height])
            value = back.deliver(self.count(other), height, harness.block_time(height))
            self.assertEqual(value["path"], "roll_back")
            self.assertEqual(int(value["value"]), 100 + height * (height - 1) + other)
            node = back
        self.assertEqual(sidecar.status()["counters"]["full_replays"], 0)

    def client_over(self, node, entries):
        node.close()
        return self.client(python_node.Store(entries))

    def test_heights_never_change__everything_is_one_block(self):
        sidecar = self.start(*EVERY_BLOCK)
        node = self.client()
        self.deliver(node, [1] * 300, 1)
        self.assertIsNone(sidecar.status()["snapshot"]["newest"])
        sidecar, node = self.restart(sidecar, node)
        result = node.deliver(self.count(1), 1, harness.block_time(1))
        self.assertEqual((result["path"], result["value"]), ("swap", "401"))
        sidecar.stop()

    def test_height_zero__is_a_height_like_any_other(self):
        sidecar = self.start(*EVERY_BLOCK)
        node = self.client()
        self.assertEqual(self.deliver(node, [1] * 5, 0)[-1], "105")
        sidecar, node = self.restart(sidecar, node)
        self.assertEqual(self.deliver(node, [1] * 5, 0)[-1], "110")
        self.assertEqual(self.deliver(node, [1], 1), ["111"])

    def test_block_of_ten_thousand_messages__is_undone_and_executed_again(self):
        transfer = '{"to":"bench","method":"transfer","args":["account0","account1",1]}'
        lines = self.messages([transfer] * 10001)
        sidecar = self.start(*EVERY_BLOCK, kernel=harness.BENCH)
        arguments = ["--block-size", 10000]
        self.node(lines, arguments=[*arguments, "--crash-after", 2000]).crash()
        sidecar.kill()
        sidecar = self.start(*EVERY_BLOCK, kernel=harness.BENCH)
        self.assertEqual(sidecar.status()["seqnum"], 2000)
        node = self.node(lines, arguments=arguments)
        result = node.run()
        self.assertEqual(result["first_path"], "roll_back")
        self.assertEqual(result["seqnum"], 10001)
        self.assertEqual(node.answered()[10001]["value"], 10001)
        status = sidecar.status()
        self.assertEqual(status["counters"]["full_replays"], 0)
        self.assertEqual(status["height"], 2)


if __name__ == "__main__":
    unittest.main()
