"""A start that cannot be: one line that says what and what to do, and the exit code."""
import os
import subprocess
import unittest

import harness
from harness import IntegrationCase

UNREACHABLE, USAGE, INPUT_MISSING, LOCKED, PERMISSION, CONFIGURATION = 2, 64, 66, 75, 77, 78


class StartsThatFail(IntegrationCase):
    def run_headstart(self, *words, environment=None):
        return subprocess.run([str(harness.bin_folder() / "headstart"), *map(str, words)],
                              capture_output=True, text=True, timeout=harness.DEADLINE_S,
                              check=False, env={**os.environ, **(environment or {})})

    def assert_fails(self, run, code, *words):
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(run.stdout, "")
        lines = run.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, run.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def daemon(self, *words, kernel=harness.LEDGER, data="data", chain_id=harness.CHAIN_ID,
               socket="headstart.sock"):
        return self.run_headstart("run", "--kernel", kernel, "--chain-id", chain_id, "--data",
                                  self.folder / data, "--socket", self.folder / socket,
                                  "--metrics", "off", *words)

    def kernel_file(self, text):
        path = self.folder / "kernel.json"
        path.write_text(text, encoding="utf-8")
        return path

    def test_kernel_configuration__missing(self):
        self.assert_fails(self.daemon(kernel=self.folder / "none.json"), INPUT_MISSING, "none.json")

    def test_kernel_configuration__malformed(self):
        for text in ("", "{", "[]", '{"vats": 7}', '{"vats": {"a": {}}}',
                     '{"bootstrap": "b", "vats": {}}'):
            with self.subTest(text=text):
                self.assert_fails(self.daemon(kernel=self.kernel_file(text)), CONFIGURATION,
                                  "kernel.json")

    def test_vat_source__missing(self):
        path = self.kernel_file('{"vats": {"ledger": {"source": "not-there.js"}}}')
        self.assert_fails(self.daemon(kernel=path), INPUT_MISSING, "not-there.js")

    def test_required_settings__missing(self):
        run = self.run_headstart("solo", "--data", self.folder / "data", "--messages", "-")
        self.assert_fails(run, USAGE, "--kernel")
        run = self.run_headstart("run", "--data", self.folder / "data", "--socket",
                                 self.folder / "s", "--kernel", harness.LEDGER)
        self.assert_fails(run, USAGE, "--chain-id")

    def test_unknown_words__name_the_nearest(self):
        self.assert_fails(self.run_headstart("statsu"), USAGE, "status")
        self.assert_fails(self.daemon("--snapshot-evry", 5), USAGE, "snapshot-every")
        self.assert_fails(self.daemon("--snapshot-every", "often"), USAGE, "snapshot-every")
        self.assert_fails(self.daemon("--reads", "miror"), USAGE, "mirror")

    def test_configuration_file__missing_or_malformed(self):
        path = self.folder / "settings.json"
        run = self.run_headstart("--config", path, "status")
        self.assert_fails(run, INPUT_MISSING, "settings.json")
        path.write_text('{"soket": "/x"}', encoding="utf-8")
        run = self.run_headstart("--config", path, "status")
        self.assert_fails(run, CONFIGURATION, "soket", "socket")

    def test_data_folder__of_another_chain(self):
        sidecar = self.sidecar(data="data")
        sidecar.wait_ready()
        sidecar.stop()
        self.assert_fails(self.daemon(chain_id="other-2"), CONFIGURATION, harness.CHAIN_ID)

    def test_data_folder__locked(self):
        sidecar = self.sidecar(data="data")
        sidecar.wait_ready()
        self.assert_fails(self.daemon(socket="other.sock"), LOCKED, "data")
        self.assertTrue(sidecar.status()["ready"], "the first one goes on")

    def test_socket__of_a_running_sidecar(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        self.assert_fails(self.daemon(data="other"), LOCKED, "headstart.sock")
        self.assertTrue(sidecar.status()["ready"], "the first one goes on")

    def test_socket__left_by_a_crash_is_replaced(self):
        sidecar = self.sidecar()
        sidecar.wait_ready()
        sidecar.kill()
        self.assertTrue(sidecar.socket.exists())
        self.sidecar().wait_ready()

    def test_socket__path_too_long(self):
        run = self.daemon(socket="s" * 150)
        self.assertEqual(run.returncode, CONFIGURATION, run.stderr)
        self.assertEqual(len(run.stderr.strip().splitlines()), 1)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_data_folder__not_ours_to_write(self):
        (self.folder / "closed").mkdir(mode=0o500)
        self.assert_fails(self.daemon(data="closed/data"), PERMISSION, "closed")

    def test_status__nobody_there(self):
        run = self.run_headstart("--socket", self.folder / "none.sock", "status")
        self.assert_fails(run, UNREACHABLE, "none.sock")


class NodeStartsThatFail(IntegrationCase):
    def run_node(self, *words):
        return subprocess.run([str(harness.bin_folder() / "headstart-node"), *map(str, words)],
                              capture_output=True, text=True, timeout=harness.DEADLINE_S,
                              check=False)

    def test_usage(self):
        for words in ((), ("--data", "x"), ("--data", "x", "--messages", "y", "more"),
                      ("--data", "x", "--messages", "y", "--blocks", "-1"),
                      ("--data", "x", "--messages", "y", "--block-size", "0"),
                      ("--data", "x", "--messages", "y", "--commit-notice", "maybe")):
            with self.subTest(words=words):
                run = self.run_node(*words)
                self.assertEqual(run.returncode, USAGE)
                self.assertEqual(run.stdout, "")

    def test_messages__missing(self):
        run = self.run_node("--data", self.folder / "node", "--messages", self.folder / "none",
                            "--socket", self.folder / "s")
        self.assertEqual(run.returncode, INPUT_MISSING, run.stderr)

    def test_rollback__past_the_beginning(self):
        messages = self.messages(["{}"])
        run = self.run_node("--data", self.folder / "node", "--messages", messages, "--socket",
                            self.folder / "s", "--rollback", 3)
        self.assertEqual(run.returncode, INPUT_MISSING, run.stderr)
        self.assertIn("cannot roll back 3 blocks", run.stderr)

    def test_data_folder__of_another_chain(self):
        messages = self.messages(["{}"])
        sidecar = self.sidecar()
        sidecar.wait_ready()
        self.node(messages).run()
        run = self.run_node("--data", self.folder / "node", "--messages", messages, "--socket",
                            sidecar.socket, "--chain-id", "other-3")
        self.assertEqual(run.returncode, CONFIGURATION, run.stderr)
        self.assertIn(harness.CHAIN_ID, run.stderr)

    def test_data_folder__locked(self):
        messages = self.messages(["{}"] * 200)
        sidecar = self.sidecar()
        sidecar.wait_ready()
        first = self.node(messages, arguments=["--block-size", 1, "--interval-ms", 20]).start()
        harness.wait_for(lambda: len(first.answered_lines()) > 3, "the first node is running")
        run = self.run_node("--data", self.folder / "node", "--messages", messages, "--socket",
                            sidecar.socket, "--chain-id", harness.CHAIN_ID)
        self.assertEqual(run.returncode, LOCKED, run.stderr)
        first.kill()


if __name__ == "__main__":
    unittest.main()
