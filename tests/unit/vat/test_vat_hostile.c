/* Hostile vats: whatever a vat does, it throws or it ends; the others and the process go on, and
 * all nodes see the same. */
#include "tests/unit/vat/rig.h"

#include <pthread.h>

/* Tight, so that the cases are quick; those that need deep structures get room for them. */
static const struct vat_limits roomy = {.ticks_max = 2000, .heap_bytes_max = 128 << 20};
static const struct vat_limits patient = {.ticks_max = 8000, .heap_bytes_max = 128 << 20};
static const struct vat_limits tight = {.ticks_max = 300, .heap_bytes_max = 8 << 20};

static const char neighbour_program[] =
    "let n = 0; export const buildRootObject = () => Far('root', { next: () => ++n });";

static const char endless_program[] = "export const buildRootObject = () => Far('root', {\n"
                                      "  attack() { for (;;); }, alive: () => 'alive' });";

/* Run `attack` as a method's body in two vats beside a neighbour. `status` is what both come to;
 * `part` is in the answer, or in the error when they end. */
static void check_attack_within(struct vat_limits limits, const char *attack, enum hs_status status,
                                const char *part)
{
    struct rig a, b, neighbour;
    struct buffer source = {0};
    const char *said;

    CU_ASSERT_EQUAL_FATAL(
        buffer_printf(&source,
                      "export const buildRootObject = () => Far('root', { attack() { %s\n },\n"
                      "  alive: () => 'alive' });",
                      attack),
        HS_OK);
    rig_start(&neighbour, neighbour_program);
    rig_start_limited(&a, buffer_text(&source), limits);
    rig_start_limited(&b, buffer_text(&source), limits);
    vat_mark(a.vat);
    CU_ASSERT_EQUAL(rig_call_plain(&a, "attack"), status);
    CU_ASSERT_EQUAL(rig_call_plain(&b, "attack"), status);
    CU_ASSERT_EQUAL(a.ticks, b.ticks);
    CU_ASSERT_EQUAL(vat_steps(a.vat), vat_steps(b.vat));
    said = status == HS_OK ? buffer_text(&a.requests) : a.err.text;
    if (!strstr(said, part)) {
        (void)printf("\n    %s\n    said %.500s", attack, said);
        CU_FAIL("came to something else");
    }
    if (status == HS_OK) {
        CU_ASSERT_STRING_EQUAL(buffer_text(&a.requests), buffer_text(&b.requests));
        CU_ASSERT_STRING_EQUAL(rig_heap(&a), rig_heap(&b));
    } else {
        CU_ASSERT_STRING_EQUAL(a.err.text, b.err.text);
        CU_ASSERT_EQUAL(rig_call_plain(&a, "alive"), HS_VAT_FAILED);
        vat_back_to_mark(a.vat);
    }
    CU_ASSERT_EQUAL(rig_call_plain(&a, "alive"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&a.requests), "'alive'"));
    CU_ASSERT_EQUAL(rig_call_plain(&neighbour, "next"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&neighbour.requests), "#1"));
    rig_close(&a);
    rig_close(&b);
    rig_close(&neighbour);
    buffer_fini(&source);
}

static void check_attack(const char *attack, enum hs_status status, const char *part)
{
    check_attack_within(tight, attack, status, part);
}

static void hostile__endless_running_spends_the_meter(void)
{
    static const char *const attacks[] = {
        "for (;;);",
        "while (true) { try { for (;;); } catch {} }",
        "for (;;) { try { for (;;); } finally { continue; } }",
        "const again = () => { Promise.resolve().then(again); }; again();",
        "return (async () => { for (;;) await null; })();",
        "const f = () => { try { f(); } finally { f(); } }; f();",
        "function* g() { for (;;) yield 1; } for (const x of g());",
        "Array.from({ length: 9 }, () => 0).map(() => { for (;;); });",
        "[3, 2, 1].sort(() => { for (;;); });",
        "'x'.replace(/x/, () => { for (;;); });",
        "JSON.parse('[1]', () => { for (;;); });",
        "JSON.stringify({ toJSON() { for (;;); } });",
        "return { then() { for (;;); } };",
        "return new Proxy({}, { getPrototypeOf() { for (;;); } });",
        "eval('for (;;);');",
        "new Function('for (;;);')();",
    };

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack(attacks[i], HS_VAT_FAILED, "meter spent");
    }
}

