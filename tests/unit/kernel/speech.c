#include "tests/unit/kernel/speech.h"

#include "kernel/vat/engine.h"

enum { LINES_MAX = 4096, WORKLOAD_BYTES_MAX = 16 << 20 };

/* Failures of the rig itself end the program: nothing that follows would mean anything. */
static void must(enum hs_status st, const char *what)
{
    if (st == HS_OK) return;
    (void)fprintf(stderr, "\n%s: %s\n", what, hs_status_text(st));
    abort();
}

/* Drawn for one message: the same number of the same row is the same message. */
static uint64_t drawn(uint64_t number, uint64_t seed)
{
    uint64_t state = seed ^ (number * UINT64_C(0x9e3779b97f4a7c15));

    return suite_random(&state);
}

/* --- templates --- */

/* @ stands for a vat, & for another, # for a number, ^ for one of the program's engines, ' for ".
 */
static void template_write(struct buffer *text, const char *template, const char *const *vats,
                           size_t vats_len, uint64_t r)
{
    const size_t one = r % vats_len;
    const size_t other = (one + 1 + (r >> 4) % (vats_len - 1)) % vats_len;

    for (const char *at = template; *at; at++) {
        switch (*at) {
        case '@': must(buffer_append_text(text, vats[one]), "a message"); break;
        case '&': must(buffer_append_text(text, vats[other]), "a message"); break;
        case '#': must(buffer_printf(text, "%u", (unsigned)(r >> 8 & 31)), "a message"); break;
        case '^':
            must(buffer_append_text(
                     text, vat_engine_id_at(machine_engine(), (r >> 12) % vat_engine_count())),
                 "a message");
            break;
        case '\'': must(buffer_append_byte(text, '"'), "a message"); break;
        default: must(buffer_append_byte(text, *at), "a message");
        }
    }
}

/* --- workers --- */

static const char *const often[] = {
    "{'to':'@','method':'note','args':['n#']}",
    "{'to':'@','method':'grow','args':[#]}",
    "{'to':'@','method':'set','args':['k#','v#']}",
    "{'to':'@','method':'announce','args':[#,'x']}",
    "{'to':'@','method':'ask','args':['&','grow',#]}",
    "{'to':'@','method':'ask','args':['&','set','k#','w']}",
    "{'to':'@','method':'ask','args':['&','remove','k#']}",
    "{'to':'@','method':'ask','args':['&','wait']}",
    "{'to':'@','method':'ask','args':['&','fail','x#']}",
    "{'to':'@','method':'ask','args':['&','pipeline','@']}",
    "{'to':'@','method':'askTwice','args':['&','grow',3]}",
    "{'to':'@','method':'askMany','args':['&',['x','y']]}",
    "{'to':'@','method':'tell','args':['&','note','t#']}",
    "{'to':'@','method':'putLater','args':['&',#]}",
    "{'to':'@','method':'nested','args':['&']}",
    "{'to':'@','method':'sendToData','args':['&']}",
    "{'to':'@','method':'spin','args':[#00]}",
    "{'to':'@','method':'keys','args':[]}",
    "{'to':'@','method':'go','args':[#]}",
    "{'to':'@','method':'big','args':[]}",
    "{'to':'@','method':'fetch','args':['&',#]}",
    "{'to':'@','method':'showHeld','args':['&']}",
    "{'to':'@','method':'recall','args':['&']}",
    "{'to':'@','method':'letGo','args':[]}",
    "{'to':'@','method':'loseThings','args':[]}",
};
static const char *const seldom[] = {
    "{'to':'@','method':'exit','args':[#]}",
    "{'to':'@','method':'exitFailing','args':['x']}",
    "{'to':'@','method':'forever','args':[]}",
    "{'to':'@','method':'spin','args':[#00000]}", /* about as much as a crank may */
    "{'to':'@','method':'grow','args':[#000]}",
    "{'to':'@','method':'absent','args':[]}",
    "{'to':'@','method':'forgetNotice','args':[]}",
    "{'to':'nobody','method':'note','args':[]}",
    "{'to':",
};
enum { OFTEN = sizeof often / sizeof *often, SELDOM = sizeof seldom / sizeof *seldom };

