#include "tests/drills/trace.h"

#include "tests/drills/folder.h"
#include "tests/powercut/trace_format.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512, NAME_BYTES = 256, DEPTH_MAX = 16 };

/* What one inode is at the beginning, and then in an image. */
struct inode {
    uint64_t number;
    bool folder;
    struct buffer content; /* of a file */
};

/* A name in a folder. */
struct name {
    uint64_t dir, inode;
    char text[NAME_BYTES];
};

struct tree {
    struct inode *inodes;
    size_t inodes_len, inodes_room;
    struct name *names;
    size_t names_len, names_room;
};

/* One operation, its name and data borrowed from the trace's bytes. */
struct step {
    struct trace_op op;
    const char *name, *data;
    uint64_t end; /* bytes of the trace up to here */
};

struct trace {
    struct tree begin;
    uint64_t root;
    struct buffer bytes;
    struct step *steps;
    size_t steps_len;
};

const char *cut_name(enum cut cut)
{
    static const char *const names[CUT_COUNT] = {"synced alone", "an earlier moment", "any part"};

    return names[cut];
}

/* --- trees --- */

/* The drill's own memory: without it there is nothing to judge with. */
static void *room_for(void *list, size_t len, size_t *room, size_t size)
{
    if (len < *room) return list;
    *room = *room ? *room * 2 : 64;
    list = realloc(list, *room * size);
    if (!list) abort();
    return list;
}

static struct inode *tree_inode(struct tree *t, uint64_t number)
{
    for (size_t i = t->inodes_len; i > 0; i--) { /* a number given again means the later one */
        if (t->inodes[i - 1].number == number) return &t->inodes[i - 1];
    }
    return NULL;
}

static struct inode *tree_inode_add(struct tree *t, uint64_t number, bool folder)
{
    t->inodes = room_for(t->inodes, t->inodes_len, &t->inodes_room, sizeof *t->inodes);
    t->inodes[t->inodes_len] = (struct inode){.number = number, .folder = folder};
    return &t->inodes[t->inodes_len++];
}

static void tree_name_remove(struct tree *t, uint64_t dir, const char *text)
{
    for (size_t i = 0; i < t->names_len; i++) {
        if (t->names[i].dir != dir || strcmp(t->names[i].text, text) != 0) continue;
        t->names[i] = t->names[--t->names_len];
        return;
    }
}

static void tree_name_add(struct tree *t, uint64_t dir, const char *text, uint64_t inode)
{
    struct name *name;

    tree_name_remove(t, dir, text);
    t->names = room_for(t->names, t->names_len, &t->names_room, sizeof *t->names);
    name = &t->names[t->names_len++];
    *name = (struct name){.dir = dir, .inode = inode};
    (void)snprintf(name->text, sizeof name->text, "%s", text);
}

static void tree_fini(struct tree *t)
{
    for (size_t i = 0; i < t->inodes_len; i++) {
        buffer_fini(&t->inodes[i].content);
    }
    free(t->inodes);
    free(t->names);
}

static enum hs_status tree_copy(const struct tree *from, struct tree *to)
{
    enum hs_status st = HS_OK;

    *to = (struct tree){0};
    for (size_t i = 0; st == HS_OK && i < from->inodes_len; i++) {
        struct inode *inode = tree_inode_add(to, from->inodes[i].number, from->inodes[i].folder);

        st = buffer_assign(&inode->content, buffer_slice(&from->inodes[i].content));
    }
    for (size_t i = 0; i < from->names_len; i++) {
        tree_name_add(to, from->names[i].dir, from->names[i].text, from->names[i].inode);
    }
    return st;
}

/* --- the beginning --- */

static enum hs_status tree_load(struct tree *t, const char *path, uint64_t dir,
                                struct hs_error *err)
{
    DIR *handle = opendir(path);
    enum hs_status st = HS_OK;
    const struct dirent *entry;

    if (!handle) return hs_fail_errno(err, HS_IO, errno, "%s", path);
    while (st == HS_OK && (entry = readdir(handle)) != NULL) {
        char below[FOLDER_PATH_BYTES];
        struct inode *inode;
        struct stat s;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        (void)snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (lstat(below, &s) != 0) continue;
        tree_name_add(t, dir, entry->d_name, (uint64_t)s.st_ino);
        inode = tree_inode_add(t, (uint64_t)s.st_ino, S_ISDIR(s.st_mode));
        st = inode->folder ? tree_load(t, below, (uint64_t)s.st_ino, err)
                           : file_read(below, &inode->content, err);
    }
    (void)closedir(handle);
    return st;
}

