#!/usr/bin/env python3
"""Row 26 of the drills: every entry of docs/bugs.md names a test or a drill that is there.

A cell `fails without the fix` holds references: `test_x`, by the file of that name; further words in
backticks, by the text of one of the files named before them; `TestX`, by a Go test of that name; *drill
row N*, by the rows of tests/drills.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
STATES = ("mended", "open")


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def entries(text):
    rows = [cells(line) for line in text.splitlines() if line.startswith("|")]
    return rows[2:]  # after the head and its rule


def drill_rows():
    sources = "".join(path.read_text() for path in (TOP / "tests/drills").glob("row_*.c"))
    return set(re.findall(r'const struct drill_row \w+ = \{\s*"(\w+)"', sources))


def test_files(name):
    return [path for path in (TOP / "tests").rglob(f"{name}.*") if path.suffix in (".c", ".py")]


def go_tests():
    sources = "".join(path.read_text() for path in TOP.glob("ipc/clients/**/*_test.go"))
    return set(re.findall(r"^func (Test\w+)\(", sources, re.M))


def breaks(entry, rows):
    """What is wrong with one entry, in words."""
    if len(entry) != 4 or not all(entry):
        yield "wants four cells"
        return
    _, _, proof, state = entry
    if not state.startswith(STATES):
        yield f"its state is '{state}'"
    drills = [row for names in re.findall(r"drill rows? ((?:files|nodes|\d+)(?:, (?:files|nodes|\d+))*)", proof)
              for row in names.split(", ")]
    tests = re.findall(r"`(test_\w+)`", proof)
    in_go = re.findall(r"`(Test\w+)`", proof)
    for name in set(in_go) - go_tests():
        yield f"names {name}, which is no Go test"
    if not drills and not tests and not in_go:
        yield "names neither test nor drill"
    for row in drills:
        if row not in rows:
            yield f"names drill row {row}, which is not there"
    for name in tests:
        if not test_files(name):
            yield f"names {name}, which is not there"
    text = "".join(path.read_text() for name in tests for path in test_files(name))
    for case in re.findall(r"`(?!test_)([A-Za-z]+(?:_\w+)+)`", proof) if tests else []:
        if case not in text:
            yield f"names {case}, which is in none of its tests"


def main():
    ledger = entries((TOP / "docs/bugs.md").read_text())
    rows = drill_rows()
    wrong = [f"docs/bugs.md: '{entry[0][:60]}': {words}"
             for entry in ledger for words in breaks(entry, rows)]
    print("\n".join(wrong + [f"ledger: {len(ledger)} entries, {len(wrong)} breaks"]))
    return 1 if wrong or not ledger or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
