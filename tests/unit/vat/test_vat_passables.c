/* Passables: what contracts send one another besides data, and eventual sends in all their forms.
 */
#include "tests/unit/vat/rig.h"

#define RESOLVED_TO(data, slots)                                                                   \
    "['syscall',['resolve',[['p-60',false,{'body':'#" data "','slots':[" slots "]}]]]]\n"
#define RESOLVED(data) RESOLVED_TO(data, "")
#define REJECTED(data) "['syscall',['resolve',[['p-60',true,{'body':'#" data "','slots':[]}]]]]\n"

static void check_call(struct rig *r, const char *body, const char *slots, const char *requests)
{
    CU_ASSERT_EQUAL(rig_call(r, body, slots), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
    if (strcmp(buffer_text(&r->requests), requests) != 0) {
        (void)printf("\n    %s wanted\n    %s    got\n    %s", body, requests,
                     buffer_text(&r->requests));
        CU_FAIL("other requests");
    }
}

/* What a method does is its body; the root answers with what came of it. */
static void check_program(const char *body, const char *requests)
{
    char source[1024];
    struct rig r;

    (void)snprintf(source, sizeof source,
                   "export const buildRootObject = vatPowers => Far('root', {\n"
                   "  go(who) { %s } });",
                   body);
    rig_start(&r, source);
    check_call(&r, "['go',['$0']]", "['o-50']", requests);
    rig_close(&r);
}

static void far__function_is_called_by_others_and_here(void)
{
    struct rig r;

    rig_start(&r, "export const buildRootObject = () => Far('root', {\n"
                  "  make: () => Far('double', x => 2 * x), here: f => E(f)(4),\n"
                  "  own: () => E(Far('half', async x => x / 2))(4), wrong: () => E({})(1) });");
    check_call(&r, "['make',[]]", "[]", RESOLVED_TO("'$0.Alleged: double'", "'o+1'"));
    CU_ASSERT_EQUAL(rig_deliver(&r,
                                "['message','o+1',{'methargs':{'body':'#[\\'#undefined\\',[21]]',"
                                "'slots':[]},'result':'p-60'}]"),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.requests), RESOLVED("42"));
    check_call(&r, "['here',['$0']]", "['o+1']", RESOLVED("8"));
    check_call(&r, "['here',['$0.Alleged: theirs']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['#undefined',[4]]','slots':[]},"
               "'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n");
    check_call(&r, "['own',[]]", "[]", RESOLVED("2"));
    check_call(&r, "['wrong',[]]", "[]",
               REJECTED("{'#error':'Cannot invoke target as a function; typeof target is "
                        "'object'','name':'TypeError'}"));
    CU_ASSERT_EQUAL(rig_deliver(&r, "['message','o+1',{'methargs':{'body':'#[\\'call\\',[1]]',"
                                    "'slots':[]},'result':'p-60'}]"),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(
        buffer_text(&r.requests),
        REJECTED("{'#error':'target has no method 'call', has []','name':'TypeError'}"));
    rig_close(&r);
}

static void far__refuses_what_could_not_be_one(void)
{
    static const struct {
        const char *source, *words;
    } cases[] = {
        {"Far('x', Object.assign(() => 1, { a: 1 }))", "besides .name and .length (an object)"},
        {"Far('x', function f() {})", "besides .name and .length (an object)"},
        {"Far('x', [])", "cannot serialize arrays as Remotable (an object)"},
        {"Far('x', 5)", "cannot serialize non-objects as Remotable (a number)"},
        {"Far('x', { a: 1 })", "with non-methods like 'a' in (an object)"},
        {"Far('x', { f: Far('y', () => 1) })", "with non-methods like 'f' in (an object)"},
        {"Far('x', Far('y', {}))", "is already marked as a 'remotable'"},
        {"Far('x', Object.freeze({ f() {} }))", "is already frozen"},
        {"Far('x', new Map())", "cannot inherit from anything unusual"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256], body[256];
        struct rig r;

        (void)snprintf(body, sizeof body,
                       "export const buildRootObject = () => Far('root', { go: () => %s });",
                       cases[i].source);
        (void)snprintf(expected, sizeof expected, "%s", cases[i].words);
        rig_start(&r, body);
        CU_ASSERT_EQUAL(rig_call_plain(&r, "go"), HS_OK);
        if (!strstr(buffer_text(&r.requests), "['p-60',true,") ||
            !strstr(buffer_text(&r.requests), expected)) {
            (void)printf("\n    %s gave %s", cases[i].source, buffer_text(&r.requests));
            CU_FAIL("not refused so");
        }
        rig_close(&r);
    }
}

/* Made as @endo/pass-style makes them, without our Far. */
static void remotable__of_another_library_is_one(void)
{
    static const char program[] =
        "const made = (base, value, more = {}) => { const face = "
        "Object.freeze(Object.create(base,\n"
        "  { [Symbol.for('passStyle')]: { value: 'remotable' },\n"
        "    [Symbol.toStringTag]: { value: 'Alleged: made' }, ...more }));\n"
        "  return Object.freeze(Object.setPrototypeOf(value, face)); };\n"
        "export const buildRootObject = () => made(Object.prototype, {\n"
        "  object: () => made(Object.prototype, { m: () => 'called' }),\n"
        "  fun: () => made(Function.prototype, () => 'called'),\n"
        "  use: o => E(o).m(), no: () => made(Array.prototype, {}),\n"
        "  extra: () => made(Object.prototype, {}, { x: { value: 1 } }) });";
    static const char *const refused[] = {"no", "extra"};
    struct rig r;

    rig_start(&r, program);
    check_call(&r, "['object',[]]", "[]", RESOLVED_TO("'$0.Alleged: made'", "'o+1'"));
    check_call(&r, "['use',['$0']]", "['o+1']", RESOLVED("'called'"));
    check_call(&r, "['fun',[]]", "[]", RESOLVED_TO("'$0.Alleged: made'", "'o+2'"));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        CU_ASSERT_EQUAL(rig_call_plain(&r, refused[i]), HS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "must be explicitly declared"));
    }
    rig_close(&r);
}

