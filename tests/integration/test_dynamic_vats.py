"""Vats made at run time, upgraded, woken by timers, critical: every way back leads to the chain of
a sidecar that never stopped, block by block, in hashes and in what went out."""
import hashlib
import json
import shutil
import subprocess
import unittest

import harness
import python_nodes
from python_nodes import PythonNodes

KERNEL = harness.ROOT / "tests/vats/nursery/kernel.json"
PIECE_BYTES = 8192
SHOP = (harness.ROOT / "tests/unit/kernel/vats/shop.js").read_text(encoding="utf-8")
BUNDLE = SHOP + "// " + "larger than a piece " * 1000
BUNDLE_HASH = hashlib.sha256(BUNDLE.encode("utf-8")).hexdigest()


def call(method, *args):
    return json.dumps({"to": "nursery", "method": method, "args": list(args)}), False


def pieces():
    """Control messages that install the bundle."""
    size = len(BUNDLE.encode("utf-8"))
    assert size == len(BUNDLE)
    for offset in range(0, size, PIECE_BYTES):
        piece = BUNDLE[offset:offset + PIECE_BYTES]
        if 0 < size - offset - len(piece) < PIECE_BYTES:
            piece = BUNDLE[offset:]
        yield json.dumps({"kernel": "installBundle", "bundle": BUNDLE_HASH, "bytes": size,
                          "offset": offset, "piece": piece}), True
        if offset + len(piece) == size:
            return


PIECES = list(pieces())
# What each block holds, from height 1 on.
BLOCKS = [
    [call("create", "child", "child", {"vatParameters": {"start": 5}}),
     call("call", "child", "count"), call("callEvery", 7, "child", "count")],
    [PIECES[0], call("create", "modules", "modules", {"vatParameters": {"first": 3}})],
    [*PIECES[1:-1], call("call", "modules", "add", 4)],
    [PIECES[-1], call("create", "shop", BUNDLE_HASH, {"vatParameters": {"first": 40}})],
    [call("create", "guard", "child", {"critical": True}),
     call("hold", "purse", "shop", "purse", 7),
     call("call", "shop", "keep", "word", "of the first")],
    [call("await", "shop"), call("use", "purse", "add", 3), call("call", "guard", "count", 2),
     call("call", "guard", "loop"), call("call", "guard", "count", 2)],
    [call("upgrade", "shop", "shop",
          {"vatParameters": {"version": 2}, "upgradeMessage": "second"}),
     call("use", "purse", "add", 5), call("call", "shop", "kept", "word")],
    [call("call", "child", "loop"), call("call", "modules", "add", 1)],
    [call("upgrade", "shop", BUNDLE_HASH, {"vatParameters": {"fails": True}}),
     call("call", "shop", "version"), call("letGo", "purse")],
    [call("end", "modules", "no more"), call("create", "child", "child", {}), call("stop", 1)],
    [call("call", "child", "exit", "enough"), call("call", "shop", "amount", "first"),
     call("call", "guard", "count", 1)],
    [call("call", "shop", "keys"), call("call", "guard", "count", 1)],
]


