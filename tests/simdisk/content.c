#include "tests/simdisk/content.h"

#include "tests/unit/suite.h"

#include <assert.h>

enum { PAGE = 4096 };

void *must_have(void *memory)
{
    if (!memory) abort();
    return memory;
}

void must(enum hs_status st)
{
    if (st != HS_OK) abort();
}

struct chance chance_draw(uint64_t *random, uint64_t moments)
{
    struct chance chance = {.random = random};

    switch (suite_random(random) % 6) {
    case 0: break;
    case 1: chance.moment = moments; break;
    case 2: chance.moment = suite_random(random) % (moments + 1); break;
    default: chance.any = true;
    }
    return chance;
}

uint64_t chance_below(struct chance *chance, uint64_t below)
{
    return suite_random(chance->random) % below;
}

static void bytes_resize(struct buffer *b, uint64_t len)
{
    if (len > b->len) {
        must(buffer_reserve(b, (size_t)len - b->len));
        memset(b->data + b->len, 0, (size_t)len - b->len);
    }
    b->len = (size_t)len;
}

/* Bytes [from, to) of the file as the change leaves them; the size is the caller's. */
static void change_apply(const struct content_change *c, struct buffer *b, uint64_t from,
                         uint64_t to)
{
    if (!c->bytes) {
        if (c->at < to) {
            uint64_t begin = c->at > from ? c->at : from;

            memset(b->data + begin, 0, (size_t)(to - begin));
        }
        return;
    }
    if (from < c->at) from = c->at;
    if (to > c->at + c->len) to = c->at + c->len;
    if (from < to) memcpy(b->data + from, c->bytes + (from - c->at), (size_t)(to - from));
}

static uint64_t change_size(const struct content_change *c, uint64_t before)
{
    if (!c->bytes) return c->at;
    return c->at + c->len > before ? c->at + c->len : before;
}

static void change_apply_whole(const struct content_change *c, struct buffer *b)
{
    bytes_resize(b, change_size(c, b->len));
    if (c->bytes) change_apply(c, b, 0, b->len);
}

static void changes_forget(struct content *c)
{
    for (size_t i = 0; i < c->changes_len; i++) {
        free(c->changes[i].bytes);
    }
    c->changes_len = 0;
}

void content_fini(struct content *c)
{
    changes_forget(c);
    free(c->changes);
    buffer_fini(&c->now);
    buffer_fini(&c->durable);
    *c = (struct content){0};
}

static struct content_change *content_change_add(struct content *c, uint64_t moment, uint64_t at)
{
    c->changes = must_have(realloc(c->changes, (c->changes_len + 1) * sizeof *c->changes));
    c->written = moment;
    c->changes[c->changes_len] = (struct content_change){.moment = moment, .at = at};
    return &c->changes[c->changes_len++];
}

void content_write(struct content *c, uint64_t moment, uint64_t at, struct slice bytes)
{
    struct content_change *change = content_change_add(c, moment, at);

    change->len = bytes.len;
    change->bytes = must_have(malloc(bytes.len + 1));
    memcpy(change->bytes, bytes.data, bytes.len);
    change_apply_whole(change, &c->now);
}

void content_truncate(struct content *c, uint64_t moment, uint64_t bytes)
{
    change_apply_whole(content_change_add(c, moment, bytes), &c->now);
}

void content_sync(struct content *c)
{
    for (size_t i = 0; i < c->changes_len; i++) {
        change_apply_whole(&c->changes[i], &c->durable);
    }
    changes_forget(c);
}

static bool change_touches(const struct content_change *c, uint64_t from, uint64_t to)
{
    return c->bytes ? c->at < to && c->at + c->len > from : c->at < to;
}

/* The page as after any of the changes that touch it: that many of them, of `count`, in order. */
static void page_version(const struct content *c, struct buffer *room, uint64_t from, uint64_t kept)
{
    uint64_t to = from + PAGE;

    bytes_resize(room, to);
    memset(room->data + from, 0, PAGE);
    if (c->durable.len > from) {
        uint64_t len = c->durable.len - from;

        memcpy(room->data + from, c->durable.data + from, (size_t)(len < PAGE ? len : PAGE));
    }
    for (size_t i = 0; i < c->changes_len && kept > 0; i++) {
        if (!change_touches(&c->changes[i], from, to)) continue;
        change_apply(&c->changes[i], room, from, to);
        kept--;
    }
}

/* Any part of what was written to that page, into `out`, which is at least as long. */
static void page_survive(const struct content *c, uint64_t from, struct buffer *out,
                         struct buffer *room, struct chance *chance)
{
    uint64_t touching = 0, kept, tear;

    for (size_t i = 0; i < c->changes_len; i++) {
        touching += change_touches(&c->changes[i], from, from + PAGE);
    }
    kept = chance_below(chance, touching + 1);
    chance->changes_lost += touching - kept;
    page_version(c, room, from, kept);
    memcpy(out->data + from, room->data + from, PAGE);
    if (touching == 0 || chance_below(chance, 4) != 0) return;
    tear = chance_below(chance, PAGE);
    page_version(c, room, from, chance_below(chance, touching + 1));
    memcpy(out->data + from, room->data + from, (size_t)tear);
    chance->pages_torn++;
}

/* Any size that it had, any part of each page. */
static void content_survive_any(const struct content *c, struct buffer *out, struct chance *chance)
{
    uint64_t sizes = c->changes_len + 1, chosen = chance_below(chance, sizes);
    uint64_t size = c->durable.len;
    struct buffer room = {0};

    for (size_t i = 0; i < chosen; i++) {
        size = change_size(&c->changes[i], size);
    }
    bytes_resize(out, (size + PAGE - 1) / PAGE * PAGE);
    for (uint64_t from = 0; from < size; from += PAGE) {
        page_survive(c, from, out, &room, chance);
    }
    bytes_resize(out, size);
    buffer_fini(&room);
}

void content_lose(struct content *c, struct chance *chance)
{
    struct buffer out = {0};

    if (c->changes_len == 0) return;
    if (chance->any) {
        content_survive_any(c, &out, chance);
        buffer_fini(&c->durable);
        c->durable = out;
    } else {
        for (size_t i = 0; i < c->changes_len; i++) {
            if (c->changes[i].moment <= chance->moment) {
                change_apply_whole(&c->changes[i], &c->durable);
            } else {
                chance->changes_lost++;
            }
        }
    }
    changes_forget(c);
}

void content_restart(struct content *c)
{
    assert(c->changes_len == 0);
    must(buffer_assign(&c->now, buffer_slice(&c->durable)));
}