/* What built-in functions do counts like what JavaScript does. */
static void hostile__endless_built_ins_spend_the_meter(void)
{
    static const char *const attacks[] = {
        "return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
        "return Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, x => x);",
        "const a = []; a.length = 2 ** 32 - 1; return a.lastIndexOf(1);",
        "let a = []; for (let i = 0; i < 60; i++) a = [a, a]; return a.flat(Infinity).length;",
        "const s = 'a'.repeat(2 ** 20); for (;;) s.indexOf('b');",
        "const s = 'a'.repeat(2 ** 20); return (s + s).indexOf(s + 'b');",
        "const b = new Uint8Array(2 ** 20); for (;;) b.fill(1);",
        "const b = new Uint8Array(2 ** 20); for (;;) b.slice();",
        "let b = 3n ** 20000n; for (;;) b * b;",
        "const a = Array.from({ length: 1e4 }, (_, i) => i * 7919 % 10007); for (;;) a.toSorted();",
        "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; for (;;) JSON.stringify(o);",
        "const s = JSON.stringify([...'a'.repeat(1000)]); for (;;) JSON.parse(s);",
        "return Iterator.from({ next: () => ({ value: 1 }) }).drop(Infinity).next();",
    };

    struct vat_limits limits = {.ticks_max = 400, .heap_bytes_max = roomy.heap_bytes_max};

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack_within(limits, attacks[i], HS_VAT_FAILED, "meter spent");
    }
}

static void hostile__regular_expression_bomb_spends_the_meter(void)
{
    check_attack("return /(a*)*b/.test('a'.repeat(32));", HS_VAT_FAILED, "meter spent");
    check_attack("return /^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(40));", HS_VAT_FAILED,
                 "meter spent");
    check_attack("return 'a'.repeat(40).replace(/(a+)+c/g, 'x');", HS_VAT_FAILED, "meter spent");
}

static void hostile__memory_bomb_ends_the_vat(void)
{
    static const char *const attacks[] = {
        "const a = []; for (;;) a.push(new Uint8Array(1 << 20));",
        "const a = []; for (;;) { try { a.push(new Array(1000).fill(1)); } catch {} }",
        "let o = {}; for (let i = 0; i < 60; i++) o = { a: o, b: o }; return o;",
        "const again = () => Promise.resolve().then(again); return again();",
        "let f = () => 1; for (let i = 0; i < 100000; i++) f = f.bind(null); return f();",
        "return 'a'.repeat(1000 * 1024 * 1024);",
        "try { return new ArrayBuffer(2 ** 31 - 1); } catch { return new Uint8Array(1 << 30); }",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });",
        "let o = {}; for (let i = 0; ; i++) o = { o };",
        "const b = 2n ** 20000n; let c = [b]; for (;;) c = c.concat(c.map(x => x + 1n));",
    };

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack(attacks[i], HS_VAT_FAILED, "");
    }
}

static void hostile__string_over_the_language_limit_throws(void)
{
    check_attack("try { return 'a'.repeat(2 ** 31); } catch (e) { return e.name; }", HS_OK,
                 "RangeError");
    check_attack("let s = 'x'; for (;;) s += s;", HS_OK, "string too long");
}

static void hostile__endless_recursion_throws(void)
{
    static const char *const attacks[] = {
        "const f = n => f(n + 1) + 1; return f(0);",
        "const f = () => [1].map(f); return f();",
        "const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x;",
        "const o = { get x() { return this.x; } }; return o.x;",
        "const o = { toString() { return `${o}`; } }; return `${o}`;",
        "class A extends Array { constructor() { super(); new A(); } } new A();",
        "return eval('('.repeat(100000) + '1' + ')'.repeat(100000));",
        "return JSON.parse('['.repeat(200000));",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a.toString();",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a.flat(Infinity).length;",
        "return new RegExp('('.repeat(50000) + ')'.repeat(50000)).source.length;",
        "let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); return p.x;",
        "let f = () => 1; for (let i = 0; i < 100000; i++) {\n"
        "  f = f.bind(null); Object.defineProperty(f, 'name', { value: '' }); } return f();",
    };

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack_within(patient, attacks[i], HS_OK, "#error");
    }
}

