"""Bit identity: whatever happens to a chain, its store and its heaps are those of its twin.

What happens is drawn, each round anew: transactions that fail, blocks that are rolled
back, SIGKILL for node, sidecar or both at any moment, data folders and logs that are lost or of
an earlier moment, settings that change. HEADSTART_TEST_ROUNDS=N runs N seeds each over the longer
part of the workload.
"""
import os
import shutil
import unittest

import harness
from twin import Chain, TwinCase, snapshots

ROUNDS = int(os.environ.get("HEADSTART_TEST_ROUNDS", "2"))
LONG = "HEADSTART_TEST_ROUNDS" in os.environ


def town_lines(count):
    """Calls between vats, failures, words for outside, promises that wait for later blocks."""
    def call(method, *arguments, to="town"):
        return harness.json.dumps({"to": to, "method": method, "args": list(arguments)})

    dice = harness.dice("town")
    lines = []
    for at in range(count):
        lines.append(dice.choice([
            call("count", dice.randrange(-9, 10)), call("countTwice", at),
            call("announce", f"message {at} ✓"), call("fail", f"at {at}"),
            call("waitAtGate", f"guest {at}"), call("count", "many"), call("work", 50),
            call("anything", to="nobody")]))
    lines[count * 2 // 3] = call("openGate", 7)
    return lines


class Disturbance:
    """One run that much happens to, drawn for one round."""

    STEPS = 6

    def __init__(self, case, number):
        self.case = case
        self.dice = harness.dice(f"round {number}")
        self.steps = []
        self.compared = 0
        self.images = True
        self.before = set()     # (seqnum, digest) of the snapshots that the last sidecar found
        self.imageless = set()  # and of those that were written under --no-images

    def run(self):
        """Disturb, then let the chain come to its end."""
        sidecar = self.start_sidecar()
        for _ in range(self.STEPS):
            self.dice.choice([self.crash_in_block, self.some_blocks, self.kill_node,
                              self.kill_sidecar])(sidecar)
            sidecar = self.between(sidecar)
        if sidecar.process.poll() is None:
            sidecar.kill()
        self.compare(sidecar.data)
        self.case.finish(self.case.start(), self.node_arguments(), but=self.imageless)

    def start_sidecar(self):
        """The snapshots' distance and everything that must not matter."""
        self.compare(self.case.folder / "sidecar")
        arguments = ["--snapshot-every", self.dice.choice([1, 30, 70]),
                     "--log-sync", self.dice.choice(["background", "always", "block"]),
                     *self.dice.choice([[], [], [], ["--no-preload"], ["--no-images"],
                                        ["--verify-swap"]])]
        self.images = "--no-images" not in arguments
        self.steps.append("start " + " ".join(map(str, arguments)))
        sidecar = self.case.sidecar(kernel=self.case.chain.kernel, arguments=arguments)
        if self.dice.random() < 0.8:
            sidecar.wait_ready()
        return sidecar

    def node_arguments(self):
        """Failed transactions, blocks to go back."""
        arguments = []
        if self.dice.random() < 0.5:
            arguments += ["--revert-every", self.dice.randrange(2, 9)]
        blocks = self.blocks_committed()
        if blocks > 0 and self.dice.random() < 0.4:
            arguments += ["--rollback", self.dice.randrange(1, min(blocks, 6) + 1)]
        return arguments

    def blocks_committed(self):
        """At least so many."""
        lines = self.case.chain_node().answered_lines()
        return harness.json.loads(lines[-1])["height"] - 1 if lines else 0

    def node(self, *arguments):
        arguments = [*arguments, *self.node_arguments()]
        self.steps.append("node " + " ".join(map(str, arguments)))
        return self.case.chain_node(*arguments).start()

    def crash_in_block(self, _sidecar):
        self.node("--crash-after", self.dice.randrange(1, 80)).finish()

    def some_blocks(self, _sidecar):
        node = self.node("--blocks", self.dice.randrange(1, 9))
        self.case.assertEqual(node.finish(), 0, node.errors)

    def kill_node(self, _sidecar):
        node = self.node("--interval-ms", 5)
        node.wait_answered(self.dice.randrange(60))
        node.kill()

    def kill_sidecar(self, sidecar):
        """Under a running node, which then ends too: at once, or when it has delivered more."""
        node = self.node("--blocks", 5, "--interval-ms", self.dice.randrange(0, 20))
        node.wait_answered(self.dice.randrange(45))
        sidecar.kill()
        self.steps.append("kill sidecar")
        if self.dice.random() < 0.5:
            node.kill()
            return
        again = self.start_sidecar()
        self.case.assertEqual(node.finish(), 0, node.errors)
        again.kill()

    def between(self, sidecar):
        """The sidecar goes on, or another one takes its place; rarely all it kept is lost."""
        if sidecar.process.poll() is None:
            if self.dice.random() < 0.4:
                return sidecar
            if self.dice.random() < 0.5:
                sidecar.kill()
            else:
                sidecar.stop()
        self.lose_something(sidecar.data)
        return self.start_sidecar()

    def lose_something(self, data):
        """Rarely all that was kept, or the log alone, or what came since an earlier moment."""
        earlier, loss = self.case.folder / "earlier", self.dice.random()
        if loss < 0.1:
            self.steps.append("lose the data folder")
            self.compare(data)
            shutil.rmtree(data, ignore_errors=True)
        elif loss < 0.25:
            self.steps.append("lose the log")
            shutil.rmtree(data / "log", ignore_errors=True)
        elif loss < 0.4 and earlier.exists():
            self.steps.append("an earlier data folder comes back")
            self.compare(data)
            shutil.rmtree(data, ignore_errors=True)
            earlier.rename(data)
        elif loss < 0.7 and not earlier.exists() and data.exists():
            shutil.copytree(data, earlier)

    def compare(self, data):
        """A snapshot is the twin's the moment it is written, not only at the end. Under --no-images
        older images stay, which transcripts lead forward: its digest is not to be compared."""
        if not data.exists():
            return
        found = snapshots(data)
        pairs = {(seqnum, record["digest"]) for seqnum, record in found.items()}
        if not self.images:
            self.imageless |= pairs - self.before
        self.before = pairs
        self.compared += self.case.assert_snapshots_are_twins(found, but=self.imageless)


class BitIdentity:
    """The tests, for each workload."""

    def test_disturbed_at_random__is_the_twin(self):
        for number in range(ROUNDS):
            with self.subTest(round=number):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                disturbance = Disturbance(self, number)
                try:
                    disturbance.run()
                except Exception:
                    print(f"round {number}: " + "; ".join(disturbance.steps))
                    raise
                finally:
                    self.end_processes()
                print(f"round {number}: {disturbance.compared} snapshots compared on the way")

    def test_without_images__heaps_replayed_from_transcripts_are_the_twins(self):
        sidecar = self.start("--no-images")
        self.chain_node("--blocks", 12).run()
        sidecar.kill()
        self.assertFalse(any(s["images"] for s in snapshots(sidecar.data).values()))
        last = self.start()  # with images again: what it writes now was all replayed
        outcome = self.finish(last)
        self.assertIn(outcome.first["first_path"], ("swap", "roll_back"))

    def test_data_folder_lost__heaps_of_a_full_replay_are_the_twins(self):
        sidecar = self.start()
        self.chain_node("--blocks", 12).run()
        sidecar.kill()
        shutil.rmtree(sidecar.data)
        outcome = self.finish(self.start())
        self.assertEqual(outcome.first["first_path"], "full_replay")

    def test_killed_after_every_few_blocks__heaps_of_many_restores_are_the_twins(self):
        sidecar = self.start()
        for _ in range(5):
            self.chain_node("--blocks", 3).run()
            sidecar.kill()
            sidecar = self.start()
        outcome = self.finish(sidecar)
        self.assertEqual(outcome.status["counters"]["full_replays"], 0)


class LedgerBitIdentity(BitIdentity, TwinCase):
    """Real transactions in one vat whose heap grows."""
    chain = Chain(harness.LEDGER, harness.workload_lines(2001 if LONG else 241), 10)


class TownBitIdentity(BitIdentity, TwinCase):
    """Two vats that call each other, promises that wait."""
    chain = Chain(harness.TOWN, town_lines(1501 if LONG else 241), 10)


if __name__ == "__main__":
    unittest.main()