enum hs_status trace_begin(const char *folder, struct trace **out, struct hs_error *err)
{
    struct trace *t = calloc(1, sizeof *t);
    struct stat s;
    enum hs_status st;

    if (!t) return hs_fail(err, HS_NOMEM, "a trace");
    if (stat(folder, &s) != 0) {
        st = hs_fail_errno(err, HS_IO, errno, "%s", folder);
    } else {
        t->root = (uint64_t)s.st_ino;
        (void)tree_inode_add(&t->begin, t->root, true);
        st = tree_load(&t->begin, folder, t->root, err);
    }
    if (st != HS_OK) {
        trace_close(t);
        return st;
    }
    *out = t;
    return HS_OK;
}

void trace_close(struct trace *t)
{
    if (!t) return;
    tree_fini(&t->begin);
    buffer_fini(&t->bytes);
    free(t->steps);
    free(t);
}

enum hs_status trace_read(struct trace *t, const char *path, struct hs_error *err)
{
    enum hs_status st = file_read(path, &t->bytes, err);
    size_t room = 0, at = 0;

    while (st == HS_OK && t->bytes.len - at >= sizeof(struct trace_op)) {
        struct step *step;
        uint64_t left = t->bytes.len - at - sizeof step->op;

        t->steps = room_for(t->steps, t->steps_len, &room, sizeof *t->steps);
        step = &t->steps[t->steps_len];
        memcpy(&step->op, t->bytes.data + at, sizeof step->op);
        if (step->op.name_len > left || step->op.data_len > left - step->op.name_len) {
            return hs_fail(err, HS_CORRUPT, "a trace that ends in a record");
        }
        step->name = t->bytes.data + at + sizeof step->op;
        step->data = step->name + step->op.name_len;
        at += sizeof step->op + step->op.name_len + step->op.data_len;
        step->end = at;
        t->steps_len++;
    }
    return st;
}

uint64_t trace_len(const struct trace *t)
{
    return t->steps_len;
}

uint64_t trace_moment(const struct trace *t, uint64_t bytes)
{
    uint64_t moment = 0;

    while (moment < t->steps_len && t->steps[moment].end <= bytes) {
        moment++;
    }
    return moment;
}

/* --- an image --- */

/* How far an inode is durable, and how far what comes after it happened all the same. */
struct fate {
    uint64_t inode;
    size_t synced;   /* steps before this are durable */
    size_t happened; /* of a folder in CUT_ANY: and its names before this */
};

struct image {
    const struct trace *trace;
    size_t moment, earlier;
    enum cut cut;
    struct dice *dice;
    struct fate *fates;
    size_t fates_len, fates_room;
    struct tree tree;
};

static struct fate *image_fate(struct image *im, uint64_t inode)
{
    struct fate *fate;
    size_t synced = 0;

    for (size_t i = 0; i < im->fates_len; i++) {
        if (im->fates[i].inode == inode) return &im->fates[i];
    }
    for (size_t i = im->moment; i > 0 && synced == 0; i--) {
        const struct trace_op *op = &im->trace->steps[i - 1].op;

        if (op->kind == TRACE_SYNC && op->inode == inode) synced = i;
    }
    im->fates = room_for(im->fates, im->fates_len, &im->fates_room, sizeof *im->fates);
    fate = &im->fates[im->fates_len++];
    *fate = (struct fate){.inode = inode, .synced = synced, .happened = synced};
    if (im->cut == CUT_ANY) {
        fate->happened += dice_below(im->dice, im->moment - synced + 1);
    }
    return fate;
}

/* Did the step of that inode (a file's bytes, a folder's name) reach the disk for certain, or by
 * the order that the disk keeps? */
static bool image_kept(struct image *im, uint64_t inode, size_t at, bool name)
{
    const struct fate *fate = image_fate(im, inode);

    if (at < fate->synced) return true;
    if (im->cut == CUT_EARLIER) return at < im->earlier;
    return im->cut == CUT_ANY && name && at < fate->happened;
}

static void content_put(struct buffer *content, uint64_t at, const char *data, size_t len)
{
    while (content->len < at + len) { /* a hole is zeros */
        if (buffer_append_byte(content, 0) != HS_OK) abort();
    }
    memcpy(content->data + at, data, len);
}

