/* The kernel's tables, played without vats. */
#include "tests/unit/kernel/desk.h"

#include "kernel/reference_audit.h"
#include "kernel/state_vector.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/resolution.h"
#include "kernel/tables/run_queue.h"
#include "kernel/tables/termination.h"
#include "kernel/tables/vat_names.h"

#define OK "['ok',null]"

/* --- state vector --- */

static void state_vector__empty_kernel_has_the_known_keys(void)
{
    static const char *const golden[][2] = {
        {"acceptanceQueue", "[1,1]"}, {"device.names", "[]"},  {"device.nextID", "7"},
        {"kd.nextID", "30"},          {"kernel.engine", NULL}, {"kernel.pending", "0"},
        {"kernel.queued", "1"},       {"kernel.rules", NULL},  {"kernel.seqnum", "0"},
        {"ko.nextID", "20"},          {"kp.nextID", "40"},     {"meter.nextID", "1"},
        {"pinnedObjects", ""},        {"reapQueue", "[]"},     {"runQueue", "[1,1]"},
        {"vat.dynamicIDs", "[]"},     {"vat.names", "[]"},     {"vat.nextID", "1"},
        {"vats.terminated", "[]"},
    };
    struct kv_memory *m = NULL;
    struct buffer key = {0}, value = {0};
    size_t i = 0;
    enum hs_status st;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m, NULL), HS_OK);
    CU_ASSERT_EQUAL(state_vector_init(kv_memory_store(m), NULL, NULL), HS_OK);
    for (;; i++) {
        st = kv_store_next(kv_memory_store(m), buffer_slice(&key), &key, &value, NULL);
        if (st != HS_OK || i == sizeof golden / sizeof *golden) break;
        CU_ASSERT_STRING_EQUAL(buffer_text(&key), golden[i][0]);
        if (golden[i][1]) CU_ASSERT_STRING_EQUAL(buffer_text(&value), golden[i][1]);
    }
    CU_ASSERT_EQUAL(st, HS_NOT_FOUND);
    CU_ASSERT_EQUAL(i, sizeof golden / sizeof *golden);
    CU_ASSERT_EQUAL(state_vector_init(kv_memory_store(m), NULL, NULL), HS_EXISTS);
    buffer_fini(&key);
    buffer_fini(&value);
    kv_memory_close(m);
}

static void state_vector__vats_and_devices_are_added_under_new_ids(void)
{
    struct desk d;

    desk_open(&d);
    ASSERT_KEY(&d, "vat.names", "['left','right']");
    ASSERT_KEY(&d, "vat.name.right", "v2");
    ASSERT_KEY(&d, "vat.nextID", "3");
    ASSERT_KEY(&d, "v2.source", "// none");
    ASSERT_KEY(&d, "v2.options", "{'name':'right','supervisor':'lite','memory':268435456}");
    ASSERT_KEY(&d, "v2.vatParameters", "{'body':'#{}','slots':[]}");
    ASSERT_KEY(&d, "v2.o.nextID", "50");
    ASSERT_KEY(&d, "v2.p.nextID", "60");
    ASSERT_KEY(&d, "v2.d.nextID", "70");
    ASSERT_KEY(&d, "v2.t.endPosition", "0");
    ASSERT_KEY(&d, "device.names", "['bridge']");
    ASSERT_KEY(&d, "device.name.bridge", "d7");
    ASSERT_KEY(&d, "device.nextID", "8");
    ASSERT_KEY(&d, "d7.options", "{'type':'bridge'}");
    ASSERT_KEY(&d, "d7.c.kd30", "R d+0");
    desk_close(&d);
}

static void state_vector__bad_or_taken_names_are_refused(void)
{
    struct desk d;
    char name[HS_NAME_BYTES_MAX + 1];
    struct kernel_config_vat vat = {
        .name = "left", .source = slice_text("x"), .parameters = slice_text("{}")};
    struct kernel_config_device device = {"bridge", "bridge"};
    struct kv_store *kv;

    desk_open(&d);
    kv = &desk_kv(&d)->store;
    CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, &d.err), HS_EXISTS);
    CU_ASSERT_EQUAL(state_vector_add_device(kv, &device, &d.err), HS_EXISTS);
    vat.name = "";
    CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, &d.err), HS_INVALID);
    memset(name, 'n', sizeof name);
    name[HS_NAME_BYTES_MAX] = '\0';
    vat.name = name;
    CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, &d.err), HS_INVALID);
    name[HS_NAME_BYTES_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, &d.err), HS_OK);
    vat.name = "other";
    vat.parameters = slice_text("{");
    CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, &d.err), HS_INVALID);
    device = (struct kernel_config_device){"clock", "sundial"};
    CU_ASSERT_EQUAL(state_vector_add_device(kv, &device, &d.err), HS_INVALID);
    desk_close(&d);
}

