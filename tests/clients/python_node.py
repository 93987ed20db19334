#!/usr/bin/python3
"""A chain node in Python: an independent client of headstart, written from docs/protocol.md alone.

Its real store is a dictionary. It shares no code with the C side: Debian's python3-msgpack packs
and unpacks. As a module it gives tests `PythonNode`; as a program it delivers a file of messages:

    python_node.py --socket S --chain-id C --messages FILE [--blocks SIZE] [--from N]
                   [--count N] [--store FILE.json]

and prints one JSON summary: seqnum, hash, height, delivered, statuses, paths, first_path,
questions (store requests answered), outputs, error. Exit code 1 if headstart refused a delivery,
2 if it cannot be reached.
"""

import argparse
import bisect
import collections
import json
import os
import socket
import sys
import time

import msgpack

FRAME_BYTES_MAX = 64 << 20


class RpcError(Exception):
    """headstart answered with an error: `code` and `words`."""

    def __init__(self, error):
        text = error if isinstance(error, str) else "(not a string) %r" % (error,)
        code, colon, words = text.partition(": ")
        super().__init__(text)
        self.code = code if colon else ""
        self.words = words if colon else text
        self.is_text = isinstance(error, str)


class Disconnected(Exception):
    """The connection ended."""


class Store:
    """The real store: strings to strings, readable in the byte order of its keys."""

    def __init__(self, entries=None):
        self.entries = dict(entries or {})
        self._order = None

    def get(self, key):
        return self.entries.get(key)

    def write(self, key, value):
        if value is None:
            if self.entries.pop(key, None) is not None:
                self._order = None
            return
        if key not in self.entries:
            self._order = None
        self.entries[key] = value

    def scan(self, after, size):
        """Entries behind `after`, about `size` bytes of them but one at least, and: are there more?"""
        if self._order is None:
            self._order = sorted(key.encode("utf-8", "surrogateescape") for key in self.entries)
        start = bisect.bisect_right(self._order, after.encode("utf-8", "surrogateescape"))
        found, used, at = [], 0, start
        while at < len(self._order) and (not found or used < size):
            key = self._order[at].decode("utf-8", "surrogateescape")
            value = self.entries[key]
            found.append([key, value])
            used += len(key) + len(value)
            at += 1
        return found, at < len(self._order)


class PythonNode:
    """One connection. `store` may be shared by several, one after the other."""

    def __init__(self, path, store=None, timeout=60.0):
        self.path = path
        self.store = store if store is not None else Store()
        self.timeout = timeout
        self.sock = None
        self.unpacker = None
        self.packer = msgpack.Packer(use_bin_type=True, unicode_errors="surrogateescape")
        self.msgid = 0
        self.questions = collections.Counter()
        self.hello_answer = None
        self.progress = []  # the parameters of every progress notice
        # Tests replace these to answer wrongly: a function of params, giving (error, result).
        self.answers = {"store.get": self._answer_get, "store.scan": self._answer_scan}

    # --- the connection

    def connect(self, wait=10.0):
        """Connect, waiting that long for a socket that is not there yet."""
        deadline = time.monotonic() + wait
        while True:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            try:
                self.sock.connect(self.path)
                break
            except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
                self.sock.close()
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.02)
        self.unpacker = msgpack.Unpacker(raw=False, strict_map_key=False,
                                         unicode_errors="surrogateescape",
                                         max_buffer_size=2 * FRAME_BYTES_MAX)
        return self

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def __enter__(self):
        return self if self.sock else self.connect()

    def __exit__(self, *_):
        self.close()

    # --- frames

    def send_raw(self, data):
        """Bytes as they are, for tests that break the protocol."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Disconnected(str(error)) from error

    def send(self, frame):
        self.send_raw(self.packer.pack(frame))

    def receive(self):
        """The next frame; Disconnected at the end, socket.timeout after `timeout` seconds."""
        while True:
            for frame in self.unpacker:
                return frame
            try:
                data = self.sock.recv(1 << 18)
            except ConnectionResetError as error:
                raise Disconnected(str(error)) from error
            if not data:
                raise Disconnected("headstart closed the connection")
            self.unpacker.feed(data)

    # --- requests, notifications, answers

    def request(self, method, params):
        """Send one request and give its result; headstart's own questions are answered meanwhile."""
        self.msgid += 1
        self.send([0, self.msgid, method, [params]])
        return self.await_result(self.msgid)

    def await_result(self, msgid):
        while True:
            frame = self.receive()
            if frame[0] == 0:
                self._answer(frame)
            elif frame[0] == 2:
                self._told(frame)
            elif frame[0] == 1:
                if frame[1] != msgid:
                    raise RpcError(frame[2])
                if frame[2] is not None:
                    raise RpcError(frame[2])
                return frame[3]

    def notify(self, method, params):
        self.send([2, method, [params]])

    def _told(self, frame):
        """A notification of headstart's; one that we do not know is ignored."""
        _, method, params = frame
        if method == "progress":
            self.progress.append(params[0])

    def _answer(self, frame):
        _, msgid, method, params = frame
        self.questions[method] += 1
        if method not in self.answers:
            self.send([1, msgid, "unknown_method: %s" % method, None])
            return
        error, result = self.answers[method](params[0])
        self.send([1, msgid, error, result])

    def _answer_get(self, params):
        return None, {"value": self.store.get(params["key"])}

    def _answer_scan(self, params):
        entries, more = self.store.scan(params["after"], params["bytes"])
        return None, {"entries": entries, "more": more}

    # --- the protocol

    def hello(self, chain_id, role="node", client="python_node 1"):
        self.hello_answer = self.request("hello", {
            "protocol": 1, "chain_id": chain_id, "role": role, "client": client,
            "features": ["attach", "run", "ticks", "query"]})
        return self.hello_answer

    def query(self, message, position=None, ticks=None):
        """Ask; nothing changes. `position`: (seqnum, hash), where it is to be executed."""
        params = {"message": message}
        if position is not None:
            params["seqnum"], params["hash"] = position
        if ticks is not None:
            params["ticks"] = ticks
        return self.request("query", params)

    def position(self):
        """(seqnum, hash) as the real store holds them now."""
        return int(self.store.get("kernel.seqnum") or 0), self.store.get("kernel.hash") or ""

    def attach(self, height):
        """Have the kernel brought to where the store stands, before there is a message."""
        seqnum, digest = self.position()
        return self.request("attach", {"height": height, "seqnum": seqnum, "hash": digest})

    def delivery(self, message, height, block_time=0, **more):
        """The parameters of a delivery from where the store stands; `more`: ticks, control."""
        seqnum, digest = self.position()
        return {"height": height, "time": block_time, "seqnum": seqnum, "hash": digest,
                "message": message, **more}

    def deliver(self, message, height, block_time=0, apply=True, **more):
        """Deliver one message ("": a run) and apply its writes. An RpcError means that nothing
        happened."""
        result = self.request("deliver", self.delivery(message, height, block_time, **more))
        if apply:
            self.apply(result)
        return result

    def runs(self, height, block_time=0, most=1000):
        """Runs while the state says that they have something to do; a list of their answers."""
        answers = []
        while self.run_is_due(block_time) and len(answers) < most:
            answers.append(self.deliver("", height, block_time))
        return answers

    def run_is_due(self, block_time):
        """A backlog, or a timer whose time has come."""
        wake = self.store.get("kernel.wake")
        return (self.store.get("kernel.queued") not in (None, "0")
                or (wake is not None and int(wake) <= block_time))

    def apply(self, result):
        for key, value in result["writes"]:
            self.store.write(key, value)
        position = (result["seqnum"], result["hash"])
        if self.position() != position:
            raise AssertionError("the writes leave the store at %r, the answer says %r"
                                 % (self.position(), position))

    def commit(self, height, position=None):
        """`position`: (seqnum, hash) of the store at that block's end, if it is to be said."""
        params = {"height": height}
        if position is not None:
            params["seqnum"], params["hash"] = position
        self.notify("commit", params)

    def prepare_commit(self, height):
        return self.request("prepare_commit", {"height": height})

    def status(self):
        return self.request("status", {})

    def metrics(self):
        return self.request("metrics", {})

    def shutdown(self):
        return self.request("shutdown", {})


