/* Vats: what the kernel says to them and what they say to it. */
#include "tests/unit/vat/rig.h"

#define RESOLVED_TO(data, slots)                                                                   \
    "['syscall',['resolve',[['p-60',false,{'body':'#" data "','slots':[" slots "]}]]]]\n"
#define RESOLVED(data) RESOLVED_TO(data, "")
#define REJECTED(data) "['syscall',['resolve',[['p-60',true,{'body':'#" data "','slots':[]}]]]]\n"

static void check_call(struct rig *r, const char *body, const char *slots, const char *requests)
{
    CU_ASSERT_EQUAL(rig_call(r, body, slots), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->requests), requests);
}

static void check_deliver(struct rig *r, const char *delivery, const char *requests)
{
    CU_ASSERT_EQUAL(rig_deliver(r, delivery), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->requests), requests);
}

static void vat__method_answers_and_remembers(void)
{
    struct rig r;

    rig_start(&r, "export const buildRootObject = () => { let n = 0;\n"
                  "  return Far('root', { add: x => { n += x; return n; } }); };");
    check_call(&r, "['add',[5]]", "[]", RESOLVED("5"));
    check_call(&r, "['add',[7]]", "[]", RESOLVED("12"));
    rig_close(&r);
}

/* As a kernel prints a delivery and as it hands it over. */
static void vat__message_as_text_does_what_its_parts_do(void)
{
    static const struct {
        const char *text, *body, *slots;
    } calls[] = {
        {"['add',[5,'x',null,true]]", "'#[\\'add\\',[5,\\'x\\',null,true]]'", "[]"},
        {"['add',['$0','+7','#undefined']]", "'#[\\'add\\',[\\'$0\\',\\'+7\\',\\'#undefined\\']]'",
         "['o-50']"},
        {"['none',[]]", "'#[\\'none\\',[]]'", "[]"},
        {"['add',[", "'#[\\'add\\',['", "[]"},
        {"['add',['$1']]", "'#[\\'add\\',[\\'$1\\']]'", "['o-50']"},
    };
    struct rig a, b;
    char delivery[256];

    rig_start(&a, "export const buildRootObject = () =>\n"
                  "  Far('root', { add: (...args) => harden(args) });");
    rig_start(&b, "export const buildRootObject = () =>\n"
                  "  Far('root', { add: (...args) => harden(args) });");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        (void)snprintf(delivery, sizeof delivery,
                       "['message','o+0',{'methargs':{'body':%s,'slots':%s},'result':'p-60'}]",
                       calls[i].body, calls[i].slots);
        CU_ASSERT_EQUAL(rig_call(&a, calls[i].text, calls[i].slots), HS_OK);
        CU_ASSERT_EQUAL(rig_deliver(&b, delivery), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&a.requests), buffer_text(&b.requests));
        CU_ASSERT_STRING_EQUAL(buffer_text(&a.result), buffer_text(&b.result));
    }
    rig_close(&a);
    rig_close(&b);
}

static void vat__failing_method_rejects_and_vat_goes_on(void)
{
    struct rig r;

    rig_start(&r, "class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; } }\n"
                  "export const buildRootObject = () => Far('root', {\n"
                  "  type() { throw TypeError('no'); }, mine() { throw new Mine('x'); },\n"
                  "  async later() { await null; throw RangeError('late'); },\n"
                  "  text() { throw 'just text'; }, good: () => 1 });");
    check_call(&r, "['type',[]]", "[]", REJECTED("{'#error':'no','name':'TypeError'}"));
    check_call(&r, "['mine',[]]", "[]", REJECTED("{'#error':'x','name':'Mine'}"));
    check_call(&r, "['later',[]]", "[]", REJECTED("{'#error':'late','name':'RangeError'}"));
    check_call(&r, "['text',[]]", "[]", REJECTED("'just text'"));
    check_call(&r, "['good',[]]", "[]", RESOLVED("1"));
    rig_close(&r);
}

