"""Queries change nothing, wait for nobody but a delivery, and no delivery waits for them."""
import json
import threading
import unittest

import harness
from python_nodes import PythonNodes, python_node

COUNT = '{"to":"town","method":"count","args":[1]}'  # its counter begins at 100
# Some seconds of work where nobody stops it, and still below what ends a vat.
LONG = '{"to":"town","method":"work","args":[20000000]}'
LONG_RUNS_S = 0.05  # of a processor's time: more than reading and beginning it takes


class Asker(threading.Thread):
    """An observer that asks until it is told to end. What it cannot have now it asks again."""

    def __init__(self, socket, messages):
        super().__init__()
        self.socket, self.messages = socket, messages
        self.stopped = threading.Event()
        self.answers, self.refusals, self.failure = [], [], None

    def run(self):
        try:
            with python_node.PythonNode(self.socket, timeout=harness.DEADLINE_S) as peer:
                peer.hello(harness.CHAIN_ID, role="observer")
                at = 0
                while not self.stopped.is_set():
                    self.ask(peer, self.messages[at % len(self.messages)])
                    at += 1
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def ask(self, peer, message):
        try:
            self.answers.append(peer.query(message))
        except python_node.RpcError as error:
            self.refusals.append(error.code)
            if error.code not in ("busy", "not_ready"):
                raise
            self.stopped.wait(0.001)


