"""The wire's bounds, each from both sides, against a real daemon: frame size, nesting, integers.

A row says what is sent and what must come back: an answer, an error of a code with the connection
kept, or an error and the end of the connection. The node that is there meanwhile notices nothing."""
import struct
import unittest

import msgpack

import harness
from python_nodes import PythonNodes, python_node

FRAME = 64 << 20
NESTING = 32
MOST = 2 ** 53 - 1
MESSAGE = 32 << 20
ZERO = "0" * 64


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def status_frame(extra, msgid=1):
    """A `status` request whose map holds a key that nobody knows, of `extra`'s bytes."""
    return (b"\x94\x00" + pack(msgid) + pack("status") + b"\x91\x81" + pack("x") + extra)


def nested(levels, leaf=b"\xc0"):
    return b"\x91" * levels + leaf


def blob_frame(size):
    """A whole `status` request of exactly so many bytes."""
    head = len(status_frame(b"")) + 5
    return status_frame(b"\xc6" + struct.pack(">I", size - head) + b"\0" * (size - head))


FINE, ENDS = "fine", "ends"

# name, bytes, what comes back: FINE, (code,) with the connection kept, (code, ENDS).
FRAMES = [
    ("a frame of 64 MiB", lambda: blob_frame(FRAME), FINE),
    ("one byte more", lambda: blob_frame(FRAME + 1), ("too_large", ENDS)),
    ("a length that leads past it",
     lambda: status_frame(b"\xc6" + struct.pack(">I", FRAME)), ("too_large", ENDS)),
    # The request's array, its params' array and their map are three levels.
    ("32 levels", lambda: status_frame(nested(NESTING - 3)), FINE),
    ("33 levels", lambda: status_frame(nested(NESTING - 2)), ("bad_request", ENDS)),
    ("32 levels of maps", lambda: status_frame(b"\x81\xa1k" * (NESTING - 3) + b"\xc0"), FINE),
    ("33 levels of maps", lambda: status_frame(b"\x81\xa1k" * (NESTING - 2) + b"\xc0"),
     ("bad_request", ENDS)),
    ("levels without an end", lambda: status_frame(b"\x91" * 100000), ("bad_request", ENDS)),
    ("empty levels count", lambda: status_frame(nested(NESTING - 3, b"\x90")),
     ("bad_request", ENDS)),
    ("msgid 0", lambda: status_frame(b"\xc0", 0), FINE),
    ("msgid 2^53-1", lambda: status_frame(b"\xc0", MOST), FINE),
    ("msgid 2^53", lambda: status_frame(b"\xc0", MOST + 1), ("bad_request", ENDS)),
    ("msgid 2^64-1", lambda: status_frame(b"\xc0", 2 ** 64 - 1), ("bad_request", ENDS)),
    ("msgid -1", lambda: status_frame(b"\xc0", -1), ("bad_request", ENDS)),
    ("msgid 1.0", lambda: status_frame(b"\xc0", 1.0), ("bad_request", ENDS)),
    ("larger numbers where nobody looks", lambda: status_frame(pack(2 ** 64 - 1)), FINE),
    ("an extension type where nobody looks", lambda: status_frame(b"\xd4\x05\x00"), FINE),
    ("a byte that is no MessagePack", lambda: status_frame(b"\xc1"), ("bad_request", ENDS)),
    ("type 3", lambda: b"\x94\x03\x01\xa6status\x91\x80", ("bad_request", ENDS)),
    ("three elements", lambda: b"\x93\x00\x01\xa6status", ("bad_request", ENDS)),
    ("five elements", lambda: b"\x95\x00\x01\xa6status\x91\x80\xc0", ("bad_request", ENDS)),
    ("a method that is a number", lambda: b"\x94\x00\x01\x07\x91\x80", ("bad_request", ENDS)),
    ("params that are a map", lambda: b"\x94\x00\x01\xa6status\x80", ("bad_request", ENDS)),
    ("params of two maps", lambda: b"\x94\x00\x01\xa6status\x92\x80\x80", ("bad_request",)),
    ("params of none", lambda: b"\x94\x00\x01\xa6status\x90", ("bad_request",)),
    ("a method typed bin", lambda: b"\x94\x00\x01\xc4\x06status\x91\x80", FINE),
    ("a method of a thousand bytes", lambda: pack([0, 1, "m" * 1000, [{}]]), ("unknown_method",)),
]

# method, key, values that are bad_request in it; the others of the request are right.
NUMBERS = [
    ("deliver", "height"), ("deliver", "time"), ("deliver", "seqnum"), ("deliver", "ticks"),
    ("attach", "height"), ("attach", "seqnum"), ("prepare_commit", "height"),
    ("query", "seqnum"), ("query", "ticks"),
]
BAD_NUMBERS = [MOST + 1, 2 ** 63, 2 ** 64 - 1, -1, -2 ** 63, 1.0, "1", None, [1], True]
# Encodings of one number that a client may choose.
SEVENS = [b"\x07", b"\xcc\x07", b"\xcd\x00\x07", b"\xce\x00\x00\x00\x07",
          b"\xcf\x00\x00\x00\x00\x00\x00\x00\x07", b"\xd0\x07", b"\xd1\x00\x07",
          b"\xd2\x00\x00\x00\x07", b"\xd3\x00\x00\x00\x00\x00\x00\x00\x07"]