/* The parser checks its stack and throws; the passes over nested functions do not, and end in a
 * trap of the vat: past either, what matters is that both vats come to the same. */
static void hostile__deeply_nested_source_throws_or_traps(void)
{
    static const struct {
        const char *before, *inside, *after;
        const char *end; /* the vat's; NULL: it lives */
    } nests[] = {
        {"[", "1", "]", NULL},
        {"{", "", "}", NULL},
        {"!", "1", "", NULL},
        {"({a:", "1", "})", NULL},
        {"`${", "1", "}`", NULL},
        {"if(1)", "1", "", NULL},
        {"new ", "Map", "", NULL},
        {"a?b:", "c", "", "meter spent"},
        {"1**", "1", "", NULL},
        {"let[", "a", "]=1", NULL},
        {"try{", "", "}finally{}", NULL},
        {"a=>", "1", "", "stack exhausted"},
        {"function f(){", "", "}", "stack exhausted"},
    };

    for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++) {
        char attack[256];

        (void)snprintf(attack, sizeof attack,
                       "const n = 3000; try { return typeof eval('%s'.repeat(n) + '%s' +\n"
                       "  '%s'.repeat(n)); } catch (e) { return e.name; }",
                       nests[i].before, nests[i].inside, nests[i].after);
        check_attack_within(roomy, attack, nests[i].end ? HS_VAT_FAILED : HS_OK,
                            nests[i].end ? nests[i].end : "['p-60',false,");
    }
}

static void hostile__deeply_nested_pattern_throws(void)
{
    static const char *const patterns[][2] = {{"(?:", ")"}, {"(?=", ")"}, {"(", ")*"}};

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char attack[256];

        (void)snprintf(
            attack, sizeof attack,
            "return new RegExp('%s'.repeat(20000) + 'a' + '%s'.repeat(20000)).test('a');",
            patterns[i][0], patterns[i][1]);
        check_attack_within(roomy, attack, HS_OK, "#error");
    }
}

static void hostile__deep_message_is_answered(void)
{
    struct buffer command = {0};
    struct rig r;
    enum hs_status st;

    rig_start(&r, "export const buildRootObject = () => Far('root', { echo: x => x });");
    CU_ASSERT_EQUAL(buffer_append_text(&command, "[\"deliver\",[\"message\",\"o+0\",{\"methargs\":"
                                                 "{\"body\":\"#[\\\"echo\\\",["),
                    HS_OK);
    for (int i = 0; i < 300000; i++)
        CU_ASSERT_EQUAL(buffer_append_byte(&command, '['), HS_OK);
    CU_ASSERT_EQUAL(buffer_append_text(&command, "\",\"slots\":[]},\"result\":\"p-60\"}]]"), HS_OK);
    st = rig_command(&r, buffer_slice(&command));
    CU_ASSERT_EQUAL(st, HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "#error"));
    buffer_clear(&command);
    for (int i = 0; i < 300000; i++)
        CU_ASSERT_EQUAL(buffer_append_byte(&command, '['), HS_OK);
    CU_ASSERT_EQUAL(rig_command(&r, buffer_slice(&command)), HS_OK);
    CU_ASSERT(strncmp(buffer_text(&r.result), "['error',", 9) == 0);
    CU_ASSERT_EQUAL(rig_call(&r, "['echo',[1]]", "[]"), HS_OK);
    buffer_fini(&command);
    rig_close(&r);
}

static void hostile__prototypes_and_globals_cannot_be_changed(void)
{
    static const char *const attacks[] = {
        "Object.prototype.x = 1;",
        "Array.prototype.push = () => 0;",
        "Array.prototype[Symbol.iterator] = null;",
        "Promise.prototype.then = () => 0;",
        "Function.prototype.call = 1;",
        "Map.prototype.get = 1;",
        "JSON.parse = 1;",
        "JSON = null;",
        "Promise = null;",
        "globalThis.Far = null;",
        "E.when = null;",
        "Error.prepareStackTrace = () => 1;",
        "Object.setPrototypeOf(Object.prototype, {}); Object.prototype.y;",
        "Object.defineProperty(Object.prototype, 'z', { get() {} });",
        "delete globalThis.JSON;",
        "(function* () {}).constructor.prototype.prototype.next = 1;",
        "Object.getPrototypeOf(async function () {}).x = 1;",
        "Object.getPrototypeOf([][Symbol.iterator]()).next = 1;",
        "Object.getPrototypeOf(Uint8Array.prototype).set = 1;",
        "Object.prototype.toString = () => 1;",
        "Error.prototype.name = 'x';",
        "RegExp.prototype.exec = () => null;",
        "Math.max = 1;",
        "Symbol.iterator = 1;",
        "console.log = 1;",
        "Date.now = () => 1;",
    };

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack(attacks[i], HS_OK, "'name':'TypeError'");
    }
}

