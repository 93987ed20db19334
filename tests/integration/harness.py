"""Real processes under test: the sidecar, the reference node, and the folders they live in.

Every process that is started here is kept and killed by its own id when its test ends. Nothing is
waited for without a deadline. The programs come from --bin of the caller, HEADSTART_BIN, or
build/bin. What a test draws at random comes from `dice`: HEADSTART_TEST_SEED, or a seed that is
drawn anew by every run; a test that fails prints the command that repeats it.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKLOAD = ROOT / "tests/workloads/bitcoin-blocks.jsonl"
EXPECTED = ROOT / "tests/workloads/bitcoin-blocks.expected.json"
LEDGER = ROOT / "tests/vats/ledger/kernel.json"
TOWN = ROOT / "tests/vats/town/kernel.json"
BENCH = ROOT / "tests/vats/bench/kernel.json"
REPORT = '{"to":"ledger","method":"report","args":[]}'
CHAIN_ID = "integration-1"
DEADLINE_S = 120  # a hang, not slowness: sanitized builds on a busy machine must fit


# In the environment too: whatever is started from here sees the same.
SEED = int(os.environ.setdefault("HEADSTART_TEST_SEED", str(random.SystemRandom().getrandbits(32))))


def dice(purpose):
    """The random choices of one purpose: its own, whatever else is drawn, and in what order."""
    print(f"{purpose}: HEADSTART_TEST_SEED={SEED}", flush=True)
    return random.Random(f"{SEED} {purpose}")


def bin_folder():
    return pathlib.Path(os.environ.get("HEADSTART_BIN", ROOT / "build/bin")).resolve()


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Call `condition` until it returns something true, and return that."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        time.sleep(0.01)


def workload_lines(count=None):
    with WORKLOAD.open(encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in lines]
    return texts if count is None else texts[:count]


def write_messages(path, lines):
    """Lines may be bytes, for what is not text."""
    with open(path, "wb") as out:
        for line in lines:
            out.write(line if isinstance(line, bytes) else line.encode("utf-8"))
            out.write(b"\n")
    return path


def read_json_lines(path):
    """Whole lines only: the last one may be in the making, or cut by a crash."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def flip_bytes(folder, pattern, where):
    """Flip a byte of each file that matches, at that part (0..1) of its length; the files."""
    files = [path for path in sorted(pathlib.Path(folder).glob(pattern)) if path.stat().st_size > 0]
    for path in files:
        data = bytearray(path.read_bytes())
        data[int(len(data) * where)] ^= 0x5A
        path.write_bytes(data)
    return files


class Sidecar:
    """One `headstart run`."""

    def __init__(self, folder, data="sidecar", kernel=LEDGER, chain_id=CHAIN_ID, arguments=(),
                 environment=None, binaries=None):
        self.binaries = binaries or bin_folder()
        self.folder = pathlib.Path(folder)
        self.data = self.folder / data
        self.socket = self.folder / "headstart.sock"
        self.command = [str(self.binaries / "headstart"), "run", "--data", str(self.data),
                        "--socket", str(self.socket), "--kernel", str(kernel),
                        "--chain-id", chain_id, "--metrics", "off", *map(str, arguments)]
        self.environment = {**os.environ, **(environment or {})}
        self.log = self.folder / f"{data}.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.environment)
        return self

    def status(self):
        """The status document, or None while nobody answers."""
        run = subprocess.run([str(self.binaries / "headstart"), "--socket", str(self.socket),
                              "--json", "status"], capture_output=True, text=True,
                             timeout=DEADLINE_S, check=False)
        return json.loads(run.stdout) if run.returncode == 0 else None

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the sidecar ended with {self.process.returncode}: "
                                     f"{self.log_text()[-2000:]}")
            status = self.status()
            return status if status and status["ready"] else None
        return wait_for(ready, "the sidecar is ready")

    def is_resting(self):
        """No thread of it runs, wants to run, or waits for the disk."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(task.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "S"
                   for task in tasks)

    def processor_seconds(self):
        """What its threads took of the processors, to a hundredth or so."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def wait_phase(self, phase):
        def reached():
            status = self.status()
            return status if status and status["phase"] == phase else None
        return wait_for(reached, f"the sidecar is {phase}")

    def kill(self):
        """SIGKILL, as a crash."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM, and an orderly end."""
        self.process.terminate()
        code = self.process.wait(timeout=DEADLINE_S)
        if code != 0:
            raise AssertionError(f"the sidecar stopped with {code}: {self.log_text()[-2000:]}")

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


