#include "tests/simdisk/simdisk.h"

#include "tests/simdisk/names.h"
#include "tests/unit/suite.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

enum { HANDLES_MAX = 256 };

struct handle {
    struct node *node; /* NULL: free */
    enum disk_lock_mode locked;
};

struct refusal {
    int errnum; /* 0: none */
    uint64_t after;
    bool for_ever;
};

struct simdisk {
    struct disk disk;
    pthread_mutex_t mutex; /* held from call_enter to call_leave */
    struct names names;
    struct handle handles[HANDLES_MAX];
    struct refusal refusals[SIMDISK_CALL_COUNT];
    struct simdisk_facts facts;
    uint64_t random, moment, bytes_max;
    uint64_t cut_after; /* calls of that kind; UINT64_MAX: never */
    enum simdisk_call cut_call;
    bool cutting, cut, aside;
};

/* --- every call --- */

/* May it be performed? Else the errno value to answer with. */
static int call_enter(struct simdisk *s, enum simdisk_call call)
{
    struct refusal *r = &s->refusals[call];

    (void)pthread_mutex_lock(&s->mutex);
    if (s->cut) return EIO;
    if (s->aside) return 0;
    s->facts.calls++;
    s->moment++;
    if (s->cut_after != UINT64_MAX && (s->cut_call == SIMDISK_CALL_COUNT || s->cut_call == call)) {
        s->cutting = s->cut_after-- == 0;
    }
    if (s->cutting && suite_random(&s->random) % 2) return EIO;
    if (r->errnum && r->after == 0) {
        int errnum = r->errnum;

        if (!r->for_ever) r->errnum = 0;
        s->facts.refusals++;
        return errnum;
    }
    if (r->errnum) r->after--;
    return suite_random(&s->random) % 200 == 0 && call <= SIMDISK_TRUNCATE ? EINTR : 0;
}

static int call_leave(struct simdisk *s, int errnum)
{
    if (!s->cut && s->cutting) {
        s->cutting = false;
        s->cut = true;
        s->facts.crashes++;
        errnum = EIO;
    }
    (void)pthread_mutex_unlock(&s->mutex);
    return errnum;
}

/* Most of the time all of it. */
static size_t cut_short(struct simdisk *s, size_t len)
{
    return len > 1 && suite_random(&s->random) % 16 == 0 ? 1 + suite_random(&s->random) % len : len;
}

static int path_find(const struct simdisk *s, const char *path, struct names_effect *at,
                     struct node **node)
{
    *at = (struct names_effect){0};
    return names_find(&s->names, path, &at->folder, at->name, node);
}

static void name_set(struct simdisk *s, struct names_effect *at, struct node *node)
{
    at->node = node;
    names_change(&s->names, s->moment, at, 1);
}

static struct node *file_node(struct simdisk *s, int file)
{
    assert(file >= 0 && file < HANDLES_MAX && s->handles[file].node);
    return s->handles[file].node;
}

/* --- open files --- */

static int handle_take(struct simdisk *s, struct node *node, int *file)
{
    for (int i = 0; i < HANDLES_MAX; i++) {
        if (s->handles[i].node) continue;
        s->handles[i] = (struct handle){.node = node};
        *file = i;
        return 0;
    }
    return EMFILE;
}

static int node_open(struct simdisk *s, const char *path, enum disk_open_kind kind, int *file)
{
    bool make = kind == DISK_OPEN_CREATE || kind == DISK_OPEN_CREATE_NEW || kind == DISK_OPEN_EMPTY;
    struct names_effect at;
    struct node *node;
    int errnum = path_find(s, path, &at, &node);

    if (errnum) return errnum;
    if (!node && !make) return ENOENT;
    if (node && kind == DISK_OPEN_CREATE_NEW) return EEXIST;
    if (node && node->folder != (kind == DISK_OPEN_FOLDER)) return node->folder ? EISDIR : ENOTDIR;
    if (!node) {
        node = names_node(&s->names, false);
        name_set(s, &at, node);
    } else if (kind == DISK_OPEN_EMPTY) {
        content_truncate(&node->content, s->moment, 0);
    }
    return handle_take(s, node, file);
}

