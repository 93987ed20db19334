/* The data folder, FORMAT and RATES through thousands of seeded histories on the simulated disk:
 * whatever is refused, damaged or found there, and whenever the power goes, it opens; the chain
 * that it was made for stays its own; what is put aside stays; two never have it at once.
 * HEADSTART_TEST_ROUNDS=N: N thousand histories. */
#include "sidecar/data/data_folder.h"
#include "sidecar/data/rates.h"
#include "tests/simdisk/history.h"
#include "tests/unit/suite.h"

enum { THOUSAND = 1000, LIVES = 6, STEPS = 12, CALLS_MAX = 120, MAYBE_MAX = 64, THINGS_MAX = 64 };

static const char dir[] = "/var/headstart";
static const char elsewhere[] = "/var/elsewhere";
static const char place[] = "test.folder";

/* What a file may say after a power cut: a number that was durable, or one tried since. */
struct maybe {
    uint64_t numbers[MAYBE_MAX];
    size_t len;
};

/* A file with content of its own, durable when it was made; it may be moved, not lost. */
struct thing {
    bool may_go;
};

struct history {
    struct simdisk *disk;
    struct data_folder *folder;
    uint64_t random;
    bool named;   /* a FORMAT of our chain is durable */
    bool damaged; /* by us, since the folder was last opened while nothing failed */
    bool disturbed;
    struct maybe epoch, rates; /* 0: none */
    struct thing things[THINGS_MAX];
    size_t things_len;
    size_t told;
    const char *wrong;
    struct hs_error err;
};

static uint64_t draw(struct history *h, uint64_t below)
{
    return suite_random(&h->random) % below;
}

static void must(struct history *h, bool fine, const char *wrong)
{
    if (!fine && !h->wrong) h->wrong = wrong;
}

static void maybe_add(struct maybe *m, uint64_t number)
{
    if (m->len == MAYBE_MAX) abort();
    m->numbers[m->len++] = number;
}

static void maybe_settle(struct maybe *m, uint64_t number)
{
    *m = (struct maybe){.numbers = {number}, .len = 1};
}

static bool maybe_has(const struct maybe *m, uint64_t number)
{
    for (size_t i = 0; i < m->len; i++) {
        if (m->numbers[i] == number) return true;
    }
    return false;
}

/* --- what the folder does --- */

/* It says what it does: a FORMAT or RATES that goes is none; one that was not written may be any;
 * a FORMAT that cannot be put aside is written over. */
static void history_told(void *data, const char *words)
{
    struct history *h = data;
    bool of_format = strstr(words, "FORMAT") != NULL;

    h->told++;
    if (of_format) maybe_add(&h->epoch, 0);
    if (of_format) h->named = false;
    if (strstr(words, "RATES")) maybe_add(&h->rates, 0);
    if (!of_format || !strstr(words, "cannot be put aside")) return;
    for (size_t i = 0; i < h->things_len; i++) {
        h->things[i].may_go = true;
    }
}

static enum hs_status folder_open(struct history *h, const char *chain_id, struct data_folder **out)
{
    struct data_folder_options options = {.disk = simdisk_disk(h->disk),
                                          .dir = dir,
                                          .chain_id = chain_id,
                                          .told = history_told,
                                          .data = h};

    h->told = 0;
    return data_folder_open(&options, out, &h->err);
}

static bool folder_has_any(const struct data_folder *f)
{
    bool any = false;

    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        any = any || data_folder_has(f, (enum data_folder_part)part);
    }
    return any;
}

static bool folder_has_all(const struct data_folder *f)
{
    bool all = true;

    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        all = all && data_folder_has(f, (enum data_folder_part)part);
    }
    return all;
}

/* --- things, and damage --- */

static struct slice thing_text(size_t number, char text[32])
{
    int len = snprintf(text, 32, "thing %zu\n", number);

    return slice_make(text, (size_t)len);
}

static void settled(enum hs_status st)
{
    if (st != HS_OK) abort(); /* nothing fails for one who looks aside */
}

static void thing_put(struct history *h, const char *in, const char *name)
{
    char text[32];

    if (h->things_len == THINGS_MAX) abort();
    h->things[h->things_len] = (struct thing){0};
    settled(disk_replace(simdisk_disk(h->disk), place, in, name, thing_text(h->things_len++, text),
                         NULL));
}

/* What stood there goes elsewhere, whole. */
static void name_clear(struct history *h, const char *name)
{
    const struct disk *disk = simdisk_disk(h->disk);

    if (!disk_exists(disk, place, dir, name)) return;
    settled(disk_put_aside(disk, place, dir, name, elsewhere, name, NULL));
}

static void folder_with_thing(struct history *h, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    settled(disk_make_folder(simdisk_disk(h->disk), place, path, NULL, NULL));
    thing_put(h, path, "inside");
}