/* --- vat names --- */

struct counting { /* a store that says how often it was read */
    struct kv_store store;
    struct kv_store *under;
    size_t reads;
};

static enum hs_status counting_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                   struct hs_error *err)
{
    struct counting *c = (struct counting *)kv;

    c->reads++;
    return kv_store_get(c->under, key, value, err);
}

/* So many vats of a configuration, and v1000 and on, so many that were made since. */
static void names_fill(struct kv_store *kv, unsigned vats)
{
    CU_ASSERT_EQUAL(state_vector_init(kv, NULL, NULL), HS_OK);
    for (unsigned i = 0; i < vats; i++) {
        struct ref id = ref_number("v", 1000 + i);
        char name[32];
        struct kernel_config_vat vat = {
            .name = name, .source = slice_text("// none"), .parameters = slice_text("{}")};

        (void)snprintf(name, sizeof name, "vat %u", i + 1);
        CU_ASSERT_EQUAL(state_vector_add_vat(kv, &vat, NULL), HS_OK);
        CU_ASSERT_EQUAL(name_list_add(kv, "vat.dynamicIDs", ref_slice(&id), NULL), HS_OK);
    }
}

static void vat_names__of_one_are_found_without_the_others(void)
{
    static const struct kv_store_ops ops = {.get = counting_get};
    static const unsigned counts[] = {10, 300};

    for (size_t i = 0; i < 2; i++) {
        struct ref newest = ref_number("v", 1000 + counts[i] - 1), nobody = ref_of("v999");
        struct ref configured = ref_of("v7");
        struct counting base = {.store = {&ops}};
        struct kv_memory *m = NULL;
        struct kv_layers *layers = NULL;
        struct kv_hashed kv;
        struct vat_name found;

        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m, NULL), HS_OK);
        base.under = kv_memory_store(m);
        names_fill(base.under, counts[i]);
        CU_ASSERT_EQUAL_FATAL(kv_layers_open(&base.store, &layers, NULL), HS_OK);
        CU_ASSERT_EQUAL_FATAL(kv_hashed_init(&kv, layers, NULL), HS_OK);
        CU_ASSERT_EQUAL(vat_names_get(&kv, &newest, &found, NULL), HS_OK);
        CU_ASSERT_EQUAL(base.reads, 1);
        CU_ASSERT_TRUE(!found.is_static && found.number == 1000 + counts[i] - 1);
        CU_ASSERT_STRING_EQUAL(found.name, newest.text);
        CU_ASSERT_EQUAL(vat_names_get(&kv, &configured, &found, NULL), HS_OK);
        CU_ASSERT_TRUE(found.is_static && found.number == 7);
        CU_ASSERT_STRING_EQUAL(found.name, "vat 7");
        CU_ASSERT_EQUAL(vat_names_get(&kv, &nobody, &found, NULL), HS_KERNEL_FAILED);
        kv_hashed_fini(&kv);
        kv_layers_close(layers);
        kv_memory_close(m);
    }
}

/* --- the audit --- */

