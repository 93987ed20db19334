"""Messages of every kind: what a vat answers, and that bad ones are rejected by every node alike."""
import unittest

import harness
from harness import IntegrationCase


def call(method, *arguments, to="town"):
    return harness.json.dumps({"to": to, "method": method, "args": list(arguments)})


BAD = [
    (call("fail", "the bakery is on fire"), "the bakery is on fire"),
    (call("work", 1, to="nobody"), "nobody"),
    (call("dance"), "dance"),
    (call("count", "many"), "not a whole number"),
    ('{"to":"town","method":"count","args":[}', None),
    ('{"to":"town","method":"count"', None),
    ('{"to":"town","method":"count","args":"1"}', None),
    ('{"to":"town","method":7,"args":[]}', None),
    ('{"method":"count","args":[1]}', None),
    ("[]", None),
    ("null", None),
    ("not JSON at all", None),
    ("{" * 2000, None),
    (b'{"to":"town","method":"announce","args":["\xff\xfe"]}', None),
]


class Messages(IntegrationCase):
    def run_both(self, lines):
        """Solo and node plus sidecar; their answers must be the same."""
        file = self.messages(lines)
        oracle = harness.solo(self.folder, file, kernel=harness.TOWN, block=3)
        self.sidecar(kernel=harness.TOWN).wait_ready()
        node = self.node(file, arguments=["--block-size", 3])
        result = node.run()
        self.assertEqual(result["hash"], oracle[-1]["hash"])
        answered = node.answered()
        self.assert_same_chain(answered, {answer["seqnum"]: answer for answer in oracle})
        return [answered[i + 1] for i in range(len(lines))], result

    def test_bad_messages__are_executed_rejected_and_explained(self):
        lines = []
        for bad, _ in BAD:
            lines += [bad, call("count", 1)]
        answers, result = self.run_both(lines)
        self.assertEqual(result["rejected"], len(BAD))
        for (bad, words), answer in zip(BAD, answers[::2]):
            self.assertEqual(answer["status"], "rejected", bad)
            self.assertGreater(len(answer["value"]["error"]), 10, bad)
            if words is not None:
                self.assertIn(words, answer["value"]["error"])
        # What came between them was not touched.
        self.assertEqual([answer["value"] for answer in answers[1::2]],
                         [101 + i for i in range(len(BAD))])

    def test_calls_between_vats__answer_with_what_the_other_said(self):
        answers, _ = self.run_both([call("count", 5), call("countTwice", 10), call("count", -25)])
        self.assertEqual([answer["value"] for answer in answers],
                         [105, {"first": 115, "second": 125}, 100])

    def test_words_for_outside__are_outputs_in_order(self):
        answers, _ = self.run_both([call("announce", "one"), call("announce", "two ✓")])
        self.assertEqual([answer["outputs"] for answer in answers],
                         [[{"type": "announcement", "text": "one"}],
                          [{"type": "announcement", "text": "two ✓"}]])

    def test_a_promise_that_waits__is_pending_and_settles_in_a_later_block(self):
        lines = [call("waitAtGate", "anna"), call("waitAtGate", "bert"), call("count", 1),
                 call("count", 1), call("openGate", 3)]
        answers, _ = self.run_both(lines)
        self.assertEqual([answer["status"] for answer in answers],
                         ["pending", "pending", "fulfilled", "fulfilled", "fulfilled"])
        self.assertEqual([output["name"] for output in answers[4]["outputs"]], ["anna", "bert"])

    def test_a_promise_that_waits__survives_a_restart(self):
        lines = [call("waitAtGate", "anna"), *[call("count", 1)] * 40, call("openGate", 3)]
        file = self.messages(lines)
        oracle = harness.solo(self.folder, file, kernel=harness.TOWN, block=3)
        sidecar = self.sidecar(kernel=harness.TOWN, arguments=["--snapshot-every", 10])
        sidecar.wait_ready()
        self.node(file, arguments=["--block-size", 3, "--crash-after", 32]).crash()
        sidecar.kill()
        self.sidecar(kernel=harness.TOWN, arguments=["--snapshot-every", 10]).wait_ready()
        node = self.node(file, arguments=["--block-size", 3])
        result = node.run()
        self.assertEqual(result["hash"], oracle[-1]["hash"])
        self.assertEqual(node.answered()[len(lines)]["outputs"],
                         [{"type": "passed", "name": "anna", "toll": 3}])


if __name__ == "__main__":
    unittest.main()