static void vat__unknown_method_is_told_which_there_are(void)
{
    static const char *const names[] = {"nope", "constructor", "toString", "__proto__"};
    struct rig r;

    rig_start(&r, "export const buildRootObject = () => Far('root', { b() {}, a() {} });");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char expected[256];

        (void)snprintf(expected, sizeof expected,
                       REJECTED("{'#error':'target has no method '%s', has "
                                "['__getMethodNames__','a','b']',"
                                "'name':'TypeError'}"),
                       names[i]);
        CU_ASSERT_EQUAL(rig_call_plain(&r, names[i]), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&r.requests), expected);
    }
    rig_close(&r);
}

static void vat__result_that_nobody_wants_makes_no_syscall(void)
{
    struct rig r;

    rig_start(&r, "export const buildRootObject = () => Far('root', {\n"
                  "  now: () => 1, async later() { throw Error(); }, bad() { throw Error(); } });");
    check_deliver(&r,
                  "['message','o+0',{'methargs':{'body':'#[\\'now\\',[]]','slots':[]},"
                  "'result':null}]",
                  "");
    check_deliver(&r, "['message','o+0',{'methargs':{'body':'#[\\'later\\',[]]','slots':[]}}]", "");
    check_deliver(&r, "['message','o+0',{'methargs':{'body':'#[\\'bad\\',[]]','slots':[]}}]", "");
    rig_close(&r);
}

static const char sender[] =
    "export const buildRootObject = () => { let kept; return Far('root', {\n"
    "  ask: (who, x) => E(who).double(x),\n"
    "  tell(who) { E.sendOnly(who).hear('news'); },\n"
    "  chain: who => E(E(E(who).first()).second()).third(),\n"
    "  keep(p) { kept = p; }, kept: () => kept, give: who => E(who).take(kept),\n"
    "  offer: who => E(who).take(Far('thing', { use: () => 'used' })),\n"
    "  self: () => E(Far('own', { me: () => 'me' })).me(),\n"
    "  local: () => E(Promise.resolve(Far('own', { me: () => 'me' }))).me(),\n"
    "  when: who => E.when(E(who).x(), v => v + 1, e => e.message),\n"
    "  nobody: () => E(null).x(), number: () => E(5).x(),\n"
    "  fresh(who) { let go; const p = new Promise(r => { go = r; });\n"
    "    E(who).take(p); return Promise.resolve().then(() => { go('went'); }); },\n"
    "}); };";

static void send__call_and_answer_travel_by_reference(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['ask',['$0.Alleged: bob',4]]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['double',[4]]','slots':[]},"
               "'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n");
    check_deliver(&r, "['notify',[['p+5',false,{'body':'#8','slots':[]}]]]", RESOLVED("8"));
    check_call(&r, "['ask',['$0',4]]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['double',[4]]','slots':[]},"
               "'result':'p+6'}]]\n['syscall',['subscribe','p+6']]\n");
    check_deliver(&r,
                  "['notify',[['p+6',true,{'body':'#{\\'#error\\':\\'gone\\',"
                  "\\'name\\':\\'TypeError\\'}','slots':[]}]]]",
                  REJECTED("{'#error':'gone','name':'TypeError'}"));
    check_call(&r, "['tell',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['hear',['news']]','slots':[]},"
               "'result':null}]]\n" RESOLVED("'#undefined'"));
    rig_close(&r);
}

static void send__to_a_result_is_pipelined(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['chain',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['first',[]]','slots':[]},"
               "'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n"
               "['syscall',['send','p+5',{'methargs':{'body':'#['second',[]]','slots':[]},"
               "'result':'p+6'}]]\n['syscall',['subscribe','p+6']]\n"
               "['syscall',['send','p+6',{'methargs':{'body':'#['third',[]]','slots':[]},"
               "'result':'p+7'}]]\n['syscall',['subscribe','p+7']]\n");
    check_deliver(&r, "['notify',[['p+7',false,{'body':'#\\'end\\'','slots':[]}]]]",
                  RESOLVED("'end'"));
    rig_close(&r);
}

static void send__to_what_is_here_makes_no_syscall(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['self',[]]", "[]", RESOLVED("'me'"));
    check_call(&r, "['local',[]]", "[]", RESOLVED("'me'"));
    check_call(&r, "['nobody',[]]", "[]",
               REJECTED("{'#error':'Cannot deliver 'x' to target; typeof target is "
                        "'null'','name':'TypeError'}"));
    check_call(&r, "['number',[]]", "[]",
               REJECTED("{'#error':'target has no method 'x', has []','name':'TypeError'}"));
    rig_close(&r);
}

