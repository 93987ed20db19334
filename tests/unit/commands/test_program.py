"""The program `headstart` as a user meets it: words, settings, exit codes, one line an error.

A daemon is played by a few lines on a socket, so that every answer of one can be tried.
"""
import fcntl
import json
import os
import pathlib
import pty
import resource
import shutil
import socket
import struct
import subprocess
import sys
import termios
import threading
import unittest

import msgpack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
import harness  # noqa: E402
from harness import IntegrationCase  # noqa: E402

OK, NO, UNREACHABLE, USAGE, DAMAGED, INPUT_MISSING = 0, 1, 2, 64, 65, 66
UNAVAILABLE, INTERNAL, IO, LOCKED, PERMISSION = 69, 70, 74, 75, 77
CONFIGURATION = 78

STATUS = {"version": "9.9.9", "phase": "live", "ready": True, "chain_id": "c", "uptime_s": 61,
          "seqnum": 5, "hash": "ab" * 32, "height": 2, "floor": 3, "replay": None,
          "snapshot": {"newest": 4, "count": 1, "bytes": 10, "age_s": 1},
          "log": {"first": 1, "last": 5, "entries": 5, "bytes": 100}, "vats": [],
          "node": {"connected": False, "client": None, "path": None}, "counters": {}}


class PlayedDaemon:
    """Answers each request with what `answer(method, params)` returns: (error, result)."""

    def __init__(self, path, answer):
        self.answer = answer
        self.seen = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.talk(peer)

    def talk(self, peer):
        unpacker = msgpack.Unpacker(raw=False)
        while True:
            data = peer.recv(65536)
            if not data:
                return
            unpacker.feed(data)
            for _, msgid, method, params in unpacker:
                self.seen.append((method, params[0]))
                answer = self.answer(method, params[0])
                if isinstance(answer, bytes):
                    peer.sendall(answer)
                    return
                peer.sendall(msgpack.packb([1, msgid, *answer]))

    def stop(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(harness.DEADLINE_S)


class ProgramCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "s"

    def headstart(self, *words, environment=None, stdin="", stdout=subprocess.PIPE):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("HEADSTART_")}
        return subprocess.run([str(harness.bin_folder() / "headstart"), *map(str, words)],
                              stdout=stdout, stderr=subprocess.PIPE, text=True, input=stdin,
                              timeout=harness.DEADLINE_S, check=False,
                              env={**clean, **(environment or {})})

    def assert_fails(self, run, code, *words):
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertEqual(len(run.stderr.strip().splitlines()), 1, run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)

    def play(self, answer):
        daemon = PlayedDaemon(self.socket, answer)
        self.addCleanup(daemon.stop)
        return daemon

    def ask(self, *words, **options):
        return self.headstart("--socket", self.socket, *words, **options)


