/* Smallcaps: every kind of value in, seen by the vat, and out again. */
#include "tests/unit/vat/rig.h"

/* What came in is described as JavaScript would see it, without using the way out. */
static const char program[] =
    "const kind = v => {\n"
    "  if (Object.is(v, -0)) return 'minus zero';\n"
    "  if (Array.isArray(v)) return 'array ' + v.map(kind).join(' ');\n"
    "  if (v instanceof Error) return v.constructor.name + ' ' + v.name + ' ' + v.message;\n"
    "  if (v instanceof Promise) return 'promise';\n"
    "  if (typeof v === 'object' && v !== null) {\n"
    "    if (Symbol.toStringTag in v) return String(v);\n"
    "    if (Object.getPrototypeOf(v) !== Object.prototype) return String(v);\n"
    "    return 'record ' + Reflect.ownKeys(v).map(k =>\n"
    "      k + '=' + kind(Object.getOwnPropertyDescriptor(v, k).value)).join(' ');\n"
    "  }\n"
    "  return typeof v + ' ' + String(v);\n"
    "};\n"
    "const deep = v => (typeof v !== 'object' || v === null || v instanceof Promise) ? true :\n"
    "  Object.isFrozen(v) && Reflect.ownKeys(v).every(k => deep(v[k]));\n"
    "export const buildRootObject = () => Far('root', {\n"
    "  kind, echo: x => x, frozen: deep, make: source => eval(source) });";

static void check_resolved(struct rig *r, const char *data)
{
    char expected[512];

    (void)snprintf(expected, sizeof expected, "['p-60',false,{'body':'#%s',", data);
    if (!strstr(buffer_text(&r->requests), expected)) {
        (void)printf("\n    wanted %s\n    got    %s", expected, buffer_text(&r->requests));
        CU_FAIL("another answer");
    }
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
}

static const struct {
    const char *data, *kind, *back; /* back NULL: as it came */
} values[] = {
    {"null", "object null", NULL},
    {"true", "boolean true", NULL},
    {"5", "number 5", NULL},
    {"-1.5e+300", "number -1.5e+300", NULL},
    {"'#undefined'", "undefined undefined", NULL},
    {"'#NaN'", "number NaN", NULL},
    {"'#Infinity'", "number Infinity", NULL},
    {"'#-Infinity'", "number -Infinity", NULL},
    {"'#-0'", "minus zero", "0"},
    {"'+123'", "bigint 123", NULL},
    {"'+0'", "bigint 0", NULL},
    {"'-123456789012345678901234567890'", "bigint -123456789012345678901234567890", NULL},
    {"''", "string ", NULL},
    {"'plain'", "string plain", NULL},
    {"'!!bang'", "string !bang", NULL},
    {"'!#hash'", "string #hash", NULL},
    {"'!+1'", "string +1", NULL},
    {"'!-1'", "string -1", NULL},
    {"'!$0'", "string $0", NULL},
    {"'!%sym'", "string %sym", NULL},
    {"'!&0'", "string &0", NULL},
    {"'!(par'", "string (par", NULL},
    {"'!,'", "string ,", NULL},
    {"'.dot'", "string .dot", NULL},
    {"' space'", "string  space", NULL},
    {"'!plain'", "string plain", "'plain'"},
    {"[]", "array ", NULL},
    {"[1,[2,[3,'+4']]]", "array number 1 array number 2 array number 3 bigint 4", NULL},
    {"{}", "record ", NULL},
    {"{'a':1,'b':{'c':'!#'}}", "record a=number 1 b=record c=string #", NULL},
    {"'%name'", "symbol Symbol(name)", NULL},
    {"'%'", "symbol Symbol()", NULL},
    {"'%@@asyncIterator'", "symbol Symbol(Symbol.asyncIterator)", NULL},
    {"'%@@@@iterator'", "symbol Symbol(@@iterator)", NULL},
    {"{'#tag':'!#set','payload':[1,'%a']}", "[object #set]", NULL},
    {"{'#tag':'t','payload':{'#tag':'u','payload':'#undefined'}}", "[object t]", NULL},
    {"{'b':1,'a':2}", "record b=number 1 a=number 2", "{'a':2,'b':1}"},
    {"{'!#a':1,'!$b':2}", "record #a=number 1 $b=number 2", NULL},
    {"{'__proto__':1,'constructor':2}", "record __proto__=number 1 constructor=number 2", NULL},
    {"{'!#x':1,'__proto__':{'y':1}}", "record #x=number 1 __proto__=record y=number 1", NULL},
    {"{'#error':'bad','name':'TypeError'}", "TypeError TypeError bad", NULL},
    {"{'#error':'!#x','name':'Odd'}", "Error Odd #x", NULL},
    {"{'#error':'!(par','name':'!-Odd'}", "Error -Odd (par", NULL},
    {"{'#error':'e','name':'Error','cause':{'a':'!-1'}}", "Error Error e", NULL},
    {"{'#error':'e','name':'AggregateError','errors':[1,{'#error':'!%f','name':'Error'}]}",
     "AggregateError AggregateError e", NULL},
    {"{'#error':'e','errorId':'error:1','name':'Error'}", "Error Error e",
     "{'#error':'e','name':'Error'}"},
};

