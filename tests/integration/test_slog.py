"""--slog and the console of vats: everything once and in order, over a crash, and nothing twice."""
import pathlib

import harness
from harness import IntegrationCase

VAT = """
console.log('program');
export const buildRootObject = () => {
  console.info('building');
  return Far('root', {
    bootstrap() {},
    say(text) { console.warn(text, { n: 1 }); return text; },
    fail() { console.error('about to'); for (;;); },
  });
};
"""


def call(method, *arguments):
    return harness.json.dumps({"to": "talker", "method": method, "args": list(arguments)})


class Slog(IntegrationCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.folder)
        (folder / "talker.js").write_text(VAT, encoding="utf-8")
        self.kernel = folder / "kernel.json"
        self.kernel.write_text(harness.json.dumps({
            "bootstrap": "talker", "vats": {"talker": {"source": "talker.js"}}}), encoding="utf-8")
        self.slog = folder / "slog"

    def lines(self, path=None):
        return harness.read_json_lines(path or self.slog)

    def start(self):
        sidecar = self.sidecar(kernel=self.kernel,
                               arguments=["--slog", self.slog, "--log-level", "debug",
                                          "--snapshot-every", 0])
        sidecar.wait_ready()
        return sidecar

    def test_all_is_told_once__also_over_a_crash(self):
        sidecar = self.start()
        texts = ["one", "two \u2713 \x1b[31m\n\"quoted\"", "three"]
        file = self.messages([call("say", text) for text in texts])
        result = self.node(file, arguments=["--block-size", 1]).run()
        lines = self.lines()
        self.assertEqual([line["message"]["args"][0] for line in lines if line["type"] == "message"],
                         texts)
        self.assertEqual([line["value"] for line in lines if line["type"] == "message-result"],
                         texts)
        self.assertEqual(lines[-1]["activityhash"], result["hash"])
        self.assertEqual([line["name"] for line in lines if line["type"] == "create-vat"],
                         ["talker"])
        self.assertEqual([line["text"] for line in lines if line["type"] == "console"],
                         ["program", "building", *[f'{text} {{"n":1}}' for text in texts]])
        given = [line for line in lines if line["type"] == "deliver"]
        self.assertEqual([line["deliveryNum"] for line in given], list(range(len(given))))
        asked = [line for line in lines if line["type"] == "syscall"]
        self.assertTrue(all(line["vsr"] == ["ok", None] for line in asked))
        self.assertFalse(any("replay" in line for line in lines))
        for word in ("program", "building", "one", "three"):
            self.assertEqual(sidecar.log_text().count(f": {word}"), 1, word)
        self.assertIn("vat talker (v1), message 1, console.info: building", sidecar.log_text())
        self.assertNotIn("\x1b", sidecar.log_text())

        sidecar.kill()
        before = len(lines)
        sidecar.start().wait_ready()
        for word in ("program", "building", "one", "three"):
            self.assertEqual(sidecar.log_text().count(f": {word}"), 1, word)
        again = self.lines()[before:]  # by the log, as there was no snapshot
        self.assertTrue(again)
        self.assertTrue(all(line["replay"] for line in again))
        self.assertEqual(again[-1]["activityhash"], result["hash"])

    def test_a_vat_that_fails__and_a_file_that_is_rotated(self):
        sidecar = self.start()
        node = self.node(self.messages([call("say", "first")]))
        node.run()
        moved = pathlib.Path(self.folder) / "slog.1"
        self.slog.rename(moved)
        self.node(self.messages([call("say", "first"), call("fail")])).run()
        self.assertEqual(self.lines(moved)[-1]["type"], "message-result")
        lines = self.lines()
        self.assertEqual(lines[0]["type"], "message")
        failed = [line for line in lines if line["type"] == "deliver-result"]
        self.assertEqual(failed[-1]["status"], "error")
        self.assertIn("meter spent", failed[-1]["problem"])
        ends = [line["event"] for line in lines if line["type"] == "event"]
        self.assertEqual([end["type"] for end in ends], ["vat_ended"])
        self.assertIn("console.error: about to", sidecar.log_text())

    def test_a_file_that_cannot_be_written__costs_no_message(self):
        self.slog = pathlib.Path(self.folder) / "no/such/folder/slog"
        sidecar = self.start()
        file = self.messages([call("say", "one")] * 3)
        node = self.node(file)
        node.run()
        self.assertEqual([a["status"] for a in node.answered().values()], ["fulfilled"] * 3)
        self.assertEqual(sidecar.log_text().count("the slog cannot be written"), 1)
        self.assertFalse(self.slog.exists())

    def test_solo__has_both(self):
        file = self.messages([call("say", "one")])
        run = harness.subprocess.run(
            [str(harness.bin_folder() / "headstart"), "solo", "--kernel", self.kernel, "--messages",
             file, "--data", str(pathlib.Path(self.folder) / "solo"), "--slog", self.slog,
             "--log-level", "debug"], capture_output=True, text=True, check=True)
        self.assertIn("vat talker (v1), message 1, console.warn: one {\"n\":1}", run.stderr)
        self.assertEqual([line["type"] for line in self.lines()][:2], ["message", "create-vat"])