class Words(ProgramCase):
    def test_nothing__says_where_help_is(self):
        self.assert_fails(self.headstart(), USAGE, "headstart help")

    def test_unknown_words__name_the_nearest(self):
        self.assert_fails(self.headstart("stauts"), USAGE, "'status'")
        self.assert_fails(self.headstart("--jsno", "status"), USAGE, "'--json'")
        self.assert_fails(self.headstart("status", "--jsno=yes"), USAGE, "'--json'")
        self.assert_fails(self.headstart("log", "lst"), USAGE, "'list'")
        self.assert_fails(self.headstart("completion", "bsh"), USAGE, "'bash'")
        self.assert_fails(self.headstart("help", "slo"), USAGE, "'solo'")
        self.assert_fails(self.headstart("-x"), USAGE, "-x")

    def test_commands_that_are_not_there_yet__are_unknown(self):
        self.assert_fails(self.headstart("doctor"), USAGE, "doctor")

    def test_bench_and_drill__become_programs_beside_us_or_in_path(self):
        tools = self.folder / "tools"
        tools.mkdir()
        shutil.copy(harness.bin_folder() / "headstart", tools / "headstart")
        run = subprocess.run([tools / "headstart", "bench", "x"], capture_output=True, text=True,
                             timeout=harness.DEADLINE_S, env={"PATH": "/nowhere"}, check=False)
        self.assert_fails(run, UNAVAILABLE, "headstart-bench", "PATH")
        for folder, path in ((tools, "/nowhere"), (self.folder, str(self.folder))):
            for name in ("bench", "drill"):
                program = folder / f"headstart-{name}"
                program.write_text(f'#!/bin/sh\necho {name} "$@"; exit 7\n')
                program.chmod(0o755)
                words = [name, "--json", "-x", "--", "a b", "--help"]
                run = subprocess.run([tools / "headstart", *words], capture_output=True, text=True,
                                     timeout=harness.DEADLINE_S, env={"PATH": path}, check=False)
                self.assertEqual((run.returncode, run.stdout),
                                 (7, f"{name} --json -x -- a b --help\n"))
                program.unlink()

    def test_misspelt_variables__are_told_and_change_nothing(self):
        run = self.headstart("version", environment={
            "HEADSTART_SOKET": "x", "HEADSTART_LOG_LVL": "x", "HEADSTART_SOCKET": "/s",
            "HEADSTART_": "x", "HEADSTART_SOMETHING_OF_OTHERS": "x", "HEADSTART_X": "y"})
        self.assertEqual(run.returncode, OK)
        told = sorted(run.stderr.splitlines())
        self.assertEqual(len(told), 2, run.stderr)
        self.assertIn("HEADSTART_LOG_LVL is not a setting; did you mean HEADSTART_LOG_LEVEL?",
                      told[0])
        self.assertIn("HEADSTART_SOKET is not a setting; did you mean HEADSTART_SOCKET?", told[1])
        run = self.headstart("-q", "version", environment={"HEADSTART_SOKET": "x"})
        self.assertEqual(run.stderr, "")

    def test_words__too_few_or_too_many(self):
        self.assert_fails(self.headstart("status", "now"), USAGE, "now")
        self.assert_fails(self.headstart("call"), USAGE, "METHOD")
        self.assert_fails(self.headstart("snapshot"), USAGE, "list")
        self.assert_fails(self.headstart("store", "get", "--data", self.folder), USAGE, "KEY")
        self.assert_fails(self.headstart("status", "--socket"), USAGE, "--socket PATH")
        self.assert_fails(self.headstart("status", "--socket", "--json"), USAGE, "--socket")
        self.assert_fails(self.headstart("status", "--kernel", "x"), USAGE, "--kernel")

    def test_help__of_program_and_of_every_command(self):
        program = self.headstart("help")
        self.assertEqual(program.returncode, OK)
        for flag in ("-h", "--help"):
            self.assertEqual(self.headstart(flag).stdout, program.stdout)
        for command in ("run", "solo", "status", "ready", "plan", "snapshot", "log", "store", "call",
                        "bench", "drill", "completion", "version", "help"):
            self.assertIn(f"\n  {command}", program.stdout)
            by_command = self.headstart("help", command)
            self.assertEqual(by_command.returncode, OK)
            self.assertIn(f"headstart {command}", by_command.stdout)
            if command not in ("bench", "drill"):  # theirs is their own
                self.assertEqual(self.headstart(command, "-h").stdout, by_command.stdout)
            for line in (program.stdout + by_command.stdout).splitlines():
                self.assertLessEqual(len(line), 96)
        self.assertIn("--from", self.headstart("help", "log", "list").stdout)

    def test_version(self):
        words = self.headstart("version").stdout
        self.assertRegex(words, r"^headstart \d+\.\d+\.\d+\nengine [0-9a-f]{64}\n$")
        self.assertEqual(self.headstart("-V").stdout, words)
        document = json.loads(self.headstart("--json", "version").stdout)
        self.assertEqual(document["schema"], 1)
        self.assertEqual(document["engines"], [words.split()[-1]])

    def test_json__help_and_completion_are_documents_too(self):
        for words in (("help",), ("completion", "fish")):
            document = json.loads(self.headstart("--json", *words).stdout)
            self.assertEqual(document["schema"], 1)
            self.assertEqual(document["text"], self.headstart(*words).stdout)

    def test_completion__bash_completes(self):
        script = self.folder / "completion"
        script.write_text(self.headstart("completion", "bash").stdout, encoding="utf-8")
        for words, expected in ((["sta"], "status"), (["log", "ver"], "verify"),
                                (["pl"], "plan"), (["plan", "--js"], "--json"),
                                (["run", "--snapshot-k"], "--snapshot-keep"),
                                (["run", "--log-sync", "al"], "always"),
                                (["completion", "z"], "zsh")):
            out = subprocess.run(
                ["bash", "-c", f'. {script}; COMP_WORDS=(headstart "$@"); COMP_CWORD=$#; '
                               '_headstart; echo "${COMPREPLY[@]}"', "bash", *words],
                capture_output=True, text=True, check=True).stdout
            self.assertEqual(out.split(), [expected])

    def test_result_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            run = self.headstart("help", stdout=full)
        self.assertEqual(run.returncode, IO)