static void hostile__ordinary_programs_may_still_shadow(void)
{
    check_attack("class E1 extends Error { constructor() { super('m'); this.name = 'E1'; } }\n"
                 "const o = {}; o.toString = () => 'mine'; o.constructor = 1;\n"
                 "const e = new E1(); e.message = 'other'; return [`${o}`, e.name, e.message];",
                 HS_OK, "#['mine','E1','other']");
}

static void hostile__host_functions_cannot_be_reached(void)
{
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"return ['host', 'issue', 'evaluate', 'print', 'gc', 'issueCommand', 'handleCommand',\n"
         "  'std', 'os', 'require', 'process', 'performance', 'WeakRef', 'SharedArrayBuffer',\n"
         "  'setTimeout', 'Atomics', 'FinalizationRegistry']\n"
         "  .filter(name => name in globalThis);",
         "#[]"},
        {"try { return (function f() { return f.caller; })(); } catch (e) { return e.name; }",
         "TypeError"},
        {"return [Error('x').stack, typeof Error.captureStackTrace];", "#['','undefined']"},
        {"return eval('typeof realm + typeof host + typeof issue + typeof syscall');",
         "undefinedundefinedundefinedundefined"},
        {"return new Function('return typeof host + typeof syscall')();", "undefinedundefined"},
        {"return (() => {}).constructor('return this')() === globalThis;", "true"},
        {"try { return E({}).x.constructor('return typeof issue')(); } catch (e) { return e.name; "
         "}",
         "undefined"},
        {"return Reflect.ownKeys(globalThis).filter(k => "
         "/issue|host|eval.te|collect/.test(String(k)));",
         "#[]"},
        {"try { return import('x'); } catch (e) { return 'thrown'; }", "cannot import modules"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_attack(cases[i].source, HS_OK, cases[i].part);
    }
}

/* Everything that a program can get hold of without being given more: what it tells of itself. */
static void hostile__supervisor_tells_nothing_of_itself(void)
{
    static const char walk[] =
        "const seen = new Set(), told = [], odd = [];\n"
        "const visit = (x, path) => {\n"
        "  if ((typeof x !== 'object' || x === null) && typeof x !== 'function') return;\n"
        "  if (seen.has(x)) return;\n"
        "  seen.add(x);\n"
        "  if (typeof x === 'function') {\n"
        "    const text = Function.prototype.toString.call(x);\n"
        "    if (!text.endsWith('() {\\n    [native code]\\n}')) told.push(path);\n"
        "    for (const k of ['fileName', 'lineNumber', 'columnNumber', 'stack'])\n"
        "      if (k in x) odd.push(`${path}.${k}`);\n"
        "  }\n"
        "  visit(Object.getPrototypeOf(x), `${path}.__proto__`);\n"
        "  for (const k of Reflect.ownKeys(x)) {\n"
        "    const d = Object.getOwnPropertyDescriptor(x, k);\n"
        "    visit(d.value, `${path}.${String(k)}`);\n"
        "    visit(d.get, `${path}.get ${String(k)}`);\n"
        "    visit(d.set, `${path}.set ${String(k)}`);\n"
        "  }\n"
        "};\n"
        "for (const k of Reflect.ownKeys(globalThis)) visit(globalThis[k], String(k));\n"
        "visit(E({}).x, 'E().x'); visit(E.sendOnly({}).x, 'E.sendOnly().x');\n"
        "for (const bad of [() => E(1)(), () => Far(), () => Far('x', { get a() {} }),\n"
        "  () => harden(new Proxy({}, { preventExtensions: () => false })), () => assert.fail(),\n"
        "  () => new TextDecoder().decode(1), () => Date.now(), () => null.x]) {\n"
        "  try { bad(); } catch (e) {\n"
        "    for (const k of ['fileName', 'lineNumber', 'columnNumber'])\n"
        "      if (k in e) odd.push(`${e}: ${k}`);\n"
        "    if (e.stack) odd.push(`${e}: ${e.stack}`);\n"
        "    visit(e, 'error');\n"
        "  }\n"
        "}\n"
        "const own = (function mine() { return 7; }).toString();\n"
        "return [told, odd, seen.size > 500, own.includes('return 7')];";

    check_attack_within(roomy, walk, HS_OK, "#[[],[],true,true]");
}