class Node:
    """One `headstart-node`."""

    def __init__(self, folder, messages, data="node", chain_id=CHAIN_ID, arguments=(),
                 binaries=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / data
        self.answers = self.folder / f"{data}.answers"
        binaries = binaries or bin_folder()
        self.command = [str(binaries / "headstart-node"),
                        "--socket", str(self.folder / "headstart.sock"),
                        "--data", str(self.data), "--messages", str(messages),
                        "--chain-id", chain_id, "--answers", str(self.answers),
                        "--print-store-hash", "--json", *map(str, arguments)]
        self.process = None
        self.errors = ""

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self

    def finish(self):
        """Wait for the end; the exit code."""
        out, self.errors = self.process.communicate(timeout=DEADLINE_S)
        self.output = out
        return self.process.returncode

    def run(self):
        """Start, wait, and return the result document."""
        code = self.start().finish()
        if code != 0:
            raise AssertionError(f"headstart-node ended with {code}: {self.errors}")
        return json.loads(self.output)

    def result(self):
        """Wait for a started node and return its result document."""
        code = self.finish()
        if code != 0:
            raise AssertionError(f"headstart-node ended with {code}: {self.errors}")
        return json.loads(self.output)

    def crash(self):
        """Run with --crash-after among the arguments: it must end by its own SIGKILL."""
        code = self.start().finish()
        if code != -signal.SIGKILL:
            raise AssertionError(f"headstart-node ended with {code}, not by SIGKILL: {self.errors}")

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def wait_answered(self, more):
        """Wait until it has answered so many more lines than now, or has ended."""
        enough = len(self.answered_lines()) + more
        wait_for(lambda: len(self.answered_lines()) >= enough or self.process.poll() is not None,
                 f"{more} more answers")

    def answered_lines(self):
        """How far it is, cheaply: the lines of answers so far."""
        return self.answers.read_bytes().splitlines() if self.answers.exists() else []

    def answered(self):
        """What this data folder's nodes answered: the last answer of each seqnum."""
        if not self.answers.exists():
            return {}
        return {line["seqnum"]: line for line in read_json_lines(self.answers)}


def block_time(height):
    """Of a block of the reference node and of solo, Unix seconds."""
    return 1700000000 + 5 * height


def solo(folder, messages, data="solo", kernel=LEDGER, binaries=None, block=20):
    """`headstart solo` to the end of the file: its answers, a document a message. `block`: as many
    messages a block as the node has that it is compared with."""
    run = subprocess.run([str((binaries or bin_folder()) / "headstart"), "solo", "--json",
                          "--kernel", str(kernel), "--data", str(pathlib.Path(folder) / data),
                          "--block-size", str(block), "--messages", str(messages)],
                         capture_output=True, text=True,
                         timeout=DEADLINE_S, check=False)
    if run.returncode != 0:
        raise AssertionError(f"headstart solo ended with {run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


class IntegrationCase(unittest.TestCase):
    """A folder of its own, and processes that end with the test."""

    maxDiff = None

    def setUp(self):
        # Short on purpose: the socket's path must fit sun_path.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hsit-"))
        self.processes = []
        self.addCleanup(self.end_processes)

    def run(self, result=None):
        """As unittest has it; the folder of a test that failed is kept and named."""
        result = self.defaultTestResult() if result is None else result
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        folder = getattr(self, "folder", None)
        if folder is None:
            return result
        if len(result.failures) + len(result.errors) > bad or os.environ.get("HEADSTART_KEEP"):
            print(f"kept for looking at: {folder}")
            file = sys.modules[type(self).__module__].__file__
            print(f"repeat with: HEADSTART_TEST_SEED={SEED} HEADSTART_BIN='{bin_folder()}' "
                  f"python3 '{file}' {type(self).__name__}.{self._testMethodName}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return result

    def end_processes(self):
        for process in self.processes:
            process.end()

    def sidecar(self, **options):
        sidecar = Sidecar(self.folder, **options)
        self.processes.append(sidecar)
        return sidecar.start()

    def node(self, messages, **options):
        node = Node(self.folder, messages, **options)
        self.processes.append(node)
        return node

    def messages(self, lines, name="messages.jsonl"):
        return write_messages(self.folder / name, lines)

    def twin_result(self, messages):
        """The result of a run over the same messages that nothing disturbed, in its own folder."""
        folder = self.folder / "twin"
        folder.mkdir()
        sidecar = Sidecar(folder)
        node = Node(folder, messages)
        self.processes += [sidecar, node]
        sidecar.start().wait_ready()
        result = node.run()
        sidecar.stop()
        return result

    def assert_same_chain(self, answered, oracle):
        """Every committed answer is the one of the run that never stopped."""
        self.assertEqual(sorted(answered), list(range(1, len(answered) + 1)))
        for seqnum, answer in answered.items():
            self.assertEqual(answer["hash"], oracle[seqnum]["hash"], f"hash at {seqnum}")
            self.assertEqual(answer["value"], oracle[seqnum]["value"], f"value at {seqnum}")
            self.assertEqual(answer["outputs"], oracle[seqnum]["outputs"], f"outputs at {seqnum}")