# --- the program


def load_state(path):
    """What a node keeps: its store, its height, and how far in the file it is."""
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            state = json.load(file)
        return Store(state["store"]), state["height"], state["next"]
    return Store(), 0, 0


def save_state(path, store, height, following):
    if not path:
        return
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"store": store.entries, "height": height, "next": following}, file)
    os.replace(path + ".new", path)


def run(arguments):
    store, height, following = load_state(arguments.store)
    if arguments.first is not None:
        following = arguments.first
    with open(arguments.messages, encoding="utf-8") as file:
        messages = [line.rstrip("\n") for line in file if line.strip()][following:]
    if arguments.count is not None:
        messages = messages[:arguments.count]
    summary = {"schema": 1, "delivered": 0, "statuses": collections.Counter(),
               "paths": collections.Counter(), "first_path": None, "outputs": 0, "error": None}
    code = 0
    node = PythonNode(arguments.socket, store)
    try:
        node.connect()
        node.hello(arguments.chain_id)
        for at, message in enumerate(messages):
            if at % arguments.blocks == 0:
                height += 1
            result = node.deliver(message, height, 1700000000 + 5 * height)
            following += 1
            summary["delivered"] += 1
            summary["statuses"][result["status"]] += 1
            summary["paths"][result["path"]] += 1
            summary["first_path"] = summary["first_path"] or result["path"]
            summary["outputs"] += len(result["outputs"])
            if (at + 1) % arguments.blocks == 0 or at + 1 == len(messages):
                save_state(arguments.store, store, height, following)
                node.commit(height, node.position())
    except RpcError as error:
        summary["error"], code = str(error), 1
    except (Disconnected, OSError) as error:
        summary["error"], code = str(error), 2
    finally:
        node.close()
    summary["seqnum"], summary["hash"] = node.position()
    summary["height"] = height
    summary["questions"] = node.questions
    print(json.dumps(summary, sort_keys=True))
    return code


def main():
    parser = argparse.ArgumentParser(description="Deliver messages to headstart, as a chain node.")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--chain-id", required=True)
    parser.add_argument("--messages", required=True, help="one JSON message a line")
    parser.add_argument("--blocks", type=int, default=20, help="messages in a block")
    parser.add_argument("--from", dest="first", type=int, default=None,
                        help="begin at this line (0: the first); default: where the store stopped")
    parser.add_argument("--count", type=int, default=None, help="deliver at most so many")
    parser.add_argument("--store", default=None, help="where the store is kept between runs")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
