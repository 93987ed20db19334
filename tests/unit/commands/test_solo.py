"""`headstart solo`: the kernel on its own store, killed and started again, fed by hand, misfed."""
import itertools
import json
import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
import harness  # noqa: E402
from harness import IntegrationCase  # noqa: E402

OK, USAGE, DAMAGED, INPUT_MISSING, CANNOT_CREATE, LOCKED = 0, 64, 65, 66, 73, 75
CONFIGURATION, INTERRUPTED = 78, 130


class SoloCase(IntegrationCase):
    def command(self, messages, *words, data="solo", kernel=harness.LEDGER):
        return [str(harness.bin_folder() / "headstart"), "solo", "--kernel", str(kernel), "--data",
                str(self.folder / data), "--messages", str(messages), *map(str, words)]

    def solo(self, messages, *words, stdin="", **options):
        return subprocess.run(self.command(messages, *words, **options), input=stdin, text=True,
                              capture_output=True, timeout=harness.DEADLINE_S, check=False)

    def tool(self, *words, data="solo"):
        run = subprocess.run([str(harness.bin_folder() / "headstart"), "--data",
                              str(self.folder / data), *words], text=True, capture_output=True,
                             timeout=harness.DEADLINE_S, check=False)
        self.assertEqual(run.returncode, OK, run.stderr)
        return run.stdout

    def answers(self, run):
        self.assertEqual(run.returncode, OK, run.stderr)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def assert_fails(self, run, code, *words):
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(len(run.stderr.strip().splitlines()), 1, run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)