class DynamicVats(PythonNodes):
    def daemon(self, data, *arguments, kernel=KERNEL):
        sidecar = self.sidecar(kernel=kernel, data=data, arguments=arguments)
        sidecar.wait_ready()
        return sidecar

    def deliver_all(self, node, height, some=None):
        time = harness.block_time(height)
        return [node.deliver(message, height, time, control=control)
                for message, control in BLOCKS[height - 1][:some]]

    def block(self, node, height):
        """What there is to compare of a block; how the kernel was had for its first message."""
        answers = self.deliver_all(node, height)
        answers += node.runs(height, harness.block_time(height))
        node.commit(height, node.position())
        seen = [(answer["status"], answer["value"], answer["outputs"], answer["events"])
                for answer in answers]
        return (node.position(), seen), answers[0]["path"]

    def steady(self):
        """The chain that nothing disturbs: its blocks, and the store after each."""
        daemon = self.daemon("steady")
        node = self.client()
        blocks, stores = [], [{}]
        for height in range(1, len(BLOCKS) + 1):
            blocks.append(self.block(node, height)[0])
            stores.append(dict(node.store.entries))
        node.close()
        daemon.stop()
        return blocks, stores

    def go_on(self, height, steady, store):
        """A node with that store executes this block; its path."""
        node = self.client(python_nodes.python_node.Store(store))
        block, path = self.block(node, height)
        self.assertEqual(block, steady[height - 1], f"block {height} ({path})")
        node.close()
        return path

    def test_the_chain__does_what_it_is_for(self):
        blocks, stores = self.steady()
        outputs = "\n".join(text for _, seen in blocks for _, _, out, _ in seen for text in out)
        for words in ("vatUpgraded", "is done", "no more", "meter spent"):
            self.assertIn(words, outputs)
        self.assertGreater(outputs.count('\\"child\\" \\"count\\"'), 3)
        events = [json.loads(event)["type"] for _, seen in blocks for answer in seen
                  for event in answer[3]]
        self.assertEqual((events.count("vat_ended"), events.count("crank_undone")), (3, 1))
        answers = [f"{status} {value}" for _, seen in blocks for status, value, _, _ in seen]
        for answer in ('fulfilled "1: 10"', 'fulfilled "2: 15"', 'fulfilled "of the first"',
                       'fulfilled "main 8"'):
            self.assertIn(answer, answers)
        self.assertIn("was not upgraded: Error: it does not start", "\n".join(answers))
        self.assertTrue([key for key in stores[-1] if BUNDLE_HASH in key])

    def test_ends_of_both_at_every_block__come_to_the_same(self):
        steady, stores = self.steady()
        paths = set()
        for height in range(1, len(BLOCKS) + 1):
            if height % 5 == 0:
                shutil.rmtree(self.folder / "moving")
            options = (("--snapshot-every", 1), ("--snapshot-every", 1000), ("--no-preload",),
                       ("--no-images",))[height % 4]
            daemon = self.daemon("moving", *options)
            if height % 3 == 0:  # both end inside the block
                node = self.client(python_nodes.python_node.Store(stores[height - 1]))
                self.deliver_all(node, height, some=2)
                node.close()
                daemon.kill()
                daemon = self.daemon("moving", *options)
            paths.add(self.go_on(height, steady, stores[height - 1]))
            if height % 2 == 0:
                daemon.kill()
            else:
                daemon.stop()
        self.assertLessEqual({"cold", "full_replay", "roll_back"}, paths)
        self.assertTrue(paths & {"swap", "catch_up"}, paths)

    def test_node_goes_back__under_a_sidecar_that_stays(self):
        steady, stores = self.steady()
        self.daemon("moving", "--snapshot-every", 2)
        paths = set()
        for first, last in ((1, 4), (3, 6), (5, 9), (6, 12)):
            for height in range(first, last + 1):
                paths.add(self.go_on(height, steady, stores[height - 1]))
        self.assertIn("roll_back", paths)

    def test_message_that_is_taken_back__leaves_nothing(self):
        steady, stores = self.steady()
        self.daemon("moving")
        node = self.client()
        for height in range(1, len(BLOCKS) + 1):
            before = dict(node.store.entries)
            self.deliver_all(node, height)
            node.store = python_nodes.python_node.Store(before)
            self.assertEqual(self.block(node, height)[0], steady[height - 1], f"block {height}")
        self.assertEqual(node.store.entries, stores[-1])

    def test_store_alone__leads_on_without_a_configuration(self):
        steady, stores = self.steady()
        for height in (2, 4, 6, 8, 10, 12):
            sidecar = harness.Sidecar(self.folder, data=f"heir-{height}")
            at = sidecar.command.index("--kernel")
            del sidecar.command[at:at + 2]
            self.processes.append(sidecar)
            sidecar.start().wait_ready()
            self.assertEqual(self.go_on(height, steady, stores[height - 1]), "full_replay")
            sidecar.kill()

    def test_log__gives_the_same_at_a_desk(self):
        steady, _ = self.steady()
        headstart = str(harness.bin_folder() / "headstart")
        log = subprocess.run([headstart, "--data", str(self.folder / "steady"), "log", "export"],
                             capture_output=True, text=True, check=True,
                             timeout=harness.DEADLINE_S).stdout
        file = self.folder / "log.jsonl"
        file.write_text(log, encoding="utf-8")
        desk = subprocess.run([headstart, "solo", "--json", "--kernel", str(KERNEL), "--data",
                               str(self.folder / "desk"), "--messages", str(file)],
                              capture_output=True, text=True, check=True,
                              timeout=harness.DEADLINE_S).stdout
        last = json.loads(desk.splitlines()[-1])
        self.assertEqual((last["seqnum"], last["hash"]), steady[-1][0])


if __name__ == "__main__":
    unittest.main()