static void worker_write(struct buffer *text, size_t vats_len, uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"left", "right", "upper", "lower", "outer"};
    const uint64_t r = drawn(number, seed);
    const char *template = r >> 56 < 12 ? seldom[(r >> 40) % SELDOM] : often[(r >> 40) % OFTEN];

    template_write(text, template, names, vats_len, r);
}

static void pair_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    worker_write(text, 2, number, seed);
}

static void crowd_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    worker_write(text, 5, number, seed);
}

/* --- the town --- */

static void town_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"town", "counter"};
    static const char *const deeds[] = {
        "{'to':'town','method':'count','args':[#]}",
        "{'to':'town','method':'countTwice','args':[#]}",
        "{'to':'town','method':'announce','args':['#']}",
        "{'to':'town','method':'waitAtGate','args':['n#']}",
        "{'to':'town','method':'openGate','args':[#]}",
        "{'to':'town','method':'fail','args':['#']}",
        "{'to':'town','method':'work','args':[#00]}",
        "{'to':'counter','method':'add','args':[#]}",
        "{'to':'counter','method':'add','args':['#']}",
    };
    const uint64_t r = drawn(number, seed);

    template_write(text, deeds[(r >> 40) % (sizeof deeds / sizeof *deeds)], names, 2, r);
}

/* --- the sleepers --- */

/* A block is a second: wake-ups come due as blocks pass, and those that are far off stay. */
static void sleepers_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"left", "right"};
    static const char *const deeds[] = {
        "{'to':'@','method':'in','args':[#,'a']}",
        "{'to':'@','method':'in','args':[1,'b']}",
        "{'to':'@','method':'at','args':[17#,'c']}",
        "{'to':'@','method':'often','args':[1,1,'d#']}",
        "{'to':'@','method':'often','args':[#,3,'a']}",
        "{'to':'@','method':'schedule','args':[#,'b']}",
        "{'to':'@','method':'stop','args':[#]}",
        "{'to':'@','method':'drop','args':['a']}",
        "{'to':'@','method':'drop','args':['d#']}",
        "{'to':'@','method':'forget','args':['d#']}",
        "{'to':'@','method':'wakeOther','args':['&',2,'e']}",
        "{'to':'@','method':'dropOther','args':['&','e']}",
        "{'to':'@','method':'chase','args':['f']}",
        "{'to':'@','method':'now','args':[]}",
        "{'to':'@','method':'register','args':[]}",
        "{'to':'@','method':'unregister','args':[]}",
        "{'to':'@','method':'exit','args':[]}",
    };
    const uint64_t r = drawn(number, seed);
    /* The last one is said seldom. */
    const size_t deed = (r >> 40) % (sizeof deeds / sizeof *deeds - (r >> 56 >= 12));

    template_write(text, deeds[deed], names, 2, r);
}

/* --- the makers --- */

