"""The bounds of texts, in `solo` and over the wire: what keeps to one passes, one more is refused
with words, and nobody ends by it."""
import json
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

KERNEL = harness.ROOT / "tests/unit/kernel/vats/free.json"
BYTES, TOKENS, LEVELS, SLOTS = 1 << 20, 50_000, 512, 4096


def call(method, *arguments):
    return json.dumps({"to": "left", "method": method, "args": arguments}, separators=(",", ":"))


def message_of(value):
    """A message with `value`, JSON, as its only argument."""
    return '{"to":"left","method":"nothing","args":[' + value + "]}"


AROUND = len(message_of(""))
# A message has 3 keys, 2 strings and 2 brackets around its argument.
MESSAGES = [
    ("a message's bytes", BYTES - AROUND, lambda n: message_of('"' + "x" * (n - 2) + '"')),
    ("a message's tokens", TOKENS - 7, lambda n: message_of(",".join(["1"] * n))),
    ("a message's levels", LEVELS - 2, lambda n: message_of("[" * n + "]" * n)),
]
# What stands around the value in a body: "#", quotes and brackets; as tokens and as levels.
WAYS = {"store": (0, 0, 0), "resolve": (3, 0, 0), "callNow": (5, 1, 1), "send": (17, 3, 2)}


def passes():
    for way, (around, tokens, levels) in WAYS.items():
        for kind, most in (("bytes", BYTES - around), ("tokens", TOKENS - tokens - 1),
                           ("levels", LEVELS - levels), ("slots", SLOTS)):
            if (way, kind) != ("store", "slots"):
                yield (f"{way}: {kind}", most,
                       lambda n, way=way, kind=kind: call("pass", way, kind, n))


CASES = [*MESSAGES, *passes()]
LINES = [text(most + more) for _, most, text in CASES for more in (0, 1)] + [call("echo", "alive")]


class Sizes(IntegrationCase):
    def over_the_wire(self):
        self.sidecar(kernel=KERNEL).wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        for i, line in enumerate(LINES):
            height = 1 + i // 20
            yield node.deliver(line, height, harness.block_time(height))

    def assert_judged(self, name, status, value, fine):
        if name.startswith("a message"):
            self.assertEqual(status, "fulfilled" if fine else "rejected", name)
            self.assertTrue(fine or "too large" in value["error"], (name, value))
            return
        self.assertEqual(status, "fulfilled", (name, value))
        if fine:
            self.assertEqual(value, "passed", name)
        else:
            self.assertIn("syscall failed: too large", value, name)

    def test_bounds__are_the_same_in_solo_and_over_the_wire(self):
        oracle = harness.solo(self.folder, self.messages(LINES), kernel=KERNEL)
        self.assertEqual(len(oracle), len(LINES))
        for i, (answer, ours) in enumerate(zip(self.over_the_wire(), oracle)):
            self.assertEqual(answer["hash"], ours["hash"], i)
            self.assertEqual(answer["status"], ours["status"], i)
            self.assertEqual(json.loads(answer["value"]), ours["value"], i)
            self.assertEqual(answer["events"], [], i)
        for i, (name, _, _) in enumerate(CASES):
            for more in (0, 1):
                line = oracle[2 * i + more]
                self.assert_judged(name, line["status"], line["value"], fine=more == 0)
        self.assertEqual(oracle[-1]["value"], "alive")


if __name__ == "__main__":
    unittest.main()