class Queries(PythonNodes):
    BLOCK = 10

    def observer(self):
        peer = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S)
        peer.connect()
        self.addCleanup(peer.close)
        peer.hello(harness.CHAIN_ID, role="observer")
        return peer

    def refused(self, code, function, *arguments, **more):
        with self.assertRaises(python_node.RpcError) as caught:
            function(*arguments, **more)
        self.assertEqual(caught.exception.code, code, caught.exception)

    def deliver(self, node, line, height):
        return node.deliver(line, height, harness.block_time(height))

    # --- nothing changes

    def chain(self, lines, ask):
        """A chain with failed transactions and commits, asked in between; all its answers."""
        node = self.client()
        answers = []
        for at, line in enumerate(lines):
            height = at // self.BLOCK + 1
            ask(node, lines[at % 7])
            if at % 9 == 4:  # its transaction fails
                node.deliver(line, height, harness.block_time(height), apply=False)
                ask(node, lines[at % 5])
            answers.append(self.deliver(node, line, height))
            if (at + 1) % self.BLOCK == 0:
                node.commit(height, node.position() if height % 2 else None)
        return node, [{name: answer[name] for name in ("seqnum", "hash", "value", "writes", "ticks")}
                      for answer in answers]

    def test_asked_all_the_time__is_the_twin_that_never_was(self):
        lines = [*harness.workload_lines(200), harness.REPORT]
        arguments = ("--snapshot-every", "10", "--serve-queries")
        twin = self.start(*arguments, kernel=harness.LEDGER)
        silent, expected = self.chain(lines, lambda node, line: None)
        silent.close()
        twin.stop()
        asked = self.sidecar(kernel=harness.LEDGER, data="asked", arguments=arguments)
        asked.wait_ready()
        askers = [Asker(str(asked.socket), [harness.REPORT, lines[3]]) for _ in range(4)]
        own = []
        for asker in askers:
            asker.start()

        def ask(node, line):
            if int(node.store.get("kernel.seqnum") or 0) > 0:
                own.append(self.insist(node, line))

        node, answers = self.chain(lines, ask)
        harness.wait_for(lambda: all(asker.answers or asker.failure for asker in askers),
                         "every observer got an answer")
        for asker in askers:
            asker.stopped.set()
            asker.join()
            self.assertIsNone(asker.failure)
        self.assertEqual(answers, expected)
        self.assertEqual(node.store.entries, silent.store.entries)
        self.assertGreater(len(own), 150)
        report = self.insist(node, harness.REPORT)
        self.assertEqual((report["seqnum"], report["hash"]), node.position())
        # what was kept on disk meanwhile is the chain as well
        asked.stop()
        again = self.sidecar(kernel=harness.LEDGER, data="asked")
        again.wait_ready()
        last = self.client(node.store)
        result = self.deliver(last, harness.REPORT, 22)
        self.assertEqual(result["path"], "swap")
        status = again.status()
        self.assertEqual(status["counters"]["divergences"], 0)
        again.stop()
        self.sidecar(kernel=harness.LEDGER).wait_ready()
        result_twin = self.deliver(self.client(silent.store), harness.REPORT, 22)
        self.assertEqual(result["hash"], result_twin["hash"])

    def insist(self, node, message):
        """The node's own query, past what a commit of its own gives up."""
        while True:
            try:
                return node.query(message)
            except python_node.RpcError as error:
                self.assertEqual(error.code, "busy")

    def test_simulated__costs_and_says_what_the_delivery_then_does(self):
        self.start(kernel=harness.LEDGER)
        node = self.client()
        for at, line in enumerate(harness.workload_lines(40)):
            if at > 0:
                asked = self.insist(node, line)
            answer = self.deliver(node, line, at // self.BLOCK + 1)
            if at > 0 and at % self.BLOCK != 0:  # no block begins with it
                for name in ("status", "value", "ticks"):
                    self.assertEqual(asked[name], answer[name], f"{name} of {at}")

    # --- who may ask, where, and what

    def test_not_ready__until_a_kernel_stands_at_the_nodes_position(self):
        sidecar = self.start("--serve-queries")
        observer = self.observer()
        self.refused("not_ready", observer.query, COUNT)
        node = self.client()
        self.refused("not_ready", node.query, COUNT)
        node.attach(0)
        self.refused("not_ready", node.query, COUNT)  # nothing was executed yet
        self.deliver(node, COUNT, 1)
        here = node.position()
        self.assertEqual(json.loads(node.query(COUNT, here)["value"]), 102)
        self.refused("not_ready", node.query, COUNT, (here[0] + 1, here[1]))
        self.refused("not_ready", node.query, COUNT, (here[0], "ab" * 32))
        node.close()
        sidecar.wait_phase("detached")
        self.assertEqual(json.loads(observer.query(COUNT)["value"]), 102)

    def test_observers__only_where_it_is_allowed(self):
        self.start()
        node = self.client()
        self.deliver(node, COUNT, 1)
        self.refused("bad_request", self.observer().query, COUNT)
        stranger = python_node.PythonNode(str(self.folder / "headstart.sock"))
        with stranger.connect():
            self.refused("bad_request", stranger.query, COUNT)
        self.assertEqual(node.query(COUNT)["status"], "fulfilled")

    def test_wrong_parameters__are_bad_requests_and_wrong_messages_are_rejected(self):
        self.start()
        node = self.client()
        self.deliver(node, COUNT, 1)
        seqnum, digest = node.position()
        for params in ({}, {"message": ""}, {"message": 7}, {"message": COUNT, "ticks": -1},
                       {"message": COUNT, "ticks": 2 ** 53}, {"message": COUNT, "seqnum": seqnum},
                       {"message": COUNT, "hash": digest},
                       {"message": COUNT, "seqnum": seqnum, "hash": "x"}):
            self.refused("bad_request", node.request, "query", params)
        for message in ("no JSON", '{"to":"nobody","method":"x","args":[]}',
                        '{"kernel":"terminateVat","vat":"town"}'):
            self.assertEqual(node.query(message)["status"], "rejected")
        self.assertEqual(node.query(COUNT, ticks=0)["status"], "rejected")
        self.assertEqual(node.position(), (seqnum, digest))
        self.assertEqual(json.loads(self.deliver(node, COUNT, 1)["value"]), 102)

    def test_reads_node__offers_none(self):
        self.start("--reads", "node")
        node = self.client()
        self.assertNotIn("query", node.hello_answer["features"])
        self.deliver(node, COUNT, 1)
        self.refused("unknown_method", node.query, COUNT)

    def test_command_line__asks_as_an_observer(self):
        sidecar = self.start("--serve-queries")
        node = self.client()
        self.assertIn("query", node.hello_answer["features"])
        self.deliver(node, COUNT, 1)
        run = harness.subprocess.run(
            [str(sidecar.binaries / "headstart"), "--socket", str(sidecar.socket), "--json",
             "--chain-id", harness.CHAIN_ID, "call", "query", json.dumps({"message": COUNT})],
            capture_output=True, text=True, timeout=harness.DEADLINE_S, check=True)
        self.assertEqual(json.loads(run.stdout)["result"]["value"], "102")

    # --- deliveries go first

    def run_long(self, sidecar, observer, msgid):
        """Ask for LONG, and see it run: nothing else here takes so much of a processor."""
        before = sidecar.processor_seconds()
        observer.send([0, msgid, "query", [{"message": LONG}]])
        harness.wait_for(lambda: sidecar.processor_seconds() >= before + LONG_RUNS_S,
                         "the query runs")

    def given_up(self, observer, msgid, words):
        with self.assertRaises(python_node.RpcError) as caught:
            observer.await_result(msgid)
        self.assertEqual(caught.exception.code, "busy")
        self.assertIn(words, str(caught.exception))

    def test_a_query_that_runs__is_given_up_for_a_delivery(self):
        sidecar = self.start("--serve-queries")
        node, observer, waiting = self.client(), self.observer(), self.observer()
        self.deliver(node, COUNT, 1)
        for at in range(1, 5):
            self.run_long(sidecar, observer, 100 + at)
            waiting.send([0, 200 + at, "query", [{"message": COUNT}]])
            self.assertEqual(json.loads(self.deliver(node, COUNT, 1)["value"]), 101 + at)
            self.given_up(observer, 100 + at, "the node has something to do")
            self.given_up(waiting, 200 + at, "ask again")
        self.assertEqual(json.loads(observer.query(COUNT)["value"]), 106)

    def test_a_query_that_runs__is_given_up_for_a_commit_and_the_next_one_is_not(self):
        sidecar = self.start("--serve-queries")
        node, observer, waiting = self.client(), self.observer(), self.observer()
        for at, end_block in enumerate((node.commit, node.prepare_commit, node.commit), 1):
            self.deliver(node, COUNT, at)
            self.run_long(sidecar, observer, 100 + at)
            waiting.send([0, 200 + at, "query", [{"message": COUNT}]])
            end_block(at)
            self.given_up(observer, 100 + at, "the node has something to do")
            answer = waiting.await_result(200 + at)
            self.assertEqual(json.loads(answer["value"]), 101 + at)

    def test_while_a_delivery_runs__a_query_is_busy(self):
        self.start("--serve-queries", kernel=harness.LEDGER)
        lines = harness.workload_lines(3)
        node, observer = self.client(), self.observer()
        self.deliver(node, lines[0], 1)
        node.send([0, 4711, "attach", [{"height": 9, "seqnum": 99, "hash": "ab" * 32}]])
        asked = node.receive()  # our store, for the full replay that this must be
        self.assertEqual(asked[0], 0)
        self.refused("busy", observer.query, lines[1])
        node.send([1, asked[1], "enough: of this test", None])
        with self.assertRaises(python_node.RpcError):
            node.await_result(4711)
        self.assertEqual(self.deliver(node, lines[1], 1)["seqnum"], 2)
        self.assertEqual(observer.query(lines[2])["seqnum"], 2)

    def test_stopped_meanwhile__answers_and_ends_in_order(self):
        sidecar = self.start("--serve-queries")
        node, observer = self.client(), self.observer()
        self.deliver(node, COUNT, 1)
        self.run_long(sidecar, observer, 3)
        sidecar.stop()
        with self.assertRaises((python_node.RpcError, python_node.Disconnected)) as ended:
            observer.await_result(3)
        if isinstance(ended.exception, python_node.RpcError):
            self.assertEqual(ended.exception.code, "shutting_down")


if __name__ == "__main__":
    unittest.main()
