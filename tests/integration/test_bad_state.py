"""A sidecar whose data does not fit the node's store: the path it takes, and the right answer."""
import pathlib
import shutil
import unittest

import harness
from harness import IntegrationCase


class BadState(IntegrationCase):
    MESSAGES = 300

    def setUp(self):
        super().setUp()
        self.lines = [*harness.workload_lines(self.MESSAGES), harness.REPORT]
        self.file = self.messages(self.lines)
        self.oracle = {answer["seqnum"]: answer for answer in harness.solo(self.folder, self.file)}

    def run_blocks(self, blocks, file=None, **options):
        """A node and a sidecar for so many blocks, both stopped in good order."""
        sidecar = self.sidecar(arguments=["--snapshot-every", 50],
                               data=options.get("sidecar", "sidecar"))
        sidecar.wait_ready()
        self.node(file or self.file, data=options.get("node", "node"),
                  arguments=["--blocks", blocks]).run()
        sidecar.stop()
        return sidecar

    def finish(self, paths, node="node", sidecar="sidecar"):
        daemon = self.sidecar(data=sidecar, arguments=["--snapshot-every", 50])
        daemon.wait_ready()
        node = self.node(self.file, data=node)
        result = node.run()
        self.assertIn(result["first_path"], paths)
        self.assertEqual(result["hash"], self.oracle[len(self.lines)]["hash"])
        for seqnum, answer in node.answered().items():
            self.assertEqual(answer["hash"], self.oracle[seqnum]["hash"], f"hash at {seqnum}")
        daemon.stop()
        return result

    def assert_store_of_twin(self, result):
        self.assertEqual(result["store_hash"], self.twin_result(self.file)["store_hash"])

    def assert_quarantined(self):
        kept = list(pathlib.Path(self.folder, "sidecar/quarantine").iterdir())
        self.assertTrue(kept, "what was damaged is kept in quarantine/")

    def test_snapshot_ahead_of_the_store__goes_back_or_replays(self):
        self.run_blocks(4)
        shutil.copytree(self.folder / "node", self.folder / "node-old")
        self.run_blocks(8)
        result = self.finish(("roll_back", "tail", "full_replay"), node="node-old")
        self.assert_store_of_twin(result)

    def test_another_history__replays(self):
        other = self.messages([*reversed(self.lines[:-1]), harness.REPORT], "other.jsonl")
        self.run_blocks(9, file=other, node="node-other")
        daemon = self.sidecar(data="first-sidecar")
        daemon.wait_ready()
        self.node(self.file, arguments=["--blocks", 6]).run()
        daemon.stop()
        result = self.finish(("full_replay",))
        self.assert_store_of_twin(result)

    def test_store_of_a_new_chain_under_old_data__begins_anew(self):
        self.run_blocks(7)
        result = self.finish(("cold", "roll_back", "full_replay"), node="node-new")
        self.assert_store_of_twin(result)

    def test_damaged_log__is_not_believed(self):
        daemon = self.run_blocks(8)
        segments = sorted(pathlib.Path(daemon.data, "log").rglob("*"))
        segments = [path for path in segments if path.is_file() and path.stat().st_size > 4096]
        self.assertTrue(segments, "the log has a segment")
        with segments[-1].open("r+b") as segment:
            middle = segments[-1].stat().st_size // 2
            segment.seek(middle)
            byte = segment.read(1)
            segment.seek(middle)
            segment.write(bytes([byte[0] ^ 0x10]))
        result = self.finish(("swap", "catch_up", "roll_back", "tail", "full_replay"))
        self.assert_quarantined()
        self.assert_store_of_twin(result)

    def test_log_lost__replays(self):
        daemon = self.run_blocks(8)
        shutil.rmtree(daemon.data / "log")
        result = self.finish(("swap", "tail", "full_replay"))
        self.assert_store_of_twin(result)

    def test_snapshots_lost__are_made_up_for(self):
        daemon = self.run_blocks(8)
        shutil.rmtree(daemon.data / "snapshot")
        # The log still holds every message: they are simply executed again.
        result = self.finish(("swap", "catch_up", "tail", "full_replay"))
        self.assert_store_of_twin(result)

    def test_snapshot_damaged__is_not_believed(self):
        daemon = self.run_blocks(8)
        for path in sorted(pathlib.Path(daemon.data, "snapshot").rglob("*")):
            if path.is_file() and path.suffix in (".log", ".ldb") and path.stat().st_size > 256:
                with path.open("r+b") as file:
                    file.seek(path.stat().st_size // 2)
                    file.write(b"\xff" * 64)
        # The log still holds every message: they are simply executed again.
        result = self.finish(("swap", "catch_up", "tail", "full_replay"))
        self.assert_store_of_twin(result)


if __name__ == "__main__":
    unittest.main()