class Settings(ProgramCase):
    """Which socket was asked shows in the error: nobody answers on any."""

    def asked(self, *words, environment=None):
        run = self.headstart(*words, environment=environment)
        self.assert_fails(run, UNREACHABLE)
        return run.stderr

    def config(self, text):
        path = self.folder / "settings.json"
        path.write_text(text, encoding="utf-8")
        return path

    def test_precedence(self):
        file = self.config(json.dumps({"socket": str(self.folder / "by-file")}))
        environment = {"HEADSTART_SOCKET": str(self.folder / "by-environment"),
                       "XDG_RUNTIME_DIR": str(self.folder)}
        flag = ("--socket", self.folder / "by-flag")
        self.assertIn("by-flag", self.asked("--config", file, *flag, "status",
                                            environment=environment))
        self.assertIn("by-flag", self.asked("status", "--config", file, *flag))
        self.assertIn("by-environment",
                      self.asked("--config", file, "status", environment=environment))
        self.assertIn("by-file", self.asked("--config", file, "status"))
        self.assertIn("by-file",
                      self.asked("status", environment={"HEADSTART_CONFIG": str(file)}))
        self.assertIn("headstart.sock", self.asked("status"))

    def test_a_bad_value__is_usage_by_flag_and_configuration_elsewhere(self):
        run = ("run", "--kernel", "k", "--chain-id", "c", "--data", self.folder, "--socket",
               self.socket)
        self.assert_fails(self.headstart(*run, "--snapshot-keep", "0"), USAGE, "snapshot-keep")
        self.assert_fails(self.headstart(*run, environment={"HEADSTART_SNAPSHOT_KEEP": "0"}),
                          CONFIGURATION, "HEADSTART_SNAPSHOT_KEEP")
        file = self.config('{"snapshot-keep": 0}')
        self.assert_fails(self.headstart(*run, "--config", file), CONFIGURATION, "snapshot-keep")
        self.assert_fails(self.headstart("status", "--socket", "s" * 108), CONFIGURATION, "107")

    def test_configuration_file__missing_closed_or_malformed(self):
        none = self.folder / "none.json"
        self.assert_fails(self.headstart("--config", none, "status"), INPUT_MISSING, "none.json")
        for text in ("", "{", "[]", '{"soket": 1}', '{"socket": 1}', '{"socket": "a"} x'):
            with self.subTest(text=text):
                self.assert_fails(self.headstart("--config", self.config(text), "status"),
                                  CONFIGURATION, "settings.json")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_configuration_file__not_ours_to_read(self):
        file = self.config("{}")
        file.chmod(0)
        self.assert_fails(self.headstart("--config", file, "status"), PERMISSION, "settings.json")

    def test_settings_of_other_commands__do_not_disturb(self):
        environment = {"HEADSTART_SNAPSHOT_EVERY": "never"}
        self.assertEqual(self.headstart("version", environment=environment).returncode, OK)