/* Vats are made, upgraded and ended; some of what is asked of them cannot be done. */
static void makers_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const deeds[] = {
        "'create','args':['@','shop',{'memory':16777216}]",
        "'create','args':['@','shop',{'reapInterval':3,'vatParameters':{'first':#}}]",
        "'create','args':['@','child',{'meter':'m','vatParameters':{'start':#}}]",
        "'create','args':['@','shop',{'vatParameters':{'fails':true}}]",
        "'create','args':['@','broken']",
        "'create','args':['@','modules',{'vatParameters':{'first':#}}]",
        "'upgrade','args':['@','modules',{'vatParameters':{'first':#}}]",
        "'call','args':['@','add',#]",
        "'call','args':['@','bag']",
        "'call','args':['@','load']",
        "'upgrade','args':['@','shop',{'vatParameters':{'version':#}}]",
        "'upgrade','args':['@','shop',{'vatParameters':{'version':#}}]",
        "'upgrade','args':['@','shop',{'vatParameters':{'fails':true}}]",
        "'upgrade','args':['@','broken']",
        "'hold','args':['p@','@','purse',#]",
        "'hold','args':['t@','@','transient']",
        "'mine','args':['f@','n#']",
        "'use','args':['p@','add',#]",
        "'use','args':['p@','ask']",
        "'use','args':['p@','befriend','f&']",
        "'use','args':['t@','name']",
        "'pass','args':['@','keep','k','p@']",
        "'pass','args':['@','keep','k#','f&']",
        "'pass','args':['@','see','p@']",
        "'pass','args':['@','saw','p@']",
        "'call','args':['@','unkeep','k']",
        "'call','args':['@','amount','k']",
        "'call','args':['@','keys']",
        "'call','args':['@','version']",
        "'call','args':['@','spend',#00]",
        "'wait','args':['@']",
        "'letGo','args':['p@']",
        "'letGo','args':['f@']",
        "'meter','args':['m',#000000,9000000]",
        "'refill','args':['m',#000000]",
        "'endMeter','args':['m']",
        "'change','args':['@',{'memory':2#000000,'reapInterval':2}]",
        "'createTwo','args':['child',{'memory':16777216}]",
        "'end','args':['@','r#']",
        "'call','args':['@','exit',#]",
        "'ends','args':[]",
    };
    const uint64_t r = drawn(number, seed);

    must(buffer_append_text(text, "{\"to\":\"maker\",\"method\":"), "a message");
    template_write(text, deeds[(r >> 40) % (sizeof deeds / sizeof *deeds)], names, 3, r);
    must(buffer_append_byte(text, '}'), "a message");
}

/* --- vats of several modules --- */

static void modules_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"a", "b"};
    static const char *const deeds[] = {
        "{'to':'@','method':'add','args':[#]}",       "{'to':'@','method':'add','args':[#]}",
        "{'to':'@','method':'bag','args':[]}",        "{'to':'@','method':'style','args':['#']}",
        "{'to':'@','method':'refuse','args':['r#']}", "{'to':'@','method':'load','args':[]}",
    };
    const uint64_t r = drawn(number, seed);

    template_write(text, deeds[(r >> 40) % (sizeof deeds / sizeof *deeds)], names, 2, r);
}

/* --- the ledger --- */

/* The real workload: a line a message, read once. */
static struct slice workload_line(uint64_t i)
{
    static struct buffer file;
    static struct slice lines[LINES_MAX];
    static size_t len;

    if (len == 0) {
        struct hs_error err;

        must(disk_read_all(disk_system(), "test.workload", HEADSTART_WORKLOADS,
                           "bitcoin-blocks.jsonl", WORKLOAD_BYTES_MAX, &file, &err),
             "the workload");
        for (const char *at = file.data, *end = at + file.len, *stop; at < end; at = stop + 1) {
            stop = memchr(at, '\n', (size_t)(end - at));
            if (!stop || len == LINES_MAX) break;
            lines[len++] = slice_make(at, (size_t)(stop - at));
        }
        if (len == 0) abort();
    }
    return lines[i % len];
}

static void ledger_write(struct buffer *text, uint64_t number, uint64_t seed)
{
    must(buffer_append(text, workload_line(seed % LINES_MAX + number)), "a message");
}

/* --- all of them --- */

const struct speech *speech_any(uint64_t i)
{
    static const struct speech all[SPEECHES_MAX] = {
        {"pair", "unit/kernel/vats/reaped.json", pair_write},
        {"crowd", "unit/kernel/vats/crowd.json", crowd_write},
        {"town", "vats/town/kernel.json", town_write},
        {"sleepers", "unit/kernel/vats/sleepers.json", sleepers_write},
        {"makers", "unit/kernel/vats/makers.json", makers_write},
        {"modules", "unit/kernel/vats/modules.json", modules_write},
        {"ledger", "vats/ledger/kernel.json", ledger_write},
    };

    return &all[i];
}

