"""The demo: kill a chain node and its sidecar, start both again, and see what the restart costs.

    history ──► SIGKILL both, inside a block ─┬─► copies ──► start again, several times ──► finish
    (made once, kept in build/demo)           └─► copy of the node's store alone ──► the same
                                                  restart without headstart's data: full replay

The history is as long as a full replay of some twenty seconds needs; with --short it is the
workload once, and everything else is the same.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import harness

CHAIN_ID = "demo-1"
ROUNDS = 48      # of the workload, for some twenty seconds of full replay
LEFT = 53        # messages that are left to do after the crash, which is inside a block
RESTARTS = 7
REPORT_EVERY_S = 5
BAR_WIDTH = 30
TOP = 5

harness.DEADLINE_S = 3600  # a full replay may take as long as it takes


class Failed(Exception):
    """The demo saw something that must not be."""


def require(condition, text):
    if not condition:
        raise Failed(text)


def say(text):
    print(text, flush=True)


class Bar:
    """How far something is: a bar on a terminal, else a line every few seconds."""

    def __init__(self, title):
        self.title = title
        self.began = time.monotonic()
        self.told = self.began
        self.drawn = False

    def show(self, done, total):
        now = time.monotonic()
        percent = 100 * done // total if total else 0
        rate = done / (now - self.began) if now > self.began else 0
        left = f"{(total - done) / rate:,.0f} s left" if rate > 0 and total else ""
        if sys.stdout.isatty():
            filled = BAR_WIDTH * percent // 100
            print(f"\r  {self.title} [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {percent:3d} %  "
                  f"{rate:,.0f}/s  {left}   ", end="", flush=True)
            self.drawn = True
        elif now - self.told >= REPORT_EVERY_S:
            self.told = now
            say(f"  {self.title}: {percent} %, {rate:,.0f}/s, {left}")

    def end(self):
        if self.drawn:
            print("\r\033[K", end="", flush=True)


class LedgerModel:
    """The ledger, once more and in another language: what its report has to be."""

    def __init__(self):
        self.unspent = {}
        self.counts = collections.Counter()

    def apply(self, tx):
        for outpoint in tx["in"]:
            known = self.unspent.pop(outpoint, None) is not None
            self.counts["spent_internal" if known else "spent_external"] += 1
        for index, output in enumerate(tx["out"]):
            self.unspent[f'{tx["txid"]}:{index}'] = output
            self.counts["created"] += 1
        self.counts["messages"] += 1

    def report(self):
        balances = collections.Counter()
        for sats, owner in self.unspent.values():
            balances[owner] += sats
        top = sorted(balances.items(), key=lambda item: (-item[1], item[0]))[:TOP]
        return {"messages": self.counts["messages"], "created": self.counts["created"],
                "spent_internal": self.counts["spent_internal"],
                "spent_external": self.counts["spent_external"], "unspent": len(self.unspent),
                "unspent_sats": sum(sats for sats, _ in self.unspent.values()),
                "owners": len(balances), "top": [list(item) for item in top]}


def renamed(txid, turn):
    """Another transaction's id for each round; the first has the real ones."""
    return f"{int(txid[:8], 16) ^ (turn * 0x9E3779B1 & 0xFFFFFFFF):08x}{txid[8:]}"


def history_lines(rounds):
    """The real transactions, round after round: what they spent of blocks that are not here, each
    later round spends of what the rounds before left. So the ledger stays as large as it is."""
    model = LedgerModel()
    lines = []
    workload = [json.loads(line) for line in harness.workload_lines()]
    for turn in range(rounds):
        left = collections.deque(model.unspent)
        for message in workload:
            tx = dict(message["args"][0])
            tx["txid"] = renamed(tx["txid"], turn)
            inputs = []
            for outpoint in tx["in"]:
                txid, index = outpoint.split(":")
                here = f"{renamed(txid, turn)}:{index}"
                inputs.append(left.popleft() if here not in model.unspent and left else here)
            tx["in"] = inputs
            model.apply(tx)
            lines.append(json.dumps({**message, "args": [tx]}, separators=(",", ":")))
        if turn == 0:
            expected = json.loads(harness.EXPECTED.read_text(encoding="utf-8"))
            require(model.report() == expected, "the demo's own ledger is not the expected one")
    lines.append(harness.REPORT)
    return lines, model.report()


