/* Syscalls, legal and not, and what becomes of garbage; played without vats. */
#include "tests/unit/kernel/desk.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/gc_actions.h"

#define OK "['ok',null]"

/* --- illegal syscalls --- */

static const struct {
    const char *request, *words;
} illegal[] = {
    {"17", "array"},
    {"[]", "missing"},
    {"[7]", "string"},
    {"['fly']", "none of that name"},
    {"['send','o-99',{'methargs':{'body':'#[]','slots':[]},'result':null}]", "does not know"},
    {"['send','x+1',{'methargs':{'body':'#[]','slots':[]},'result':null}]", "no reference"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':['o-99']},'result':null}]", "does not know"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':['ko20']},'result':null}]", "no reference"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':['d+1']},'result':null}]", "may not export"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':'o+2'}]", "no promise"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':'p+9'}]", "does not decide"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':'p-60'}]", "does not decide"},
    {"['send','o+1',{'result':null}]", "lacks methargs"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':[]},'x':1}]", "methargs"},
    {"['send','o+1']", "missing"},
    {"['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':null},1]", "more elements"},
    {"['send','d-70',{'methargs':{'body':'#[]','slots':[]},'result':null}]", "device"},
    {"['subscribe','o+1']", "no promise"},
    {"['subscribe','p-99']", "does not know"},
    {"['resolve',[['p-60',false,{'body':'#1','slots':[]}]]]", "does not decide"},
    {"['resolve',[['p+7',0,{'body':'#1','slots':[]}]]]", "true or false"},
    {"['resolve',[['p+7',false,{'body':'#\\'&0\\'','slots':['p+8']}]]]", "to a promise"},
    {"['resolve',[['o+7',false,{'body':'#1','slots':[]}]]]", "no promise"},
    {"['resolve',[['p+7',false,{'body':'#1','slots':[]}],['p+7',true,{'body':'#1','slots':[]}]]"
     "]",
     "resolved already"},
    {"['resolve',[['p+7',false]]]", "missing"},
    {"['exit',1,{'body':'#1','slots':[]}]", "true or false"},
    {"['exit',true]", "missing"},
    {"['callNow','o+1','m',{'body':'#[]','slots':[]}]", "no device"},
    {"['callNow','d-99','m',{'body':'#[]','slots':[]}]", "does not know"},
    {"['callNow','d-70','m']", "missing"},
    {"['vatstoreGet']", "missing"},
    {"['vatstoreGet',7]", "string"},
    {"['vatstoreSet','k']", "missing"},
    {"['vatstoreSet','k',null]", "string"},
    {"['vatstoreDelete','k','l']", "more elements"},
    {"['dropImports',['o+1']]", "imported"},
    {"['dropImports',['p-60']]", "imported"},
    {"['dropImports',['o-99']]", "does not know"},
    {"['dropImports','o-50']", "array"},
    {"['retireImports',['o-50']]", "still reachable"},
    {"['retireExports',['o+1']]", "still reachable"},
    {"['retireExports',['o-50']]", "exported"},
    {"['retireExports',['o+77']]", "does not know"},
    {"['abandonExports',['o+77']]", "does not know"},
};

static void syscall__illegal_ones_are_fatal_and_say_why(void)
{
    struct desk d;

    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++) {
        desk_open(&d);
        (void)desk_ok(&d, 2, "['subscribe','p+1']"); /* kp40, which v2 decides */
        (void)desk_ok(&d, 2, "['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':null}]");
        CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "kp40"), "p-60");
        CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "ko20"), "o-50");
        CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "kd30"), "d-70");
        (void)desk_ok(&d, 1,
                      "['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':'p+9'}]");
        CU_ASSERT_EQUAL(desk_syscall(&d, 1, illegal[i].request), HS_VAT_FAILED);
        if (!strstr(d.err.text, illegal[i].words)) {
            (void)printf("\n    %s: %s\n", illegal[i].request, d.err.text);
        }
        CU_ASSERT_PTR_NOT_NULL(strstr(d.err.text, illegal[i].words));
        CU_ASSERT_PTR_NOT_NULL(strstr(d.err.text, "illegal syscall"));
        desk_close(&d);
    }
}