static int sim_open(void *self, const char *path, enum disk_open_kind kind, int *file)
{
    int errnum = call_enter(self, SIMDISK_OPEN);

    return call_leave(self, errnum ? errnum : node_open(self, path, kind, file));
}

static void sim_close(void *self, int file)
{
    struct simdisk *s = self;

    (void)pthread_mutex_lock(&s->mutex);
    s->handles[file] = (struct handle){0};
    (void)pthread_mutex_unlock(&s->mutex);
}

static int sim_read(void *self, int file, uint64_t offset, void *memory, size_t len, size_t *got)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_READ);

    if (!errnum) {
        const struct buffer *now = &file_node(s, file)->content.now;

        *got = offset < now->len ? (size_t)(now->len - offset) : 0;
        if (*got > len) *got = len;
        *got = cut_short(s, *got);
        if (*got > 0) memcpy(memory, now->data + offset, *got);
    }
    return call_leave(s, errnum);
}

static uint64_t bytes_held(const struct simdisk *s)
{
    uint64_t bytes = 0;

    for (const struct node *node = s->names.all; node; node = node->next) {
        bytes += node->content.now.len;
    }
    return bytes;
}

/* How much of a write there is room for. */
static size_t room_for(const struct simdisk *s, const struct node *node, uint64_t offset,
                       size_t len)
{
    uint64_t held = bytes_held(s), end = offset + len, now = node->content.now.len;

    if (s->aside || end <= now || held + (end - now) <= s->bytes_max) return len;
    end = now + (s->bytes_max > held ? s->bytes_max - held : 0);
    return end > offset ? (size_t)(end - offset) : 0;
}

static int sim_write(void *self, int file, uint64_t offset, const void *bytes, size_t len,
                     size_t *put)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_WRITE);
    struct node *node = file_node(s, file);
    size_t part = room_for(s, node, offset, cut_short(s, len));

    /* What fails may have got half-way. */
    if (errnum && errnum != EINTR && !s->cut) part = suite_random(&s->random) % (part + 1);
    if (!s->cut && errnum != EINTR && part > 0) {
        content_write(&node->content, s->moment, offset, slice_make(bytes, part));
    }
    if (!errnum && part == 0 && len > 0) {
        errnum = ENOSPC;
        s->facts.refusals++;
    }
    *put = part;
    return call_leave(s, errnum);
}

static int sim_sync(void *self, int file)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_SYNC);
    struct content *content = &file_node(s, file)->content;

    if (!errnum) content_sync(content);
    if (errnum == EIO && !s->cut && !s->cutting) {
        struct chance chance = chance_draw(&s->random, s->moment);

        content_lose(content, &chance);
        s->facts.changes_lost += chance.changes_lost;
        s->facts.pages_torn += chance.pages_torn;
    }
    return call_leave(s, errnum);
}

static int sim_truncate(void *self, int file, uint64_t bytes)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_TRUNCATE);

    if (!errnum) content_truncate(&file_node(s, file)->content, s->moment, bytes);
    return call_leave(s, errnum);
}

static int sim_size(void *self, int file, uint64_t *bytes)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_SIZE);

    *bytes = file_node(s, file)->content.now.len;
    return call_leave(s, errnum);
}

static int sim_lock(void *self, int file, enum disk_lock_mode mode)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_LOCK);

    for (int i = 0; i < HANDLES_MAX && !errnum; i++) {
        const struct handle *other = &s->handles[i];

        if (i == file || other->node != file_node(s, file) || !other->locked) continue;
        if (mode == DISK_LOCK_EXCLUSIVE || other->locked == DISK_LOCK_EXCLUSIVE) {
            errnum = EWOULDBLOCK;
        }
    }
    if (!errnum) s->handles[file].locked = mode;
    return call_leave(s, errnum);
}

