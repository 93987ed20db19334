"""What a run of ctest came to, from the JUnit file that it wrote: count_results.py PRESET FILE

A line for each test that failed, with the command that repeats it, and for each that was skipped,
with its reason; last "PASSED FAILED SKIPPED". No file counts as one failure.
"""
import os
import re
import sys
import xml.etree.ElementTree

SKIP_REASON = re.compile(r"SKIPPED: (.*)|\.\.\. skipped ['\"](.*)['\"]")


def reasons(case):
    """Why a program, or a part of it, was skipped; each once."""
    text = case.findtext("system-out") or ""
    found = [match.group(1) or match.group(2) for match in SKIP_REASON.finditer(text)]
    return list(dict.fromkeys(found))


def main(preset, file):
    try:
        cases = xml.etree.ElementTree.parse(file).getroot().findall("testcase")
    except (OSError, xml.etree.ElementTree.ParseError):
        cases = []
    counts = {"run": 0, "fail": 0, "skip": 0}
    seed = os.environ.get("HEADSTART_TEST_SEED", "0")
    for case in cases:
        name, status = case.get("name"), case.get("status")
        kind = {"run": "run", "fail": "fail"}.get(status, "skip")
        counts[kind] += 1
        if kind == "fail":
            print(f"failed: {name}; repeat with: HEADSTART_TEST_SEED={seed} "
                  f"ctest --preset {preset} -R '^{name}$'")
        for reason in reasons(case) or (["not run"] if kind == "skip" else []):
            print(f"skipped: {name}{'' if kind == 'skip' else ', a part of it'}: {reason}")
    print(counts["run"], counts["fail"] if cases else 1, counts["skip"])


if __name__ == "__main__":
    main(*sys.argv[1:])
