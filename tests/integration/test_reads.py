"""`--reads mirror|node`: whom the kernel asks for the store makes no difference but in time."""
import unittest

import harness
from python_nodes import PythonNodes, python_node
from twin import Chain, TwinCase

BLOCK = 10


class Reads(TwinCase, PythonNodes):
    """Under `--reads node` the kernel asks the node: same writes, hashes and outputs."""

    chain = Chain(harness.LEDGER, harness.workload_lines(151), BLOCK)

    def test_reads_node__is_the_twin_that_read_its_mirror(self):
        sidecar = self.start("--reads", "node")
        self.chain_node("--blocks", 7, "--revert-every", 5).run()
        sidecar.kill()
        sidecar = self.start("--reads", "node")
        outcome = self.finish(sidecar, ["--rollback", 2, "--revert-every", 3])
        self.assertEqual(outcome.status["counters"]["divergences"], 0)

    def answers(self, reads):
        """Every answer's content, and what the node was asked meanwhile."""
        sidecar = self.start("--reads", reads, data=f"reads-{reads}")
        node, answers = self.client(), []
        for at, line in enumerate(self.chain.lines):
            result = node.deliver(line, at // BLOCK + 1, harness.block_time(at // BLOCK + 1))
            answers.append({name: result[name] for name in
                            ("seqnum", "hash", "status", "value", "outputs", "writes", "path")})
        node.close()
        sidecar.stop()
        return answers, node.questions, node.store.entries

    def test_each_answer__has_the_same_writes_whoever_was_read(self):
        mirror, mirror_questions, mirror_store = self.answers("mirror")
        node, node_questions, node_store = self.answers("node")
        self.assertEqual(node, mirror)
        self.assertEqual(node_store, mirror_store)
        # Asked once, before the chain begins: is the store of a node at the origin empty?
        self.assertEqual(mirror_questions, {"store.scan": 1})
        self.assertGreater(node_questions["store.get"], len(self.chain.lines))

    def test_node_that_cannot_be_read__gets_an_error_and_may_try_again(self):
        self.start("--reads", "node")
        node = self.client()
        for line in self.chain.lines[:BLOCK]:
            node.deliver(line, 1, harness.block_time(1))
        honest, before = node.answers["store.get"], dict(node.store.entries)
        node.answers["store.get"] = lambda params: ("disk on fire", None)
        with self.assertRaises(python_node.RpcError) as failure:
            node.deliver(self.chain.lines[BLOCK], 2, harness.block_time(2))
        self.assertEqual(failure.exception.code, "node_failed")
        self.assertEqual(node.store.entries, before)
        node.answers["store.get"] = honest
        result = node.deliver(self.chain.lines[BLOCK], 2, harness.block_time(2))
        self.assertEqual(result["hash"], self.twin.answers[BLOCK + 1]["hash"])


if __name__ == "__main__":
    unittest.main()
