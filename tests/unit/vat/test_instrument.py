"""The module that counts its own steps: where it counts, and where it traps.

A small module is instrumented and run by another engine (wabt's interpreter) with the limit that it
begins with, 0 steps: the first step is one too many. So a function that traps was counted.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
INSTRUMENT = ROOT / "kernel/vat/engine/instrument.py"
sys.path.insert(0, str(INSTRUMENT.parent))
import instrument  # pylint: disable=wrong-import-position

MODULE = """(module
  (type $plain (func))
  (import "env" "unused" (func))
  (memory 1) (table 1 funcref) (elem (i32.const 0) $straight)
  (global $sp (mut i32) (i32.const 65536))
  (export "__stack_pointer" (global $sp))
  (func $straight)
  (func $leaf (param i32) (result i32) local.get 0)
  (func $back (param i32) (if (local.get 0) (then (call $forth (i32.const 0)))))
  (func $forth (param i32) (if (local.get 0) (then (call $back (i32.const 0)))))
  (func (export "free straight") (drop (call $leaf (i32.const 1))) (call $straight))
  (func (export "free fill 63") (memory.fill (i32.const 0) (i32.const 1) (i32.const 63)))
  (func (export "free stack low") (global.set $sp (i32.const 16384)))
  (func (export "free stack top") (global.set $sp (i32.const 65536)))
  (func $weighted (export "js_free_rt"))
  (func (export "trap weight") (call $weighted))
  (func (export "trap loop") (loop))
  (func (export "trap loop skipped by none") (block (loop (br 1))))
  (func (export "trap fill 64") (memory.fill (i32.const 0) (i32.const 1) (i32.const 64)))
  (func (export "trap copy") (memory.copy (i32.const 0) (i32.const 9) (i32.const 64)))
  (func (export "trap direct circle") (call $back (i32.const 0)))
  (func (export "trap indirect") (call_indirect (type $plain) (i32.const 0)))
  (func (export "trap stack too low") (global.set $sp (i32.const 16383)))
  (func (export "trap stack too high") (global.set $sp (i32.const 65537)))
  (func (export "trap stack wrapped") (global.set $sp (i32.const -16))))
"""


class Instrument(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assemble(self, text):
        (self.folder / "in.wat").write_text(text, encoding="utf-8")
        subprocess.run(["wat2wasm", "in.wat", "-o", "in.wasm"], cwd=self.folder, check=True)

    def instrument(self):
        return subprocess.run([sys.executable, INSTRUMENT, "in.wasm", "out.wasm"],
                              cwd=self.folder, capture_output=True, text=True, check=False)

    def test_steps_and_stack_are_counted_where_they_should_be(self):
        self.assemble(MODULE)
        self.assertEqual(self.instrument().returncode, 0)
        subprocess.run(["wasm-validate", "out.wasm"], cwd=self.folder, check=True)
        run = subprocess.run(["wasm-interp", "out.wasm", "--run-all-exports",
                              "--dummy-import-func"], cwd=self.folder, capture_output=True,
                             text=True, check=False)
        ends = dict(line.split("() =>") for line in run.stdout.splitlines() if "() =>" in line)
        self.assertEqual(len(ends), MODULE.count("(export ") - 1)  # the stack pointer is a global
        for name, end in ends.items():
            trap = name.startswith("trap") or name.encode() in instrument.WEIGHTS
            self.assertEqual("unreachable" in end, trap, f"{name}: {end}")

    def test_same_bytes_every_time(self):
        self.assemble(MODULE)
        self.assertEqual(self.instrument().returncode, 0)
        first = (self.folder / "out.wasm").read_bytes()
        self.assertEqual(self.instrument().returncode, 0)
        self.assertEqual((self.folder / "out.wasm").read_bytes(), first)

    def test_what_is_not_known_is_refused(self):
        self.assemble("(module (memory 1) (global (mut i32) (i32.const 0)))")
        self.assertNotEqual(self.instrument().returncode, 0)  # no stack pointer
        self.assemble(MODULE)
        data = (self.folder / "in.wasm").read_bytes()
        for cut in range(len(data)):
            with self.assertRaises(ValueError, msg=cut):
                instrument.instrument(instrument.Module(data[:cut]))


if __name__ == "__main__":
    unittest.main()
