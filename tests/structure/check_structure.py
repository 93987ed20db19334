"""The architecture, checked: which folder may include what, and the house rules a tool can see.

    sidecar ──► { kernel, snapshot, replaylog, ipc } ──► kernel/state
    inside kernel: kernel ──► { tables ──► text, vat } ──► state
    inside sidecar: commands ──► sidecar ──► steward ──► { node, threads, report, settings }
                    ──► decide ──► data
    in Go: tests/chain ──► ipc/clients/cosmos ──► ipc/clients/go

No arrow back, none between siblings, no circle between files; each outside library behind as few
doors as can be. Prints a line for each break and ends with 1 if there is any. With --list-c it
only lists the C files, with --list-go the Go files that people write, each ended by a zero byte,
for other tools.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

BELOW_SIDECAR = ["kernel", "kernel/tables", "kernel/vat", "kernel/state", "snapshot", "replaylog",
                 "ipc", "ipc/include"]
SIDECAR_PARTS = ["sidecar/data", "sidecar/decide", "sidecar/threads", "sidecar/report",
                 "sidecar/settings", "sidecar/node"]

# Folder → our own folders that its files may include. The longest matching folder counts.
ARROWS = {
    "kernel/state": ["kernel/state"],
    "kernel/vat": ["kernel/vat", "kernel/vat/engine", "kernel/state"],
    "kernel/text": ["kernel/text", "kernel/state"],
    "kernel/tables": ["kernel/tables", "kernel/text", "kernel/state"],
    "kernel/devices": ["kernel/devices", "kernel", "kernel/tables", "kernel/text", "kernel/state"],
    "kernel": ["kernel", "kernel/devices", "kernel/tables", "kernel/text", "kernel/vat", "kernel/state"],
    "snapshot": ["snapshot", "kernel/state"],
    "replaylog": ["replaylog", "kernel/state"],
    "ipc/include": [],
    "ipc": ["ipc", "ipc/include", "kernel/state"],
    "sidecar/data": ["sidecar/data", "kernel/state"],
    "sidecar/decide": ["sidecar/decide", "sidecar/data", "kernel/state"],
    "sidecar/threads": ["sidecar/threads", "kernel/state"],
    "sidecar/report": ["sidecar/report", "sidecar/decide", "sidecar/data", "kernel/text", *BELOW_SIDECAR],
    "sidecar/settings": ["sidecar/settings", "sidecar/report", "ipc/include", "kernel/state"],
    "sidecar/node": ["sidecar/node", "sidecar/report", "sidecar/threads", *BELOW_SIDECAR],
    "sidecar/steward": ["sidecar/steward", *SIDECAR_PARTS, *BELOW_SIDECAR],
    "sidecar": ["sidecar", "sidecar/steward", *SIDECAR_PARTS, *BELOW_SIDECAR],
    "sidecar/commands": ["sidecar/commands", "sidecar", *SIDECAR_PARTS, *BELOW_SIDECAR],
}

# The same for Go: folder → the import paths, and what lies below them, that its files may name. What
# the language brings is open to all.
GO_ARROWS = {
    "ipc/clients/go": ["headstart/client", "github.com/vmihailenco/msgpack/v5"],
    "ipc/clients/cosmos": ["headstart/client", "headstart/cosmos", "cosmossdk.io", "github.com",
                           "google.golang.org"],
    "tests/chain": ["headstart/client", "headstart/cosmos", "headstart/chain", "cosmossdk.io",
                    "github.com", "golang.org/x/sys"],
}
GO_MADE = (".pb.go", ".pb.gw.go")  # by a generator

# Folders whose files still include each other in circles. To be emptied.
CIRCLES_LEFT = ["ipc"]

# Outside header → the paths that may include it: a file, or a folder with a closing slash.
DOORS = {
    r"leveldb/": ["snapshot/kv_leveldb"],
    r"uv\.h": ["ipc/", "sidecar/", "tests/"],
    r"msgpack": ["ipc/wire.c", "replaylog/record.c", "tests/"],
    r"jansson\.h": ["kernel/", "sidecar/", "tests/"],
    r"openssl/": ["kernel/state/digest.c"],
    r"xxhash\.h": ["kernel/state/digest.c"],
    r"bsd/": ["kernel/state/kv_node.h"],
    r"(wasm-rt|qjs)": ["kernel/vat/"],
    r"CUnit/": ["tests/"],
}

# The kernel has no clock, randomness, locale or threads. The fault points may sleep on purpose.
KERNEL_NEVER = re.compile(r"\b(clock_gettime|gettimeofday|time|rand|random|getrandom|setlocale|"
                          r"pthread_create)\s*\(")
KERNEL_EXCEPT = {"kernel/state/fault.c"}

# Memory grows through array_reserve alone, which knows the bound.
REALLOC = re.compile(r"\brealloc\s*\(")
REALLOC_HOME = "kernel/state/array.c"

# Files and folders are reached through the disk room only (kernel/state/disk.h).
DISK_CALLS = re.compile(
    r"(?<![\w.>])(open|openat|creat|fopen|fdopen|freopen|opendir|fdopendir|readdir|read|pread|write|"
    r"pwrite|lseek|fsync|fdatasync|sync_file_range|truncate|ftruncate|rename|renameat|renameat2|"
    r"link|linkat|symlink|unlink|unlinkat|remove|rmdir|mkdir|mkdirat|mkdtemp|mkstemp|tmpfile|stat|"
    r"fstat|lstat|fstatat|statvfs|fstatvfs|access|faccessat|flock|copy_file_range|posix_fadvise|"
    r"posix_fallocate|json_load_file|json_dump_file)\s*\(")
DISK_FOLDERS = ("kernel/", "snapshot/", "replaylog/", "sidecar/")  # ipc/ has sockets only
# Who calls the system all the same, and what for.
DISK_EXCEPT = {
    "kernel/state/disk_system.c": "it is the room's lowest floor",
    "kernel/state/fault.c": "the list of points, which must not reach points itself",
    "sidecar/report/logger.c": "standard error",
    "sidecar/report/process_figures.c": "/proc/self",
    "sidecar/commands/failure.c": "may the socket be used?",
    "snapshot/kv_leveldb_env.cc": "standard error, when the process must end",
    "sidecar/commands/status.c": "may the socket be used?",
    "sidecar/commands/interrupt.c": "the signal descriptor",
    "sidecar/commands/line_reader.c": "standard input, or a file read like it",
}

BANNED_CALLS = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|atoi|atol|gets|alloca)\s*\(")
BANNED_TEXT = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# An absolute path of somebody's machine does not belong into the tree.
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(home|root|work|Users|mnt)/\w")

# A section of a file begins with its noun, in one style.
SECTION = re.compile(r"\s*(/\* ?|// ?)[-=#~]{2,}|/\*{3,}")
SECTION_ALONE = re.compile(r"/\* [A-Z][\w' ]{0,30}\. \*/$")  # between two empty lines of a .c
SECTION_STYLE = re.compile(r"/\* --- \S(.*\S)? --- \*/$")

BUILT = {"build", "node_modules", "__pycache__"}  # as .gitignore has it

LINE_COLUMNS_MAX = 100
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70


def tracked_files():
    """What git tracks; from a tarball, which has no .git, every file that nobody built."""
    if not (ROOT / ".git").exists():
        print("structure: no .git here: what git would ignore elsewhere is not told apart, all but "
              f"{', '.join(sorted(BUILT))}/ is looked at", file=sys.stderr)
        names = (path.relative_to(ROOT) for path in sorted(ROOT.rglob("*")) if path.is_file())
        return [str(name) for name in names if not BUILT.intersection(name.parts)]
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], check=True,
                             capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def folder_of(name, folders):
    """The longest of `folders` that `name` lies in, or None."""
    inside = [folder for folder in folders if name.startswith(folder + "/")]
    return max(inside, key=len, default=None)


def check_own_include(name, target, complain):
    home = folder_of(name, ARROWS)
    if home is None:
        return  # tests may see everything
    if target.startswith("tests/"):
        complain(f"includes {target}: the product does not know its tests")
    elif str(pathlib.PurePosixPath(target).parent) not in ARROWS[home]:
        complain(f"includes {target}: there is no arrow from {home}/ to it")


def check_outside_include(name, target, complain):
    for header, doors in DOORS.items():
        if re.match(header, target) and not any(name.startswith(door) for door in doors):
            complain(f"includes <{target}>: its door is {' or '.join(doors)}")


def check_includes(name, number, line, complain):
    own = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
    outside = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
    if own and "/" in own.group(1):
        check_own_include(name, own.group(1), lambda text: complain(number, text))
    elif own:
        check_outside_include(name, own.group(1), lambda text: complain(number, text))
    elif outside:
        check_outside_include(name, outside.group(1), lambda text: complain(number, text))


def unit_of(name):
    """A .c and its .h are one unit."""
    return name.rsplit(".", 1)[0]


def include_graph(texts):
    """Unit → the units that its files include; `texts`: the text of each file of ours."""
    graph = {unit_of(name): set() for name in texts}
    for name, text in texts.items():
        for target in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.MULTILINE):
            if target in texts and unit_of(target) != unit_of(name):
                graph[unit_of(name)].add(unit_of(target))
    return graph


def reachable_from(graph, start):
    seen, waiting = set(), [start]
    while waiting:
        for unit in graph[waiting.pop()] - seen:
            seen.add(unit)
            waiting.append(unit)
    return seen


def file_circles(texts):
    """Sets of units each of which can be reached from every other one."""
    graph = include_graph(texts)
    reach = {unit: reachable_from(graph, unit) for unit in graph}
    circles = {frozenset(u for u in reach[unit] if unit in reach[u])
               for unit in graph if unit in reach[unit]}
    return sorted(sorted(circle) for circle in circles)


def check_circles(texts, complain):
    for circle in file_circles(texts):
        if folder_of(circle[0] + ".c", ARROWS) not in CIRCLES_LEFT:
            complain(circle[0], f"is in a circle of includes: {', '.join(circle)}")


def without_text(line):
    """The line without string literals and comments of one line, roughly."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return re.sub(r"/\*.*?\*/|//.*|^\s*\*.*|/\*.*", "", line)