static void smallcaps__value_is_seen_right_and_returned_as_it_came(void)
{
    struct rig r;

    rig_start(&r, program);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char body[256], kind[256];

        (void)snprintf(body, sizeof body, "['kind',[%s]]", values[i].data);
        CU_ASSERT_EQUAL(rig_call(&r, body, "[]"), HS_OK);
        (void)snprintf(kind, sizeof kind, "'%s'", values[i].kind);
        check_resolved(&r, kind);
        (void)snprintf(body, sizeof body, "['echo',[%s]]", values[i].data);
        CU_ASSERT_EQUAL(rig_call(&r, body, "[]"), HS_OK);
        check_resolved(&r, values[i].back ? values[i].back : values[i].data);
        (void)snprintf(body, sizeof body, "['frozen',[%s]]", values[i].data);
        CU_ASSERT_EQUAL(rig_call(&r, body, "[]"), HS_OK);
        check_resolved(&r, "true");
    }
    rig_close(&r);
}

static void smallcaps__references_keep_identity_and_interface(void)
{
    struct rig r;

    rig_start(&r, program);
    CU_ASSERT_EQUAL(rig_call(&r, "['kind',['$0.Alleged: bob']]", "['o-50']"), HS_OK);
    check_resolved(&r, "'[object Alleged: bob]'");
    CU_ASSERT_EQUAL(rig_call(&r, "['kind',['$0']]", "['o-51']"), HS_OK);
    check_resolved(&r, "'[object Alleged: presence o-51]'");
    CU_ASSERT_EQUAL(rig_call(&r, "['echo',[['$1','$0','$1','&2','&2']]]", "['o-50','o-51','p-70']"),
                    HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests),
                                  "'body':'#['$0.Alleged: presence o-51','$1.Alleged: bob',"
                                  "'$0.Alleged: presence o-51',"
                                  "'&2','&2']',"
                                  "'slots':['o-51','o-50','p-70']"));
    rig_close(&r);
}

static void smallcaps__unreadable_arguments_reject_the_call(void)
{
    static const char *const bodies[] = {
        "['echo',['#what']]",
        "['echo',['%@@nosuch']]",
        "['echo',[{'#tag':'t','payload':1,'more':2}]]",
        "['echo',[{'#tag':5,'payload':1}]]",
        "['echo',['+1x']]",
        "['echo',['$1']]",
        "['echo',['&']]",
        "['echo',['$x']]",
        "['echo',[{'#tag':'t'}]]",
        "['echo',['(']]",
        "['echo',['$length']]",
        "['echo',['-']]",
        "['echo',[{'#error':5}]]",
        "['echo',['$__proto__']]",
        "5",
        "[",
        "['echo',5",
    };
    struct rig r;

    rig_start(&r, program);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        CU_ASSERT_EQUAL(rig_call(&r, bodies[i], "['o-50']"), HS_OK);
        if (!strstr(buffer_text(&r.requests), "['p-60',true,")) {
            (void)printf("\n    %s gave %s", bodies[i], buffer_text(&r.requests));
            CU_FAIL("not rejected");
        }
    }
    CU_ASSERT_EQUAL(rig_call(&r, "['echo',[1]]", "[]"), HS_OK);
    check_resolved(&r, "1");
    rig_close(&r);
}

