"""The demo: kill a chain node and its sidecar, start both again, and see what the restart costs.

    run ──► SIGKILL both, past the middle, inside a block ──► start again ──► finish ──► report
                                │
                                └─ copy of the node's store ──► the same restart without
                                                                headstart's data: full replay
"""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

import harness

CHAIN_ID = "demo-1"


class Failed(Exception):
    """The demo saw something that must not be."""


def require(condition, text):
    if not condition:
        raise Failed(text)


def say(text):
    print(text, flush=True)


class Restart:
    """One restart of sidecar and node: what it took."""

    def __init__(self, folder, node_data, sidecar_data, messages, binaries, last):
        self.sidecar = harness.Sidecar(folder, data=sidecar_data, chain_id=CHAIN_ID,
                                       binaries=binaries)
        # The comparison only needs the first block: what is timed is the way to the first answer.
        arguments = [] if last else ["--blocks", "1"]
        self.node = harness.Node(folder, messages, data=node_data, chain_id=CHAIN_ID,
                                 arguments=arguments, binaries=binaries)

    def run(self):
        try:
            started = time.monotonic()
            self.sidecar.start()
            ready = self.sidecar.wait_ready()
            self.ready_ms = (time.monotonic() - started) * 1000
            self.rolled = ready["seqnum"] - (ready["snapshot"]["newest"] or 0)
            self.result = self.node.run()
            self.sidecar.stop()
        finally:
            self.node.end()
            self.sidecar.end()
        return self


def run_and_kill(folder, messages, binaries, deliveries):
    """The first life of the chain, ended by SIGKILL inside a block."""
    sidecar = harness.Sidecar(folder, chain_id=CHAIN_ID, binaries=binaries)
    node = harness.Node(folder, messages, chain_id=CHAIN_ID,
                        arguments=["--crash-after", deliveries], binaries=binaries)
    try:
        sidecar.start()
        sidecar.wait_ready()
        node.crash()
        sidecar.kill()
    finally:
        node.end()
        sidecar.end()


def milliseconds(value):
    return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"


PATHS = {
    "swap": "it stood exactly where the node stands",
    "catch_up": "it was behind the node, and executed what its log holds",
    "roll_back": "it had gone on into the block that the crash tore, and went back to its beginning",
    "full_replay": "it had to be built anew from everything in the node's store",
}


def print_table(warm, cold):
    w, c = warm.result, cold.result
    rows = [
        ("", "with headstart", "without its data"),
        ("how the kernel got there", w["first_path"], c["first_path"]),
        ("messages caught up before the node asked", f"{warm.rolled:,}", f"{cold.rolled:,}"),
        ("messages replayed while the node waited", f'{w["first_replayed"]:,}',
         f'{c["first_replayed"]:,}'),
        ("time to the first answer", milliseconds(w["first_delivery_ms"]),
         milliseconds(c["first_delivery_ms"])),
        ("(sidecar was ready, before the node, in", milliseconds(warm.ready_ms),
         milliseconds(cold.ready_ms) + ")"),
    ]
    say("")
    for title, left, right in rows:
        say(f"  {title:<42}{left:>18}{right:>20}")
    say("")
    for path in (w["first_path"], c["first_path"]):
        say(f"  {path}: {PATHS.get(path, path)}")
    say(f'\n  The restarted node had its first answer '
        f'{c["first_delivery_ms"] / w["first_delivery_ms"]:,.0f} times sooner.')


def check_report(node, lines):
    """The last answer is the ledger's report; it must be the expected one to the last figure."""
    answer = node.answered()[len(lines)]
    expected = json.loads(harness.EXPECTED.read_text(encoding="utf-8"))
    require(answer["status"] == "fulfilled", f"report() was {answer['status']}")
    say("\n  The ledger's report, after everything:")
    for key, value in answer["value"].items():
        if key != "top":
            say(f"    {key:<18}{value:>20,}")
    for owner, sats in answer["value"]["top"]:
        say(f"    {owner[:16] + '…':<18}{sats:>20,} sats")
    require(answer["value"] == expected, "the report differs from the expected one")
    say("  It equals the expected report.")


def demo(folder, binaries):
    lines = [*harness.workload_lines(), harness.REPORT]
    messages = harness.write_messages(folder / "messages.jsonl", lines)
    deliveries = len(lines) * 3 // 5 + 7  # past the middle, and not at a block's end
    say(f"  {len(lines):,} messages: real transactions and a report at the end, 20 a block")
    say(f"  running; node and sidecar are killed (SIGKILL) after {deliveries:,} of them …")
    run_and_kill(folder, messages, binaries, deliveries)
    shutil.copytree(folder / "node", folder / "node-copy")
    say("  the same restart without headstart's data, for comparison …")
    cold = Restart(folder, "node-copy", "sidecar-empty", messages, binaries, last=False).run()
    say("  starting both again …")
    warm = Restart(folder, "node", "sidecar", messages, binaries, last=True).run()
    print_table(warm, cold)
    require(warm.result["first_path"] in ("swap", "catch_up", "roll_back"),
            f"the preloaded kernel was not used: {warm.result['first_path']}")
    require(cold.result["first_path"] == "full_replay",
            f"without data a full replay was expected: {cold.result['first_path']}")
    require(warm.result["rejected"] == 0, "messages were rejected")
    check_report(warm.node, lines)
    never_stopped = harness.solo(folder, messages, binaries=binaries)
    require(never_stopped[-1]["hash"] == warm.result["hash"],
            "the hash differs from that of a kernel that never stopped")
    say(f'  Its hash {warm.result["hash"][:16]}… is that of a kernel that never stopped.')


def main():
    parser = argparse.ArgumentParser(description="kill a node and its sidecar, start both again")
    parser.add_argument("--bin", default="build/bin", help="folder of the programs")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hs-demo-"))
    try:
        demo(folder, pathlib.Path(options.bin).resolve())
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
