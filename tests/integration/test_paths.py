"""Every way back to the node's position happens with real processes, and ends at the twin.

Each test makes one path happen and says so in four places: the answers, the node's result, the
counters of `headstart status`, the metrics. Then the chain goes on to its end, where position, real
store, answers and every heap byte must be those of the twin that never stopped.
"""
import shutil
import subprocess
import unittest

import harness
from twin import EVERY_BLOCK, Chain, TwinCase, rest, snapshots

BLOCK = 10


class Paths(TwinCase):
    """The matrix: path by situation."""

    chain = Chain(harness.LEDGER, harness.workload_lines(111), BLOCK)

    def metric(self, sidecar, name):
        """One sample of the metrics page."""
        run = subprocess.run([str(harness.bin_folder() / "headstart"), "--socket",
                              str(sidecar.socket), "--json", "call", "metrics"],
                             capture_output=True, text=True, timeout=harness.DEADLINE_S, check=True)
        page = harness.json.loads(run.stdout)["result"]
        samples = dict(line.rsplit(" ", 1) for line in page.splitlines() if line[:1] != "#")
        return float(samples[f"headstart_{name}"])

    def attached_by(self, sidecar, path, *arguments, blocks=2):
        """Run a node for some blocks: it must get in by that path, and everything says so."""
        before = sidecar.status()["counters"]["attaches"][path]
        node = self.chain_node("--blocks", blocks, *arguments)
        answered = len(node.answered_lines())
        result = node.run()
        self.assertEqual(result["first_path"], path)
        paths = [harness.json.loads(line)["path"] for line in node.answered_lines()[answered:]]
        self.assertEqual(paths, [path] + ["live"] * (blocks * BLOCK - 1))
        status = sidecar.status()
        self.assertEqual(status["node"]["path"], path)
        self.assertEqual(status["node"]["replayed"], result["first_replayed"])
        self.assertGreaterEqual(status["node"]["attach_ms"], 0)
        self.assertEqual(status["counters"]["attaches"][path], before + 1)
        self.assertEqual(self.metric(sidecar, f'attach_total{{path="{path}"}}'), before + 1)
        self.assertEqual(status["counters"]["divergences"], 0)
        return result

    def run_blocks(self, blocks, *sidecar_arguments, orderly=False, snapshot=True):
        """A sidecar that has executed so many blocks, and ended. It rests before the last one, so
        that a snapshot which is due there does not find an older one being written; of whose commit
        it is not told, so that none is in a snapshot, however late that is."""
        sidecar = self.start(*sidecar_arguments)
        self.chain_node("--blocks", blocks - 1, "--interval-ms", 5).run()
        if snapshot:
            rest(sidecar)
        self.chain_node("--blocks", 1, "--commit-notice", "no").run()
        if snapshot:
            harness.wait_for(lambda: sidecar.status()["snapshot"]["newest"], "a snapshot")
        if orderly:
            sidecar.stop()
        else:
            sidecar.kill()
        return sidecar

    def copy_of(self, sidecar, name):
        target = self.folder / name
        shutil.copytree(sidecar.data, target)
        return target

    # --- cold, live, swap

    def test_nothing_anywhere__cold_then_live(self):
        sidecar = self.start()
        result = self.attached_by(sidecar, "cold")
        self.assertEqual(result["first_replayed"], 0)
        self.finish(sidecar)

    def test_node_store_is_new_but_ours_is_not__cold_and_what_we_kept_is_not_used(self):
        self.run_blocks(4)
        for path in ("node", "node.answers"):
            shutil.rmtree(self.folder / path, ignore_errors=True)
            (self.folder / path).unlink(missing_ok=True)
        sidecar = self.start()
        self.attached_by(sidecar, "cold")
        self.finish(sidecar)

    def test_node_left_and_came_back__swap(self):
        sidecar = self.start()
        self.chain_node("--blocks", 3).run()
        self.attached_by(sidecar, "swap")
        self.finish(sidecar)

    def test_sidecar_restarted__swap(self):
        self.run_blocks(4)
        sidecar = self.start()
        result = self.attached_by(sidecar, "swap")
        self.assertEqual(result["first_replayed"], 0)
        self.finish(sidecar)

    def test_sidecar_restarted_without_any_snapshot__swap_from_the_log_alone(self):
        self.run_blocks(4, "--snapshot-every", 1000, snapshot=False)
        sidecar = self.start()
        self.attached_by(sidecar, "swap")
        self.finish(sidecar)

    def test_delivery_while_the_heaps_are_loaded__waits_and_is_answered_by_swap(self):
        self.run_blocks(8, "--no-images")
        sidecar = self.start("--no-images", ready=False)
        result = self.chain_node("--blocks", 1).run()
        self.assertEqual(result["first_path"], "swap")
        counters = sidecar.status()["counters"]
        self.assertEqual((counters["attaches"]["swap"], counters["full_replays"]), (1, 0))
        sidecar.kill()
        self.finish(self.start())

    # --- catch_up

    def test_no_preload__catch_up_from_the_newest_snapshot(self):
        self.run_blocks(5, "--snapshot-every", 30)
        sidecar = self.start("--no-preload")
        result = self.attached_by(sidecar, "catch_up")
        self.assertGreater(result["first_replayed"], 0)
        self.assertLess(result["first_replayed"], 5 * BLOCK)
        self.finish(sidecar)

    # --- roll_back

    def test_node_killed_in_a_block__roll_back_to_the_mark(self):
        sidecar = self.start()
        self.chain_node("--crash-after", 3 * BLOCK + 4).crash()
        result = self.attached_by(sidecar, "roll_back")
        self.assertEqual(result["first_replayed"], 0)
        self.finish(sidecar)

    def test_both_killed_in_a_block__roll_back_from_the_speculation_to_the_floor(self):
        sidecar = self.start()
        self.chain_node("--crash-after", 3 * BLOCK + 4).crash()
        sidecar.kill()
        sidecar = self.start()
        self.assertEqual(sidecar.status()["seqnum"], 3 * BLOCK + 4)
        self.attached_by(sidecar, "roll_back")
        self.finish(sidecar)

    def test_node_goes_back_under_a_running_sidecar__roll_back_to_a_snapshot(self):
        sidecar = self.start()
        self.chain_node("--blocks", 8, "--interval-ms", 5).run()
        self.attached_by(sidecar, "roll_back", "--rollback", 4)
        self.finish(sidecar)

    def test_node_goes_back_while_the_sidecar_is_away__roll_back_to_a_snapshot(self):
        self.run_blocks(8)
        sidecar = self.start()
        self.attached_by(sidecar, "roll_back", "--rollback", 5)
        self.finish(sidecar)

    def test_node_goes_back_between_snapshots__roll_back_and_forward_through_the_log(self):
        self.run_blocks(8, "--snapshot-every", 30)
        sidecar = self.start("--snapshot-every", 30)
        result = self.attached_by(sidecar, "roll_back", "--rollback", 3)
        self.assertGreater(result["first_replayed"], 0)
        sidecar.kill()
        self.finish(self.start())

    # --- tail: the log has a gap, a kept snapshot is an ancestor

    def test_log_lost__tail_from_the_newest_snapshot(self):
        sidecar = self.run_blocks(6)
        shutil.rmtree(sidecar.data / "log")
        sidecar = self.start()
        result = self.attached_by(sidecar, "tail")
        self.assertLess(result["first_replayed"], 6 * BLOCK)
        self.finish(sidecar)

    def test_data_folder_of_an_earlier_moment__tail(self):
        sidecar = self.run_blocks(5)
        earlier = self.copy_of(sidecar, "earlier")
        sidecar = self.start()
        self.chain_node("--blocks", 4).run()
        sidecar.kill()
        shutil.rmtree(sidecar.data)
        earlier.rename(sidecar.data)
        sidecar = self.start()
        self.attached_by(sidecar, "tail")
        self.finish(sidecar)

    def test_damaged_log__tail_and_the_damage_is_kept(self):
        sidecar = self.run_blocks(6)
        self.assertTrue(harness.flip_bytes(sidecar.data / "log", "*.seg", 0.5))
        sidecar = self.start()
        self.attached_by(sidecar, "tail")
        self.assertTrue(list((sidecar.data / "quarantine").iterdir()))
        self.finish(sidecar)

    # --- full_replay

    def test_data_folder_lost__full_replay(self):
        sidecar = self.run_blocks(6)
        shutil.rmtree(sidecar.data)
        sidecar = self.start()
        self.attached_by(sidecar, "full_replay")
        self.assertEqual(self.metric(sidecar, 'full_replays_total{cause="no_data"}'), 1)
        self.finish(sidecar)

    def test_full_replay__is_paid_once(self):
        sidecar = self.run_blocks(6)
        shutil.rmtree(sidecar.data)
        sidecar = self.start()
        self.attached_by(sidecar, "full_replay")
        harness.wait_for(lambda: snapshots(sidecar.data), "the first snapshot of the new history")
        sidecar.kill()
        sidecar = self.start()
        self.attached_by(sidecar, "swap")
        self.finish(sidecar)

    def test_kept_data_of_another_history__full_replay(self):
        self.run_blocks(4)
        other = self.sidecar(data="other", kernel=self.chain.kernel, arguments=EVERY_BLOCK)
        other.wait_ready()
        lines = self.messages(harness.workload_lines(200)[120:180], "other.jsonl")
        self.node(lines, data="other-node", arguments=["--block-size", BLOCK]).run()
        other.kill()
        sidecar = self.start(data="other")
        self.attached_by(sidecar, "full_replay")
        self.finish(sidecar)

    def damage_snapshots_and_log(self, where):
        """Every snapshot, and the log from that part of its length on."""
        sidecar = self.run_blocks(6)
        harness.flip_bytes(sidecar.data / "log", "*.seg", where)
        for pattern in ("*/*.log", "*/*.ldb", "*/MANIFEST-*"):
            harness.flip_bytes(sidecar.data / "snapshot", pattern, 0.3)
        return self.start()

    def test_damaged_snapshots_and_log__full_replay_and_the_damage_is_kept(self):
        sidecar = self.damage_snapshots_and_log(0.02)  # in the first record
        self.attached_by(sidecar, "full_replay")
        self.assertTrue(list((sidecar.data / "quarantine").iterdir()))
        self.finish(sidecar)

    def test_damaged_snapshots_and_the_end_of_the_log__tail_from_its_beginning(self):
        sidecar = self.damage_snapshots_and_log(0.5)
        result = self.attached_by(sidecar, "tail")
        self.assertLess(result["first_replayed"], 6 * BLOCK)
        self.assertTrue(list((sidecar.data / "quarantine").iterdir()))
        self.finish(sidecar)

    def test_node_goes_back_behind_everything_kept__full_replay(self):
        sidecar = self.run_blocks(9, "--snapshot-keep", 1, orderly=True)
        shutil.rmtree(sidecar.data / "log")
        sidecar = self.start()
        self.attached_by(sidecar, "full_replay", "--rollback", 5)
        self.finish(sidecar)

    # --- other messages at the same heights

    def test_other_messages_at_the_same_heights__are_followed_and_left_again(self):
        common, others = 5 * BLOCK, 3 * BLOCK
        detour = [*self.chain.lines[:common], *harness.workload_lines(200)[150:150 + others]]
        detour_file = self.messages(detour, "detour.jsonl")
        for restarted in (False, True):
            with self.subTest(restarted=restarted):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                detour_file = self.messages(detour, "detour.jsonl")
                sidecar = self.start()
                self.chain_node("--blocks", 5).run()
                # The detour's first five blocks are the chain's own.
                astray = self.node(detour_file, arguments=["--block-size", BLOCK]).run()
                self.assertEqual(astray["seqnum"], common + others)
                if restarted:
                    sidecar.kill()
                    sidecar = self.start()
                self.attached_by(sidecar, "roll_back", "--rollback", 3)
                # What the log holds now is of one history: a restart finds its way with it.
                sidecar.kill()
                sidecar = self.start()
                self.attached_by(sidecar, "swap")
                self.finish(sidecar)
                self.end_processes()


if __name__ == "__main__":
    unittest.main()
