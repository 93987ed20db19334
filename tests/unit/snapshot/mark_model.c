#include "tests/unit/snapshot/mark_model.h"

#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void vat_name(size_t i, char out[VAT_ID_BYTES_MAX])
{
    (void)snprintf(out, VAT_ID_BYTES_MAX, "v%u", (unsigned)i + 1);
}

static void page_fill(uint32_t source, char page[HS_HEAP_PAGE_BYTES])
{
    uint64_t random = source;

    memset(page, 0, HS_HEAP_PAGE_BYTES);
    for (size_t i = 0; source && i < HS_HEAP_PAGE_BYTES; i += sizeof random) {
        uint64_t word = suite_random(&random);

        memcpy(page + i, &word, sizeof word);
    }
}

static void vat_step(struct model_vat *v, uint64_t *random)
{
    uint32_t before = v->page_count;

    if (!v->alive) {
        if (suite_random(random) % 3 != 0) return;
        memset(v, 0, sizeof *v);
        v->alive = true;
        v->page_count = 4 + (uint32_t)(suite_random(random) % 12);
        before = 0;
    } else if (suite_random(random) % 20 == 0) {
        memset(v, 0, sizeof *v);
        return;
    } else if (suite_random(random) % 4 == 0) {
        v->page_count = 1 + (uint32_t)(suite_random(random) % MODEL_PAGES_MAX);
    }
    for (uint32_t i = v->page_count; i < MODEL_PAGES_MAX; i++) {
        v->pages[i] = 0;
    }
    for (uint32_t i = 0; i < v->page_count; i++) {
        if (i >= before || suite_random(random) % 5 == 0) {
            v->pages[i] = (uint32_t)suite_random(random) % 4 ? (uint32_t)suite_random(random) : 0;
        }
    }
    v->stack_pointer = (uint32_t)suite_random(random);
    v->transcript_entries++;
}

void mark_model_step(struct mark_model *m, uint64_t *random)
{
    m->seqnum += 1 + suite_random(random) % 100;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        uint64_t dice = suite_random(random) % 6;

        if (dice == 0) m->values[i] = 0;
        if (dice == 1) m->values[i] = (uint32_t)suite_random(random) | 1;
    }
    for (size_t i = 0; i < MODEL_VATS; i++) {
        vat_step(&m->vats[i], random);
    }
}

struct position mark_model_position(const struct mark_model *m)
{
    struct position at = {.seqnum = m->seqnum};

    for (int i = 0; i < 4; i++) {
        (void)snprintf(at.hash + 16 * i, 17, "%016llx",
                       (unsigned long long)(m->seqnum * UINT64_C(0x9e3779b97f4a7c15)) + 1);
    }
    return at;
}

static void key_text(size_t i, char out[16])
{
    (void)snprintf(out, 16, "key.%02zu", i);
}

static void value_text(uint32_t value, char out[64])
{
    (void)snprintf(out, 64, "%0*x", 1 + (int)(value % 60), value);
}

static struct kv_map *keys_between(const struct mark_model *from, const struct mark_model *to)
{
    struct kv_map *keys = NULL;

    if (kv_map_open(&keys, NULL) != HS_OK) abort();
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        char key[16], value[64];

        if (from->values[i] == to->values[i]) continue;
        key_text(i, key);
        value_text(to->values[i], value);
        if (kv_map_put(keys, slice_text(key), slice_text(to->values[i] ? value : ""),
                       to->values[i] == 0, NULL) != HS_OK) {
            abort();
        }
    }
    return keys;
}

static void heap_between(const struct model_vat *from, const struct model_vat *to, size_t vat,
                         bool whole, struct heap_changes *out)
{
    *out = (struct heap_changes){.whole = whole};
    vat_name(vat, out->info.vat_id);
    out->info.page_count = to->page_count;
    out->info.stack_pointer = to->stack_pointer;
    out->info.transcript_entries = to->transcript_entries;
    out->numbers = calloc(MODEL_PAGES_MAX, sizeof *out->numbers);
    out->pages = calloc(MODEL_PAGES_MAX, HS_HEAP_PAGE_BYTES);
    if (!out->numbers || !out->pages) abort();
    for (uint32_t i = 0; i < to->page_count; i++) {
        bool changed = from->pages[i] != to->pages[i];

        if (whole ? to->pages[i] == 0 : !changed) continue;
        out->numbers[out->len] = i;
        page_fill(to->pages[i], out->pages + out->len * HS_HEAP_PAGE_BYTES);
        out->len++;
    }
}

void mark_model_changes(const struct mark_model *from, const struct mark_model *to, bool whole,
                        struct mark_changes *out)
{
    *out = (struct mark_changes){.at = mark_model_position(to), .height = to->seqnum / 10};
    out->keys = keys_between(from, to);
    out->heaps = calloc(MODEL_VATS, sizeof *out->heaps);
    out->ended = calloc(MODEL_VATS, sizeof *out->ended);
    if (!out->heaps || !out->ended) abort();
    for (size_t i = 0; i < MODEL_VATS; i++) {
        const struct model_vat *before = &from->vats[i], *after = &to->vats[i];

        if (after->alive) {
            if (!whole && memcmp(before, after, sizeof *before) == 0) continue;
            heap_between(before, after, i, whole || !before->kept, &out->heaps[out->heaps_len++]);
        } else if (before->alive) {
            vat_name(i, out->ended[out->ended_len++]);
        }
    }
}

