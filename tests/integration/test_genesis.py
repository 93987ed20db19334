"""A chain that begins with a genesis: the state vector is the chain's, not a validator's."""
import json
import shutil
import subprocess
import sys
import unittest

import harness
from harness import IntegrationCase

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position

CALL = '{"to":"town","method":"count","args":[%d]}'


class Genesis(IntegrationCase):
    BLOCK = ("--block-size", 3)

    def setUp(self):
        super().setUp()
        self.file = self.messages([CALL % i for i in range(1, 31)])
        self.oracle = harness.solo(self.folder, self.file, kernel=harness.TOWN, block=3)

    def genesis(self, kernel=harness.TOWN, name="genesis.json"):
        """The file, and the hash that the command tells."""
        path = self.folder / name
        run = subprocess.run([harness.bin_folder() / "headstart", "genesis", "--kernel", kernel,
                              "--out", path], capture_output=True, text=True, check=True,
                             timeout=harness.DEADLINE_S)
        return path, run.stdout.strip()

    def without_kernel(self, data="sidecar"):
        sidecar = harness.Sidecar(self.folder, data=data)
        at = sidecar.command.index("--kernel")
        del sidecar.command[at:at + 2]
        self.processes.append(sidecar)
        return sidecar.start()

    def chain(self, path, *arguments, data="node"):
        return self.node(self.file, data=data,
                         arguments=["--import", path, *self.BLOCK, *arguments])

    def check_whole(self, node, result):
        self.assertEqual(result["hash"], self.oracle[-1]["hash"])
        self.assert_same_chain(node.answered(), {a["seqnum"]: a for a in self.oracle})

    def test_genesis_of_the_same_configuration__comes_to_the_hashes_of_an_empty_store(self):
        path, told = self.genesis()
        document = json.loads(path.read_text(encoding="utf-8"))
        entries = dict(document["entries"])
        self.assertEqual((document["hash"], entries["kernel.hash"]), (told, told))
        self.assertEqual([key for key, _ in document["entries"]], sorted(entries))
        self.sidecar(kernel=harness.TOWN).wait_ready()
        node = self.chain(path)
        result = node.run()
        self.assertEqual((result["first_path"], node.errors), ("cold", ""))
        self.check_whole(node, result)
        empty = self.sidecar(kernel=harness.TOWN, data="other")
        self.processes[0].stop()
        empty.wait_ready()

    def test_sidecar_without_a_configuration__serves_the_chain(self):
        path, told = self.genesis()
        sidecar = self.without_kernel()
        sidecar.wait_ready()
        node = self.chain(path, "--attach", "--blocks", 4)
        first = node.run()
        self.assertEqual((first["attach_path"], first["seqnum"]), ("cold", 12))
        sidecar.kill()
        sidecar = self.without_kernel()
        sidecar.wait_ready()
        node = self.chain(path)
        self.check_whole(node, node.run())
        sidecar.stop()
        shutil.rmtree(sidecar.data)
        self.without_kernel().wait_ready()
        result = self.node(self.file, arguments=self.BLOCK).run()
        self.assertEqual(result["hash"], self.oracle[-1]["hash"])
        self.assertNotEqual(told, result["hash"])

    def test_sidecar_without_a_configuration__tells_a_node_whose_store_is_empty(self):
        self.without_kernel().wait_ready()
        node = self.node(self.file, arguments=self.BLOCK)
        self.assertNotEqual(node.start().finish(), 0)
        self.assertIn("no kernel configuration", node.errors)

    def test_other_configuration__is_told_and_not_used(self):
        path, told = self.genesis()
        sidecar = self.sidecar(kernel=harness.LEDGER, arguments=("--snapshot-every", 0))
        sidecar.wait_ready()
        node = self.chain(path, "--blocks", 2)
        node.run()
        self.assertIn(f"this chain's genesis is {told}", node.errors)
        # Without a snapshot, what was logged does not go on from this configuration's beginning.
        sidecar.kill()
        sidecar = self.sidecar(kernel=harness.LEDGER)
        sidecar.wait_ready()
        result = (node := self.chain(path)).run()
        self.assertEqual(result["first_path"], "full_replay")
        self.check_whole(node, result)
        self.assertNotIn("evidence", sidecar.log_text())

    def test_genesis_that_does_not_fit_its_hash__is_refused_naming_it(self):
        path, _ = self.genesis()
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace('["ko.nextID","20"]', '["ko.nextID","21"]'), encoding="utf-8")
        self.sidecar(kernel=harness.TOWN).wait_ready()
        node = self.chain(path)
        self.assertNotEqual(node.start().finish(), 0)
        self.assertIn("kernel.hash", node.errors)
        path.write_text(whole, encoding="utf-8")
        node = self.chain(path, data="whole")
        self.check_whole(node, node.run())

    def test_store_without_its_hash__is_the_nodes_fault_not_our_disks(self):
        path, told = self.genesis()
        entries = dict(json.loads(path.read_text(encoding="utf-8"))["entries"])
        del entries["kernel.hash"]
        self.sidecar(kernel=harness.TOWN).wait_ready()
        node = python_node.PythonNode(str(self.folder / "headstart.sock"),
                                      store=python_node.Store(entries),
                                      timeout=harness.DEADLINE_S).connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        for _ in range(2):
            with self.assertRaises(python_node.RpcError) as refused:
                node.request("attach", {"height": 1, "seqnum": 0, "hash": told})
            self.assertIn("node_failed", str(refused.exception))
            self.assertIn("kernel.hash", str(refused.exception))
        self.assertFalse(node.status()["disk"]["in_memory"])
        self.assertIsNone(node.status()["disk"]["snapshots_failing_since"])
        node.store.write("kernel.hash", told)
        self.assertEqual(node.attach(1)["path"], "cold")

    def test_first_message_that_fails__goes_back_to_the_genesis(self):
        path, _ = self.genesis()
        self.sidecar(kernel=harness.TOWN).wait_ready()
        node = self.chain(path, "--revert-every", 1, "--repropose", 2)
        result = node.run()
        self.assertEqual(result["reverted"], 30)
        self.check_whole(node, result)

    def test_export__begins_another_chain_at_its_first_height(self):
        path, _ = self.genesis()
        sidecar = self.sidecar(kernel=harness.TOWN)
        sidecar.wait_ready()
        exported = self.folder / "exported.json"
        result = self.chain(path, "--export", exported).run()
        sidecar.stop()
        document = json.loads(exported.read_text(encoding="utf-8"))
        self.assertEqual(document["hash"], result["hash"])
        self.without_kernel(data="heir").wait_ready()
        heir = self.chain(exported, data="heir-node")
        more = heir.run()
        self.assertEqual((more["first_path"], more["height"], more["seqnum"]),
                         ("full_replay", 10, 60))
        first = heir.answered_lines()[0]
        self.assertEqual(json.loads(first)["value"],
                         self.oracle[-1]["value"] + 1)


if __name__ == "__main__":
    unittest.main()