static void hostile__time_and_randomness_are_not_there(void)
{
    static const char *const attacks[] = {
        "return Date.now();",
        "return new Date();",
        "return Date();",
        "return Date.prototype.constructor();",
        "return new (class extends Date {})();",
        "return Reflect.construct(Date, []);",
        "return Math.random();",
        "return performance.now();",
        "return new Date(0).constructor.now();",
    };

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_attack(attacks[i], HS_OK, "#error");
    }
    check_attack("return [new Date(86400000).toISOString(), `${new Date(0)}`,\n"
                 "  new Date(2020, 0, 1).getTime(), new Date(0).getTimezoneOffset(),\n"
                 "  Date.UTC(2020, 1), new Date(0) instanceof Date, new Date(0).toLocaleString()];",
                 HS_OK, "'1970-01-02T00:00:00.000Z'");
}

static void hostile__supervisor_is_not_deceived_by_odd_objects(void)
{
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"return { then: 1 };", "'then':1"},
        {"return { get then() { throw Error('sly'); } };", "sly"},
        {"throw { get name() { throw Error('sly'); } };", "must not be an accessor"},
        {"throw Object.assign(Error('m'), { name: {} });", "'name':'Error'"},
        {"throw new Proxy(Error('m'), { get() { throw Error('sly'); } });",
         "'#error':'!(its message cannot be read)','name':'!(its name cannot be read)'"},
        {"throw new Proxy(Error('m'), { getPrototypeOf() { throw Error('sly'); } });", "sly"},
        {"const p = new Proxy({}, { getPrototypeOf() { throw p; } }); throw p;",
         "the reason cannot be passed"},
        {"const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy;", "revoked"},
        {"const e = Error('m'); e.cause = e; throw e;", "'#error':'m','name':'Error','cause':"},
        {"throw Error('m', { cause: Symbol('s') });", "{'#error':'m','name':'Error'}"},
        {"throw Error('m', { cause: [Far('lost', {}), Symbol('s')] });",
         "{'#error':'m','name':'Error'}','slots':[]"},
        {"throw AggregateError([Error('%a'), 2n], '&m');",
         "{'#error':'!&m','name':'AggregateError','errors':[{'#error':'!%a','name':'Error'},'+2']"
         "}"},
        {"throw Error('\\ud800x');", "\xef\xbf\xbdx"},
        {"return '\\ud800';", "half a surrogate pair"},
        {"return { '\\udc00': 1 };", "half a surrogate pair"},
        {"return Promise.reject(Symbol('s'));", "Only registered symbols"},
        {"return [new Promise(() => {}), Symbol('s')];", "'[Symbol(s)]', at [1]"},
        {"return Far('x', { toJSON() { return 'forged'; } });", "$0.Alleged: x"},
        {"return Far('x\\\",\\\"slots\\\":[\\\"o-1', {});", "'slots':['o+1']"},
        {"return [Far('a', {}), Far('a', {})];", "'slots':['o+1','o+2']"},
        {"return Object.freeze({ slots: ['o-1'], body: '$0' });", "'body':'!$0'"},
        {"const a = [1, 2]; a.toJSON = () => 'forged'; return a;", "non-indexes"},
        {"return '$0';", "'!$0'"},
        {"return E;", "Far functions unexpected properties"},
        {"return Far('x', { get a() { return 1; } });", "with accessors like 'a'"},
        {"return Far('x', new (class { m() {} })());", "cannot inherit from anything unusual"},
        {"const o = Far('x', { m() {} }); o.n = 1;", "TypeError"},
        {"Far('x', { m() {} }).m.call.x = 1;", "TypeError"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_attack(cases[i].source, HS_OK, cases[i].part);
    }
}