static void send__object_of_ours_can_be_called_and_is_known_again(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['offer',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['take',['$0.Alleged: thing']]',"
               "'slots':['o+1']},'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n");
    check_deliver(&r,
                  "['message','o+1',{'methargs':{'body':'#[\\'use\\',[]]','slots':[]},"
                  "'result':'p-61'}]",
                  "['syscall',['resolve',[['p-61',false,{'body':'#'used'','slots':[]}]]]]\n");
    check_call(&r, "['keep',['$0']]", "['o+1']", RESOLVED("'#undefined'"));
    check_call(&r, "['kept',[]]", "[]",
               "['syscall',['resolve',[['p-60',false,{'body':'#'$0.Alleged: thing'',"
               "'slots':['o+1']}]]]]\n");
    rig_close(&r);
}

static void promise__imported_is_subscribed_then_settles(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['keep',['&0']]", "['p-70']",
               "['syscall',['subscribe','p-70']]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['give',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['take',['&0']]',"
               "'slots':['p-70']},'result':'p+5'}]]\n['syscall',['subscribe','p+5']]\n");
    CU_ASSERT_EQUAL(rig_call_plain(&r, "kept"), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.requests), ""); /* waits for p-70 */
    check_deliver(&r, "['notify',[['p-70',false,{'body':'#3','slots':[]}]]]", RESOLVED("3"));
    /* Resolved: the reference is gone, a later use gets a new one and is resolved at once. */
    check_call(&r, "['give',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['take',['&0']]',"
               "'slots':['p+6']},'result':'p+7'}]]\n['syscall',['subscribe','p+7']]\n"
               "['syscall',['resolve',[['p+6',false,{'body':'#3','slots':[]}]]]]\n");
    rig_close(&r);
}

/* Promises that speak of each other, and one that speaks of itself, are each told once. */
static void promise__circles_are_told_at_once(void)
{
    struct rig r;

    rig_start(&r,
              "export const buildRootObject = () => Far('root', {\n"
              "  two() { let a, b; const p = new Promise(r => (a = r));\n"
              "    const q = new Promise(r => (b = r)); a({ q }); b({ p }); return [p, q]; },\n"
              "  own() { let a; const p = new Promise(r => (a = r)); a([p]); return { p }; } });");
    check_call(
        &r, "['two',[]]", "[]",
        RESOLVED_TO("['&0','&1']",
                    "'p+5','p+6'") "['syscall',['resolve',[['p+5',false,{'body':'#{'q':'&0'}','"
                                   "slots':['p+6']}]]]]\n"
                                   "['syscall',['resolve',[['p+6',false,{'body':'#{'p':'&0'}','"
                                   "slots':['p+7']}],"
                                   "['p+7',false,{'body':'#{'q':'&0'}','slots':['p+6']}]]]]\n");
    check_call(&r, "['own',[]]", "[]",
               RESOLVED_TO("{'p':'&0'}", "'p+8'") "['syscall',['resolve',[['p+8',false,{'body':'#['"
                                                  "&0']','slots':['p+8']}]]]]\n");
    rig_close(&r);
}

static void promise__exported_is_resolved_once_it_settles(void)
{
    struct rig r;

    rig_start(&r, sender);
    check_call(&r, "['fresh',['$0']]", "['o-50']",
               "['syscall',['send','o-50',{'methargs':{'body':'#['take',['&0']]',"
               "'slots':['p+5']},'result':'p+6'}]]\n['syscall',['subscribe','p+6']]\n"
               "['syscall',['resolve',[['p+5',false,{'body':'#'went'','slots':[]}]]]]\n" RESOLVED(
                   "'#undefined'"));
    rig_close(&r);
}

