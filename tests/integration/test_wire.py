"""Strangers on the socket: they get the answers that docs/protocol.md names, and the node that is
running meanwhile notices nothing."""
import socket
import sys
import unittest

import msgpack

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position


class Strangers(IntegrationCase):
    BLOCK = 4

    def test_strangers__the_running_node_notices_nothing(self):
        lines = harness.workload_lines()  # more than it comes to while they are there
        file = self.messages(lines)
        self.daemon = self.sidecar()
        self.daemon.wait_ready()
        running = self.node(file, arguments=["--block-size", self.BLOCK,
                                             "--interval-ms", 100]).start()
        harness.wait_for(lambda: len(running.answered_lines()) > 10, "the node is running")
        for name in sorted(name for name in dir(self) if name.startswith("stranger_")):
            with self.subTest(name):
                getattr(self, name)(file)
                self.assertIsNone(running.process.poll(), "the node was still running")
        running.wait_answered(2 * self.BLOCK)
        running.process.kill()
        running.finish()
        self.assertNotIn("trying again", running.errors)
        self.assertEqual(sum(self.daemon.status()["counters"]["attaches"].values()), 1)
        answered = running.answered()
        executed = self.messages(lines[:len(answered)], "executed.jsonl")
        self.assert_same_chain(answered, {
            answer["seqnum"]: answer
            for answer in harness.solo(self.folder, executed, block=self.BLOCK)})

    def ask(self, peer, method, params, msgid=1):
        peer.send([0, msgid, method, [params]])
        return self.answer(peer)

    def answer(self, peer):
        """One response, [1, msgid, error, result]; None when the other end hung up."""
        try:
            return peer.receive()
        except python_node.Disconnected:
            return None

    def stranger(self):
        """A connection that has not said hello."""
        peer = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S)
        self.addCleanup(peer.close)
        return peer.connect()

    def hello(self, role="node", chain_id=harness.CHAIN_ID, protocol=1):
        return {"protocol": protocol, "chain_id": chain_id, "role": role, "client": "stranger"}

    def assert_error(self, answer, code):
        self.assertIsNotNone(answer, f"an answer was expected, {code}")
        self.assertEqual(answer[0], 1)
        self.assertIsInstance(answer[2], str)
        self.assertTrue(answer[2].startswith(f"{code}: "), answer[2])
        self.assertIsNone(answer[3])

    def assert_hung_up(self, peer):
        """An error answer at most, then the end of the connection."""
        answer = self.answer(peer)
        if answer is not None:
            self.assertEqual(answer[0], 1)
            self.assertIsInstance(answer[2], str)
            self.assertIsNone(self.answer(peer))

    def resident_bytes(self):
        with open(f"/proc/{self.daemon.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    def stranger_garbage__is_hung_up_on(self, _file):
        for garbage in (b"\xc1", b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\xff" * 100,
                        b"\x93\x07\x01\xc0", b"\x91" * 100):
            with self.subTest(garbage=garbage[:10]):
                peer = self.stranger()
                peer.send_raw(garbage)
                peer.sock.shutdown(socket.SHUT_WR)
                self.assert_hung_up(peer)

    def stranger_frame_that_claims_128_gib__takes_no_memory(self, _file):
        before = self.resident_bytes()
        claims = (b"\x94\x00\x01\xa6status\xdd\xff\xff\xff\xff",  # an array of 2^32 - 1
                  b"\x94\x00\x01\xa6status\x91\xdf\xff\xff\xff\xff",  # a map
                  b"\x94\x00\x01\xa6status\x91\xc6\xff\xff\xff\xff",  # 4 GiB of bytes
                  b"\xdd\xff\xff\xff\xff" * 3)
        for claim in claims:
            with self.subTest(claim=claim):
                peer = self.stranger()
                peer.send_raw(claim)
                peer.sock.shutdown(socket.SHUT_WR)
                self.assert_hung_up(peer)
        self.assertLess(self.resident_bytes() - before, 64 << 20)

    def stranger_frame_cut_anywhere__disturbs_nobody(self, _file):
        frame = msgpack.packb([0, 1, "hello", [self.hello(role="observer")]])
        for length in range(len(frame)):
            peer = self.stranger()
            peer.send_raw(frame[:length])
            peer.sock.shutdown(socket.SHUT_WR)
            self.assert_hung_up(peer)  # so that they never are more than the server takes
        peer = self.stranger()
        for byte in frame:
            peer.send_raw(bytes([byte]))
        self.assertIsNone(self.answer(peer)[2])

    def stranger_second_node__is_told_busy(self, _file):
        peer = self.stranger()
        self.assert_error(self.ask(peer, "hello", self.hello()), "busy")
        # The connection stays, as one that may look but not touch.
        self.assertIsNone(self.ask(peer, "hello", self.hello(role="observer"), 2)[2])

    def stranger_second_headstart_node__ends_with_try_again(self, file):
        second = self.node(file, data="second")
        self.assertEqual(second.start().finish(), 75)
        self.assertIn("busy", second.errors)

    def stranger_foreign_chain__is_refused(self, file):
        peer = self.stranger()
        self.assert_error(self.ask(peer, "hello", self.hello(chain_id="other-9")), "wrong_chain")
        foreign = self.node(file, data="foreign", chain_id="other-9")
        self.assertEqual(foreign.start().finish(), 78)
        self.assertEqual(len(foreign.errors.strip().splitlines()), 1, foreign.errors)

    def stranger_no_hello__only_looking_is_served(self, _file):
        peer = self.stranger()
        status = self.ask(peer, "status", {})
        self.assertIsNone(status[2])
        self.assertEqual(status[3]["chain_id"], harness.CHAIN_ID)
        self.assertIn("headstart_build_info", self.ask(peer, "metrics", {}, 2)[3])
        delivery = {"height": 1, "time": 1, "seqnum": 0, "hash": "", "message": "{}"}
        self.assert_error(self.ask(peer, "deliver", delivery, 3), "bad_request")
        self.assert_error(self.ask(peer, "shutdown", {}, 4), "bad_request")

    def stranger_observer__cannot_deliver_or_stop(self, _file):
        peer = self.stranger()
        self.assertIsNone(self.ask(peer, "hello", self.hello(role="observer"))[2])
        delivery = {"height": 1, "time": 1, "seqnum": 0, "hash": "", "message": "{}"}
        self.assertIsInstance(self.ask(peer, "deliver", delivery, 2)[2], str)
        self.assertIsInstance(self.ask(peer, "shutdown", {}, 3)[2], str)

    def stranger_unknown_method_and_missing_keys__are_answered_and_the_connection_stays(self, _file):
        peer = self.stranger()
        self.assert_error(self.ask(peer, "nvim_get_api_info", {}), "unknown_method")
        self.assert_error(self.ask(peer, "hello", {"protocol": 1}, 2), "bad_request")
        self.assert_error(self.ask(peer, "hello", self.hello(protocol=99), 3), "bad_request")
        self.assertIsNone(self.ask(peer, "hello", self.hello(role="observer"), 4)[2])
        self.assertIsNone(self.ask(peer, "status", {"unknown": [1, {"x": None}]}, 5)[2])


if __name__ == "__main__":
    unittest.main()
