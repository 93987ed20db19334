"""The module that counts its own steps: where it counts, and where it traps.

A small module is instrumented and run by another engine (wabt's interpreter) with the limit that it
begins with, 0 steps: the first step is one too many. So a function that traps was counted.
And what the engine's own module does with its stack is read.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ENGINE = os.environ.get("HEADSTART_ENGINE_WASM")
RED_ZONE = 128  # bytes below the stack pointer that a function calling none may use without moving it
STACK_TOP = 1 << 20
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


# Results, by what makes a NaN of which each machine has its own idea. The limit is 0 steps: none is
# counted here.
FLOATS = """(module
  (import "env" "unused" (func))
  (memory 1) (table 1 funcref) (func $none) (elem (i32.const 0) $none)
  (global $sp (mut i32) (i32.const 65536))
  (export "__stack_pointer" (global $sp))
  (func (export "9221120237041090560 bits") (result i64)
    (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0))))
  (func (export "9221120237041090560 negative") (result i64)
    (i64.reinterpret_f64 (f64.neg (f64.const nan))))
  (func (export "9221120237041090560 payload") (result i64)
    (i64.reinterpret_f64 (f64.const -nan:0x123456789)))
  (func (export "9221120237041090560 stored") (result i64)
    (f64.store (i32.const 8) (f64.sqrt (f64.const -1)))
    (i64.load (i32.const 8)))
  (func (export "2143289344 single") (result i32)
    (i32.reinterpret_f32 (f32.sub (f32.const inf) (f32.const inf))))
  (func (export "2143289344 single stored") (result i32)
    (f32.store (i32.const 8) (f32.neg (f32.const nan:0x200001)))
    (i32.load (i32.const 8)))
  (func (export "13826050856027422720 number") (result i64) (i64.reinterpret_f64 (f64.const -0.5)))
  (func (export "9223372036854775808 zero") (result i64) (i64.reinterpret_f64 (f64.const -0)))
  (func (export "4286578688 infinity") (result i32)
    (f32.store (i32.const 8) (f32.const -inf)) (i32.load (i32.const 8))))
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

    def test_every_nan_has_the_same_bits(self):
        self.assemble(FLOATS)
        self.assertEqual(self.instrument().returncode, 0)
        subprocess.run(["wasm-validate", "out.wasm"], cwd=self.folder, check=True)
        run = subprocess.run(["wasm-interp", "out.wasm", "--run-all-exports",
                              "--dummy-import-func"], cwd=self.folder, capture_output=True,
                             text=True, check=False)
        ends = dict(line.split("() =>") for line in run.stdout.splitlines() if "() =>" in line)
        self.assertEqual(len(ends), FLOATS.count("(func (export "))
        for name, end in ends.items():
            self.assertEqual(end.split(":")[-1].strip(), name.split()[0], name)

    @unittest.skipUnless(ENGINE, "HEADSTART_ENGINE_WASM names no module")
    def test_every_way_that_the_engine_moves_its_stack_is_checked(self):
        module = instrument.Module(pathlib.Path(ENGINE).read_bytes())
        check = instrument.Counters(1, 2, 0, STACK_TOP).stack
        count, elements = module.vector(instrument.SECTION_CODE)
        reader = instrument.Reader(elements)
        moved = lent = 0
        for _ in range(count):
            code = list(instrument.instructions(instrument.expression(reader.sized())[1]))
            sets = [i for i, (opcode, detail, *_) in enumerate(code)
                    if (opcode, detail) == (instrument.GLOBAL_SET, 0)]
            for i in sets:
                after = b"".join(bytes_ for _, _, bytes_, _ in code[i + 1:i + 12])
                self.assertTrue(after.startswith(check), f"unchecked: {after.hex()}")
            moved += len(sets)
            if not sets:
                lent += self.bytes_used_without_moving(code)
        self.assertGreater(moved, 900)
        self.assertGreater(lent, 0)  # so that the red zone is looked at, too

    def bytes_used_without_moving(self, code):
        """Of a function that does not set the stack pointer: how far below it it writes."""
        below = [instrument.Reader(code[i + 1][2][1:]).unsigned() for i, (opcode, _, bytes_, _) in enumerate(code)
                 if bytes_ == b"\x23\x00" and code[i + 1][0] == 0x41 and code[i + 2][0] == 0x6B]
        calls = {instrument.CALL, instrument.CALL_INDIRECT} & {opcode for opcode, *_ in code}
        self.assertFalse(below and calls, "a frame that no stack pointer covers, and a call")
        self.assertLessEqual(max(below, default=0), RED_ZONE)
        return sum(below)

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