static void promise__result_of_a_pending_call_can_come_back_as_argument(void)
{
    struct rig r;

    rig_start(&r, "export const buildRootObject = () => { let go; return Far('root', {\n"
                  "  wait: () => new Promise(r => { go = r; }), go(x) { go(x); },\n"
                  "  see: p => E.when(p, v => ['saw', v]) }); };");
    CU_ASSERT_EQUAL(rig_call_plain(&r, "wait"), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.requests), "");
    check_deliver(&r,
                  "['message','o+0',{'methargs':{'body':'#[\\'see\\',[\\'&0\\']]',"
                  "'slots':['p-60']},'result':'p-61'}]",
                  "");
    check_deliver(&r,
                  "['message','o+0',{'methargs':{'body':'#[\\'go\\',[9]]','slots':[]},"
                  "'result':null}]",
                  RESOLVED("9") "['syscall',['resolve',[['p-61',false,{'body':'#['saw',9]',"
                                "'slots':[]}]]]]\n");
    rig_close(&r);
}

static void promise__awaited_then_decided_here_settles_locally(void)
{
    struct rig r;

    rig_start(&r,
              "export const buildRootObject = () => { let seen = 'not yet'; return Far('root', {\n"
              "  watch(p) { E.when(p, v => { seen = v; }); }, get: () => seen,\n"
              "  answer: () => 'mine' }); };");
    check_call(&r, "['watch',['&0']]", "['p-70']",
               "['syscall',['subscribe','p-70']]\n" RESOLVED("'#undefined'"));
    check_deliver(&r,
                  "['message','o+0',{'methargs':{'body':'#[\\'answer\\',[]]','slots':[]},"
                  "'result':'p-70'}]",
                  "['syscall',['resolve',[['p-70',false,{'body':'#'mine'','slots':[]}]]]]\n");
    check_call(&r, "['get',[]]", "[]", RESOLVED("'mine'"));
    rig_close(&r);
}

static void notify__batch_may_speak_of_its_own_promises(void)
{
    struct rig r;

    rig_start(&r, sender);
    CU_ASSERT_EQUAL(rig_call(&r, "['keep',['&0']]", "['p-70']"), HS_OK);
    CU_ASSERT_EQUAL(rig_call(&r, "['keep',['&0']]", "['p-71']"), HS_OK);
    CU_ASSERT_EQUAL(rig_call_plain(&r, "kept"), HS_OK);
    check_deliver(&r,
                  "['notify',[['p-71',false,{'body':'#{\\'p\\':\\'&0\\'}','slots':['p-70']}],"
                  "['p-70',false,{'body':'#1','slots':[]}]]]",
                  "['syscall',['resolve',[['p-60',false,{'body':'#{'p':'&0'}',"
                  "'slots':['p+5']}]]]]\n"
                  "['syscall',['resolve',[['p+5',false,{'body':'#1','slots':[]}]]]]\n");
    rig_close(&r);
}

/* It is its sender's fault, whose promise it was; the others of the batch are as they are. */
static void notify__of_what_cannot_be_read_rejects_that_promise_alone(void)
{
    struct rig r;

    rig_start(&r, sender);
    CU_ASSERT_EQUAL(rig_call(&r, "['keep',['&0']]", "['p-70']"), HS_OK);
    CU_ASSERT_EQUAL(rig_call_plain(&r, "kept"), HS_OK);
    check_deliver(&r, "['notify',[['p-70',false,{'body':'#[\\'#what\\']','slots':[]}]]]",
                  "['syscall',['resolve',[['p-60',true,{'body':'#{'#error':'cannot read #what',"
                  "'name':'TypeError'}','slots':[]}]]]]\n");
    CU_ASSERT_EQUAL(rig_call_plain(&r, "kept"), HS_OK);
    rig_close(&r);
}

static void notify__of_an_unknown_promise_is_a_delivery_error(void)
{
    struct rig r;

    rig_start(&r, sender);
    CU_ASSERT_EQUAL(rig_deliver(&r, "['notify',[['p-99',false,{'body':'#1','slots':[]}]]]"), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.result), "['error','Error: nobody waits for p-99',null]");
    rig_close(&r);
}

