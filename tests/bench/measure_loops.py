#!/usr/bin/env python3
"""What a message that loops to its limit costs an honest load beside it.

    HEADSTART_BIN=build/bin python3 tests/bench/measure_loops.py [--messages N] [--ticks T]

A block has so many ticks. What a loop leaves of them is the honest load's, and a tick of a loop may
not take longer than a tick of theirs: `share` is the processor time that the honest load would take
for all the ticks that were spent, divided by the time that was taken; at least 0.5 is wanted. Every
block of 20 messages of the ledger's real workload has one message of the attacker's:

    by its caller's limit   it loops, and its caller allows T ticks: undone, heaps and all
    by the run policy       two vats ask each other for ever, with T ticks of runs in every block
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = 20
ATTACKER = """
export function buildRootObject() {
  let others;
  return Far('attacker', {
    bootstrap(vats) { others = vats; return E(vats.second).meet(vats); },
    meet(vats) { others = vats; },
    loop() { for (;;); },
    flood(next, me) { E.sendOnly(others[next]).flood(me, next); },
  });
}
"""


def kernel_folder(folder):
    """The ledger, and two vats of the attacker's."""
    (folder / "attacker.js").write_text(ATTACKER, encoding="utf-8")
    ledger = json.loads((ROOT / "tests/vats/ledger/kernel.json").read_text(encoding="utf-8"))
    vats = {name: {**vat, "source": str(ROOT / "tests/vats/ledger" / vat["source"])}
            for name, vat in ledger["vats"].items()}
    config = {"bootstrap": "first", "devices": ledger.get("devices", {}),
              "vats": {**vats, "first": {"source": "attacker.js"},
                       "second": {"source": "attacker.js"}}}
    (folder / "kernel.json").write_text(json.dumps(config), encoding="utf-8")


def solo(folder, lines, *words):
    """(answers, processor seconds) of `headstart solo` over `lines`."""
    messages, data = folder / "messages", tempfile.mkdtemp(dir=folder)
    messages.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        [os.environ.get("HEADSTART_BIN", str(ROOT / "build/bin")) + "/headstart", "solo",
         "--kernel", str(folder / "kernel.json"), "--messages", str(messages), "--data", data,
         "--json", "--block-size", str(BLOCK), *words],
        capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(f"solo ended with {run.returncode}: {run.stderr.strip()}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in run.stdout.splitlines()], seconds


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--messages", type=int, default=1000)
    options.add_argument("--ticks", type=int, default=2000)
    options = options.parse_args()
    lines = (ROOT / "tests/workloads/bitcoin-blocks.jsonl").read_text(encoding="utf-8").splitlines()
    honest = lines[:options.messages]
    loop = f'ticks {options.ticks} {{"to":"first","method":"loop","args":[]}}'
    looping = [line for i in range(0, len(honest), BLOCK - 1)
               for line in (loop, *honest[i:i + BLOCK - 1])]
    flood = '{"to":"first","method":"flood","args":["second","first"]}'
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        kernel_folder(folder)
        _, idle = solo(folder, [])
        alone, alone_s = solo(folder, honest)
        rows = (("by its caller's limit", *solo(folder, looping)),
                ("by the run policy", *solo(folder, [flood, *honest],
                                            "--block-ticks", str(options.ticks))))
        ticks = sum(answer["ticks"] for answer in alone)
        us = 1e6 * (alone_s - idle) / ticks
        print(f"{len(honest)} messages alone: {ticks} ticks, {us:.0f} us a tick")
        print(f"{'a loop ended':<24}{'its ticks':>12}{'us a tick':>11}{'share':>8}")
        for name, answers, seconds in rows:
            spent = sum(answer["ticks"] for answer in answers)
            took = seconds - idle
            print(f"{name:<24}{spent - ticks:>12}{1e6 * took / spent:>11.0f}"
                  f"{us * spent / 1e6 / took:>8.2f}")


if __name__ == "__main__":
    main()
