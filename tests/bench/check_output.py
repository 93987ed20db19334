"""A benchmark's output, checked: check_output.py FIELD[,FIELD…] COMMAND…

The command prints exactly one JSON document of schema 1; it and each of its rows, if it has rows, have
the fields (PLACE.FIELD looks into an object), all rows the same; every number is finite and every
ratio above 0. What the figures are is nobody's test.
"""
import json
import math
import subprocess
import sys


def not_json(word):
    raise ValueError(f"{word} is no JSON")


def numbers(value, name=""):
    """Every number with the name of the nearest field that it is in."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


def field_of(row, path):
    for part in path.split("."):
        if not isinstance(row, dict) or part not in row:
            return False
        row = row[part]
    return True


def problems(document, fields):
    if document.get("schema") != 1:
        yield "no schema 1"
    rows = document.get("rows", [document])
    if not rows:
        yield "no rows"
    for row in rows:
        yield from (f"no {field}" for field in fields
                    if not field_of(row, field) and not field_of(document, field))
        if row.keys() != rows[0].keys():
            yield "rows with other fields"
    for name, number in numbers(document):
        if not math.isfinite(number):
            yield f"{name} is {number}"
        if ("ratio" in name or "on_off" in name) and number <= 0:
            yield f"{name} is {number}"


def main():
    fields = sys.argv[1].split(",")
    done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode != 0:
        sys.exit(f"it ended with {done.returncode}")
    found = list(problems(json.loads(done.stdout, parse_constant=not_json), fields))
    if found:
        sys.exit("\n".join(found))


main()