class Asking(ProgramCase):
    def test_nobody_there(self):
        for words in (("status",), ("status", "--json"), ("ready",), ("ready", "--wait=0"),
                      ("call", "status")):
            self.assert_fails(self.ask(*words), UNREACHABLE, str(self.socket))

    def test_status__document_and_screen(self):
        daemon = self.play(lambda method, params: (None, STATUS))
        document = json.loads(self.ask("--json", "status").stdout)
        self.assertEqual(document, {**STATUS, "schema": 1})
        screen = self.ask("status")
        self.assertEqual(screen.returncode, OK)
        self.assertIn("live, ready", screen.stdout)
        self.assertNotIn("\033", screen.stdout)
        self.assertEqual([method for method, _ in daemon.seen], ["status", "status"])

    def test_status__watch(self):
        self.play(lambda method, params: (None, STATUS))
        self.assert_fails(self.ask("status", "--watch", "--json"), USAGE, "--watch")
        process = subprocess.Popen([str(harness.bin_folder() / "headstart"), "--socket",
                                    str(self.socket), "status", "--watch=1"],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        seen = 0
        while seen < 2:
            seen += "live, ready" in process.stdout.readline()
        process.kill()
        process.wait()

    def test_status__watch_fits_the_terminal_and_outlives_the_daemon(self):
        vats = [{"name": f"v{i}" + "x" * 90, "heap_bytes": 1, "deliveries": 1,
                 "transcript_entries": 1} for i in range(60)]
        daemon = self.play(lambda method, params: (None, {**STATUS, "vats": vats}))
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen([str(harness.bin_folder() / "headstart"), "--socket",
                                    str(self.socket), "status", "--watch=1"],
                                   stdin=slave, stdout=slave, stderr=slave,
                                   env={"TERM": "dumb", "PATH": os.environ["PATH"]})
        os.close(slave)
        seen = ""

        def read_until(word):
            nonlocal seen
            while word not in seen:
                seen += os.read(master, 65536).decode()

        try:
            read_until("more lines)")
            lines = seen.split("\033[2J")[1].split("more lines)")[0].splitlines()
            self.assertLessEqual(len(lines), 23)
            self.assertLessEqual(max(map(len, lines)), 80)
            daemon.stop()
            seen = ""
            read_until("still watching")
            self.socket.unlink()
            self.play(lambda method, params: (None, STATUS))
            seen = ""
            read_until("live, ready")
        finally:
            process.kill()
            process.wait()

    def test_ready(self):
        phases = iter(["loading", "rolling", "live", "live"])
        self.play(lambda method, params: (None, {**STATUS, "phase": (phase := next(phases)),
                                                 "ready": phase == "live"}))
        self.assert_fails(self.ask("ready"), NO, "loading")
        waited = self.ask("ready", "--wait")
        self.assertEqual((waited.returncode, waited.stdout, waited.stderr), (OK, "", ""))
        self.assertEqual(json.loads(self.ask("--json", "ready").stdout),
                         {"schema": 1, "ready": True, "phase": "live"})

    def test_ready__tells_what_the_disk_refuses(self):
        disk = {"in_memory": True, "log_fenced": True, "log_fenced_since": 13,
                "snapshots_failing_since": 1700000000, "without": ["images", "RATES"]}
        self.play(lambda method, params: (None, {**STATUS, "disk": disk}))
        run = self.ask("ready")
        screen = self.ask("status").stdout
        self.assertEqual((run.returncode, run.stdout), (OK, ""))
        for words in ("the kernel runs from memory", "log fenced since seqnum 13",
                      "snapshots failing since 2023-11-14T22:13:20Z",
                      "gone without images, RATES"):
            self.assertIn(words, run.stderr)
            self.assertIn(words, screen)
        self.assertEqual(json.loads(self.ask("--json", "ready").stdout)["disk"], disk)

    def test_ready__does_not_wait_for_what_time_cannot_heal(self):
        problem = "vat \"ledger\" was terminated: SyntaxError"
        self.play(lambda method, params: (None, {**STATUS, "phase": "primed", "ready": False,
                                                 "problem": problem}))
        self.assert_fails(self.ask("ready", "--wait"), NO, problem)
        self.assert_fails(self.ask("plan"), NO, problem)

    def test_ready__waits_for_a_daemon_that_is_not_there_yet(self):
        later = threading.Timer(0.3, lambda: self.play(lambda method, params: (None, STATUS)))
        later.start()
        self.assertEqual(self.ask("ready", "--wait=60").returncode, OK)
        later.join()

    def test_call__params_and_answers_pass_through(self):
        daemon = self.play(lambda method, params: (None, {"a": [1, {"b": None}], "c": "ü"}))
        run = self.ask("call", "anything", '{"key": [true, 7, "x", {"y": 1.5}]}')
        self.assertEqual(json.loads(run.stdout), {"a": [1, {"b": None}], "c": "ü"})
        self.assertEqual(daemon.seen[-1], ("anything", {"key": [True, 7, "x", {"y": 1.5}]}))
        run = self.ask("--json", "call", "anything")
        self.assertEqual(json.loads(run.stdout)["result"]["c"], "ü")
        self.assertEqual(daemon.seen[-1], ("anything", {}))

    def test_call__as_a_node(self):
        hello = {"protocol": 1, "server": "s", "chain_id": "c", "phase": "live", "seqnum": 0,
                 "hash": "", "height": 0}
        daemon = self.play(lambda method, params: (None, hello if method == "hello" else {}))
        self.assertEqual(self.ask("call", "prepare_commit", '{"height": 3}', "--chain-id",
                                  "c").returncode, OK)
        self.assertEqual(daemon.seen[0][1]["role"], "node")
        self.assertEqual(daemon.seen[1], ("prepare_commit", {"height": 3}))

    def test_call__bad_parameters(self):
        for params in ("{", "[]", "7", '{"a": -1}', '{"a": 9007199254740992}'):
            self.assert_fails(self.ask("call", "status", params), USAGE, "parameters")

    def test_refusals__have_their_codes(self):
        for code, expected in (("bad_request", USAGE), ("unknown_method", USAGE),
                               ("wrong_chain", CONFIGURATION), ("busy", LOCKED),
                               ("not_ready", LOCKED), ("shutting_down", UNREACHABLE),
                               ("storage_failed", IO), ("node_failed", UNAVAILABLE),
                               ("kernel_failed", INTERNAL), ("from_the_future", INTERNAL)):
            self.socket = self.folder / code
            self.play(lambda method, params, code=code: (f"{code}: some words", None))
            self.assert_fails(self.ask("call", "status"), expected)

    def test_somebody_else_on_the_socket(self):
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xc1", b"\x94\x01\x01\xc0\x01",
                       struct.pack(">BBBBI", 0x94, 1, 1, 0xc0, 7)):
            self.socket = self.folder / f"s{len(answer)}"
            self.play(lambda method, params, answer=answer: answer)
            run = self.ask("status")
            self.assertIn(run.returncode, (UNAVAILABLE, UNREACHABLE), run.stderr)
            self.assertEqual(len(run.stderr.splitlines()), 1)