void mark_model_changes_fini(struct mark_changes *m)
{
    kv_map_close((struct kv_map *)m->keys); /* ours, made above */
    mark_changes_fini(m);
}

static bool base_holds(const struct mark_model *m, struct kv_store *base)
{
    struct buffer value = {0}, key = {0};
    uint64_t wanted = 0, found = 0;
    bool holds = true;

    for (size_t i = 0; holds && i < MODEL_KEYS; i++) {
        char name[16], text[64];
        enum hs_status st;

        key_text(i, name);
        value_text(m->values[i], text);
        st = kv_store_get_text(base, name, &value, NULL);
        holds = m->values[i] ? st == HS_OK && strcmp(buffer_text(&value), text) == 0
                             : st == HS_NOT_FOUND;
        wanted += m->values[i] != 0;
    }
    while (kv_store_next(base, buffer_slice(&key), &key, NULL, NULL) == HS_OK) {
        found++;
    }
    buffer_fini(&value);
    buffer_fini(&key);
    return holds && found == wanted;
}

static enum hs_status vat_load(const struct model_vat *v, const struct heap_image_info *info,
                               struct heap_image_source *source)
{
    char *memory = calloc(info->page_count ? info->page_count : 1, HS_HEAP_PAGE_BYTES);
    char page[HS_HEAP_PAGE_BYTES];
    enum hs_status st;

    if (!memory) abort();
    st = source->ops->load(source, info, memory, NULL);
    for (uint32_t i = 0; st == HS_OK && i < v->page_count; i++) {
        page_fill(v->pages[i], page);
        if (memcmp(memory + (size_t)i * HS_HEAP_PAGE_BYTES, page, sizeof page) != 0) {
            st = HS_DIVERGED;
        }
    }
    free(memory);
    return st;
}

enum hs_status mark_model_vat_holds(const struct mark_model *m, size_t vat,
                                    struct heap_image_source *source)
{
    const struct model_vat *v = &m->vats[vat];
    struct heap_image_info info = {0};
    char name[VAT_ID_BYTES_MAX];
    enum hs_status st;

    vat_name(vat, name);
    st = source->ops->find(source, name, &info, NULL);
    if (!v->alive) return st == HS_NOT_FOUND ? HS_OK : HS_DIVERGED;
    if (st != HS_OK) return st;
    if (info.page_count != v->page_count || info.stack_pointer != v->stack_pointer ||
        info.transcript_entries != v->transcript_entries || strcmp(info.vat_id, name) != 0) {
        return HS_DIVERGED;
    }
    return vat_load(v, &info, source);
}

bool mark_model_holds(const struct mark_model *m, struct snapshot_db *db, bool images)
{
    struct heap_image_source *source = snapshot_db_images(db);
    bool alive = false;

    if (!base_holds(m, snapshot_db_base(db))) return false;
    for (size_t i = 0; i < MODEL_VATS; i++) {
        alive = alive || m->vats[i].alive;
    }
    if (!images || !alive) return source == NULL;
    for (size_t i = 0; source && i < MODEL_VATS; i++) {
        if (mark_model_vat_holds(m, i, source) != HS_OK) return false;
    }
    return source != NULL;
}

enum hs_status mark_model_put(struct mark_model *from, struct mark_model *to,
                              struct snapshot_db *db, struct hs_error *err)
{
    struct snapshot_record record;
    struct mark_changes changes;
    enum hs_status st;

    mark_model_changes(from, to, false, &changes);
    st = snapshot_db_put(db, &changes, &record, err);
    mark_model_changes_fini(&changes);
    if (st != HS_OK) return st;
    for (size_t i = 0; i < MODEL_VATS; i++) {
        to->vats[i].kept = to->vats[i].alive;
    }
    *from = *to;
    return HS_OK;
}

static uint64_t clock_standing_still(void)
{
    return 1700000000;
}

void model_store_init(struct model_store *s, const char *dir, uint32_t keep)
{
    s->snapshot_dir = scratch_join(dir, "snapshot");
    s->quarantine_dir = scratch_join(dir, "quarantine");
    s->options = (struct snapshot_db_options){.dir = s->snapshot_dir.text,
                                              .quarantine_dir = s->quarantine_dir.text,
                                              .epoch = "epoch-1",
                                              .keep = keep,
                                              .clock = clock_standing_still};
}

struct snapshot_db *model_store_open(const struct model_store *s)
{
    struct snapshot_db *db = NULL;
    struct hs_error err = {0};

    if (snapshot_db_open(&s->options, &db, &err) != HS_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return db;
}