static void audit__what_does_not_add_up_is_found(void)
{
    static const struct {
        const char *key, *value, *wrong;
    } cases[] = {
        {"ko20.refCount", "0,1", "ko20.refCount is 0,1, counted 2,2"},
        {"ko20.refCount", "0,0", "ko20.refCount is 0,0, counted 2,2"},
        {"kp41.refCount", "1", "kp41.refCount is 1,0, counted 3,0"},
        {"ko20.refCount", "2,3", "ko20.refCount is 2,3, counted 2,2"},
        {"v2.c.ko20", "_ o-50", "ko20.refCount is 2,2, counted 1,2"},
        {"v2.c.o-50", "ko21", "v2.c.o-50 is not the other one of its pair"},
        {"v2.c.ko20", "R o-51", "v2.c.o-51 is not the other one of its pair"},
        {"kp41.decider", "v9", "v9 is gone, and still has something"},
        {"ko90.refCount", "0,0", "ko90 is nobody's, and has no vat"},
        {"kp90.refCount", "0", "kp90 is nobody's"},
    };
    struct reference_audit audit;
    struct desk d;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        desk_open(&d);
        desk_share(&d);
        (void)desk_ok(&d, 2,
                      "['send','o-50',{'methargs':{'body':'#[]','slots':[]},'result':'p+1'}]");
        (void)desk_ok(&d, 2, "['subscribe','p+1']");
        (void)desk_import(&d, 1, "kp41");
        desk_commit(&d);
        CU_ASSERT_EQUAL(reference_audit(desk_kv(&d), &audit, &d.err), HS_OK);
        CU_ASSERT_TRUE(audit.sound);
        CU_ASSERT_TRUE(audit.keys > 20);
        CU_ASSERT_EQUAL(
            kv_hashed_write_text(desk_kv(&d), slice_text(cases[i].key), cases[i].value, NULL),
            HS_OK);
        CU_ASSERT_EQUAL(reference_audit(desk_kv(&d), &audit, &d.err), HS_OK);
        CU_ASSERT_STRING_EQUAL(audit.wrong, cases[i].wrong);
        desk_close(&d);
    }
}

/* --- the hash --- */

static void kv_hashed__crank_hash_is_the_documented_one(void)
{
    struct desk d;
    char crank[SHA256_HEX_BYTES], expected[SHA256_HEX_BYTES], before[SHA256_HEX_BYTES];
    struct buffer text = {0};

    desk_open(&d);
    (void)snprintf(before, sizeof before, "%s", desk_kv(&d)->activity);
    CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&d), slice_text("a"), "1", NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&d), slice_text("local.x"), "1", NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&d), slice_text("kernel.height"), "1", NULL),
                    HS_OK);
    CU_ASSERT_EQUAL(kv_hashed_delete(desk_kv(&d), slice_text("b"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&d), slice_text("a"), "2\nadd\nc\nd\n", NULL),
                    HS_OK);
    desk_commit(&d);
    CU_ASSERT_EQUAL(sha256_hex(slice_text("add\n1:a\n1:1\nadd\n13:kernel.height\n1:1\n"
                                          "delete\n1:b\nadd\n1:a\n10:2\nadd\nc\nd\n\n"),
                               crank, NULL),
                    HS_OK);
    CU_ASSERT_EQUAL(buffer_printf(&text, "activityhash\n%s\n%s\n", before, crank), HS_OK);
    CU_ASSERT_EQUAL(sha256_hex(buffer_slice(&text), expected, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(desk_kv(&d)->activity, expected);
    buffer_fini(&text);
    desk_close(&d);
}

/* A little of everything, played by the test: no engine and no supervisor is in this hash. If it
 * changes, every chain's hashes do. */
static void kv_hashed__activity_hash_of_a_known_scenario_is_the_known_one(void)
{
    static const char golden[] = "0ad00cc393095bad983c4d5ca38706e13be963b54b4ae49247a0aa1ae0e3776a";
    struct desk d;
    struct ref vat = ref_of("v1");

    desk_open(&d);
    desk_kv(&d)->activity[0] = '\0'; /* the state vector names the engine */
    (void)desk_ok(&d, 1, "['vatstoreSet','k','v']");
    (void)desk_ok(&d, 1,
                  "['send','o+1',{'methargs':{'body':'#[]','slots':['o+2']},'result':'p+1'}]");
    (void)desk_ok(&d, 1, "['subscribe','p+1']");
    desk_commit(&d);
    (void)desk_import(&d, 2, "ko20");
    (void)desk_ok(&d, 2, "['subscribe','p+3']");
    (void)desk_ok(&d, 2, "['resolve',[['p+3',false,{'body':'#1','slots':['o-50']}]]]");
    (void)desk_ok(&d, 2, "['dropImports',['o-50']]");
    desk_commit(&d);
    CU_ASSERT_EQUAL(termination_begin(desk_kv(&d), &vat, "gone", &d.err), HS_OK);
    desk_commit(&d);
    CU_ASSERT_EQUAL(termination_clean_up(desk_kv(&d), 1000, &d.err), HS_OK);
    desk_commit(&d);
    CU_ASSERT_STRING_EQUAL(desk_kv(&d)->activity, golden);
    desk_close(&d);
}

static void kv_hashed__aborted_crank_leaves_no_trace(void)
{
    struct desk a, b;
    struct buffer big = {0};

    desk_open(&a);
    desk_open(&b);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&big, 100000), HS_OK);
    memset(big.data, 'x', 100000);
    big.len = 100000;
    CU_ASSERT_EQUAL(kv_hashed_write(desk_kv(&b), slice_text("a"), buffer_slice(&big), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&b), slice_text("b"), "1", NULL), HS_OK);
    kv_hashed_crank_abort(desk_kv(&b));
    kv_hashed_crank_begin(desk_kv(&b));
    ASSERT_KEY(&b, "a", "(none)");
    desk_commit(&a);
    desk_commit(&b);
    CU_ASSERT_STRING_EQUAL(desk_kv(&a)->activity, desk_kv(&b)->activity);
    buffer_fini(&big);
    desk_close(&a);
    desk_close(&b);
}

