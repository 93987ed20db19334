#!/usr/bin/env python3
"""Have a WebAssembly module count its own steps, trap when they or its stack run out, and know one
NaN only.

    instrument.py IN.wasm OUT.wasm

Two globals are added and exported, engine_steps and engine_steps_max. The module adds

    1               at the head of every loop, so for each of its rounds
    1               where calls could lead round and round past no loop's head: before an indirect
                    call, and on entering a function that direct calls lead back to
    bytes >> 6      before every memory.copy, memory.fill and memory.init
    WEIGHTS         on entering a function that is exported under such a name: what a round of the
                    loops that call it does is much more than what others do

to the first, and executes `unreachable` where that exceeds the second. It does so as well where the
stack pointer is set to less than STACK_LOW, or above where it began. Nothing is imported and no
index moves: what the module meant before it still means.

Which bits a NaN has is left to the machine by WebAssembly: x86 and ARM make different ones, and
what a compiler makes of an addition decides whose payload lives on. They can be seen where a float
becomes bytes or an integer, so there every NaN becomes the positive one without payload. Heaps are
then the same bytes wherever they were made.

A step is counted by the module, not by how it is run, so any translator and any compiler come to
the same number. The bytes are rewritten here, rather than by way of the text format, because the
result is hashed (it is the engine's identity): assemblers of different versions write different
bytes for the same text. An instruction that is not known here is an error.
"""
import sys

STACK_LOW = 16 << 10
STEP_BYTES_LOG2 = 6
# Giving memory back joins free pieces all over the heap: some 60 ns where a step is some 4.
WEIGHTS = {b"js_free_rt": 16}

I32, I64, F32, F64, VOID = b"\x7f", b"\x7e", b"\x7d", b"\x7c", b"\x40"
SECTION_TYPE, SECTION_IMPORT, SECTION_FUNCTION, SECTION_GLOBAL = 1, 2, 3, 6
SECTION_EXPORT, SECTION_ELEMENT, SECTION_CODE = 7, 9, 10
KIND_FUNCTION, KIND_GLOBAL = 0, 3
BLOCK, LOOP, IF, END, BR_TABLE, CALL, CALL_INDIRECT = 0x02, 0x03, 0x04, 0x0B, 0x0E, 0x10, 0x11
GLOBAL_SET, SELECT_TYPED, PREFIX = 0x24, 0x1C, 0xFC
# Where a float on the stack's top becomes bytes or an integer: store, and reinterpret.
FLOAT_ENDS = {0x38: F32, 0x39: F64, 0xBC: F32, 0xBD: F64}
# (param float) (result float): a NaN becomes the one, anything else stays. const, eq, select.
ONE_NAN = {F32: b"\x00\x20\x00\x43\x00\x00\xc0\x7f\x20\x00\x20\x00\x5b\x1b\x0b",
           F64: b"\x00\x20\x00\x44\x00\x00\x00\x00\x00\x00\xf8\x7f\x20\x00\x20\x00\x61\x1b\x0b"}

# What follows an opcode: one character for each operand. u: unsigned LEB128 (any width), s: signed
# (or a block's type), 4, 8: that many bytes, 0: a zero byte.
OPERANDS = {opcode: "" for opcode in (0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B)}
OPERANDS.update({opcode: "" for opcode in range(0x45, 0xC5)})  # comparison, arithmetic, conversion
OPERANDS.update({opcode: "uu" for opcode in range(0x28, 0x3F)})  # loads and stores
OPERANDS.update({opcode: "u" for opcode in range(0x20, 0x25)})  # locals and globals
OPERANDS.update({BLOCK: "s", LOOP: "s", IF: "s", 0x0C: "u", 0x0D: "u", CALL: "u",
                 CALL_INDIRECT: "uu", 0x3F: "0", 0x40: "0", 0x41: "s", 0x42: "s", 0x43: "4",
                 0x44: "8"})
OPERANDS_PREFIXED = {opcode: "" for opcode in range(8)}  # saturating conversion
OPERANDS_PREFIXED.update({8: "u0", 9: "u", 10: "00", 11: "0"})
BULK = (8, 10, 11)  # memory.init, memory.copy, memory.fill: how many bytes is on the stack's top


def unsigned(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def signed(value):
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value & 0x7F]))