static void content_resize(struct buffer *content, uint64_t len)
{
    if (len > content->len) {
        content_put(content, len, "", 0);
    } else if (content->len > 0) {
        content->len = len;
        content->data[len] = '\0';
    }
}

/* Sectors of a write that was not synced: each may be there. */
static void image_write_torn(struct image *im, struct inode *inode, const struct step *step)
{
    uint64_t done = 0, whole = dice_below(im->dice, 3); /* none, any, all of them */

    while (done < step->op.data_len) {
        uint64_t at = step->op.offset + done;
        uint64_t len = SECTOR_BYTES - at % SECTOR_BYTES;

        if (len > step->op.data_len - done) len = step->op.data_len - done;
        if (whole == 2 || (whole == 1 && dice_chance(im->dice, 50))) {
            content_put(&inode->content, at, step->data + done, len);
        }
        done += len;
    }
}

static void image_bytes(struct image *im, const struct step *step, size_t at)
{
    struct inode *inode = tree_inode(&im->tree, step->op.inode);
    bool kept = image_kept(im, step->op.inode, at, false);

    if (!inode || inode->folder) return; /* no file of ours */
    if (step->op.kind == TRACE_TRUNCATE) {
        if (kept || (im->cut == CUT_ANY && dice_chance(im->dice, 50))) {
            content_resize(&inode->content, step->op.offset);
        }
        return;
    }
    if (kept) {
        content_put(&inode->content, step->op.offset, step->data, step->op.data_len);
    } else if (im->cut == CUT_ANY) {
        image_write_torn(im, inode, step);
    }
}

static void image_name(struct image *im, const struct step *step, size_t at)
{
    const struct trace_op *op = &step->op;
    uint64_t dir = op->kind == TRACE_RENAME ? op->to_dir : op->dir;
    char name[NAME_BYTES * 2 + 2];

    if (op->name_len >= sizeof name) abort();
    memcpy(name, step->name, op->name_len);
    name[op->name_len] = '\0';
    if (op->kind == TRACE_CREATE || op->kind == TRACE_MKDIR) {
        (void)tree_inode_add(&im->tree, op->inode, op->kind == TRACE_MKDIR);
    }
    if (!image_kept(im, dir, at, true)) return;
    switch (op->kind) {
    case TRACE_UNLINK: tree_name_remove(&im->tree, dir, name); break;
    case TRACE_RENAME:
        tree_name_remove(&im->tree, op->dir, name);
        tree_name_add(&im->tree, dir, name + strlen(name) + 1, op->inode);
        break;
    default: tree_name_add(&im->tree, dir, name, op->inode);
    }
}

static void image_make(struct image *im)
{
    for (size_t at = 0; at < im->moment; at++) {
        const struct step *step = &im->trace->steps[at];

        switch (step->op.kind) {
        case TRACE_WRITE:
        case TRACE_TRUNCATE: image_bytes(im, step, at); break;
        case TRACE_SYNC: break;
        default: image_name(im, step, at);
        }
    }
}

static enum hs_status image_store(struct image *im, uint64_t dir, const char *path, int depth,
                                  struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return hs_fail_errno(err, HS_IO, errno, "%s", path);
    }
    for (size_t i = 0; st == HS_OK && i < im->tree.names_len; i++) {
        const struct name *name = &im->tree.names[i];
        const struct inode *inode = tree_inode(&im->tree, name->inode);
        char below[FOLDER_PATH_BYTES];

        if (name->dir != dir || !inode || depth == DEPTH_MAX) continue;
        (void)snprintf(below, sizeof below, "%s/%s", path, name->text);
        st = inode->folder ? image_store(im, name->inode, below, depth + 1, err)
                           : file_write(below, buffer_slice(&inode->content), err);
    }
    return st;
}

enum hs_status trace_image(const struct trace *t, uint64_t moment, enum cut cut, struct dice *dice,
                           const char *to, struct hs_error *err)
{
    struct image im = {.trace = t, .moment = moment, .cut = cut, .dice = dice};
    enum hs_status st = tree_copy(&t->begin, &im.tree);

    assert(moment <= t->steps_len);
    im.earlier = dice_below(dice, moment + 1);
    if (st == HS_OK) image_make(&im);
    if (st == HS_OK) st = image_store(&im, t->root, to, 0, err);
    tree_fini(&im.tree);
    free(im.fates);
    return st;
}
