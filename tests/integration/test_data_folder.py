"""Whatever the data folder holds or refuses, the daemon starts, says so, and answers right."""
import shutil
import signal

import harness
from harness import IntegrationCase

BEGUN, ALL = 120, 160  # messages before and after what happens to the folder
REFUSALS = 16
PLACES = ("data", "snapshot", "leveldb", "log")  # the data folder's; not the configuration's
REASONS = ("EIO", "ENOSPC", "EROFS", "EACCES", "EDQUOT", "EMFILE")
OFTEN = ("--snapshot-every", "30")


def emptied(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def noise(path):
    path.write_bytes(b"\x5a" * 100)


def taken_away(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def folder_instead(path):
    taken_away(path)
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def folder_made(path):
    path.mkdir()


def doubled(path):
    path.write_bytes(2 * path.read_bytes())


def nowhere_instead(path):
    taken_away(path)
    path.symlink_to("no/such/thing")


def file_instead(path):
    taken_away(path)
    path.write_bytes(b"x")


class DataFolder(IntegrationCase):
    def setUp(self):
        super().setUp()
        lines = harness.workload_lines(ALL)
        self.begun = self.messages(lines[:BEGUN], "begun.jsonl")
        self.file = self.messages(lines)
        self.oracle = {answer["seqnum"]: answer for answer in harness.solo(self.folder, self.file)}

    def finish(self, sidecar, node="node"):
        """The chain goes on to its end and is the oracle's; the sidecar stops in good order."""
        sidecar.wait_ready()
        runner = self.node(self.file, data=node)
        result = runner.run()
        self.assertEqual(result["hash"], self.oracle[ALL]["hash"], sidecar.log_text()[-2000:])
        for seqnum, answer in runner.answered().items():
            self.assertEqual(answer["hash"], self.oracle[seqnum]["hash"], f"hash at {seqnum}")
        sidecar.stop()

    def test_no_folder_can_be_made__from_memory(self):
        (self.folder / "file").write_text("", encoding="utf-8")
        for data in ("file", "file/data"):
            sidecar = harness.Sidecar(self.folder, data=data)
            sidecar.log = self.folder / "memory.log"
            self.processes.append(sidecar)
            self.finish(sidecar.start(), node=data.replace("/", "-") + "-node")
            self.assertIn("from memory", sidecar.log_text())
        self.assertEqual((self.folder / "file").read_text(encoding="utf-8"), "")

    def test_damage__is_put_aside_and_told(self):
        sidecar = self.sidecar(arguments=OFTEN)
        sidecar.wait_ready()
        self.node(self.begun).run()
        sidecar.stop()
        for number, (pattern, damage, told) in enumerate((
                ("FORMAT", emptied, "quarantine"),
                ("FORMAT", folder_instead, "quarantine"),
                ("LOCK", folder_instead, "quarantine"),
                ("LOCK", taken_away, None),
                ("RATES", noise, None),
                ("quarantine", file_instead, "quarantine"),
                ("snapshot", file_instead, "quarantine"),
                ("log", nowhere_instead, "quarantine"),
                ("images", file_instead, "quarantine"),
                ("snapshot/CURRENT", folder_instead, "quarantine"),
                ("snapshot/LOCK", folder_instead, "quarantine"),
                ("snapshot/OPENING", folder_made, "quarantine"),
                ("snapshot/gen-*", file_instead, "quarantine"),
                ("snapshot/gen-*/CURRENT", emptied, "quarantine"),
                ("snapshot/gen-*/MANIFEST-*", nowhere_instead, "quarantine"),
                ("snapshot/gen-*/LOCK", folder_instead, "quarantine"),
                ("snapshot/gen-*/*.ldb", cut, "quarantine"),
                ("snapshot/gen-*/*.log", doubled, None),
                ("snapshot/gen-*/pages", folder_instead, "quarantine"),
                ("log/*.seg", emptied, None),
                ("log/*.seg", folder_instead, "quarantine"),
                ("log/*.seg", nowhere_instead, "quarantine"))):
            with self.subTest(pattern=pattern, damage=damage.__name__):
                shutil.copytree(self.folder / "sidecar", self.folder / f"d{number}")
                shutil.copytree(self.folder / "node", self.folder / f"n{number}")
                found = sorted((self.folder / f"d{number}").glob(pattern))
                self.assertTrue(found or damage is folder_made)
                found = found or [self.folder / f"d{number}" / pattern]
                for path in found:
                    damage(path)
                # LevelDB's own assertion ends one start, where its log had anything to double.
                deaths = 1 if damage is doubled else 0
                lives = 2  # and the next start finds nothing wrong
                while lives > 0:
                    hurt = self.sidecar(data=f"d{number}", arguments=OFTEN)
                    try:
                        self.finish(hurt, node=f"n{number}")
                        lives -= 1
                    except AssertionError:
                        if deaths == 0 or hurt.process.poll() != -signal.SIGABRT:
                            raise
                        deaths -= 1
                if told:
                    self.assertRegex(hurt.log_text(), told)

    def test_start__each_operation_on_the_disk_refused(self):
        """Drawn from all of a start and what follows, once and from then on."""
        sidecar = self.sidecar(arguments=OFTEN)
        sidecar.wait_ready()
        self.node(self.begun).run()
        sidecar.stop()
        dice = harness.dice("refusals")
        for number in range(REFUSALS):
            at = dice.choice([dice.randrange(1, 15), dice.randrange(1, 150)])
            fault = (f"{dice.choice(PLACES)}.*.*:{at}{dice.choice(['', '+'])}:"
                     f"{dice.choice(REASONS)}")
            with self.subTest(fault=fault):
                shutil.copytree(self.folder / "sidecar", self.folder / f"f{number}")
                shutil.copytree(self.folder / "node", self.folder / f"m{number}")
                hurt = self.sidecar(data=f"f{number}", arguments=OFTEN,
                                    environment={"HEADSTART_FAULT": fault})
                self.finish(hurt, node=f"m{number}")
                hurt = self.sidecar(data=f"f{number}", arguments=OFTEN)
                self.finish(hurt, node=f"m{number}")