class WireBounds(PythonNodes):
    def setUp(self):
        super().setUp()
        self.start(kernel=harness.LEDGER)
        self.node_there = self.client()
        self.lines = iter(harness.workload_lines(400))
        self.undisturbed()

    def undisturbed(self):
        self.node_there.deliver(next(self.lines), 1, harness.block_time(1))

    def stranger(self):
        peer = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      timeout=harness.DEADLINE_S)
        self.addCleanup(peer.close)
        return peer.connect()

    def send(self, peer, data):
        """All of it, or as much as is taken before it is hung up on."""
        try:
            peer.send_raw(data)
        except python_node.Disconnected:
            pass

    def assert_ended(self, peer):
        with self.assertRaises(python_node.Disconnected):
            peer.receive()

    def test_frames__each_bound_from_both_sides(self):
        for name, frame, expected in FRAMES:
            with self.subTest(name):
                peer = self.stranger()
                self.send(peer, frame())
                try:
                    kind, _, error, result = peer.receive()
                except python_node.Disconnected:  # hung up on while it still was sending
                    self.assertEqual(expected[1:], (ENDS,))
                    continue
                self.assertEqual(kind, 1)
                if expected == FINE:
                    self.assertIsNone(error)
                    self.assertEqual(result["chain_id"], harness.CHAIN_ID)
                else:
                    self.assertEqual(error.partition(": ")[0], expected[0], error)
                if expected != FINE and expected[1:] == (ENDS,):
                    self.assert_ended(peer)
                else:
                    self.assertEqual(peer.status()["chain_id"], harness.CHAIN_ID)
                peer.close()
                self.undisturbed()

    def parameters(self, method):
        seqnum, digest = self.node_there.position()
        base = {"height": 1, "time": harness.block_time(1), "seqnum": seqnum, "hash": digest}
        if method == "prepare_commit":
            return {"height": 1}
        if method == "attach":
            return {name: base[name] for name in ("height", "seqnum", "hash")}
        if method == "query":
            return {"message": harness.REPORT, "seqnum": seqnum, "hash": digest, "ticks": MOST}
        return {**base, "message": harness.REPORT, "ticks": MOST}

    def test_numbers__each_key_at_its_borders(self):
        node = self.node_there
        for method, key in NUMBERS:
            for value in BAD_NUMBERS:
                if key == "ticks" and value is None:
                    continue  # as if it were not there
                with self.subTest(method=method, key=key, value=value):
                    with self.assertRaises(python_node.RpcError) as refused:
                        node.request(method, {**self.parameters(method), key: value})
                    self.assertEqual(refused.exception.code, "bad_request")
        before = node.position()
        for method, key in NUMBERS:  # what is right is taken, as large as it may be
            if key in ("height", "ticks") and method != "deliver":
                node.request(method, {**self.parameters(method), key: MOST})
        self.assertEqual(node.position(), before)
        result = node.request("deliver", {**self.parameters("deliver"), "height": MOST,
                                          "time": MOST})
        node.apply(result)
        with self.assertRaises(python_node.RpcError) as refused:  # no number could follow it
            node.request("deliver", {**self.parameters("deliver"), "seqnum": MOST, "hash": ZERO})
        self.assertEqual(refused.exception.code, "bad_request")

    def test_numbers__in_every_encoding_are_the_same(self):
        for at, seven in enumerate(SEVENS):
            with self.subTest(seven=seven):
                peer = self.stranger()
                peer.send_raw(b"\x94\x00" + seven + b"\xa6status\x91\x80")
                answer = peer.receive()
                self.assertEqual(answer[:3], [1, 7, None], at)

    def test_messages__one_byte_over_their_bound_is_too_large(self):
        node = self.node_there
        parameters = self.parameters("deliver")
        with self.assertRaises(python_node.RpcError) as refused:
            node.request("deliver", {**parameters, "message": "x" * (MESSAGE + 1)})
        self.assertEqual(refused.exception.code, "too_large")
        with self.assertRaises(python_node.RpcError) as refused:
            node.request("query", {"message": "x" * (MESSAGE + 1)})
        self.assertEqual(refused.exception.code, "too_large")
        result = node.request("deliver", {**parameters, "message": "x" * MESSAGE})
        self.assertEqual(result["status"], "rejected")
        node.apply(result)
        self.undisturbed()

    def test_hashes__are_64_lower_case_hex_digits(self):
        node = self.node_there
        seqnum, digest = node.position()
        for wrong in (digest[:-1], digest + "0", digest.upper().replace("0", "A"), "g" * 64, "",
                      digest[:-1] + "\0", "\u0665" * 64):
            with self.subTest(wrong=wrong):
                with self.assertRaises(python_node.RpcError) as refused:
                    node.request("attach", {"height": 1, "seqnum": seqnum, "hash": wrong})
                self.assertEqual(refused.exception.code, "bad_request")
        self.undisturbed()


if __name__ == "__main__":
    unittest.main()