/* --- queues --- */

static void run_queue__is_first_in_first_out(void)
{
    struct desk d;
    struct key at;
    struct buffer event = {0};
    bool empty;

    desk_open(&d);
    CU_ASSERT_EQUAL(run_queue_add(desk_kv(&d), QUEUE_RUN, slice_text("one"), NULL), HS_OK);
    CU_ASSERT_EQUAL(run_queue_add(desk_kv(&d), QUEUE_RUN, slice_text("two"), NULL), HS_OK);
    ASSERT_KEY(&d, "runQueue", "[1,3]");
    ASSERT_KEY(&d, "runQueue.2", "two");
    CU_ASSERT_EQUAL(run_queue_take(desk_kv(&d), QUEUE_RUN, &at, &event, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&event), "one");
    CU_ASSERT_EQUAL(run_queue_take(desk_kv(&d), QUEUE_RUN, &at, &event, NULL), HS_OK);
    CU_ASSERT_EQUAL(run_queue_is_empty(desk_kv(&d), QUEUE_RUN, &empty, NULL), HS_OK);
    CU_ASSERT_TRUE(empty);
    ASSERT_KEY(&d, "runQueue", "[3,3]");
    CU_ASSERT_EQUAL(desk_count(&d, "runQueue."), 0);
    CU_ASSERT_EQUAL(run_queue_take(desk_kv(&d), QUEUE_RUN, &at, &event, &d.err), HS_KERNEL_FAILED);
    buffer_fini(&event);
    desk_close(&d);
}

static void run_queue__damaged_store_is_the_kernels_failure(void)
{
    static const char *const bad[] = {"", "[1]", "[1,1", "[2,1]", "[01,1]", "[a,b]", "[1,1]]"};
    struct desk d;
    bool empty;

    desk_open(&d);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(kv_hashed_write_text(desk_kv(&d), slice_text("runQueue"), bad[i], NULL),
                        HS_OK);
        CU_ASSERT_EQUAL(run_queue_is_empty(desk_kv(&d), QUEUE_RUN, &empty, &d.err),
                        HS_KERNEL_FAILED);
    }
    desk_close(&d);
}

/* --- sends and promises --- */

static void send__names_are_translated_and_held(void)
{
    struct desk d;

    desk_open(&d);
    /* v2's object o+1 becomes known to v1, which sends it an object of its own. */
    CU_ASSERT_STRING_EQUAL(
        desk_ok(&d, 2, "['send','o+1',{'methargs':{'body':'#[]','slots':[]},'result':null}]"), OK);
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "ko20"), "o-50");
    CU_ASSERT_STRING_EQUAL(
        desk_ok(
            &d, 1,
            "['send','o-50',{'methargs':{'body':'#[]','slots':['o+7','o-50']},'result':'p+1'}]"),
        OK);
    ASSERT_KEY(&d, "acceptanceQueue.2",
               "{'type':'send','target':'ko20','msg':{'methargs':{'body':'#[]','slots':["
               "'ko21','ko20']},'result':'kp40'}}");
    ASSERT_KEY(&d, "v1.c.ko20", "R o-50");
    ASSERT_KEY(&d, "v1.c.o-50", "ko20");
    ASSERT_KEY(&d, "v1.c.o+7", "ko21");
    ASSERT_KEY(&d, "v1.c.p+1", "kp40");
    ASSERT_KEY(&d, "ko20.owner", "v2");
    ASSERT_KEY(&d, "ko20.refCount", "4,4"); /* two targets, one slot, one import */
    ASSERT_KEY(&d, "ko21.refCount", "1,1"); /* one slot; exports do not count */
    ASSERT_KEY(&d, "kp40.refCount", "2");   /* the queue and the c-list */
    ASSERT_KEY(&d, "kp40.decider", "");     /* until it is delivered */
    desk_close(&d);
}