static void syscall__what_is_none_is_answered_and_forgotten(void)
{
    struct desk d;

    desk_open(&d);
    CU_ASSERT_EQUAL(syscall_answer(&d.vats[0], slice_text("[\"sourcedConsole\",\"v1\",\"log\"]"),
                                   &d.reply, &d.err),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&d.reply), "null");
    CU_ASSERT_EQUAL(d.vats[0].syscalls.len, 0);
    (void)desk_ok(&d, 1, "['vatstoreGet','k']");
    (void)desk_ok(&d, 1, "['vatstoreSet','k','v']");
    CU_ASSERT_STRING_EQUAL(buffer_text(&d.vats[0].syscalls),
                           "{\"s\":[\"vatstoreGet\",\"k\"],\"r\":[\"ok\",null]},"
                           "{\"s\":[\"vatstoreSet\",\"k\",\"v\"],\"r\":[\"ok\",null]}");
    desk_close(&d);
}

static void vatstore__answers_and_stays_in_its_vat(void)
{
    struct desk d;

    desk_open(&d);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGet','k']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreSet','k','v\\u0041']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreSet','','empty']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['vatstoreSet','a','other']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGet','k']"), "['ok','vA']");
    ASSERT_KEY(&d, "v1.vs.k", "vA");
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGetNextKey','']"), "['ok','k']");
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGetNextKey','k']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGetNextKey','a']"), "['ok','k']");
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreDelete','k']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreDelete','k']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['vatstoreGetNextKey','']"), OK);
    desk_close(&d);
}

/* --- garbage --- */

static void gc__dropped_then_retired_import_reaches_the_exporter(void)
{
    struct desk d;
    struct ref vat;
    enum gc_action action;
    struct ref_list krefs = {0};
    bool found;

    desk_open(&d);
    desk_share(&d);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['dropImports',['o-50']]"), OK);
    ASSERT_KEY(&d, "v2.c.ko20", "_ o-50");
    desk_commit(&d);
    ASSERT_KEY(&d, "ko20.refCount", "0,1");
    ASSERT_KEY(&d, "gcActions.v1.dropExport.ko20", "");
    CU_ASSERT_EQUAL(desk_count(&d, "gcActions."), 1);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['retireImports',['o-50']]"), OK);
    ASSERT_KEY(&d, "v2.c.o-50", "(none)");
    desk_commit(&d);
    ASSERT_KEY(&d, "gcActions.v1.dropExport.ko20", "");
    ASSERT_KEY(&d, "gcActions.v1.retireExport.ko20", "");
    CU_ASSERT_TRUE(desk_kv(&d)->gc_pending);
    CU_ASSERT_EQUAL(gc_actions_take(desk_kv(&d), &vat, &action, &krefs, &found, NULL), HS_OK);
    CU_ASSERT_TRUE(found && action == GC_DROP_EXPORT && krefs.len == 1);
    CU_ASSERT_STRING_EQUAL(vat.text, "v1");
    CU_ASSERT_EQUAL(gc_actions_take(desk_kv(&d), &vat, &action, &krefs, &found, NULL), HS_OK);
    CU_ASSERT_TRUE(found && action == GC_RETIRE_EXPORT && krefs.len == 1);
    CU_ASSERT_EQUAL(gc_actions_take(desk_kv(&d), &vat, &action, &krefs, &found, NULL), HS_OK);
    CU_ASSERT_FALSE(found);
    CU_ASSERT_EQUAL(desk_count(&d, "gcActions"), 0);
    CU_ASSERT_FALSE(desk_kv(&d)->gc_pending);
    ref_list_fini(&krefs);
    desk_close(&d);
}