/* --- names --- */

static int sim_look(void *self, const char *path, struct disk_entry *out)
{
    struct names_effect at;
    struct node *node;
    int errnum = call_enter(self, SIMDISK_LOOK);

    if (!errnum) errnum = path_find(self, path, &at, &node);
    if (!errnum && !node) errnum = ENOENT;
    if (!errnum) {
        *out = (struct disk_entry){.kind = node->folder ? DISK_FOLDER : DISK_FILE,
                                   .bytes = node->content.now.len,
                                   .written_s = (int64_t)node->content.written};
    }
    return call_leave(self, errnum);
}

static int folder_find(const struct simdisk *s, const char *path, struct node **node)
{
    struct names_effect at;
    int errnum = path_find(s, path, &at, node);

    if (errnum) return errnum;
    if (!*node) return ENOENT;
    return (*node)->folder ? 0 : ENOTDIR;
}

static int sim_list(void *self, const char *path, disk_name_fn each, void *data)
{
    struct node *node;
    int errnum = call_enter(self, SIMDISK_LIST);

    if (!errnum) errnum = folder_find(self, path, &node);
    for (size_t i = 0; !errnum && i < node->now.len; i++) {
        errnum = each(data, node->now.entries[i].name);
    }
    return call_leave(self, errnum);
}

static int sim_make_folder(void *self, const char *path)
{
    struct simdisk *s = self;
    struct names_effect at;
    struct node *node;
    int errnum = call_enter(s, SIMDISK_MAKE_FOLDER);

    if (!errnum) errnum = path_find(s, path, &at, &node);
    if (!errnum && node) errnum = EEXIST;
    if (!errnum) name_set(s, &at, names_node(&s->names, true));
    return call_leave(s, errnum);
}

static int sim_sync_folder(void *self, const char *path)
{
    struct simdisk *s = self;
    struct node *node;
    int errnum = call_enter(s, SIMDISK_SYNC_FOLDER);

    if (!errnum) errnum = folder_find(s, path, &node);
    if (!errnum) names_sync(&s->names, node);
    return call_leave(s, errnum);
}

static int names_move(struct simdisk *s, const char *from, const char *to)
{
    struct names_effect effects[2];
    struct node *node, *there;
    int errnum = path_find(s, from, &effects[0], &node);

    if (!errnum) errnum = path_find(s, to, &effects[1], &there);
    if (errnum) return errnum;
    if (!node) return ENOENT;
    if (there == node) return 0;
    if (there && there->folder != node->folder) return there->folder ? EISDIR : ENOTDIR;
    if (there && there->folder && there->now.len > 0) return ENOTEMPTY;
    effects[1].node = node;
    names_change(&s->names, s->moment, effects, 2);
    return 0;
}

static int sim_rename(void *self, const char *from, const char *to)
{
    int errnum = call_enter(self, SIMDISK_RENAME);

    return call_leave(self, errnum ? errnum : names_move(self, from, to));
}

static int sim_link(void *self, const char *from, const char *to)
{
    struct names_effect at;
    struct node *node, *there;
    int errnum = call_enter(self, SIMDISK_LINK);

    if (!errnum) errnum = path_find(self, from, &at, &node);
    if (!errnum) errnum = path_find(self, to, &at, &there);
    if (!errnum && !node) errnum = ENOENT;
    if (!errnum && there) errnum = EEXIST;
    if (!errnum && node->folder) errnum = EPERM;
    if (!errnum) name_set(self, &at, node);
    return call_leave(self, errnum);
}

static int name_remove(struct simdisk *s, const char *path, bool folder)
{
    struct names_effect at;
    struct node *node;
    int errnum = path_find(s, path, &at, &node);

    if (errnum) return errnum;
    if (!node) return ENOENT;
    if (node->folder != folder) return node->folder ? EISDIR : ENOTDIR;
    if (folder && node->now.len > 0) return ENOTEMPTY;
    name_set(s, &at, NULL);
    return 0;
}