static void *attacked_thread(void *index)
{
    static const char *const methods[] = {"loop", "grow", "deep", "fine"};
    const char *method = methods[*(size_t *)index % 4];
    struct rig r;

    rig_start_limited(&r,
                      "export const buildRootObject = () => Far('root', { loop() { for (;;); },\n"
                      "  grow() { const a = []; for (;;) a.push(new Uint8Array(1 << 20)); },\n"
                      "  deep() { const f = () => f() + 1; return f(); }, fine: () => 1 });",
                      tight);
    for (int i = 0; i < 5; i++) {
        enum hs_status wanted = *(size_t *)index % 4 < 2 ? HS_VAT_FAILED : HS_OK;

        vat_mark(r.vat);
        if (rig_call_plain(&r, method) != wanted) abort();
        vat_back_to_mark(r.vat);
    }
    rig_close(&r);
    return NULL;
}

static void hostile__vats_on_many_threads_end_alone(void)
{
    rig_threads(8, attacked_thread);
    CU_PASS("every thread saw what it should");
}

static void *stop_engine(void *unused)
{
    (void)unused;
    vat_engine_stop(rig_engine());
    return NULL;
}

/* The process stops while a vat runs that has no limit: it ends by a flag, not by its meter, goes
 * back to its mark like after any failure, and is then the vat that was never stopped. */
static void hostile__endless_vat_is_stopped_from_outside(void)
{
    static const struct vat_limits unlimited = {.ticks_max = 0, .heap_bytes_max = 8 << 20};
    struct rig stopped, other;
    pthread_t thread;

    rig_start_limited(&stopped, endless_program, unlimited);
    rig_start_limited(&other, endless_program, unlimited);
    CU_ASSERT_STRING_EQUAL(rig_heap(&stopped), rig_heap(&other));
    vat_mark(stopped.vat);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, stop_engine, NULL), 0);
    CU_ASSERT_EQUAL(rig_call_plain(&stopped, "attack"), HS_CANCELLED);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    vat_back_to_mark(stopped.vat);
    CU_ASSERT_EQUAL(rig_call_plain(&stopped, "alive"), HS_CANCELLED); /* until it goes on */
    vat_back_to_mark(stopped.vat);
    vat_engine_resume(rig_engine());
    CU_ASSERT_EQUAL(rig_call_plain(&stopped, "alive"), HS_OK);
    CU_ASSERT_EQUAL(rig_call_plain(&other, "alive"), HS_OK);
    CU_ASSERT_EQUAL(stopped.ticks, other.ticks);
    CU_ASSERT_STRING_EQUAL(rig_heap(&stopped), rig_heap(&other));
    rig_close(&stopped);
    rig_close(&other);
}

static const struct suite_case cases[] = {
    SUITE_CASE(hostile__endless_running_spends_the_meter),
    SUITE_CASE(hostile__endless_vat_is_stopped_from_outside),
    SUITE_CASE(hostile__endless_built_ins_spend_the_meter),
    SUITE_CASE(hostile__regular_expression_bomb_spends_the_meter),
    SUITE_CASE(hostile__memory_bomb_ends_the_vat),
    SUITE_CASE(hostile__string_over_the_language_limit_throws),
    SUITE_CASE(hostile__endless_recursion_throws),
    SUITE_CASE(hostile__deeply_nested_source_throws_or_traps),
    SUITE_CASE(hostile__deeply_nested_pattern_throws),
    SUITE_CASE(hostile__deep_message_is_answered),
    SUITE_CASE(hostile__prototypes_and_globals_cannot_be_changed),
    SUITE_CASE(hostile__ordinary_programs_may_still_shadow),
    SUITE_CASE(hostile__host_functions_cannot_be_reached),
    SUITE_CASE(hostile__supervisor_tells_nothing_of_itself),
    SUITE_CASE(hostile__time_and_randomness_are_not_there),
    SUITE_CASE(hostile__supervisor_is_not_deceived_by_odd_objects),
    SUITE_CASE(hostile__vats_on_many_threads_end_alone),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat hostile", cases, argc, argv);
}