def check_functions(lines, complain):
    """A function begins with "{" in the first column and ends with "}" there."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_LINES_MAX:
                complain(begin, f"a function of {number - begin - 1} lines")
            begin = None


def check_c_file(name, lines, complain):
    check_functions(lines, complain)
    if len(lines) > FILE_LINES_MAX:
        complain(len(lines), f"a file of {len(lines)} lines")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            complain(number, f"a line of {len(line)} columns")
        check_includes(name, number, line, complain)
        alone = (name.endswith(".c") and SECTION_ALONE.match(line) and number < len(lines) and
                 lines[number - 2:number + 1:2] == ["", ""])
        if alone or SECTION.match(line) and not SECTION_STYLE.match(line):
            complain(number, "a section reads /* --- noun --- */")
        code = without_text(line)
        if BANNED_CALLS.search(code):
            complain(number, f"calls what we never call: {line.strip()}")
        if REALLOC.search(code) and name != REALLOC_HOME and not name.startswith("tests/"):
            complain(number, f"grows memory past {REALLOC_HOME}: {line.strip()}")
        if (name.startswith(DISK_FOLDERS) and name not in DISK_EXCEPT
                and DISK_CALLS.search(code)):
            complain(number, f"goes past the disk room: {line.strip()}")
        if name.startswith("kernel/") and name not in KERNEL_EXCEPT and KERNEL_NEVER.search(code):
            complain(number, f"the kernel must be deterministic: {line.strip()}")


def check_go_import(name, number, target, complain):
    home = folder_of(name, GO_ARROWS)
    if home is None:
        complain(number, "lies in none of the Go modules")
    elif "." not in target.split("/")[0] and not target.startswith("headstart/"):
        return  # the language's own
    elif not any(target == path or target.startswith(path + "/") for path in GO_ARROWS[home]):
        complain(number, f"imports {target}: there is no arrow from {home}/ to it")


def check_go_file(name, lines, complain):
    """gofmt decides the layout: a function begins and a block of imports ends in the first column."""
    begin, importing = None, False
    for number, line in enumerate(lines, 1):
        if line.startswith("func ") and not line.endswith("}"):
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_LINES_MAX:
                complain(begin, f"a function of {number - begin - 1} lines")
            begin = None
        importing = line.startswith("import") or importing and line != ")"
        target = re.match(r'\s*(?:import )?(?:[\w.]+ )?"([^"]+)"$', line) if importing else None
        if target:
            check_go_import(name, number, target.group(1), complain)
            importing = not line.startswith("import")
    if len(lines) > FILE_LINES_MAX:
        complain(len(lines), f"a file of {len(lines)} lines")


def check_text(lines, complain):
    for number, line in enumerate(lines, 1):
        if BANNED_TEXT.search(line):
            complain(number, "finish it, or say it in an issue")
        if MACHINE_PATH.search(line):
            complain(number, "names a path of one machine")


def main():
    breaks = []
    files = tracked_files()
    ours = {}
    if sys.argv[1:] == ["--list-c"]:
        sys.stdout.write("".join(f"{name}\0" for name in files if name.endswith((".c", ".cc", ".h"))))
        return 0
    if sys.argv[1:] == ["--list-go"]:
        sys.stdout.write("".join(f"{name}\0" for name in files
                                 if name.endswith(".go") and not name.endswith(GO_MADE)))
        return 0
    this_file = str(pathlib.Path(__file__).resolve().relative_to(ROOT))
    for name in files:
        def complain(number, text, name=name):
            breaks.append(f"{name}:{number}: {text}")
        if name == this_file or name.endswith((".jsonl", ".json", ".bin", ".png", ".svg")):
            continue
        try:
            lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError:
            continue  # binary: golden files and the like
        check_text(lines, complain)
        if name.endswith((".c", ".h", ".cc")):
            check_c_file(name, lines, complain)
            ours[name] = "\n".join(lines)
        elif name.endswith(".go") and not name.endswith(GO_MADE):
            check_go_file(name, lines, complain)
    check_circles(ours, lambda unit, text: breaks.append(f"{unit}: {text}"))
    for text in breaks:
        print(text)
    print(f"structure: {len(files)} files, {len(breaks)} breaks")
    return 1 if breaks else 0


if __name__ == "__main__":
    sys.exit(main())