def sized(payload):
    return unsigned(len(payload)) + payload


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def more(self):
        return self.at < len(self.data)

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError("the module ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def byte(self):
        return self.take(1)[0]

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sized(self):
        return self.take(self.unsigned())

    def operands(self, shape):
        for operand in shape:
            if operand in "us":
                self.unsigned()
            else:
                if operand == "0" and self.data[self.at] != 0:
                    raise ValueError("a second memory")
                self.take(int(operand) or 1)

    def instruction(self):
        """Pass one; (opcode, what follows the prefix or the first operand, or None)."""
        opcode = self.byte()
        if opcode == PREFIX:
            detail = self.unsigned()
            shape = OPERANDS_PREFIXED.get(detail)
        else:
            shape, detail = OPERANDS.get(opcode), None
            if opcode in (CALL, GLOBAL_SET):
                detail, shape = self.unsigned(), ""
        if opcode == BR_TABLE:
            for _ in range(self.unsigned() + 1):
                self.unsigned()
        elif opcode == SELECT_TYPED:
            self.take(self.unsigned())
        elif shape is None:
            raise ValueError(f"an unknown instruction, {opcode:#x} {detail}")
        else:
            self.operands(shape)
        return opcode, detail


class Module:
    """Sections by id; those of vectors that are added to are (count, bytes of the elements)."""

    def __init__(self, data):
        reader = Reader(data)
        if reader.take(8) != b"\0asm\1\0\0\0":
            raise ValueError("not a WebAssembly module, version 1")
        self.sections = []
        while reader.more():
            self.sections.append([reader.byte(), reader.sized()])

    def vector(self, section):
        for number, payload in self.sections:
            if number == section:
                reader = Reader(payload)
                return reader.unsigned(), payload[reader.at:]
        raise ValueError(f"no section {section}")

    def append(self, section, element):
        """Returns the new element's place in its section."""
        count, elements = self.vector(section)
        self.replace(section, count + 1, elements + element)
        return count

    def replace(self, section, count, elements):
        for entry in self.sections:
            if entry[0] == section:
                entry[1] = unsigned(count) + elements

    def imported(self, wanted):
        count, elements = self.vector(SECTION_IMPORT)
        reader, found = Reader(elements), 0
        for _ in range(count):
            reader.sized(), reader.sized()
            kind = reader.byte()
            if kind != KIND_FUNCTION:
                raise ValueError("an import that is no function")
            reader.unsigned()
            found += kind == wanted
        return found

    def exported(self, wanted):
        """Numbers by names of what is exported of a kind."""
        count, elements = self.vector(SECTION_EXPORT)
        reader, found = Reader(elements), {}
        for _ in range(count):
            name, kind, index = reader.sized(), reader.byte(), reader.unsigned()
            if kind == wanted:
                found[name] = index
        return found

    def stack_top(self, index):
        """What an i32 global begins with."""
        count, elements = self.vector(SECTION_GLOBAL)
        if (count, index) != (1, 0) or not elements.startswith(I32 + b"\x01\x41"):
            raise ValueError("the stack pointer is not the only global")
        return Reader(elements[3:]).unsigned()

    def add_function(self, value):
        """Its number, of one that is given such a value and hands one back; the body is to come."""
        kind = self.append(SECTION_TYPE, b"\x60\x01" + value + b"\x01" + value)
        return self.imported(KIND_FUNCTION) + self.append(SECTION_FUNCTION, unsigned(kind))

    def add_global(self, name, value):
        index = self.append(SECTION_GLOBAL, I64 + b"\x01\x42" + signed(value) + b"\x0b")
        self.append(SECTION_EXPORT, sized(name) + bytes([KIND_GLOBAL]) + unsigned(index))
        return index

    def encode(self):
        return b"\0asm\1\0\0\0" + b"".join(bytes([n]) + sized(p) for n, p in self.sections)


def expression(body):
    """(declaration of locals, reader of the instructions)."""
    reader = Reader(body)
    for _ in range(reader.unsigned()):
        reader.unsigned(), reader.byte()
    return body[:reader.at], Reader(body[reader.at:])


def instructions(reader):
    """(opcode, detail, its bytes, whether it is within a loop) of each."""
    nest = []
    while reader.more():
        start = reader.at
        opcode, detail = reader.instruction()
        yield opcode, detail, reader.data[start:reader.at], LOOP in nest
        if opcode in (BLOCK, LOOP, IF):
            nest.append(opcode)
        elif opcode == END and nest:
            nest.pop()


def calls_of(body):
    """What it calls outside of its loops: a call within one has been counted at the loop's head."""
    return {detail for opcode, detail, _, looped in instructions(expression(body)[1])
            if opcode == CALL and not looped}


def recursive(bodies, first):
    """Functions that direct calls lead from back to themselves, past no loop's head."""
    calls = {first + i: calls_of(body) for i, body in enumerate(bodies)}

    def reaches_itself(function):
        waiting, seen = [function], set()
        while waiting:
            new = calls.get(waiting.pop(), set()) - seen
            if function in new:
                return True
            seen |= new
            waiting += new
        return False

    return {function for function in calls if reaches_itself(function)}


class Counters:
    """The instructions that are put in, given the globals' numbers."""

    def __init__(self, steps, steps_max, stack, stack_top):
        get, set_ = (lambda g: b"\x23" + unsigned(g)), (lambda g: b"\x24" + unsigned(g))
        trap_if = b"\x04" + VOID + b"\x00\x0b"
        add_and_check = (b"\x7c" + set_(steps) + get(steps) + get(steps_max) + b"\x56" + trap_if)
        self.add = lambda count: get(steps) + b"\x42" + signed(count) + add_and_check
        self.step = self.add(1)
        # (param i32) (result i32): count so many bytes, and hand them back.
        self.bytes_body = (b"\x00" + get(steps) + b"\x20\x00\x41" + signed(STEP_BYTES_LOG2) +
                           b"\x76\xad" + add_and_check + b"\x20\x00\x0b")
        # Unsigned: below STACK_LOW the difference is more than any.
        self.stack = (get(stack) + b"\x41" + signed(STACK_LOW) + b"\x6b\x41" +
                      signed(stack_top - STACK_LOW) + b"\x4b" + trap_if)
        self.stack_pointer = stack
        self.calls = {}  # of the functions that are added, by what they are given
        self.counts = {"loops": 0, "entries": 0, "weighted": 0, "indirect calls": 0, "bulk": 0,
                       "stack": 0, "floats": 0}

    def put_in(self, name, code):
        self.counts[name] += 1
        return code

    def rewrite(self, body, is_recursive, weight):
        locals_, reader = expression(body)
        out = bytearray(locals_)
        if weight:
            out += self.put_in("weighted", self.add(weight))
        if is_recursive:
            out += self.put_in("entries", self.step)
        for opcode, detail, code, looped in instructions(reader):
            if opcode == CALL_INDIRECT and not looped:
                out += self.put_in("indirect calls", self.step)
            elif opcode == PREFIX and detail in BULK:
                out += self.put_in("bulk", self.calls[I32])
            elif opcode in FLOAT_ENDS:
                out += self.put_in("floats", self.calls[FLOAT_ENDS[opcode]])
            out += code
            if opcode == LOOP:
                out += self.put_in("loops", self.step)
            elif opcode == GLOBAL_SET and detail == self.stack_pointer:
                out += self.put_in("stack", self.stack)
        return bytes(out)


def instrument(module):
    """Returns how often what was put in."""
    stack = module.exported(KIND_GLOBAL).get(b"__stack_pointer")
    if stack is None:
        raise ValueError("no stack pointer is exported")
    stack_top = module.stack_top(stack)
    counters = Counters(module.add_global(b"engine_steps", 0),
                        module.add_global(b"engine_steps_max", 0), stack, stack_top)
    imported = module.imported(KIND_FUNCTION)
    added = {I32: counters.bytes_body, **ONE_NAN}
    for value in added:
        counters.calls[value] = bytes([CALL]) + unsigned(module.add_function(value))

    count, elements = module.vector(SECTION_CODE)
    reader = Reader(elements)
    bodies = [reader.sized() for _ in range(count)]
    again = recursive(bodies, imported)
    functions = module.exported(KIND_FUNCTION)
    weights = {functions[name]: weight for name, weight in WEIGHTS.items() if name in functions}
    rewritten = [counters.rewrite(body, imported + i in again, weights.get(imported + i))
                 for i, body in enumerate(bodies)]
    rewritten += added.values()
    module.replace(SECTION_CODE, len(rewritten), b"".join(map(sized, rewritten)))
    return counters.counts


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        module = Module(file.read())
    counts = instrument(module)
    with open(target, "wb") as file:
        file.write(module.encode())
    print("instrumented:", ", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
