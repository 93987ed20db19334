"""`headstart plan` against what a restart then really does.

Each promise is made on a data folder or by a daemon, and kept: the daemon is started, the node comes
back, and path and replayed messages must be those that were told.
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
import harness  # noqa: E402
from harness import IntegrationCase  # noqa: E402

WORK = ("messages", "image_bytes", "transcript_entries", "store_entries")
RATES = ("messages_per_s", "image_bytes_per_s", "transcript_entries_per_s", "store_entries_per_s")


class PlanCase(IntegrationCase):
    MESSAGES = 250  # 12 whole blocks of 20, and half of one

    def tool(self, *words, data="sidecar", socket="headstart.sock"):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("HEADSTART_")}
        return subprocess.run([str(harness.bin_folder() / "headstart"), "--data",
                               str(self.folder / data), "--socket", str(self.folder / socket),
                               *words], capture_output=True, text=True, env=environment,
                              timeout=harness.DEADLINE_S, check=False)

    def plan(self, **options):
        run = self.tool("--json", "plan", **options)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        document = json.loads(run.stdout)
        self.assertEqual(document["schema"], 1)
        self.assertEqual(set(document["rates"]), set(RATES))
        for case in (document, document["worst"]):
            self.check_estimate(case, document["rates"])
        screen = self.tool("plan", **options)
        self.assertEqual((screen.returncode, screen.stderr), (0, ""))
        self.assertIn(document["path"], screen.stdout)
        self.assertIn(document["why"], screen.stdout)
        self.assertIn(document["worst"]["why"], screen.stdout)
        self.assertEqual("never measured" in screen.stdout,
                         any(case[what] and rate is None for case in (document, document["worst"])
                             for what, rate in zip(WORK, self.rates_of(document))))
        return document

    @staticmethod
    def rates_of(document):
        return [document["rates"][name] for name in RATES]

    def check_estimate(self, case, rates):
        parts = [(case[what], rates[name]) for what, name in zip(WORK, RATES) if case[what]]
        if any(rate is None for _, rate in parts):
            self.assertIsNone(case["estimated_ms"])
        elif case["estimated_ms"] is not None:
            expected = sum(count * 1000 / rate for count, rate in parts)
            self.assertAlmostEqual(case["estimated_ms"], expected, delta=1)

    def newest_snapshot(self):
        """One that is due while another is being written is left out, so this is not fixed."""
        return json.loads(self.tool("--json", "snapshot", "list").stdout)["snapshots"][0]["seqnum"]

    def run_chain(self, count=None, arguments=()):
        sidecar = self.sidecar(arguments=arguments)
        sidecar.wait_ready()
        lines = harness.workload_lines(count or self.MESSAGES)
        # Not told that its last block is committed, none of it is in a snapshot, however late one is.
        result = self.node(self.messages(lines), arguments=("--commit-notice", "no")).run()
        return sidecar, result

    def first_path(self, count, **options):
        """What the node that goes on meets."""
        sidecar = self.sidecar(**options)
        sidecar.wait_ready()
        result = self.node(self.messages(harness.workload_lines(count), name="more")).run()
        status = sidecar.status()
        sidecar.stop()
        return result["first_path"], result["first_replayed"], status


class Plan(PlanCase):
    def test_daemon__tells_what_the_next_node_meets(self):
        sidecar, result = self.run_chain()
        plan = self.plan()
        self.assertEqual((plan["source"], plan["path"], plan["messages"]), ("daemon", "swap", 0))
        self.assertEqual((plan["from_seqnum"], plan["to_seqnum"]), (result["seqnum"],) * 2)
        self.assertIsNotNone(plan["rates"]["messages_per_s"])
        again = self.node(self.messages(harness.workload_lines(260), name="more")).run()
        self.assertEqual((again["first_path"], again["first_replayed"]), ("swap", 0))
        sidecar.stop()

    def test_daemon__crashed_node_costs_what_the_worst_case_says(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        messages = self.messages(harness.workload_lines(60))
        self.node(messages, arguments=("--crash-after", 50, "--commit-notice", "no")).crash()
        worst = self.plan()["worst"]
        self.assertEqual((worst["path"], worst["to_seqnum"], worst["messages"]),
                         ("roll_back", 40, 0))
        result = self.node(messages).run()
        self.assertEqual((result["first_path"], result["first_replayed"]), ("roll_back", 0))
        sidecar.stop()

    def test_folder__tells_what_the_next_start_costs(self):
        sidecar, result = self.run_chain()
        sidecar.stop()
        plan = self.plan()
        self.assertEqual((plan["source"], plan["path"]), ("data_folder", "swap"))
        newest = self.newest_snapshot()
        self.assertEqual((plan["from_seqnum"], plan["to_seqnum"]), (newest, result["seqnum"]))
        self.assertEqual(plan["messages"], result["seqnum"] - newest)
        self.assertGreater(plan["image_bytes"], 0)
        self.assertEqual((plan["worst"]["path"], plan["worst"]["to_seqnum"]), ("roll_back", 240))
        self.assertIsNone(plan["rates"]["image_bytes_per_s"])  # no start from a snapshot so far
        path, replayed, status = self.first_path(260)
        self.assertEqual((path, replayed), ("swap", 0))
        self.assertEqual(status["counters"]["replayed"], plan["messages"])
        self.assertIsNotNone(self.plan()["estimated_ms"])  # that start measured it

    def test_folder__no_images_cost_transcripts(self):
        sidecar, _ = self.run_chain(arguments=("--no-images",))
        sidecar.stop()
        plan = self.plan()
        self.assertEqual((plan["path"], plan["image_bytes"]), ("swap", 0))
        self.assertGreater(plan["transcript_entries"], 0)
        self.assertIn("transcripts", plan["why"])
        path, _, _ = self.first_path(260, arguments=("--no-images",))
        self.assertEqual(path, "swap")
        self.assertIsNotNone(self.plan()["rates"]["transcript_entries_per_s"])

    def lose_the_log(self):
        shutil.rmtree(self.folder / "sidecar/log")
        (self.folder / "sidecar/log").mkdir()

    def test_folder__lost_log_may_cost_the_tail(self):
        sidecar, _ = self.run_chain()
        sidecar.stop()
        self.lose_the_log()
        plan = self.plan()
        self.assertEqual((plan["path"], plan["to_seqnum"]),
                         ("swap", self.newest_snapshot()))
        worst = plan["worst"]
        self.assertEqual((worst["path"], worst["to_seqnum"]), ("tail", None))
        self.assertIn(f"executed after message {self.newest_snapshot()} is not kept", worst["why"])
        self.assertGreater(worst["store_entries"], 0)
        self.assertIsNone(worst["estimated_ms"])
        self.assertEqual(self.first_path(260)[0], "tail")
        self.assertIsNotNone(self.plan()["rates"]["store_entries_per_s"])

    def test_folder__lost_log_without_images_may_cost_a_full_replay(self):
        sidecar, _ = self.run_chain(arguments=("--no-images",))
        sidecar.stop()
        self.lose_the_log()
        worst = self.plan()["worst"]
        self.assertEqual((worst["path"], worst["to_seqnum"]), ("full_replay", None))
        self.assertGreater(worst["transcript_entries"], 0)
        self.assertGreater(worst["store_entries"], 0)
        self.assertIsNone(worst["estimated_ms"])
        self.assertEqual(self.first_path(260, arguments=("--no-images",))[0], "full_replay")
        plan = self.plan()
        self.assertIsNotNone(plan["rates"]["store_entries_per_s"])
        self.assertIsNotNone(plan["rates"]["transcript_entries_per_s"])
        self.lose_the_log()
        self.assertIsNotNone(self.plan()["worst"]["estimated_ms"])

    def leave_out_the_log(self, count):
        """Messages up to `count` that neither a log nor a snapshot keeps."""
        sidecar, _ = self.run_chain(count, arguments=("--no-log", "--snapshot-every", "0"))
        sidecar.stop()

    def continue_with_log(self):
        sidecar, result = self.run_chain(arguments=("--snapshot-every", "0"))
        sidecar.stop()
        return result["seqnum"]

    def test_folder__gap_is_told_with_its_bounds(self):
        sidecar, _ = self.run_chain(count=100, arguments=("--snapshot-every", "20"))
        sidecar.stop()
        newest = self.newest_snapshot()
        self.leave_out_the_log(160)
        last = self.continue_with_log()
        plan = self.plan()
        self.assertEqual((plan["path"], plan["to_seqnum"]), ("tail", last))
        self.assertIn(f"snapshot is at {newest}, and the log begins with message 161: what is "
                      "between is not kept", plan["why"])
        self.assertIn("nothing is to be done", plan["why"])
        self.assertEqual(self.first_path(260)[0], "tail")
        self.assertEqual(self.plan()["path"], "swap")  # as it says

    def test_folder__late_log_without_snapshot_is_told_as_such(self):
        self.leave_out_the_log(100)
        last = self.continue_with_log()
        plan = self.plan()
        self.assertEqual((plan["path"], plan["to_seqnum"]), ("full_replay", last))
        self.assertIn("no snapshot is kept, and the log begins with message 101", plan["why"])
        self.assertEqual(self.first_path(260)[0], "full_replay")
        self.assertEqual(self.plan()["path"], "swap")

    def test_folder__damaged_log_promises_nothing(self):
        sidecar, _ = self.run_chain()
        sidecar.stop()
        segment = max((self.folder / "sidecar/log").glob("*.seg"))
        with open(segment, "r+b") as file:
            whole = file.read()
            file.seek(len(whole) * 9 // 10)
            file.write(bytes([whole[len(whole) * 9 // 10] ^ 0x10]))
        plan = self.plan()
        self.assertEqual((plan["path"], plan["to_seqnum"]), ("tail", None))
        self.assertIn("damaged", plan["why"])
        self.assertEqual(self.first_path(260)[0], "tail")

    def test_folder__damaged_snapshot_is_not_counted_on(self):
        sidecar, _ = self.run_chain()
        sidecar.stop()
        for table in (self.folder / "sidecar/snapshot").glob("*/MANIFEST-*"):
            table.write_bytes(b"not a manifest")
        plan = self.plan()
        self.assertEqual(plan["image_bytes"], 0)
        self.assertEqual(plan["from_seqnum"], 0)
        path, _, status = self.first_path(260)
        self.assertEqual(path, plan["path"])
        self.assertEqual(status["counters"]["replayed"], plan["messages"])

    def test_nothing_was_ever_executed(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        for _ in range(2):
            plan = self.plan()
            self.assertEqual((plan["path"], plan["messages"], plan["estimated_ms"]),
                             ("cold", 0, 0))
            self.assertEqual((plan["worst"]["path"], plan["worst"]["estimated_ms"]),
                             ("full_replay", None))
            if sidecar.process.poll() is None:
                sidecar.stop()

    def test_folder_at_rest__is_not_confused_with_a_daemon_on_the_socket(self):
        first, _ = self.run_chain(count=100)
        first.stop()
        other = self.sidecar(data="other", chain_id="other-1")
        other.wait_ready()
        self.assertEqual(self.plan()["source"], "data_folder")
        self.assertEqual(self.plan(data="other")["source"], "daemon")

    def test_rates_that_cannot_be_read_are_not_known(self):
        sidecar, _ = self.run_chain(count=100)
        sidecar.stop()
        self.assertIsNotNone(self.plan()["rates"]["messages_per_s"])
        (self.folder / "sidecar/RATES").write_text("{", encoding="utf-8")
        self.assertEqual(self.rates_of(self.plan()), [None] * 4)


class PlanOfDamage(PlanCase):
    """A data folder damaged in many ways: what plan and verify say beforehand, and what the daemon
    then does; neither tool changes anything."""
    CASES = 24
    EVERY = ("--snapshot-every", 40)

    @staticmethod
    def content(folder):
        return {path.relative_to(folder): path.read_bytes()
                for path in sorted(folder.rglob("*")) if path.is_file()}

    @staticmethod
    def damage_every_page(folder):
        """What only loading finds, whatever is drawn: the file's first page is whole."""
        for file in (folder / "snapshot").rglob("pages"):
            whole = file.read_bytes()
            file.write_bytes(whole[:4096] + bytes(byte ^ 0x10 for byte in whole[4096:]))
        return "flips in every page"

    @staticmethod
    def end_two_openings(folder):
        """As a generation leaves it whose opening ended the daemon twice."""
        newest = max((folder / "snapshot").glob("gen-*")).name.split("-")[1]
        (folder / "snapshot/OPENING").write_text(f"{int(newest)} 2\n")
        return "an opening that ended two starts"

    def damage(self, dice, folder):
        """Damage one file; what was done."""
        files = sorted(path for part in ("snapshot", "log") for path in (folder / part).rglob("*")
                       if path.is_file() and path.name != "LOCK" and path.stat().st_size > 0)
        file = dice.choice([*files, *(path for path in files if path.name == "pages"),
                            folder / "FORMAT"])
        whole = bytearray(file.read_bytes())
        what = dice.choice(("flip", "flip", "flips", "cut", "empty", "gone"))
        if what == "gone":
            file.unlink()
        elif what == "empty":
            file.write_bytes(b"")
        elif what == "cut":
            file.write_bytes(whole[:dice.randrange(len(whole))])
        else:
            for _ in range(1 if what == "flip" else 30):
                whole[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
            file.write_bytes(whole)
        return f"{what} {file.relative_to(folder)}"

    def loaded(self, daemon):
        """The snapshot that a start came to, or None."""
        at = re.findall(r"kernel at seqnum (\d+):", daemon.log_text())
        return int(at[-1]) or None if at else None

    def check_case(self, number, words):
        data, node = f"sidecar-{number}", f"node-{number}"
        before = self.content(self.folder / data)
        plan = self.plan(data=data)
        verify = self.tool("snapshot", "verify", data=data)
        self.assertEqual(self.content(self.folder / data), before, words)
        daemon = self.sidecar(data=data, arguments=self.EVERY)
        seqnum = daemon.wait_ready()["seqnum"]
        self.assertEqual(self.loaded(daemon), plan["snapshot"], words)
        result = self.node(self.more, data=node).run()
        log = daemon.log_text()
        if "is executed again" not in log:  # else a delivery met what a start does not read
            # Of a log whose tail is gone nothing tells that the node has executed more: it looks
            # like what a crash leaves of a last append.
            tail_gone = plan["to_seqnum"] is not None and seqnum < self.MESSAGES
            case = plan if seqnum == self.MESSAGES else plan["worst"]
            self.assertEqual(result["first_path"], "tail" if tail_gone else case["path"], words)
        if plan["snapshots_damaged"]:
            self.assertEqual(verify.returncode, 1, words)
        if verify.returncode == 0:
            self.assertNotIn("damaged and is not used", log, words)
        self.assertEqual(result["store_hash"], self.store_hash, words)
        daemon.stop()
        return plan["snapshots_damaged"]

    def test_folder__damaged_is_told_as_the_start_finds_it(self):
        sidecar, _ = self.run_chain(arguments=self.EVERY)
        sidecar.stop()
        self.more = self.messages(harness.workload_lines(260), name="more")
        for name in ("sidecar", "node"):
            shutil.copytree(self.folder / name, self.folder / f"{name}-whole")
        sidecar = self.sidecar(data="sidecar-whole", arguments=self.EVERY)
        sidecar.wait_ready()
        self.store_hash = self.node(self.more, data="node-whole").run()["store_hash"]
        sidecar.stop()
        dice = random.Random(harness.SEED)
        fallen = 0
        for number in range(self.CASES):
            for name in ("sidecar", "node"):
                shutil.copytree(self.folder / name, self.folder / f"{name}-{number}")
            folder = self.folder / f"sidecar-{number}"
            if number < 2:
                words = (self.damage_every_page, self.end_two_openings)[number](folder)
            else:
                words = self.damage(dice, folder)
            with self.subTest(words):
                try:
                    fallen += self.check_case(number, words)
                finally:
                    self.end_processes()
        self.assertGreater(fallen, 0, "no case met what only loading finds")


if __name__ == "__main__":
    unittest.main()