static void powers__reach_the_kernel(void)
{
    struct rig r;

    rig_start(&r,
              "export const buildRootObject = ({ D, vatstore, exitVat, exitVatWithFailure }) =>\n"
              "  Far('root', { dev: d => D(d).go({ a: 1 }), odd: d => D(d)[Symbol.iterator](),\n"
              "  half: () => vatstore.set('k\\ud800', 'v'), get: k => vatstore.get(k),\n"
              "  set(k, v) { vatstore.set(k, v); }, del(k) { vatstore.delete(k); },\n"
              "  next: k => vatstore.getNextKey(k), exit() { exitVat('bye'); },\n"
              "  fail() { exitVatWithFailure(Error('why')); }, log() { console.log('hi', 1); }});");
    r.answer = "[\"ok\",{\"body\":\"#[1,2]\",\"slots\":[]}]";
    check_call(
        &r, "['dev',['$0']]", "['d-70']",
        "['syscall',['callNow','d-70','go',{'body':'#[{'a':1}]','slots':[]}]]\n" RESOLVED("[1,2]"));
    CU_ASSERT_EQUAL(rig_call(&r, "['odd',['$0']]", "['d-70']"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "not a function"));
    CU_ASSERT_EQUAL(rig_call_plain(&r, "half"), HS_OK);
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&r.requests), "vatstoreSet"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "half a surrogate pair"));
    r.answer = "[\"ok\",\"stored\"]";
    check_call(&r, "['get',['k']]", "[]", "['syscall',['vatstoreGet','k']]\n" RESOLVED("'stored'"));
    r.answer = NULL;
    check_call(&r, "['get',['k']]", "[]",
               "['syscall',['vatstoreGet','k']]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['set',['k','v']]", "[]",
               "['syscall',['vatstoreSet','k','v']]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['del',['k']]", "[]",
               "['syscall',['vatstoreDelete','k']]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['next',['k']]", "[]",
               "['syscall',['vatstoreGetNextKey','k']]\n" RESOLVED("'#undefined'"));
    check_call(
        &r, "['exit',[]]", "[]",
        "['syscall',['exit',false,{'body':'#'bye'','slots':[]}]]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['fail',[]]", "[]",
               "['syscall',['exit',true,{'body':'#{'#error':'why','name':'Error'}',"
               "'slots':[]}]]\n" RESOLVED("'#undefined'"));
    check_call(&r, "['log',[]]", "[]",
               "['sourcedConsole','v1','log','hi','1']\n" RESOLVED("'#undefined'"));
    rig_close(&r);
}

static void syscall__refused_by_the_kernel_throws(void)
{
    struct rig r;

    rig_start(&r,
              "export const buildRootObject = ({ vatstore }) => Far('root', {\n"
              "  get() { try { return vatstore.get('k'); } catch (e) { return e.message; } } });");
    r.answer = "[\"error\",\"not today\"]";
    CU_ASSERT_EQUAL(rig_call_plain(&r, "get"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "syscall failed: not today"));
    rig_close(&r);
}

static void host__failure_ends_the_command_with_its_own_status(void)
{
    struct rig r;

    rig_start(&r, "export const buildRootObject = ({ vatstore }) => Far('root', {\n"
                  "  get: () => vatstore.get('k'), fine: () => 1 });");
    vat_mark(r.vat);
    r.answer_status = HS_DIVERGED;
    CU_ASSERT_EQUAL(rig_call_plain(&r, "get"), HS_DIVERGED);
    CU_ASSERT_STRING_EQUAL(r.err.text, "the host says no");
    r.answer_status = HS_OK;
    CU_ASSERT_EQUAL(rig_call_plain(&r, "fine"), HS_VAT_FAILED);
    vat_back_to_mark(r.vat);
    check_call(&r, "['fine',[]]", "[]", RESOLVED("1"));
    rig_close(&r);
}

