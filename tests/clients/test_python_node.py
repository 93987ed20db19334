#!/usr/bin/python3
"""The Python client against the real server with scripted handlers (see scripted_server.h)."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

import python_node
from python_node import Disconnected, PythonNode, RpcError, Store

SERVER = None
CHAIN = "test-chain"
HANGS_S = 120
HERE = os.path.dirname(os.path.abspath(__file__))


class ServerCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.socket = os.path.join(self.folder.name, "s")
        self.server = subprocess.Popen([SERVER, self.socket])
        self.addCleanup(self.stop)
        self.node = PythonNode(self.socket, timeout=HANGS_S).connect()
        self.addCleanup(self.node.close)

    def stop(self):
        self.server.kill()
        self.server.wait()

    def refused(self, code, function, *arguments):
        with self.assertRaises(RpcError) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.is_text)
        self.assertEqual(caught.exception.code, code)
        self.assertTrue(caught.exception.words)


class Protocol(ServerCase):
    def test_hello_has_every_key(self):
        self.assertEqual(self.node.hello(CHAIN),
                         {"protocol": 1, "server": "headstart test", "chain_id": CHAIN,
                          "phase": "primed", "seqnum": 0, "hash": "", "height": 7,
                          "engines": ["engine-1"], "genesis": "g", "features": ["attach"]})

    def test_hello_of_the_first_version_is_enough(self):
        hello = {"protocol": 1, "chain_id": CHAIN, "role": "node", "client": "old"}
        self.refused("bad_request", self.node.request, "hello", {**hello, "features": "attach"})
        self.refused("bad_request", self.node.request, "hello", {**hello, "features": [1]})
        self.assertEqual(self.node.request("hello", hello)["phase"], "primed")

    def test_attach_asks_the_store(self):
        self.refused("bad_request", self.node.attach, 1)
        self.node.hello(CHAIN)
        self.node.store.write("key", "value")
        self.assertEqual(self.node.attach(1), {"path": "swap", "replayed": 1, "wait_us": 2})
        self.assertEqual(self.node.questions["store.scan"], 1)
        for key in ("height", "seqnum", "hash"):
            good = {"height": 1, "seqnum": 0, "hash": ""}
            self.refused("bad_request", self.node.request, "attach",
                         {k: v for k, v in good.items() if k != key})
            self.refused("bad_request", self.node.request, "attach", {**good, key: 2 ** 53})
        self.assertEqual(self.node.deliver("x", 1)["seqnum"], 1)

    def test_delivery_moves_the_store(self):
        self.node.hello(CHAIN)
        digest = ""
        for number in range(50):
            result = self.node.deliver("message %d" % number, 1 + number // 20)
            digest = hashlib.sha256((digest + "message %d" % number).encode()).hexdigest()
            self.assertEqual((result["seqnum"], result["hash"]), (number + 1, digest))
            self.assertEqual(set(result), {"seqnum", "hash", "status", "value", "outputs", "writes",
                                           "path", "replayed", "wait_us", "run_us"})
        self.assertEqual(self.node.position(), (50, digest))

    def test_store_questions_are_answered(self):
        self.node.hello(CHAIN)
        for number in range(500):
            self.node.store.write("key%03d" % number, "v" * 100)
        self.node.store.write("\u20ac", "euro")
        self.assertEqual(self.node.deliver("get \u20ac", 1, apply=False)["value"], "euro")
        self.assertEqual(self.node.deliver("get nothing", 1, apply=False)["value"], "null")
        self.assertEqual(self.node.deliver("scan 1000", 1, apply=False)["value"], "501")
        self.assertEqual(self.node.questions["store.get"], 2)
        self.assertGreater(self.node.questions["store.scan"], 40)

    def test_failing_store_fails_the_delivery(self):
        self.node.hello(CHAIN)
        self.node.answers["store.get"] = lambda params: ("storage_failed: no disk", None)
        self.refused("node_failed", self.node.deliver, "get x", 1)
        self.assertEqual(self.node.deliver("on it goes", 1)["seqnum"], 1)

    def test_malformed_answer_disconnects(self):
        self.node.hello(CHAIN)
        self.node.answers["store.get"] = lambda params: (None, {"value": 7})
        with self.assertRaises((Disconnected, RpcError)):
            self.node.deliver("get x", 1)
        with self.assertRaises(Disconnected):
            self.node.receive()

    def test_roles(self):
        self.refused("bad_request", self.node.shutdown)
        self.refused("bad_request", self.node.deliver, "x", 1)
        self.refused("wrong_chain", self.node.hello, "another")
        self.node.hello(CHAIN)
        with PythonNode(self.socket, timeout=HANGS_S) as second:
            self.refused("busy", second.hello, CHAIN)
            second.hello(CHAIN, role="observer")
            self.assertEqual(second.status(), {"schema": 1, "phase": "primed"})
            self.assertEqual(second.metrics(), "headstart_ready 1\n")
            self.refused("bad_request", second.prepare_commit, 1)
        self.node.commit(3)
        self.assertEqual(self.node.prepare_commit(3), {})

    def test_unknown_things_are_borne(self):
        self.node.notify("nonsense", {"a": 1})
        self.refused("unknown_method", self.node.request, "nonsense", {})
        self.node.send([0, 77, b"nvim_get_api_info", []])
        self.assertEqual(self.node.receive()[:2], [1, 77])
        hello = {"protocol": 1, "chain_id": CHAIN.encode(), "role": b"node", "client": b"bin",
                 "unknown": {"nested": [1, 2.5, None]}}
        self.assertEqual(self.node.request("hello", hello)["protocol"], 1)
        parameters = self.node.delivery(b"bytes", 1)
        parameters["more"] = -1
        self.assertEqual(self.node.request("deliver", parameters)["seqnum"], 1)

    def test_bad_requests_leave_the_connection(self):
        self.node.hello(CHAIN)
        good = self.node.delivery("x", 1)
        for key in good:
            lacking = {k: v for k, v in good.items() if k != key}
            self.refused("bad_request", self.node.request, "deliver", lacking)
        for key in ("height", "time", "seqnum"):
            for value in (2 ** 53, -1, 1.5, "1", None):
                self.refused("bad_request", self.node.request, "deliver", {**good, key: value})
        self.refused("bad_request", self.node.request, "deliver", {**good, "hash": "f" * 63})
        self.refused("bad_request", self.node.request, "deliver", {**good, "seqnum": 5})
        self.refused("too_large", self.node.request, "deliver",
                     {**good, "message": "x" * (33554432 + 1)})
        self.assertEqual(self.node.request("deliver", {**good, "seqnum": 0})["seqnum"], 1)

    def test_garbage_is_answered_and_ended(self):
        for garbage, msgid in ((b"GET / HTTP/1.1\r\n", 0),
                               (b"\xc1", 0),
                               (b"\x94\x00\x07\xa1x\xdd\xff\xff\xff\xff\xdd\xff\xff", 7),
                               (b"\x94\x00\x08\xa1x" + b"\x91" * 40, 8),
                               (b"\x94\x05\x07\xa1x\x90", 0)):
            with PythonNode(self.socket, timeout=HANGS_S) as other:
                other.send_raw(garbage)
                frame = other.receive()
                self.assertEqual((frame[0], frame[1], frame[3]), (1, msgid, None))
                self.assertIsInstance(frame[2], str)
                with self.assertRaises(Disconnected):
                    other.receive()
        self.assertEqual(self.node.hello(CHAIN)["height"], 7)

    def test_shutdown_ends_the_server(self):
        self.node.hello(CHAIN)
        self.assertEqual(self.node.shutdown(), {})
        self.assertEqual(self.server.wait(HANGS_S), 0)
        self.assertFalse(os.path.exists(self.socket))


class Program(ServerCase):
    def call(self, *arguments):
        done = subprocess.run([sys.executable, os.path.join(HERE, "python_node.py"), "--socket",
                               self.socket, "--chain-id", CHAIN, *arguments],
                              stdout=subprocess.PIPE, check=False, timeout=HANGS_S)
        return done.returncode, json.loads(done.stdout)

    def test_delivers_a_file_and_goes_on_where_it_stopped(self):
        self.node.close()
        messages = os.path.join(self.folder.name, "messages")
        store = os.path.join(self.folder.name, "store.json")
        with open(messages, "w", encoding="utf-8") as file:
            file.writelines("message %d\n" % number for number in range(45))
        code, first = self.call("--messages", messages, "--count", "30", "--store", store)
        self.assertEqual((code, first["seqnum"], first["height"]), (0, 30, 2))
        code, second = self.call("--messages", messages, "--store", store)
        self.assertEqual((code, second["seqnum"], second["delivered"]), (0, 45, 15))
        self.assertEqual(second["statuses"], {"fulfilled": 15})
        code, whole = self.call("--messages", messages, "--blocks", "7")
        self.assertEqual((code, whole["hash"], whole["height"]), (0, second["hash"], 7))

    def test_tells_what_was_refused(self):
        messages = os.path.join(self.folder.name, "messages")
        with open(messages, "w", encoding="utf-8") as file:
            file.write("fine\nfail\nnever\n")
        code, summary = self.call("--messages", messages)
        self.assertEqual((code, summary["seqnum"]), (1, 1))
        self.assertTrue(summary["error"].startswith("kernel_failed: "))


class StoreOrder(unittest.TestCase):
    def test_pieces_of_every_size_make_up_the_whole(self):
        store = Store({key: "v" * (len(key) * 3) for key in
                       ("a", "b", "b.", "b0", "\u00e9", "\u20ac", "\U0001f600", "z")})
        whole, more = store.scan("", 10 ** 9)
        self.assertFalse(more)
        self.assertEqual([key for key, _ in whole],
                         sorted(store.entries, key=lambda key: key.encode()))
        for size in range(0, 40):
            got, after, more = [], "", True
            while more:
                piece, more = store.scan(after, size)
                self.assertTrue(piece)
                got += piece
                after = piece[-1][0]
            self.assertEqual(got, whole)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    assert python_node.FRAME_BYTES_MAX == 67108864
    unittest.main()