static void methods__are_named_by_symbols_too(void)
{
    struct rig r;

    rig_start(&r,
              "export const buildRootObject = () => Far('root', {\n"
              "  [Symbol.asyncIterator]: () => 'iterates', [Symbol.for('s')]: () => 'registered',\n"
              "  ask: who => E(who)[Symbol.asyncIterator](), odd: who => E(who)[Symbol('x')](),\n"
              "  here: () => E(Far('o', {}))[Symbol.for('s')]() });");
    check_call(&r, "['%@@asyncIterator',[]]", "[]", RESOLVED("'iterates'"));
    check_call(&r, "['%s',[]]", "[]", RESOLVED("'registered'"));
    check_call(&r, "['ask',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['%@@asyncIterator',[]]',"
               "'slots':[]},'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n");
    CU_ASSERT_EQUAL(rig_call(&r, "['odd',['$0']]", "['o-50']"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "Only registered symbols"));
    check_call(&r, "['here',[]]", "[]",
               REJECTED("{'#error':'target has no method '[Symbol(s)]', has "
                        "['__getMethodNames__']','name':'TypeError'}"));
    check_call(&r, "['__getMethodNames__',[]]", "[]",
               RESOLVED("['%@@asyncIterator','%s','__getMethodNames__','ask','here','odd']"));
    rig_close(&r);
}