static void console__answer_leaves_no_trace_in_the_heap(void)
{
    struct rig a, b;

    rig_start(&a,
              "export const buildRootObject = () => Far('r', { log() { console.log('x'); } });");
    rig_start(&b,
              "export const buildRootObject = () => Far('r', { log() { console.log('x'); } });");
    CU_ASSERT_EQUAL(rig_deliver(&a, "['message','o+0',{'methargs':{'body':'#[\\'log\\',[]]',"
                                    "'slots':[]}}]"),
                    HS_OK);
    b.answer = "[\"an answer of quite another length\"]";
    CU_ASSERT_EQUAL(rig_deliver(&b, "['message','o+0',{'methargs':{'body':'#[\\'log\\',[]]',"
                                    "'slots':[]}}]"),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(rig_heap(&a), rig_heap(&b));
    rig_close(&a);
    rig_close(&b);
}

static void text__is_coded_as_the_web_does(void)
{
    struct rig r;

    rig_start(&r, "const hex = u => [...u].map(b => b.toString(16)).join(' ');\n"
                  "export const buildRootObject = () => Far('root', {\n"
                  "  encode: s => hex(new TextEncoder().encode(s)),\n"
                  "  none: () => [new TextEncoder().encode().length, new TextDecoder().decode()],\n"
                  "  lone: () => hex(new TextEncoder().encode('\\ud800x')),\n"
                  "  decode: (...b) => new TextDecoder().decode(new Uint8Array(b)),\n"
                  "  part: () => new TextDecoder().decode(\n"
                  "    new TextEncoder().encode('abcdef').subarray(2, 4)) });");
    check_call(&r, "['encode',['a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80']]", "[]",
               RESOLVED("'61 c3 a9 e2 82 ac f0 9f 98 80'"));
    check_call(&r, "['none',[]]", "[]", RESOLVED("[0,'']"));
    check_call(&r, "['lone',[]]", "[]", RESOLVED("'ef bf bd 78'"));
    check_call(&r, "['decode',[97,195,169,0,98]]", "[]", RESOLVED("'a\xc3\xa9u0000b'"));
    check_call(&r, "['decode',[97,255,98]]", "[]",
               RESOLVED("'a\xef\xbf\xbd"
                        "b'"));
    check_call(&r, "['part',[]]", "[]", RESOLVED("'cd'"));
    rig_close(&r);
}

/* What the engine threw must reach the vat then and there, not stay behind. */
static void text__of_no_array_buffer_is_refused(void)
{
    struct rig r;

    rig_start(&r, "const decode = x => { try { return new TextDecoder().decode(x); }\n"
                  "  catch (e) { return e.name; } };\n"
                  "const gone = new ArrayBuffer(8); gone.transfer();\n"
                  "const sly = value => ({ buffer: { slice: () => value } });\n"
                  "export const buildRootObject = () => Far('root', {\n"
                  "  all: () => [gone, sly(1), sly('x'), sly(null), sly({}), sly(gone),\n"
                  "    sly(new Uint8Array(1)), sly(new ArrayBuffer(0))].map(decode) });");
    check_call(&r, "['all',[]]", "[]",
               RESOLVED("['TypeError','TypeError','TypeError','TypeError','TypeError','TypeError',"
                        "'TypeError','']"));
    rig_close(&r);
}

static void gc__deliveries_are_accepted(void)
{
    struct rig r;

    rig_start(&r, sender);
    CU_ASSERT_EQUAL(rig_call(&r, "['offer',['$0']]", "['o-50']"), HS_OK);
    check_deliver(&r, "['dropExports',['o+1']]", "");
    check_deliver(&r, "['retireExports',['o+1']]", "");
    check_deliver(&r, "['retireImports',['o-50']]", "");
    check_deliver(&r, "['bringOutYourDead']", "");
    check_deliver(&r, "['changeVatOptions',{}]", "");
    check_deliver(&r, "['stopVat',{'body':'#{}','slots':[]}]", "");
    CU_ASSERT_EQUAL(rig_deliver(&r, "['message','o+1',{'methargs':{'body':'#[\\'use\\',[]]',"
                                    "'slots':[]},'result':'p-61'}]"),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.result), "['error','Error: no object o+1',null]");
    rig_close(&r);
}

static void bundle__bad_source_is_an_error_in_words(void)
{
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"export const x = ;", "SyntaxError"},
        {"throw Error('at once');", "at once"},
        {"export const x = 1;", "exports no buildRootObject"},
        {"import { x } from 'fs'; export const buildRootObject = x;", "cannot import modules"},
        {"await new Promise(() => {}); export const buildRootObject = 1;", "never comes"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;

        rig_open(&r, vat_limits_default());
        CU_ASSERT_EQUAL(rig_set_bundle(&r, cases[i].source), HS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.result), "['error',"));
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.result), cases[i].part));
        rig_close(&r);
    }
}