class History:
    """A chain that was killed: the folders as the crash left them, and what must come of them."""

    def __init__(self, folder, binaries, rounds):
        self.folder = folder
        self.binaries = binaries
        self.rounds = rounds
        self.facts_file = folder / "history.json"
        self.messages = folder / "messages.jsonl"

    def key(self):
        """Of all that it was made of: the programs, which hold the engine, the vat, the workload,
        and what is written here."""
        digest = hashlib.sha256(f"{self.rounds} {LEFT}".encode())
        for path in (self.binaries / "headstart", self.binaries / "headstart-node",
                     *sorted(harness.LEDGER.parent.iterdir()), harness.WORKLOAD,
                     pathlib.Path(__file__), pathlib.Path(harness.__file__)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def take(self):
        """From before, if it was made of the same; else anew."""
        key = self.key()
        if self.facts_file.exists():
            self.facts = json.loads(self.facts_file.read_text(encoding="utf-8"))
            if self.facts["key"] == key:
                say(f'  {self.facts["lines"]:,} messages, made before (kept in {self.folder})')
                return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        lines, report = history_lines(self.rounds)
        harness.write_messages(self.messages, lines)
        self.facts = {"key": key, "lines": len(lines), "report": report}
        self.facts["hash"] = self.never_stopped()
        self.run_and_kill(len(lines) - LEFT)
        self.facts_file.write_text(json.dumps(self.facts), encoding="utf-8")  # last: it is whole

    def never_stopped(self):
        """The last hash of a kernel that executes everything in one go."""
        bar = Bar(f'{self.facts["lines"]:,} messages by a kernel that never stops')
        command = [str(self.binaries / "headstart"), "solo", "--json", "-q", "--kernel",
                   str(harness.LEDGER), "--data", str(self.folder / "solo"), "--block-size", "20",
                   "--messages", str(self.messages)]
        last = None
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as solo:
            for number, line in enumerate(solo.stdout, 1):
                last = line
                if number % 100 == 0:
                    bar.show(number, self.facts["lines"])
        bar.end()
        require(solo.returncode == 0 and last, f"headstart solo ended with {solo.returncode}")
        shutil.rmtree(self.folder / "solo", ignore_errors=True)
        return json.loads(last)["hash"]

    def run_and_kill(self, deliveries):
        """The first life of the chain, ended by SIGKILL inside a block."""
        bar = Bar(f"a chain of {deliveries:,} of them, killed at the end")
        with tempfile.TemporaryDirectory(prefix="hs-demo-") as socket_folder:
            sidecar = harness.Sidecar(socket_folder, data=self.folder / "sidecar",
                                      chain_id=CHAIN_ID, binaries=self.binaries)
            node = harness.Node(socket_folder, self.messages, data=self.folder / "node",
                                chain_id=CHAIN_ID, arguments=["--crash-after", deliveries],
                                binaries=self.binaries)
            try:
                sidecar.start().wait_ready()
                node.start()
                while node.process.poll() is None:
                    status = sidecar.status()
                    bar.show(status["seqnum"] if status else 0, deliveries)
                    time.sleep(0.25)
                bar.end()
                require(node.process.returncode == -signal.SIGKILL,
                        f"the node ended with {node.process.returncode}, not by SIGKILL")
                sidecar.kill()
            finally:
                node.end()
                sidecar.end()


def clone(origin, to):
    """A copy of a data folder. LevelDB's tables are never written again: they are linked."""
    def put(source, target):
        if source.endswith(".ldb"):
            try:
                os.link(source, target)
                return target
            except OSError:
                pass
        return shutil.copy2(source, target)

    shutil.copytree(origin, to, copy_function=put)


class Restart:
    """One restart of sidecar and node: what it took. `data`: without it, headstart's is lost.
    `last`: the node goes on to the end; else to its first answers."""

    def __init__(self, history, folder, data=True, last=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        clone(history.folder / "node", self.folder / "node")
        if data:
            clone(history.folder / "sidecar", self.folder / "sidecar")
        self.socket_folder = tempfile.TemporaryDirectory(prefix="hs-demo-")
        self.sidecar = harness.Sidecar(self.socket_folder.name, data=self.folder / "sidecar",
                                       chain_id=CHAIN_ID, binaries=history.binaries)
        self.node = harness.Node(self.socket_folder.name, history.messages,
                                 data=self.folder / "node", chain_id=CHAIN_ID,
                                 arguments=[] if last else ["--blocks", "1"],
                                 binaries=history.binaries)

    def plan(self):
        """What an operator is told before."""
        show(self.sidecar, "plan", "--data", self.sidecar.data)

    def run(self, bar=None, status=False):
        try:
            started = time.monotonic()
            self.sidecar.start()
            ready = self.sidecar.wait_ready()
            self.ready_ms = (time.monotonic() - started) * 1000
            self.rolled = ready["seqnum"] - (ready["snapshot"]["newest"] or 0)
            if status:
                show(self.sidecar, "status")
            self.node.start()
            while bar and self.node.process.poll() is None:
                now = self.sidecar.status()
                if now and now["replay"] and now["replay"]["target"]:
                    bar.show(now["replay"]["at"], now["replay"]["target"])
                time.sleep(0.1)
            if bar:
                bar.end()
            self.result = self.node.result()
            self.sidecar.stop()
        finally:
            self.node.end()
            self.sidecar.end()
            self.socket_folder.cleanup()
        return self

    def forget(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def show(sidecar, command, *arguments):
    """A command as an operator sees it."""
    words = [str(sidecar.binaries / "headstart"), "--socket", str(sidecar.socket), command,
             *map(str, arguments)]
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         check=False)
    say(f"\n  $ headstart {command}")
    for line in run.stdout.rstrip().splitlines():
        say(f"    {line}")
    say("")


def milliseconds(value):
    return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"


PATHS = {
    "swap": "it stood exactly where the node stands",
    "catch_up": "it was behind the node, and executed what its log holds",
    "roll_back": "it had gone on into the block that the crash tore, and went back to its beginning",
    "full_replay": "it had to be built anew from everything in the node's store",
}


def print_table(warm, cold):
    first = [restart.result["first_delivery_ms"] for restart in warm]
    ready = [restart.ready_ms for restart in warm]
    middle, c = warm[len(warm) // 2].result, cold.result
    median = statistics.median(first)
    rows = [
        ("", "with headstart", "without its data"),
        ("how the kernel got there", middle["first_path"], c["first_path"]),
        ("messages caught up before the node asked", f"{warm[0].rolled:,}", f"{cold.rolled:,}"),
        ("messages replayed while the node waited", f'{middle["first_replayed"]:,}',
         f'{c["first_replayed"]:,}'),
        ("time to the first answer", milliseconds(median), milliseconds(c["first_delivery_ms"])),
        (f"  {len(warm)} restarts, from … to", f"{milliseconds(min(first))} … "
         f"{milliseconds(max(first))}", ""),
        ("(sidecar was ready, before the node, in", milliseconds(statistics.median(ready)),
         milliseconds(cold.ready_ms) + ")"),
    ]
    say("")
    for title, left, right in rows:
        say(f"  {title:<42}{left:>22}{right:>20}".rstrip())
    say("")
    for path in (middle["first_path"], c["first_path"]):
        say(f"  {path}: {PATHS.get(path, path)}")
    say(f'\n  The restarted node had its first answer {c["first_delivery_ms"] / median:,.0f} '
        f"times sooner.")


def check_report(node, history):
    """The last answer is the ledger's report; it must be the expected one to the last figure."""
    answer = node.answered()[history.facts["lines"]]
    require(answer["status"] == "fulfilled", f"report() was {answer['status']}")
    say("\n  The ledger's report, after everything:")
    for key, value in answer["value"].items():
        if key != "top":
            say(f"    {key:<18}{value:>20,}")
    for owner, sats in answer["value"]["top"]:
        say(f"    {owner[:16] + '…':<18}{sats:>20,} sats")
    require(answer["value"] == history.facts["report"], "the report differs from the expected one")
    say("  It equals the expected report.")


def demo(history, folder, restarts):
    say("  the history: real transactions, 20 a block; node and sidecar are killed (SIGKILL)")
    history.take()
    warm = []
    first = Restart(history, folder, last=True)
    first.plan()
    say("  the restart without headstart's data, for comparison …")
    cold = Restart(history, folder, data=False).run(bar=Bar("full replay"))
    cold.forget()
    say(f"  {restarts} restarts with it; in the last one the chain goes on …")
    for _ in range(restarts - 1):
        warm.append(Restart(history, folder).run())
        warm[-1].forget()
    warm.append(first.run(status=True))
    print_table(warm, cold)
    for restart in warm:
        require(restart.result["first_path"] in ("swap", "catch_up", "roll_back"),
                f'the preloaded kernel was not used: {restart.result["first_path"]}')
        require(restart.result["rejected"] == 0, "messages were rejected")
    require(cold.result["first_path"] == "full_replay",
            f'without data a full replay was expected: {cold.result["first_path"]}')
    check_report(first.node, history)
    require(history.facts["hash"] == first.result["hash"],
            "the hash differs from that of a kernel that never stopped")
    say(f'  Its hash {first.result["hash"][:16]}… is that of a kernel that never stopped.')


def main():
    parser = argparse.ArgumentParser(description="kill a node and its sidecar, start both again")
    parser.add_argument("--bin", default="build/bin", help="folder of the programs")
    parser.add_argument("--short", action="store_true", help="a short history: seconds in all")
    parser.add_argument("--keep", action="store_true", help="keep the copies that were run")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    binaries = pathlib.Path(options.bin).resolve()
    place = binaries.parent / "demo"
    place.mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="demo-", dir=place))
    try:
        demo(History(place / ("short" if options.short else "long"), binaries,
                     1 if options.short else ROUNDS), folder, 3 if options.short else RESTARTS)
        say("\ndemo: ok")
        return 0
    except (Failed, AssertionError) as error:
        say(f"\ndemo: FAILED: {error}\n  its files are kept in {folder}")
        options.keep = True
        return 1
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
