"""A chain's own log, run again at a desk: the same hashes, or the first that differs is named."""
import json
import shutil
import subprocess
import unittest

import harness
from python_nodes import PythonNodes


def call(method, *arguments, to="town"):
    return json.dumps({"to": to, "method": method, "args": list(arguments)})


class LogExport(PythonNodes):
    def headstart(self, *words, code=0):
        run = subprocess.run([str(harness.bin_folder() / "headstart"), *map(str, words)],
                             capture_output=True, text=True, timeout=harness.DEADLINE_S,
                             check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        return run

    def kernel(self, **rules):
        """The town, with other rules."""
        folder = self.folder / "town"
        shutil.copytree(harness.TOWN.parent, folder)
        config = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
        config["rules"] = rules
        (folder / "kernel.json").write_text(json.dumps(config), encoding="utf-8")
        return folder / "kernel.json"

    def chain(self, kernel):
        """Every input that there is, in blocks whose heights and times are nobody's rule; the
        folder of the log, and where the chain stands."""
        sidecar = self.start(kernel=kernel)
        node = self.client()
        rules = '{"kernel":"setRules","rules":{"policy":{"cranks":%d}}}'
        node.deliver(call("count", 1), 7, 1700000123)
        node.runs(7, 1700000123)
        node.deliver(call("count", 1), 7, 1700000123, ticks=0)  # rejected: it needs more
        node.deliver(rules % 1, 9, 1700000321)  # rejected: it is not the chain's own
        node.deliver(rules % 1, 9, 1700000321, control=True)
        node.deliver(call("countTwice", 5), 9, 1700000321, apply=False)  # its transaction fails
        self.assertEqual(node.deliver(call("countTwice", 5), 9, 1700000321)["status"], "pending")
        node.commit(9, node.position())
        self.assertGreater(len(node.runs(12, 1700000400)), 1)
        node.deliver("\udcff\udcfe", 12, 1700000400)  # not UTF-8
        node.deliver("no JSON \0 \n \u20bf", 12, 1700000400)
        node.deliver(call("count", 1), 12, 1700000400, ticks=2 ** 53 - 1)
        position = node.position()
        node.close()
        sidecar.stop()
        return sidecar.data, position

    def export(self, data, *words):
        out = self.headstart("--data", data, "log", "export", *words).stdout
        return [json.loads(line) for line in out.splitlines()], out

    def solo(self, kernel, lines, data, code=0):
        file = self.folder / f"{data}.jsonl"
        file.write_text(lines, encoding="utf-8")
        return self.headstart("solo", "--json", "--kernel", kernel, "--data", self.folder / data,
                              "--messages", file, code=code)

    def test_every_input__gives_the_chains_hashes_again(self):
        kernel = self.kernel()
        data, position = self.chain(kernel)
        entries, lines = self.export(data)
        self.assertEqual([entry["seqnum"] for entry in entries], list(range(1, position[0] + 1)))
        self.assertEqual(entries[-1]["hash"], position[1])
        self.assertEqual(list(entries[0]), ["seqnum", "height", "time", "ticks", "control",
                                            "skipped", "message", "hash"])
        self.assertEqual(len([entry for entry in entries if "message_hex" in entry]), 1)
        answers = [json.loads(line)
                   for line in self.solo(kernel, lines, "desk").stdout.splitlines()]
        self.assertEqual([answer["hash"] for answer in answers],
                         [entry["hash"] for entry in entries])
        some, _ = self.export(data, "--from", 2, "--to", 4)
        self.assertEqual(some, entries[1:4])

    def test_what_differs__is_named_at_its_first_message(self):
        kernel = self.kernel()
        data, position = self.chain(kernel)
        entries, lines = self.export(data)
        whole = lines.splitlines(keepends=True)
        ticks = next(i for i, entry in enumerate(entries) if entry["ticks"] == 0)
        control = next(i for i, entry in enumerate(entries) if entry["control"])
        for at, (member, value) in ((ticks, ("ticks", None)), (control, ("control", False)),
                                    (position[0] - 1, ("time", 1700000401)),
                                    (0, ("message", call("count", 2)))):
            with self.subTest(member):
                other = dict(entries[at])
                other[member] = value
                changed = json.dumps(other, separators=(",", ":")) + "\n"
                run = self.solo(kernel, "".join([*whole[:at], changed, *whole[at + 1:]]),
                                f"other-{member}", code=65)
                self.assertIn(f"seqnum {at + 1} is the first that differs", run.stderr)
                self.assertIn(entries[at]["hash"], run.stderr)

    def test_log_that_begins_later__says_what_is_missing(self):
        kernel = self.kernel()
        data, _ = self.chain(kernel)
        _, lines = self.export(data, "--from", 3)
        run = self.solo(kernel, lines, "late", code=78)
        self.assertIn("is seqnum 3, and this store stands at 0", run.stderr)

    def test_reference_node__counts_late_results_of_what_stayed(self):
        kernel = self.kernel(policy={"cranks": 1})
        self.start(kernel=kernel)
        file = self.messages([call("countTwice", 1), call("countTwice", 2), call("count", 3),
                              call("count", 4)])
        node = self.node(file, arguments=["--block-size", 2, "--block-ticks", 1000,
                                          "--revert-every", 2])
        result = node.run()
        self.assertGreater(result["runs"], 0)
        self.assertGreater(result["ticks"], 0)
        self.assertGreaterEqual(result["late_results"], 2)
        same = harness.subprocess.run(
            [str(harness.bin_folder() / "headstart"), "solo", "--json", "--kernel", str(kernel),
             "--data", str(self.folder / "solo"), "--block-size", "2", "--block-ticks", "1000",
             "--messages", str(file)], capture_output=True, text=True, check=True,
            timeout=harness.DEADLINE_S)
        outcomes = [json.loads(line) for line in same.stdout.splitlines()]
        self.assertEqual(result["late_results"],
                         sum(len(outcome["settled"]) for outcome in outcomes))
        self.assertEqual(result["ticks"], sum(outcome["ticks"] for outcome in outcomes))
        self.assertEqual(result["hash"], outcomes[-1]["hash"])


if __name__ == "__main__":
    unittest.main()