static int sim_remove(void *self, const char *path)
{
    int errnum = call_enter(self, SIMDISK_REMOVE);

    return call_leave(self, errnum ? errnum : name_remove(self, path, false));
}

static int sim_remove_folder(void *self, const char *path)
{
    int errnum = call_enter(self, SIMDISK_REMOVE);

    return call_leave(self, errnum ? errnum : name_remove(self, path, true));
}

static int sim_space(void *self, const char *path, struct disk_space *out)
{
    struct simdisk *s = self;
    int errnum = call_enter(s, SIMDISK_SPACE);
    uint64_t held = bytes_held(s);

    (void)path;
    out->bytes_free = s->bytes_max > held ? s->bytes_max - held : 0;
    out->names_free = UINT64_MAX;
    return call_leave(s, errnum);
}

static const struct disk_operations sim_operations = {
    .open = sim_open,
    .close = sim_close,
    .read = sim_read,
    .write = sim_write,
    .sync = sim_sync,
    .truncate = sim_truncate,
    .size = sim_size,
    .lock = sim_lock,
    .look = sim_look,
    .list = sim_list,
    .make_folder = sim_make_folder,
    .sync_folder = sim_sync_folder,
    .rename = sim_rename,
    .link = sim_link,
    .remove = sim_remove,
    .remove_folder = sim_remove_folder,
    .space = sim_space,
};

/* --- the disk itself --- */

struct simdisk *simdisk_open(uint64_t seed)
{
    struct simdisk *s = must_have(calloc(1, sizeof *s));

    s->disk = (struct disk){.operations = &sim_operations, .self = s};
    s->random = seed;
    s->bytes_max = UINT64_MAX;
    s->cut_after = UINT64_MAX;
    (void)pthread_mutex_init(&s->mutex, NULL);
    names_init(&s->names);
    return s;
}

void simdisk_close(struct simdisk *s)
{
    if (!s) return;
    names_fini(&s->names);
    (void)pthread_mutex_destroy(&s->mutex);
    free(s);
}

const struct disk *simdisk_disk(const struct simdisk *s)
{
    return &s->disk;
}

void simdisk_cut_after(struct simdisk *s, enum simdisk_call call, uint64_t calls)
{
    s->cut_call = call;
    s->cut_after = calls;
}

bool simdisk_is_cut(const struct simdisk *s)
{
    return s->cut;
}

void simdisk_restart(struct simdisk *s)
{
    struct chance chance = chance_draw(&s->random, s->moment);

    names_restart(&s->names, &chance);
    s->facts.changes_lost += chance.changes_lost;
    s->facts.pages_torn += chance.pages_torn;
    memset(s->handles, 0, sizeof s->handles);
    s->cut = s->cutting = false;
    s->cut_after = UINT64_MAX;
    simdisk_calm(s);
}

void simdisk_refuse(struct simdisk *s, enum simdisk_call call, int errnum, uint64_t calls,
                    bool for_ever)
{
    s->refusals[call] = (struct refusal){.errnum = errnum, .after = calls, .for_ever = for_ever};
}

void simdisk_fill(struct simdisk *s, uint64_t bytes_max)
{
    s->bytes_max = bytes_max;
}

void simdisk_calm(struct simdisk *s)
{
    memset(s->refusals, 0, sizeof s->refusals);
    s->bytes_max = UINT64_MAX;
}

void simdisk_look_aside(struct simdisk *s, bool aside)
{
    s->aside = aside;
}

bool simdisk_holds(const struct simdisk *s, const char *folder, struct slice content)
{
    struct node *node;

    return folder_find(s, folder, &node) == 0 && names_hold(node, content);
}

struct simdisk_facts simdisk_facts(const struct simdisk *s)
{
    return s->facts;
}