static void smallcaps__what_cannot_be_passed_rejects_with_the_reason(void)
{
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"Symbol('s')", "Only registered symbols or well-known symbols are passable"},
        {"(() => 1)", "Remotables must be explicitly declared: '[Function <anon>]'"},
        {"({ f() {} })", "Remotables must be explicitly declared: {'f':'[Function f]'}"},
        {"({ f() {}, a: 1 })",
         "cannot serialize Remotables with non-methods like 'a' in (an object)"},
        {"Object.assign([1], { a: 1 })", "Arrays must not have non-indexes: (an object)"},
        {"[1, , 2]", "1 property expected: (an object), at [1]"},
        {"Object.setPrototypeOf([1], null)", "Malformed array"},
        {"({ __proto__: null, a: 1 })", "non-methods like 'a'"},
        {"Object.defineProperty({}, 'h', { value: 1 })", "'h' must be an enumerable property"},
        {"({ a: [1, { ['b-c']: Symbol('s') }] })", "'[Symbol(s)]', at .a[1]['b-c']'"},
        {"new Uint8Array(2)", "cannot pass [object Uint8Array]"},
        {"new ArrayBuffer(2)", "cannot pass [object ArrayBuffer]"},
        {"[Object.create(Promise.prototype)]", "cannot pass [object Promise]"},
        {"[Object.defineProperty(Promise.resolve(1), 'then', { value: 1 })]",
         "cannot pass [object Promise]"},
        {"({ [Symbol.for('passStyle')]: 'tagged', payload: 1 })", "must be a string"},
        {"new Map()", "cannot pass [object Map]"},
        {"new Date(0)", "cannot pass [object Date]"},
        {"new (class Foo {})()", "cannot pass an instance of a class"},
        {"({ get a() { return 1; } })", "'a' must not be an accessor property"},
        {"({ [Symbol.iterator]: 1 })", "non-methods like 'Symbol(Symbol.iterator)'"},
        {"(() => { const a = []; a.push(a); return a; })()", "Pass-by-copy data cannot be cyclic"},
        {"(() => { let a = []; for (let i = 0; i < 200000; i++) a = [a]; return a; })()",
         "nests more than 1000 deep"},
        {"Object.create({ a: 1 })", "cannot pass an instance of a class"},
        {"new Proxy({}, { ownKeys() { throw Error('sly'); } })", "sly"},
    };
    struct rig r;

    rig_start(&r, program);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer body = {0};

        /* A source with quotes of its own goes in as JSON by hand: none here has any. */
        CU_ASSERT_EQUAL(buffer_printf(&body, "[\"make\",[\"!%s\"]]", cases[i].source), HS_OK);
        for (size_t c = 0; c < body.len; c++) {
            if (body.data[c] == '\'') body.data[c] = '`'; /* ' would become " */
        }
        CU_ASSERT_EQUAL(rig_call(&r, buffer_text(&body), "[]"), HS_OK);
        if (!strstr(buffer_text(&r.requests), "['p-60',true,") ||
            !strstr(buffer_text(&r.requests), cases[i].part)) {
            (void)printf("\n    %s gave %s", cases[i].source, buffer_text(&r.requests));
            CU_FAIL("not rejected so");
        }
        buffer_fini(&body);
    }
    rig_close(&r);
}

static void smallcaps__text_survives_byte_for_byte(void)
{
    static const char text[] =
        "[\"deliver\",[\"message\",\"o+0\",{\"methargs\":{\"body\":\"#[\\\"echo\\\","
        "[\\\"\\\\\\\\ \\\\\\\" \\\\n \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 "
        "\\\\u0000\\\"]]\",\"slots\":[]},\"result\":\"p-60\"}]]";
    struct rig r;

    rig_start(&r, program);
    CU_ASSERT_EQUAL(rig_command(&r, slice_text(text)), HS_OK);
    /* Without backslashes, as the rig records. */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(buffer_text(&r.requests), " ' n \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 u0000"));
    rig_close(&r);
}

static const struct suite_case cases[] = {
    SUITE_CASE(smallcaps__value_is_seen_right_and_returned_as_it_came),
    SUITE_CASE(smallcaps__references_keep_identity_and_interface),
    SUITE_CASE(smallcaps__unreadable_arguments_reject_the_call),
    SUITE_CASE(smallcaps__what_cannot_be_passed_rejects_with_the_reason),
    SUITE_CASE(smallcaps__text_survives_byte_for_byte),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat smallcaps", cases, argc, argv);
}