/* Rules that make little enough: what is over them is told, queued, ended or undone. */
static const char *const orders[] = {
    "{'kernel':'setRules','rules':{'policy':{'cranks':#}}}", /* 0 is out of bounds */
    "{'kernel':'setRules','rules':{'policy':{'cranks':2,'housekeepingTicks':1}}}",
    "{'kernel':'setRules','rules':{'policy':{'ticks':#}}}",
    "{'kernel':'setRules','rules':{'policy':{'cranks':20000,'ticks':10000}}}",
    "{'kernel':'setRules','rules':{'limits':{'crankTicks':1#0}}}",
    "{'kernel':'setRules','rules':{'limits':{'pending':#}}}",
    "{'kernel':'setRules','rules':{'limits':{'runQueue':#}}}",
    "{'kernel':'setRules','rules':{'limits':{'timers':#,'timersSum':#}}}",
    "{'kernel':'setRules','rules':{'prices':{'syscall':#000}}}",
    "{'kernel':'setRules','rules':{'limits':{'unheard':#}}}",
    "{'kernel':'setRules','rules':{'policy':{'reapInterval':#,'reapWork':1}}}",
    "{'kernel':'terminateVat','vat':'@','reason':'r#'}",
    "{'bridge':'bridge','args':['g#',1]}",
    "{'bridge':'bridge','args':['g',#]}",
    "{'kernel':'installBundle','bytes':5,'offset':0,'piece':'hello','bundle':"
    "'2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'}",
    "{'kernel':'installBundle','bytes':5,'offset':0,'piece':'hell#','bundle':"
    "'2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'}",
    "{'kernel':'useEngine','engine':'^'}",
    "{'kernel':'useEngine','engine':'^'}",
    "{'kernel':'useEngine','engine':'^'}",
    "{'kernel':'useEngine','engine':'#'}", /* no id */
    "{'kernel':'upgradeVat','vat':'@'}",
    "{'kernel':'upgradeVat','vat':'@','upgradeMessage':'m#'}",
    "{'kernel':'unheard'}",
};
enum { ORDERS = sizeof orders / sizeof *orders };

/* Limits of none, few and enough: a call is stopped at any of its steps. */
static uint64_t limit_drawn(uint64_t r)
{
    static const uint64_t under[] = {1, 4, 16, 40, 400};

    return (r >> 8) % under[(r >> 40) % 5];
}

static void message_write(const struct speech *s, struct buffer *text, struct message *out,
                          uint64_t number, uint64_t seed)
{
    static const char *const names[] = {"left", "right"};
    const uint64_t r = drawn(number, seed ^ UINT64_C(0x5eed));
    const unsigned kind = r >> 56 & 63;

    buffer_clear(text);
    out->control = kind < 3;
    out->skipped = kind == 3;
    out->limited = kind >= 8 && kind < 20;
    if (out->limited) out->ticks = limit_drawn(r);
    if (out->control) {
        template_write(text, orders[(r >> 16) % ORDERS], names, 2, r);
    } else if (kind < 5 || kind > 12) { /* else a run */
        s->write(text, number, seed);
    }
    out->text = buffer_slice(text);
}

enum hs_status speech_try(const struct speech *s, struct machine *m, uint64_t height,
                          uint64_t number, uint64_t seed)
{
    struct message message = {.height = height, .time = 1700000000 + height};

    message_write(s, &m->text, &message, number, seed);
    return machine_deliver_message(m, &message);
}

void speech_say(const struct speech *s, struct machine *m, uint64_t height, uint64_t number,
                uint64_t seed)
{
    machine_ok(speech_try(s, m, height, number, seed), m);
}

void speech_ask(const struct speech *s, struct machine *m, uint64_t number, uint64_t seed)
{
    struct message message = {0};
    struct kernel_outcome out = {0};

    message_write(s, &m->text, &message, number, seed);
    if (message_is_run(&message)) return;
    if (kernel_query(m->kernel, &message, &out, &m->err) == HS_OK) {
        CU_ASSERT_EQUAL(out.after.seqnum, kernel_position(m->kernel).seqnum);
    }
    kernel_outcome_fini(&out);
}