class Solo(SoloCase):
    def test_workload__gives_the_expected_report(self):
        file = self.messages([*harness.workload_lines(), harness.REPORT])
        answers = self.answers(self.solo(file, "--json"))
        self.assertEqual([answer["seqnum"] for answer in answers],
                         list(range(1, len(answers) + 1)))
        self.assertEqual({answer["status"] for answer in answers}, {"fulfilled"})
        self.assertEqual(answers[-1]["value"],
                         json.loads(harness.EXPECTED.read_text(encoding="utf-8")))

    def test_summary__for_people(self):
        file = self.messages([*harness.workload_lines(9), "not JSON", harness.REPORT])
        run = self.solo(file)
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertIn("11 executed, 0 skipped", run.stdout)
        self.assertIn("10 fulfilled, 1 rejected, 0 pending", run.stdout)
        self.assertRegex(run.stdout, r"seqnum 11, hash [0-9a-f]{64}\n")
        self.assertEqual(run.stderr, "")

    def test_same_file_again__is_skipped(self):
        file = self.messages(harness.workload_lines(50))
        first = self.answers(self.solo(file, "--json"))
        self.assertEqual(self.answers(self.solo(file, "--json")), [])
        self.assertIn("0 executed, 50 skipped", self.solo(file).stdout)
        longer = self.messages(harness.workload_lines(60))
        more = self.answers(self.solo(longer, "--json"))
        self.assertEqual([answer["seqnum"] for answer in more], list(range(51, 61)))
        whole = self.answers(self.solo(longer, "--json", data="other"))
        self.assertEqual(whole, first + more)

    def test_file_shorter_than_what_was_executed__is_refused(self):
        self.answers(self.solo(self.messages(harness.workload_lines(20)), "--json"))
        run = self.solo(self.messages(harness.workload_lines(19), name="short"))
        self.assert_fails(run, DAMAGED, "20 lines", "19")

    def test_killed_at_any_time__goes_on_without_loss_or_repetition(self):
        dice = harness.dice("solo killed")
        lines = [*harness.workload_lines(1500), harness.REPORT]
        file = self.messages(lines)
        oracle = self.answers(self.solo(file, "--json", data="oracle"))
        printed = []
        for _ in range(12):
            process = subprocess.Popen(self.command(file, "--json"), stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
            begun = list(itertools.islice(process.stdout, dice.randrange(160)))
            process.kill()
            out, _ = process.communicate()
            whole = [line for line in [*begun, *out.splitlines(keepends=True)]
                     if line.endswith("\n")]
            printed.append([json.loads(line) for line in whole])
        printed.append(self.answers(self.solo(file, "--json")))
        seen = [answer["seqnum"] for run in printed for answer in run]
        # Killed between a group's sync and its printing, those lines stay unprinted; nothing is
        # printed twice, nothing that was printed is executed again.
        self.assertEqual(seen, sorted(set(seen)))
        for run in printed:
            for answer in run:
                self.assertEqual(answer, oracle[answer["seqnum"] - 1])
        self.assertIn(f"{len(lines):,} skipped", self.solo(file).stdout)
        self.assertEqual(self.tool("store", "hash"), self.tool("store", "hash", data="oracle"))
        self.assertEqual(self.tool("store", "get", "kernel.hash").strip(), oracle[-1]["hash"])

    def test_interrupted__finishes_the_group_and_says_so(self):
        file = self.messages(harness.workload_lines())
        # Whoever started this test may have SIGINT ignored, and the child would inherit that.
        process = subprocess.Popen(self.command(file, "--json", "-q"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        with process, process.stdout, process.stderr:
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            printed = [json.loads(line) for line in [first, *process.stdout]]
            errors = process.stderr.read()
        self.assertEqual(process.returncode, INTERRUPTED, errors)
        self.assertEqual(len(errors.splitlines()), 1)
        self.assertLess(len(printed), len(harness.workload_lines()))
        rest = self.answers(self.solo(file, "--json"))
        self.assertEqual([answer["seqnum"] for answer in printed + rest],
                         list(range(1, len(harness.workload_lines()) + 1)))


class Input(SoloCase):
    def test_standard_input__every_line_is_new(self):
        line = harness.workload_lines(1)[0] + "\n"
        for expected in ([1, 2], [3, 4]):
            answers = self.answers(self.solo("-", "--json", stdin=line * 2))
            self.assertEqual([answer["seqnum"] for answer in answers], expected)
        run = self.solo("-", "-q", stdin=harness.REPORT)
        self.assertTrue(run.stdout.startswith("5 fulfilled {"), run.stdout)

    def test_standard_input__answers_before_the_next_line_comes(self):
        process = subprocess.Popen(self.command("-", "--json"), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for expected in (1, 2, 3):
            process.stdin.write(harness.REPORT + "\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["seqnum"], expected)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=harness.DEADLINE_S)
        process.stdin.close()
        process.stdout.close()
        self.assertEqual(process.returncode, INTERRUPTED)

    def test_malformed_lines__are_executed_and_rejected_every_time_alike(self):
        lines = ["not JSON", "{", "[]", "null", '{"to":"ledger"}', "{" * 5000, "\x01", " ",
                 '{"to":"nobody","method":"report","args":[]}',
                 '{"to":"ledger","method":"nothing","args":[]}', b"\xff\xfe", harness.REPORT]
        file = self.messages(lines)
        answers = self.answers(self.solo(file, "--json"))
        self.assertEqual([answer["status"] for answer in answers],
                         ["rejected"] * (len(lines) - 1) + ["fulfilled"])
        for answer in answers[:-1]:
            self.assertGreater(len(answer["value"]["error"]), 5)
        self.assertEqual(self.answers(self.solo(file, "--json", data="other")), answers)

    def test_a_line_that_is_too_long__ends_after_what_came_before(self):
        with open(self.messages([harness.REPORT]), "r+b") as out:
            out.seek(33 << 20)  # a line of zeros behind the first one
            out.write(b"\n")
        run = self.solo(self.folder / "messages.jsonl", "--json", "-q")
        self.assert_fails(run, CONFIGURATION, "line 2")
        self.assertEqual(json.loads(run.stdout)["seqnum"], 1)

    def test_results_that_cannot_be_written__are_executed_and_told(self):
        file = self.messages(harness.workload_lines(3))
        with open("/dev/full", "wb") as full:
            run = subprocess.run(self.command(file, "--json", "-q"), stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(run.returncode, 74)
        # How many were executed before the first results were due is the machine's to say.
        executed, skipped = map(int, re.search(r"(\d+) executed, (\d+) skipped",
                                               self.solo(file).stdout).groups())
        self.assertGreaterEqual(skipped, 1)
        self.assertEqual(executed + skipped, 3)


class Starting(SoloCase):
    def test_inputs__missing(self):
        self.assert_fails(self.solo(self.folder / "none.jsonl"), INPUT_MISSING, "none.jsonl")
        file = self.messages([harness.REPORT])
        self.assert_fails(self.solo(file, kernel=self.folder / "none.json"), INPUT_MISSING,
                          "none.json")
        self.assertFalse((self.folder / "solo").exists())

    def test_kernel_configuration__malformed(self):
        bad = self.folder / "bad.json"
        bad.write_text('{"vats": 1}', encoding="utf-8")
        self.assert_fails(self.solo(self.messages([harness.REPORT]), kernel=bad), CONFIGURATION,
                          "bad.json")

    def test_data_folder__locked_or_not_a_folder(self):
        process = subprocess.Popen(self.command("-"), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write(harness.REPORT + "\n")
        process.stdin.flush()
        process.stdout.readline()
        self.assert_fails(self.solo(self.messages([harness.REPORT])), LOCKED, "solo")
        process.communicate(timeout=harness.DEADLINE_S)
        self.assertEqual(process.returncode, OK)
        (self.folder / "file").write_text("", encoding="utf-8")
        self.assert_fails(self.solo(self.messages([harness.REPORT]), data="file"), CANNOT_CREATE,
                          "file")

    def test_data_folder__of_a_chain_is_shared(self):
        sidecar = self.sidecar(data="chain")
        sidecar.wait_ready()
        file = self.messages(harness.workload_lines(5))
        self.assert_fails(self.solo(file, data="chain"), LOCKED, "chain")
        sidecar.stop()
        self.assertEqual(len(self.answers(self.solo(file, "--json", data="chain"))), 5)
        self.sidecar(data="chain").wait_ready()


if __name__ == "__main__":
    unittest.main()