/* A folder that another version of this program wrote. */
static void damage_version(struct history *h)
{
    struct data_folder_format old = {.version = 1 + draw(h, DATA_FOLDER_VERSION - 1)};

    name_clear(h, "FORMAT");
    memcpy(old.chain_id, "chain-1", sizeof "chain-1");
    settled(folder_format_write(simdisk_disk(h->disk), dir, &old, NULL));
    maybe_settle(&h->epoch, 0);
    maybe_add(&h->rates, 0);
    h->named = false; /* between the one that goes and the one that comes there is none */
}

static void damage_part(struct history *h)
{
    const char *name = data_folder_part_name((enum data_folder_part)draw(h, DATA_FOLDER_RATES));

    name_clear(h, name);
    thing_put(h, dir, name);
}

/* Between two lives. */
static void damage(struct history *h)
{
    h->damaged = true;
    settled(disk_make_folder(simdisk_disk(h->disk), place, dir, NULL, NULL));
    switch (draw(h, 6)) {
    case 0:
        name_clear(h, "FORMAT");
        thing_put(h, dir, "FORMAT");
        maybe_settle(&h->epoch, 0);
        h->named = false;
        break;
    case 1:
        name_clear(h, "LOCK");
        folder_with_thing(h, "LOCK");
        break;
    case 2:
        name_clear(h, "RATES");
        folder_with_thing(h, "RATES");
        maybe_settle(&h->rates, 0);
        break;
    case 3: damage_version(h); break;
    case 4:
        thing_put(h, dir, "FORMAT.1.tmp");
        h->things[h->things_len - 1].may_go = true;
        break;
    default: damage_part(h); break;
    }
}

/* --- a life --- */

static void step_epoch(struct history *h)
{
    char epoch[SHA256_HEX_BYTES];
    uint64_t number = 1 + draw(h, 9);
    bool changed, same;

    memset(epoch, (char)('0' + number), sizeof epoch - 1);
    epoch[sizeof epoch - 1] = '\0';
    same = strcmp(data_folder_format(h->folder)->epoch, epoch) == 0;
    maybe_add(&h->epoch, number);
    if (data_folder_adopt_epoch(h->folder, epoch, &changed, NULL) != HS_OK) return;
    if (same || !folder_has_any(h->folder)) return; /* nothing is written */
    maybe_settle(&h->epoch, number);
    h->named = true;
}

static void step_rates(struct history *h)
{
    struct rates rates = {0};
    uint64_t number = 1 + draw(h, 1000);

    if (!data_folder_has(h->folder, DATA_FOLDER_RATES)) return;
    rates_add(&rates, RATE_MESSAGES, number, 1);
    maybe_add(&h->rates, number);
    if (rates_save(simdisk_disk(h->disk), &rates, dir, NULL) == HS_OK) {
        maybe_settle(&h->rates, number);
    }
}

/* A snapshot, a segment: something that is kept in a part, by one who opens that as they do. */
static void step_keep(struct history *h)
{
    enum data_folder_part part = (enum data_folder_part)draw(h, DATA_FOLDER_RATES);
    char name[32];

    if (!data_folder_has(h->folder, part) || simdisk_is_cut(h->disk)) return;
    (void)snprintf(name, sizeof name, "kept-%zu", h->things_len);
    simdisk_look_aside(h->disk, true);
    settled(disk_make_folder(simdisk_disk(h->disk), place, data_folder_path(h->folder, part), NULL,
                             NULL));
    thing_put(h, data_folder_path(h->folder, part), name);
    simdisk_look_aside(h->disk, false);
}

/* A second daemon. */
static void step_second(struct history *h)
{
    struct data_folder *second = NULL;
    bool taken = folder_has_any(h->folder);
    enum hs_status st = folder_open(h, "chain-1", &second);

    must(h, st == HS_OK || st == HS_LOCKED, "a second one is refused oddly");
    must(h, !second || !taken || !folder_has_any(second), "two have it at once");
    data_folder_close(second);
}

static void step_mend(struct history *h)
{
    enum hs_status st = data_folder_mend(h->folder, &h->err);

    if (h->disturbed || simdisk_is_cut(h->disk)) return;
    must(h, st == HS_OK && folder_has_all(h->folder), "nothing fails, and it cannot be mended");
}

/* There is a verified snapshot, so nobody needs what another version left. */
static void step_drop(struct history *h)
{
    char path[64], text[32];

    for (int version = 1; version < DATA_FOLDER_VERSION; version++) {
        (void)snprintf(path, sizeof path, "%s/former-%d", dir, version);
        for (size_t i = 0; i < h->things_len; i++) {
            if (simdisk_holds(h->disk, path, thing_text(i, text))) h->things[i].may_go = true;
        }
    }
    data_folder_drop_former(h->folder);
}

