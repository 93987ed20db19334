#!/usr/bin/python3
"""Times per path: what a validator feels when it restarts, by the way the kernel takes.

    measure_paths.py [--messages 2000] [--runs 5] [--bin build/bin] [--json]

Runs the ledger workload once for its folders, then takes each path several times from copies of
them. Printed are, in milliseconds, min, median and max of
  start   from the sidecar's start until it is ready (what preload costs; nobody waits for it
          when the sidecar starts first)
  attach  from the first delivery's arrival until the kernel stood at the node's position
  answer  from the node's connect to its first answer
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import harness

BLOCK = 20
BLOCKS_BACK = 20
MEASURES = ("start_ms", "attach_ms", "answer_ms")


class Bench:
    """Folders to copy from, and the processes of one run at a time."""

    def __init__(self, folder, messages):
        self.folder = folder
        self.blocks = messages // BLOCK
        self.messages = harness.write_messages(folder / "messages.jsonl",
                                               harness.workload_lines(messages + BLOCK))
        self.sidecar = None

    def start(self, *arguments):
        """A ready sidecar; how long it took."""
        self.sidecar = harness.Sidecar(self.folder, arguments=arguments)
        began = time.monotonic()
        self.sidecar.start().wait_ready()
        return (time.monotonic() - began) * 1000

    def node(self, *arguments):
        return harness.Node(self.folder, self.messages,
                            arguments=["--block-size", BLOCK, *arguments])

    def keep(self, name):
        """These folders as they are now, under a name."""
        for part in ("sidecar", "node"):
            shutil.copytree(self.folder / part, self.folder / name / part)

    def restore(self, name):
        """The folders kept under that name are the present ones; with None, nothing is."""
        for part in ("sidecar", "node"):
            shutil.rmtree(self.folder / part, ignore_errors=True)
            if name is not None:
                shutil.copytree(self.folder / name / part, self.folder / part)

    def prepare(self):
        """`early` stands half way, `late` where the runs begin."""
        self.start()
        self.node("--blocks", self.blocks // 2).run()
        self.sidecar.stop()
        self.keep("early")
        self.start()
        self.node("--blocks", self.blocks - self.blocks // 2).run()
        self.sidecar.stop()
        self.keep("late")

    def take(self, situation):
        """One run: the path it took, and its times."""
        kept, spoil, sidecar_arguments, node_arguments, warm = situation
        self.restore(kept)
        spoil(self)
        start_ms = self.start(*sidecar_arguments)
        if warm:
            self.node("--crash-after", 7).crash()
        result = self.node("--blocks", 1, *node_arguments).run()
        status = self.sidecar.status()
        self.sidecar.stop()
        return result["first_path"], (start_ms, status["node"]["attach_ms"],
                                      result["first_delivery_ms"])


def nothing(_bench):
    """Take the folders as they are."""


def lose_data(bench):
    shutil.rmtree(bench.folder / "sidecar")


def lose_log(bench):
    shutil.rmtree(bench.folder / "sidecar/log")


def earlier_data(bench):
    shutil.rmtree(bench.folder / "sidecar")
    shutil.copytree(bench.folder / "early/sidecar", bench.folder / "sidecar")


# Words to the folders kept, what is done to them, the arguments of sidecar and node, and whether
# a node dies in a block first.
SITUATIONS = {
    "nothing anywhere": (None, nothing, [], [], False),
    "restart": ("late", nothing, [], [], False),
    "restart, never a preload": ("late", nothing, ["--no-preload"], [], False),
    "node died in a block": ("late", nothing, [], [], True),
    "node went back 1 block": ("late", nothing, [], ["--rollback", 1], False),
    "node went back 20 blocks": ("late", nothing, [], ["--rollback", BLOCKS_BACK], False),
    "log lost": ("late", lose_log, [], [], False),
    "data folder of half way": ("late", earlier_data, [], [], False),
    "data folder lost": ("late", lose_data, [], [], False),
    "restart, no images": ("late", nothing, ["--no-images"], [], False),
}


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure(bench, runs):
    """A row by situation and path."""
    rows = []
    for words, situation in SITUATIONS.items():
        paths = {}
        for _ in range(runs):
            path, times = bench.take(situation)
            paths.setdefault(path, []).append(times)
        for path, taken in paths.items():
            row = {"situation": words, "path": path, "runs": len(taken)}
            row |= {name: spread(column) for name, column in zip(MEASURES, zip(*taken))}
            rows.append(row)
            print(f"{words}: {path}", file=sys.stderr)
    return rows


def print_table(rows):
    print("| situation | path | runs | start ms | attach ms | answer ms |")
    print("|---|---|---:|---:|---:|---:|")
    for row in rows:
        cells = ["{min:.1f} / {median:.1f} / {max:.1f}".format(**row[name]) for name in MEASURES]
        print(f"| {row['situation']} | `{row['path']}` | {row['runs']} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description="Measure each path to the node's position.")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--bin", help="where headstart and headstart-node are")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    least = (BLOCKS_BACK + 1) * BLOCK
    if arguments.messages < least:
        parser.error(f"--messages: {least} at least, since the node goes back {BLOCKS_BACK} blocks")
    if arguments.bin:
        os.environ["HEADSTART_BIN"] = arguments.bin
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hsmp-"))
    bench = Bench(folder, arguments.messages)
    try:
        bench.prepare()
        rows = measure(bench, arguments.runs)
    finally:
        if bench.sidecar:
            bench.sidecar.end()
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        print(json.dumps({"schema": 1, "messages": arguments.messages, "rows": rows}))
    else:
        print_table(rows)


if __name__ == "__main__":
    main()