static void start__what_is_no_root_is_an_error_in_words(void)
{
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"export const buildRootObject = () => ({});", "must return a Far object"},
        {"export const buildRootObject = async () => { throw Error('built badly'); };",
         "built badly"},
        {"export const buildRootObject = () => new Promise(() => {});", "never comes"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;

        rig_open(&r, vat_limits_default());
        CU_ASSERT_EQUAL(rig_set_bundle(&r, cases[i].source), HS_OK);
        CU_ASSERT_EQUAL(rig_deliver(&r, "['startVat',{'body':'#{}','slots':[]}]"), HS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.result), cases[i].part));
        rig_close(&r);
    }
}

static void start__parameters_and_slow_roots_arrive(void)
{
    struct rig r;

    rig_open(&r, vat_limits_default());
    CU_ASSERT_EQUAL(rig_set_bundle(&r, "export const buildRootObject = async (powers, { n }) => {\n"
                                       "  await null; return Far('root', { n: () => n }); };"),
                    HS_OK);
    CU_ASSERT_EQUAL(rig_deliver(&r, "['startVat',{'body':'#{\\'n\\':\\'+7\\'}','slots':[]}]"),
                    HS_OK);
    check_call(&r, "['n',[]]", "[]", RESOLVED("'+7'"));
    rig_close(&r);
}

static void command__nonsense_is_answered_with_an_error(void)
{
    static const char *const texts[] = {
        "",
        "[",
        "nonsense",
        "null",
        "[1]",
        "[\"x\"]",
        "[\"deliver\"]",
        "[\"deliver\",[\"constructor\"]]",
        "[\"deliver\",[\"message\",\"o+9\",{}]]",
        "[\"constructor\"]",
        "[\"deliver\",[\"message\",\"o+0\"]]",
    };
    struct rig r;

    rig_start(&r, sender);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CU_ASSERT_EQUAL(rig_command(&r, slice_text(texts[i])), HS_OK);
        CU_ASSERT(strncmp(buffer_text(&r.result), "['error',", 9) == 0);
    }
    check_call(&r, "['self',[]]", "[]", RESOLVED("'me'"));
    rig_close(&r);
}

static const struct suite_case cases[] = {
    SUITE_CASE(vat__method_answers_and_remembers),
    SUITE_CASE(vat__message_as_text_does_what_its_parts_do),
    SUITE_CASE(vat__failing_method_rejects_and_vat_goes_on),
    SUITE_CASE(vat__unknown_method_is_told_which_there_are),
    SUITE_CASE(vat__result_that_nobody_wants_makes_no_syscall),
    SUITE_CASE(send__call_and_answer_travel_by_reference),
    SUITE_CASE(send__to_a_result_is_pipelined),
    SUITE_CASE(send__to_what_is_here_makes_no_syscall),
    SUITE_CASE(send__object_of_ours_can_be_called_and_is_known_again),
    SUITE_CASE(promise__imported_is_subscribed_then_settles),
    SUITE_CASE(promise__circles_are_told_at_once),
    SUITE_CASE(promise__exported_is_resolved_once_it_settles),
    SUITE_CASE(promise__result_of_a_pending_call_can_come_back_as_argument),
    SUITE_CASE(promise__awaited_then_decided_here_settles_locally),
    SUITE_CASE(notify__batch_may_speak_of_its_own_promises),
    SUITE_CASE(notify__of_what_cannot_be_read_rejects_that_promise_alone),
    SUITE_CASE(notify__of_an_unknown_promise_is_a_delivery_error),
    SUITE_CASE(powers__reach_the_kernel),
    SUITE_CASE(syscall__refused_by_the_kernel_throws),
    SUITE_CASE(host__failure_ends_the_command_with_its_own_status),
    SUITE_CASE(console__answer_leaves_no_trace_in_the_heap),
    SUITE_CASE(text__is_coded_as_the_web_does),
    SUITE_CASE(text__of_no_array_buffer_is_refused),
    SUITE_CASE(gc__deliveries_are_accepted),
    SUITE_CASE(bundle__bad_source_is_an_error_in_words),
    SUITE_CASE(start__what_is_no_root_is_an_error_in_words),
    SUITE_CASE(start__parameters_and_slow_roots_arrive),
    SUITE_CASE(command__nonsense_is_answered_with_an_error),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat calls", cases, argc, argv);
}