static void step(struct history *h)
{
    switch (draw(h, 8)) {
    case 0:
        history_disturb(h->disk, &h->random);
        h->disturbed = true;
        break;
    case 1:
        simdisk_calm(h->disk);
        h->disturbed = false;
        break;
    case 2: step_epoch(h); break;
    case 3: step_rates(h); break;
    case 4: step_keep(h); break;
    case 5: step_second(h); break;
    case 6: step_mend(h); break;
    default: step_drop(h); break;
    }
}

static void life(struct history *h)
{
    enum hs_status st;

    history_cut(h->disk, &h->random, CALLS_MAX);
    h->disturbed = draw(h, 2) == 0;
    if (h->disturbed) history_disturb(h->disk, &h->random);
    st = folder_open(h, "chain-1", &h->folder);
    must(h, st == HS_OK, "it does not open");
    for (int i = 0; i < STEPS && !h->wrong && !simdisk_is_cut(h->disk); i++) {
        step(h);
    }
    data_folder_close(h->folder);
    h->folder = NULL;
    if (simdisk_is_cut(h->disk) || draw(h, 2)) {
        simdisk_restart(h->disk);
    } else {
        simdisk_calm(h->disk); /* the process ends, the machine goes on */
        simdisk_cut_after(h->disk, SIMDISK_CALL_COUNT, UINT64_MAX);
    }
}

/* --- what is left --- */

static void check_things(struct history *h)
{
    char text[32];

    for (size_t i = 0; i < h->things_len; i++) {
        must(h, h->things[i].may_go || simdisk_holds(h->disk, "/", thing_text(i, text)),
             "something that was kept or put aside is gone");
    }
}

static void check_format(struct history *h)
{
    struct data_folder_format format;
    struct data_folder *other = NULL;

    if (!h->named) return;
    must(h, folder_format_read(simdisk_disk(h->disk), dir, &format, &h->err) == HS_OK,
         "a FORMAT that was durable is not whole");
    must(h, strcmp(format.chain_id, "chain-1") == 0, "it is another chain's");
    must(h, folder_open(h, "chain-2", &other) == HS_WRONG_CHAIN, "another chain gets in");
    data_folder_close(other);
}

/* Nothing fails now, so all of it is had; and nothing is told unless something was damaged. */
static void check_opened(struct history *h)
{
    struct rates rates;
    enum hs_status st = folder_open(h, "chain-1", &h->folder);
    const char *epoch = st == HS_OK ? data_folder_format(h->folder)->epoch : "";
    uint64_t number = epoch[0] ? (uint64_t)(epoch[0] - '0') : 0;

    must(h, st == HS_OK && folder_has_all(h->folder), "nothing fails, and it goes without");
    must(h, h->damaged || h->told == 0, "nothing is damaged, and something is told");
    must(h, h->damaged || maybe_has(&h->epoch, number), "the epoch is none that was adopted");
    rates = rates_load(simdisk_disk(h->disk), dir);
    must(h, maybe_has(&h->rates, rates.of[RATE_MESSAGES].count), "rates that were not saved");
    maybe_settle(&h->epoch, number);
    maybe_settle(&h->rates, rates.of[RATE_MESSAGES].count);
    data_folder_close(h->folder);
    h->folder = NULL;
    h->damaged = false;
    h->named = true;
}

static bool history_run(uint64_t seed, struct simdisk_facts *facts)
{
    static struct history h;

    memset(&h, 0, sizeof h);
    h.random = seed;
    h.disk = simdisk_open(seed);
    maybe_settle(&h.epoch, 0);
    maybe_settle(&h.rates, 0);
    for (int i = 0; i < LIVES && !h.wrong; i++) {
        life(&h);
        simdisk_look_aside(h.disk, true);
        check_things(&h);
        check_format(&h);
        if (draw(&h, 2)) check_opened(&h);
        if (draw(&h, 2)) damage(&h);
        check_things(&h);
        simdisk_look_aside(h.disk, false);
    }
    if (h.wrong) {
        (void)printf("\n    history %llu: %s: %s\n", (unsigned long long)seed, h.wrong, h.err.text);
    }
    data_folder_close(h.folder);
    *facts = simdisk_facts(h.disk);
    simdisk_close(h.disk);
    return !h.wrong;
}

static void simdisk_folder__opens_and_stays_its_chains(void)
{
    CU_ASSERT_EQUAL(history_many(history_run, THOUSAND), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(simdisk_folder__opens_and_stays_its_chains),
};

int main(int argc, char **argv)
{
    if (argc == 2 && history_again(history_run, argv[1])) return 0;
    return SUITE_RUN("simdisk: data folder", cases, argc, argv);
}