class Starting(ProgramCase):
    """`run` up to where the daemon would start."""

    def run_daemon(self, *words, data=None):
        return self.headstart("run", "--chain-id", "c", "--data", data or self.folder / "data",
                              "--socket", self.socket, *words)

    def test_failed_start__leaves_no_empty_folder(self):
        places = self.folder / "new" / "deep"
        words = ["--data", places / "data", "--socket", places / "run" / "s", "run",
                 "--chain-id", "c", "--kernel", self.folder / "none.json"]
        self.assert_fails(self.headstart(*words), INPUT_MISSING, "none.json")
        self.assertFalse((self.folder / "new").exists())
        (self.folder / "new").mkdir()
        (self.folder / "new" / "mine").mkdir()
        self.assert_fails(self.headstart(*words), INPUT_MISSING, "none.json")
        self.assertEqual([path.name for path in (self.folder / "new").iterdir()], ["mine"])

    def test_data_folder__that_others_may_write_to_is_refused(self):
        data = self.folder / "open"
        data.mkdir()
        for mode in (0o770, 0o707, 0o777):
            data.chmod(mode)
            self.assert_fails(self.run_daemon("--kernel", harness.LEDGER, data=data), PERMISSION,
                              str(data), "chmod go-w")
            self.assertEqual(list(data.iterdir()), [])

    @unittest.skipIf(os.geteuid() != 0, "files of another user are made by root")
    def test_sticky_data_folder__is_taken_while_all_in_it_is_ours(self):
        data = self.folder / "mount"
        data.mkdir()
        data.chmod(0o1777)
        self.assert_fails(self.run_daemon("--kernel", self.folder / "none.json", data=data),
                          INPUT_MISSING, "none.json")
        (data / "FORMAT").write_text("{}", encoding="utf-8")
        os.chown(data / "FORMAT", 65534, 65534)
        self.assert_fails(self.run_daemon("--kernel", harness.LEDGER, data=data), PERMISSION,
                          "FORMAT", "chmod go-w")

    def test_too_few_open_files__are_told_before_anybody_connects(self):
        run = subprocess.run(
            [str(harness.bin_folder() / "headstart"), "run", "--chain-id", "c", "--data",
             str(self.folder / "data"), "--socket", str(self.socket), "--kernel",
             str(harness.LEDGER)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            timeout=harness.DEADLINE_S,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))
        self.assert_fails(run, IO, "32 open files", "ulimit -n")

    def test_kernel_configuration__missing_and_malformed(self):
        self.assert_fails(self.run_daemon("--kernel", self.folder / "none.json"), INPUT_MISSING,
                          "none.json")
        bad = self.folder / "bad.json"
        bad.write_text("{", encoding="utf-8")
        self.assert_fails(self.run_daemon("--kernel", bad), CONFIGURATION, "bad.json")