static void send__forms_of_E(void)
{
    check_program("return E.get({ a: 5 }).a;", RESOLVED("5"));
    check_program("return E.get(Promise.resolve([7]))[0];", RESOLVED("7"));
    check_program("return E.get(who).anything;", RESOLVED("'#undefined'"));
    check_program("return E.resolve(5).then(v => v + 1);", RESOLVED("6"));
    check_program("return E.when(Promise.reject(Error('x')), undefined, e => e.message);",
                  RESOLVED("'x'"));
    check_program("return E('abc').toUpperCase();", RESOLVED("'ABC'"));
    check_program("return E({ f: x => x }).f(3);", RESOLVED("3"));
    check_program("return E({ f: 3 }).f();",
                  REJECTED("{'#error':'invoked method 'f' is not a function; it is a 'number'',"
                           "'name':'Error'}"));
    check_program("let now = 'later'; const p = E(Far('o', { f: () => now })).f();\n"
                  "now = 'at once'; return p;",
                  RESOLVED("'at once'"));
    check_program("const { f } = E(Far('o', { f: () => 1 })); return f();",
                  REJECTED("{'#error':'Unexpected receiver for ''f'' method of E('[Alleged: o]')',"
                           "'name':'Error'}"));
    check_program("return [E.sendOnly(who)(1)];",
                  "['syscall',['send','o-50',{'methargs':{'body':'#['#undefined',[1]]',"
                  "'slots':[]},'result':null}]]\n" RESOLVED("['#undefined']"));
    check_program("const e = E(who); let n = 0; for (const f of [() => { e.x = 1; },\n"
                  "() => { delete e.x; }, () => Object.setPrototypeOf(e, {})]) try { f(); }\n"
                  "catch { n += 1; } return [n, 'any' in e, typeof e.name, typeof e.length];",
                  RESOLVED("[3,true,'function','function']"));
}

static void passed__is_frozen(void)
{
    check_program("const o = { a: [1] }; E.sendOnly(who).m(o);\n"
                  "return [Object.isFrozen(o), Object.isFrozen(o.a)];",
                  "['syscall',['send','o-50',{'methargs':{'body':'#['m',[{'a':[1]}]]',"
                  "'slots':[]},'result':null}]]\n" RESOLVED("[true,true]"));
    check_program("const style = globalThis[Symbol.for('@endo passStyleOf')];\n"
                  "return [who, 1, 1n, 'a', null, undefined, Symbol.for('s'), harden([]),\n"
                  "  harden({}), harden(Error('e')), harden(Promise.resolve()),\n"
                  "  Far('f', () => 1)].map(style);",
                  RESOLVED("['remotable','number','bigint','string','null','undefined','symbol',"
                           "'copyArray','copyRecord','error','promise','remotable']"));
    check_program("return globalThis[Symbol.for('@endo passStyleOf')]([]);",
                  REJECTED("{'#error':'Cannot pass non-frozen objects like (an object). Use "
                           "harden()','name':'TypeError'}"));
}

/* Whoever got it would take it for the remotable that it was made of. */
static void made_of_another__is_not_passed(void)
{
    static const char program[] =
        "const { create, freeze, getPrototypeOf, setPrototypeOf } = Object;\n"
        "const makes = [\n"
        "  it => create(it), it => create(create(it)), it => freeze(create(it)),\n"
        "  it => new Proxy(it, {}), it => new Proxy(new Proxy(it, {}), {}),\n"
        "  it => create(new Proxy(it, {})), it => create(getPrototypeOf(it)),\n"
        "  it => setPrototypeOf({ m: () => 1 }, getPrototypeOf(it)),\n"
        "  it => setPrototypeOf(() => 1, getPrototypeOf(it)),\n"
        "  it => setPrototypeOf([], getPrototypeOf(it)),\n"
        "  it => setPrototypeOf(Error('e'), getPrototypeOf(it)),\n"
        "  it => setPrototypeOf(Promise.resolve(it), getPrototypeOf(it)),\n"
        "  it => new Proxy(it, { get: (o, key) => (key === Symbol.toStringTag ? 'Alleged: other'\n"
        "                                                                     : o[key]) }),\n"
        "  it => new Proxy(Promise.resolve(it), {}), it => create(Promise.resolve(it)),\n"
        "];\n"
        "const style = globalThis[Symbol.for('@endo passStyleOf')];\n"
        "const nameOf = how => { try { how(); return 'none'; } catch (e) { return e.name; } };\n"
        "export const buildRootObject = () => Far('root', { async go(who) {\n"
        "  const names = new Set();\n"
        "  for (const it of [who, Far('own', { m: () => 1 }), Far('own', () => 1)]) {\n"
        "    for (const make of makes) {\n"
        "      names.add(nameOf(() => style(freeze(make(it)))));\n"
        "      E.sendOnly(who).m([make(it)]); // lost\n"
        "      await E(who).m(make(it)).catch(e => names.add(e.name));\n"
        "    }\n"
        "  }\n"
        "  return [...names];\n"
        "} });";
    struct rig r;

    rig_start(&r, program);
    check_call(&r, "['go',['$0']]", "['o-50']", RESOLVED("['TypeError']"));
    rig_close(&r);
}