static void promise__subscribers_are_told_in_order_and_not_the_resolver(void)
{
    struct desk d;

    desk_open(&d);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['subscribe','p+1']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 2, "kp40"), "p-60");
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['subscribe','p-60']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['subscribe','p-60']"), OK);
    ASSERT_KEY(&d, "kp40.subscribers", "v1,v2");
    CU_ASSERT_STRING_EQUAL(
        desk_ok(&d, 1, "['resolve',[['p+1',false,{'body':'#\\'x\\'','slots':['o+3']}]]]"), OK);
    ASSERT_KEY(&d, "acceptanceQueue", "[1,2]");
    ASSERT_KEY(&d, "acceptanceQueue.1", "{'type':'notify','vatID':'v2','kpid':'kp40'}");
    ASSERT_KEY(&d, "kp40.state", "fulfilled");
    ASSERT_KEY(&d, "kp40.data.body", "#'x'");
    ASSERT_KEY(&d, "kp40.data.slots", "ko20");
    ASSERT_KEY(&d, "kp40.subscribers", "(none)");
    ASSERT_KEY(&d, "kp40.refCount", "2"); /* v2's c-list and the notify */
    ASSERT_KEY(&d, "v1.c.p+1", "(none)");
    ASSERT_KEY(&d, "ko20.refCount", "1,1");
    /* A late subscriber is told at once. */
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['subscribe','p-60']"), OK);
    ASSERT_KEY(&d, "acceptanceQueue.2", "{'type':'notify','vatID':'v2','kpid':'kp40'}");
    desk_close(&d);
}

/* Who waits is told in the order of names, as texts, whoever came first. */
static void promise__subscribers_are_sorted(void)
{
    struct desk d;

    desk_open(&d);
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 2, "['subscribe','p+1']"), OK);
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 1, "kp40"), "p-60");
    CU_ASSERT_STRING_EQUAL(desk_ok(&d, 1, "['subscribe','p-60']"), OK);
    ASSERT_KEY(&d, "kp40.subscribers", "v1,v2");
    desk_close(&d);
}

static void promise__nobody_holds_is_deleted_with_what_it_held(void)
{
    struct desk d;

    desk_open(&d);
    (void)desk_ok(&d, 1, "['subscribe','p+1']");
    (void)desk_ok(&d, 1, "['subscribe','p+2']");
    /* p+1's value holds p+2; then both are settled and nobody knows them. */
    (void)desk_ok(&d, 1, "['resolve',[['p+1',false,{'body':'#[\\'&0\\']','slots':['p+2']}]]]");
    ASSERT_KEY(&d, "kp41.refCount", "2");
    (void)desk_ok(&d, 1, "['resolve',[['p+2',true,{'body':'#1','slots':['o+9']}]]]");
    desk_commit(&d);
    CU_ASSERT_EQUAL(desk_count(&d, "kp4"), 0);
    ASSERT_KEY(&d, "ko20.refCount", "0,0");
    ASSERT_KEY(&d, "gcActions.v1.dropExport.ko20", "");
    ASSERT_KEY(&d, "gcActions.v1.retireExport.ko20", "");
    CU_ASSERT_EQUAL(desk_count(&d, "gcActions."), 2);
    desk_close(&d);
}