class Offline(ProgramCase):
    """The tools on a data folder that a daemon made, with it there and without it."""

    MESSAGES = 250

    def setUp(self):
        super().setUp()
        self.daemon = self.sidecar(data="data")
        self.daemon.wait_ready()
        self.lines = harness.workload_lines(self.MESSAGES)
        self.result = self.node(self.messages(self.lines)).run()
        # Written by a worker while messages went on: not there when the last one is answered.
        harness.wait_for(lambda: self.daemon.status()["snapshot"]["count"], "a snapshot")

    def tool(self, *words):
        return self.headstart("--data", self.folder / "data", *words)

    def document(self, *words):
        run = self.tool("--json", *words)
        self.assertEqual(run.returncode, OK, run.stderr)
        document = json.loads(run.stdout)
        self.assertEqual(document["schema"], 1)
        return document

    def flip_a_byte(self, pattern):
        """In the middle of the largest file that matches."""
        files = sorted((self.folder / "data").glob(pattern), key=lambda file: file.stat().st_size)
        with open(files[-1], "r+b") as file:
            file.seek(files[-1].stat().st_size // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 0x10]))

    def newest_as_told(self):
        """Each tool's word of the newest, with no snapshot written in between."""
        while True:
            snapshots = self.document("snapshot", "list")["snapshots"]
            verified = self.document("snapshot", "verify")["seqnum"]
            entries = dict(self.document("store", "scan", "--prefix", "kernel.")["entries"])
            seqnum = self.document("store", "get", "kernel.seqnum")["value"]
            if self.document("snapshot", "list")["snapshots"][0] == snapshots[0]:
                return snapshots, verified, entries, seqnum

    def check_all(self):
        snapshots, verified, entries, seqnum = self.newest_as_told()
        self.assertEqual([each["seqnum"] for each in snapshots],
                         sorted((each["seqnum"] for each in snapshots), reverse=True))
        newest = snapshots[0]
        for each in snapshots:
            verdict = self.document("snapshot", "verify", str(each["seqnum"]))
            self.assertEqual((verdict["ok"], verdict["seqnum"], verdict["hash"], verdict["keys"]),
                             (True, each["seqnum"], each["hash"], each["keys"]))
        self.assertEqual((verified, seqnum), (newest["seqnum"], str(newest["seqnum"])))
        self.assertEqual(entries["kernel.hash"], newest["hash"])
        self.assertEqual({key.split(".")[0] for key in entries}, {"kernel"})
        self.assertRegex(self.document("store", "hash")["hash"], "^[0-9a-f]{64}$")
        log = self.document("log", "list", "--from", "11", "--to", "13")["entries"]
        self.assertEqual([(each["seqnum"], each["message"]) for each in log],
                         [(i, self.lines[i - 1]) for i in (11, 12, 13)])
        self.assertEqual(self.document("log", "list", "--from", "9999")["entries"], [])
        last = self.document("log", "list", "--from", str(self.MESSAGES))["entries"]
        self.assertEqual(last[0]["hash"], self.result["hash"])
        verdict = self.document("log", "verify")
        self.assertEqual((verdict["ok"], verdict["last"], verdict["damaged_after"]),
                         (True, self.MESSAGES, None))
        for words in (("snapshot", "list"), ("snapshot", "verify"), ("log", "list"),
                      ("log", "verify"), ("store", "scan"), ("store", "hash")):
            self.assertEqual(self.tool(*words).returncode, OK)

    def test_tools__while_the_daemon_runs_and_after_it(self):
        self.check_all()
        self.assertTrue(self.daemon.status()["ready"])
        self.daemon.stop()
        self.check_all()

    def test_store_hash__does_not_depend_on_where_the_store_is(self):
        newest = self.document("snapshot", "list")["snapshots"][0]
        lines = self.lines[:newest["seqnum"]]
        harness.solo(self.folder, self.messages(lines, name="until-snapshot"), data="solo")
        solo = self.headstart("--data", self.folder / "solo", "store", "get", "kernel.hash")
        self.assertEqual(solo.stdout.strip(), newest["hash"])

    def test_answers_that_are_no(self):
        self.assert_fails(self.tool("store", "get", "no.such.key"), NO, "no.such.key")
        self.assert_fails(self.tool("store", "get", ""), USAGE, "key")
        self.assert_fails(self.tool("snapshot", "verify", "x"), USAGE, "snapshot list")
        self.assert_fails(self.tool("snapshot", "verify", "7"), INPUT_MISSING, "snapshot list")
        self.assert_fails(self.tool("log", "list", "--from", "x"), USAGE, "--from")

    def test_damage__is_told(self):
        self.daemon.stop()
        self.flip_a_byte("log/*.seg")
        run = self.tool("log", "verify")
        self.assertEqual(run.returncode, NO, run.stderr)
        self.assertIn("damaged after entry", run.stderr)
        self.flip_a_byte("snapshot/**/*.l*")
        run = self.tool("snapshot", "verify")
        self.assertIn(run.returncode, (NO, DAMAGED, INPUT_MISSING), run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1)

    def test_damage__of_the_first_entry_is_told(self):
        self.daemon.stop()
        segment = min((self.folder / "data/log").glob("*.seg"))
        size = segment.stat().st_size
        before = self.document("log", "verify")
        with open(segment, "r+b") as file:
            whole = file.read()
            at = whole.index(self.lines[0].encode("utf-8")[:20])
            file.seek(at)
            file.write(bytes([whole[at] ^ 0x10]))
        self.assertEqual(segment.stat().st_size, size)
        self.assertEqual(before["first"], 1)
        run = self.tool("--json", "log", "verify")
        self.assertEqual(run.returncode, NO, run.stderr)
        self.assertIn("from its first entry on", run.stderr)
        document = json.loads(run.stdout)
        self.assertEqual((document["ok"], document["damaged_after"]), (False, 0))
        run = self.tool("log", "verify")
        self.assertEqual(run.returncode, NO)
        self.assertIn("DAMAGED", run.stdout)

    def test_no_data_folder(self):
        for words in (("log", "list"), ("snapshot", "list"), ("store", "hash"), ("plan",)):
            self.assert_fails(self.headstart("--data", self.folder / "none", *words),
                              INPUT_MISSING, "none")


if __name__ == "__main__":
    unittest.main()