/* What a value does when it is read may be to send another one. */
static void sent_while_another_is_read__does_not_disturb(void)
{
    static const char program[] =
        "const style = globalThis[Symbol.for('@endo passStyleOf')];\n"
        "export const buildRootObject = () => Far('root', { go(who) {\n"
        "  const sly = new Proxy({ a: 1 }, { ownKeys(o) {\n"
        "    style(harden([[[{ deep: [1] }]]]));\n"
        "    return Reflect.ownKeys(o); } });\n"
        "  try { style(harden([1, { b: [sly, () => 1] }])); } catch (e) { return e.message; }\n"
        "} });";
    struct rig r;

    rig_start(&r, program);
    check_call(&r, "['go',['$0']]", "['o-50']",
               RESOLVED("'Remotables must be explicitly declared: '[Function <anon>]', at "
                        "[1].b[1]'"));
    rig_close(&r);
}

static void assert__tells_what_is_quoted_and_no_more(void)
{
    check_program(
        "const { Fail, quote: q } = assert; Fail`no ${'secret'} in ${q({ b: 1, a: 2 })}`;",
        REJECTED("{'#error':'no (a string) in {'a':2,'b':1}','name':'Error'}"));
    check_program("assert(1 > 2);", REJECTED("{'#error':'Check failed','name':'Error'}"));
    check_program("assert(false, assert.details`${Error('e')} ${7n}`, RangeError);",
                  REJECTED("{'#error':'!(an Error) (a bigint)','name':'RangeError'}"));
    check_program("assert.equal(1, 2);",
                  REJECTED("{'#error':'Expected (a number) is same as (a number)',"
                           "'name':'RangeError'}"));
    check_program("assert.typeof(1, 'object');",
                  REJECTED("{'#error':'!(a number) must be an object','name':'TypeError'}"));
    check_program("throw assert.makeError('plain', TypeError, { cause: Error('c') });",
                  REJECTED("{'#error':'plain','name':'TypeError','cause':{'#error':'c',"
                           "'name':'Error'}}"));
    check_program("const a = []; a.push(a); return `${assert.quote([a, 1n, NaN, () => 1, who])}`;",
                  RESOLVED("'[['[Seen]'],'[1n]','[NaN]','[Function <anon>]',"
                           "'[Alleged: presence o-50]']'"));
    check_program("assert(false, {});",
                  REJECTED("{'#error':'unrecognized details {}','name':'TypeError'}"));
}

static void device__is_asked_by_D_alone(void)
{
    check_program("return vatPowers.D(who).m();",
                  REJECTED("{'#error':'D() must be given a device node','name':'Error'}"));
    check_program("return vatPowers.D({});",
                  REJECTED("{'#error':'D() must be given a device node','name':'Error'}"));
}

static const struct suite_case cases[] = {
    SUITE_CASE(far__function_is_called_by_others_and_here),
    SUITE_CASE(far__refuses_what_could_not_be_one),
    SUITE_CASE(remotable__of_another_library_is_one),
    SUITE_CASE(methods__are_named_by_symbols_too),
    SUITE_CASE(send__forms_of_E),
    SUITE_CASE(passed__is_frozen),
    SUITE_CASE(made_of_another__is_not_passed),
    SUITE_CASE(sent_while_another_is_read__does_not_disturb),
    SUITE_CASE(assert__tells_what_is_quoted_and_no_more),
    SUITE_CASE(device__is_asked_by_D_alone),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat passables", cases, argc, argv);
}