static void promise__waiting_messages_go_on_in_order(void)
{
    struct desk d;
    struct ref kp = ref_of("kp40");

    desk_open(&d);
    (void)desk_ok(&d, 1, "['subscribe','p+1']");
    CU_ASSERT_EQUAL(promise_enqueue(desk_kv(&d), &kp, slice_text("first"), NULL), HS_OK);
    CU_ASSERT_EQUAL(promise_enqueue(desk_kv(&d), &kp, slice_text("second"), NULL), HS_OK);
    CU_ASSERT_EQUAL(resolution_reject(desk_kv(&d), &kp, "-5 \"no\"", NULL), HS_OK);
    ASSERT_KEY(&d, "acceptanceQueue.1", "{'type':'notify','vatID':'v1','kpid':'kp40'}");
    ASSERT_KEY(&d, "acceptanceQueue.2", "first");
    ASSERT_KEY(&d, "acceptanceQueue.3", "second");
    ASSERT_KEY(&d, "kp40.data.body", "#{'#error':'!-5 \\'no\\'','name':'Error'}");
    CU_ASSERT_EQUAL(desk_count(&d, "kp40.queue"), 0);
    desk_close(&d);
}

/* --- termination --- */

static void termination__rejects_orphans_releases_and_deletes(void)
{
    struct desk d;
    struct ref vat = ref_of("v1");

    desk_open(&d);
    desk_share(&d);
    (void)desk_ok(&d, 1, "['subscribe','p+5']"); /* kp41, v1 decides */
    CU_ASSERT_STRING_EQUAL(desk_import(&d, 2, "kp41"), "p-61");
    (void)desk_ok(&d, 2, "['subscribe','p-61']");
    (void)desk_ok(&d, 1, "['vatstoreSet','k','v']");
    (void)desk_ok(&d, 2, "['send','o+9',{'methargs':{'body':'#[]','slots':[]}}]"); /* ko21 of v2 */
    (void)desk_import(&d, 1, "ko21");
    ASSERT_KEY(&d, "ko21.refCount", "2,2");
    CU_ASSERT_EQUAL(termination_begin(desk_kv(&d), &vat, "gone", &d.err), HS_OK);
    desk_commit(&d);
    ASSERT_KEY(&d, "kp41.state", "rejected");
    ASSERT_KEY(&d, "kp41.data.body", "#{'#error':'gone','name':'Error'}");
    ASSERT_KEY(&d, "ko20.owner", "v1"); /* who sends to it is told why it ended */
    ASSERT_KEY(&d, "vats.terminated", "['v1']");
    ASSERT_KEY(&d, "vat.names", "['right']");
    ASSERT_KEY(&d, "vat.name.left", "(none)");
    CU_ASSERT_TRUE(desk_kv(&d)->cleanup_pending);
    CU_ASSERT_EQUAL(termination_clean_up(desk_kv(&d), 1000, &d.err), HS_OK);
    desk_commit(&d);
    CU_ASSERT_EQUAL(desk_count(&d, "v1."), 0);
    ASSERT_KEY(&d, "ko20.owner", "(none)");
    ASSERT_KEY(&d, "vats.terminated", "[]");
    ASSERT_KEY(&d, "ko21.refCount", "1,1");
    ASSERT_KEY(&d, "ko20.refCount", "1,1"); /* v2 still holds the orphan */
    desk_close(&d);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(state_vector__empty_kernel_has_the_known_keys),
        SUITE_CASE(state_vector__vats_and_devices_are_added_under_new_ids),
        SUITE_CASE(state_vector__bad_or_taken_names_are_refused),
        SUITE_CASE(vat_names__of_one_are_found_without_the_others),
        SUITE_CASE(audit__what_does_not_add_up_is_found),
        SUITE_CASE(kv_hashed__crank_hash_is_the_documented_one),
        SUITE_CASE(kv_hashed__activity_hash_of_a_known_scenario_is_the_known_one),
        SUITE_CASE(kv_hashed__aborted_crank_leaves_no_trace),
        SUITE_CASE(run_queue__is_first_in_first_out),
        SUITE_CASE(run_queue__damaged_store_is_the_kernels_failure),
        SUITE_CASE(send__names_are_translated_and_held),
        SUITE_CASE(promise__subscribers_are_told_in_order_and_not_the_resolver),
        SUITE_CASE(promise__subscribers_are_sorted),
        SUITE_CASE(promise__nobody_holds_is_deleted_with_what_it_held),
        SUITE_CASE(promise__waiting_messages_go_on_in_order),
        SUITE_CASE(termination__rejects_orphans_releases_and_deletes),
    };

    return SUITE_RUN("kernel_tables", cases, argc, argv);
}