static void gc__object_held_again_is_not_dropped(void)
{
    struct desk d;
    struct ref vat;
    enum gc_action action;
    struct ref_list krefs = {0};
    bool found;

    desk_open(&d);
    desk_share(&d);
    (void)desk_ok(&d, 2, "['dropImports',['o-50']]");
    desk_commit(&d);
    ASSERT_KEY(&d, "gcActions.v1.dropExport.ko20", "");
    CU_ASSERT_EQUAL(desk_syscall(&d, 2, "['send','o-50',{'methargs':{'body':'#[]','slots':[]}}]"),
                    HS_VAT_FAILED); /* it dropped that itself */
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 2, "ko20"), "o-50");
    ASSERT_KEY(&d, "ko20.refCount", "1,1");
    CU_ASSERT_EQUAL(gc_actions_take(desk_kv(&d), &vat, &action, &krefs, &found, NULL), HS_OK);
    CU_ASSERT_FALSE(found);
    ref_list_fini(&krefs);
    desk_close(&d);
}

static void gc__retired_export_is_told_to_its_importers(void)
{
    struct desk d;

    desk_open(&d);
    desk_share(&d);
    (void)desk_ok(&d, 2, "['dropImports',['o-50']]");
    desk_commit(&d);
    /* The exporter was told (dropExports), and gives the object up. */
    CU_ASSERT_EQUAL(
        clist_drop(desk_kv(&d), &d.vats[0].vat,
                   &(struct clist_entry){
                       .found = true, .reachable = true, .kref = {"ko20"}, .vref = {"o+1"}},
                   NULL),
        HS_OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['retireExports',['o+1']]"), OK);
    desk_commit(&d);
    ASSERT_KEY(&d, "ko20.owner", "(none)");
    ASSERT_KEY(&d, "ko20.refCount", "(none)");
    ASSERT_KEY(&d, "v1.c.o+1", "(none)");
    ASSERT_KEY(&d, "gcActions.v2.retireImport.ko20", "");
    desk_close(&d);
}

/* A device keeps nothing of what it is called with. */
static void gc__export_that_nobody_keeps_is_given_back(void)
{
    struct desk d;

    desk_open(&d);
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "kd30"), "d-70");
    (void)desk_ok(&d, 1,
                  "['callNow','d-70','callOutbound',"
                  "{'body':'#[\\'$0.Alleged: thing\\']','slots':['o+7']}]");
    ASSERT_KEY(&d, "ko20.refCount", "0,0");
    desk_commit(&d);
    ASSERT_KEY(&d, "gcActions.v1.dropExport.ko20", "");
    ASSERT_KEY(&d, "gcActions.v1.retireExport.ko20", "");
    desk_close(&d);
}

static void gc__abandoned_export_is_orphaned(void)
{
    struct desk d;

    desk_open(&d);
    desk_share(&d);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['abandonExports',['o+1']]"), OK);
    desk_commit(&d);
    ASSERT_KEY(&d, "ko20.owner", "(none)");
    ASSERT_KEY(&d, "ko20.refCount", "1,1");
    (void)desk_ok(&d, 2, "['dropImports',['o-50']]");
    desk_commit(&d);
    ASSERT_KEY(&d, "ko20.refCount", "(none)");
    ASSERT_KEY(&d, "gcActions.v2.retireImport.ko20", "");
    CU_ASSERT_EQUAL(desk_count(&d, "gcActions."), 1);
    desk_close(&d);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(syscall__illegal_ones_are_fatal_and_say_why),
        SUITE_CASE(syscall__what_is_none_is_answered_and_forgotten),
        SUITE_CASE(vatstore__answers_and_stays_in_its_vat),
        SUITE_CASE(gc__dropped_then_retired_import_reaches_the_exporter),
        SUITE_CASE(gc__object_held_again_is_not_dropped),
        SUITE_CASE(gc__retired_export_is_told_to_its_importers),
        SUITE_CASE(gc__export_that_nobody_keeps_is_given_back),
        SUITE_CASE(gc__abandoned_export_is_orphaned),
    };

    return SUITE_RUN("kernel_syscalls", cases, argc, argv);
}
