#include "tests/simdisk/names.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Its place; l->len: not there. */
static size_t list_find(const struct names_list *l, const char *name)
{
    size_t i = 0;

    while (i < l->len && strcmp(l->entries[i].name, name) != 0) {
        i++;
    }
    return i;
}

static void list_set(struct names_list *l, const char *name, struct node *node)
{
    size_t at = list_find(l, name);

    if (at < l->len && !node) {
        l->entries[at] = l->entries[--l->len];
    } else if (at < l->len) {
        l->entries[at].node = node;
    } else if (node) {
        l->entries = must_have(realloc(l->entries, (l->len + 1) * sizeof *l->entries));
        l->entries[l->len].node = node;
        (void)snprintf(l->entries[l->len++].name, NAME_BYTES_MAX, "%s", name);
    }
}

struct node *names_node(struct names *t, bool folder)
{
    struct node *node = must_have(calloc(1, sizeof *node));

    node->folder = folder;
    node->next = t->all;
    t->all = node;
    return node;
}

void names_init(struct names *t)
{
    *t = (struct names){0};
    t->root = names_node(t, true);
}

void names_fini(struct names *t)
{
    while (t->all) {
        struct node *node = t->all;

        t->all = node->next;
        content_fini(&node->content);
        free(node->now.entries);
        free(node->durable.entries);
        free(node);
    }
    free(t->changes);
    *t = (struct names){0};
}

int names_find(const struct names *t, const char *path, struct node **folder,
               char name[NAME_BYTES_MAX], struct node **node)
{
    *folder = NULL;
    *node = t->root;
    name[0] = '\0';
    while (*path) {
        size_t len = strcspn(path, "/");

        if (len > 0 && !(len == 1 && *path == '.')) {
            size_t child;

            if (!*node) return ENOENT;
            if (!(*node)->folder) return ENOTDIR;
            if (len >= NAME_BYTES_MAX) return ENAMETOOLONG;
            memcpy(name, path, len);
            name[len] = '\0';
            *folder = *node;
            child = list_find(&(*folder)->now, name);
            *node = child < (*folder)->now.len ? (*folder)->now.entries[child].node : NULL;
        }
        path += len + (path[len] == '/');
    }
    return 0;
}

bool names_hold(const struct node *folder, struct slice content)
{
    for (size_t i = 0; i < folder->now.len; i++) {
        const struct node *node = folder->now.entries[i].node;

        if (node->folder && names_hold(node, content)) return true;
        if (!node->folder && slice_equal(buffer_slice(&node->content.now), content)) return true;
    }
    return false;
}

static void change_make(const struct names_change *c, bool durable)
{
    for (size_t i = 0; i < c->effects_len; i++) {
        const struct names_effect *e = &c->effects[i];

        list_set(durable ? &e->folder->durable : &e->folder->now, e->name, e->node);
    }
}

void names_change(struct names *t, uint64_t moment, const struct names_effect *effects, size_t len)
{
    struct names_change *c;

    assert(len >= 1 && len <= 2);
    t->changes = must_have(realloc(t->changes, (t->changes_len + 1) * sizeof *t->changes));
    c = &t->changes[t->changes_len++];
    *c = (struct names_change){.moment = moment, .effects_len = len};
    memcpy(c->effects, effects, len * sizeof *effects);
    change_make(c, false);
    for (size_t i = 0; i < len; i++) {
        effects[i].folder->content.written = moment;
    }
}

static bool changes_meet(const struct names_change *a, const struct names_change *b)
{
    for (size_t i = 0; i < a->effects_len; i++) {
        for (size_t k = 0; k < b->effects_len; k++) {
            if (a->effects[i].folder == b->effects[k].folder &&
                strcmp(a->effects[i].name, b->effects[k].name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Those that are wanted become durable, with all before them of the same names. */
static void changes_keep_wanted(struct names *t)
{
    size_t left = 0;

    for (size_t i = t->changes_len; i-- > 0;) {
        for (size_t k = i + 1; k < t->changes_len && !t->changes[i].wanted; k++) {
            t->changes[i].wanted =
                t->changes[k].wanted && changes_meet(&t->changes[i], &t->changes[k]);
        }
    }
    for (size_t i = 0; i < t->changes_len; i++) {
        if (t->changes[i].wanted) {
            change_make(&t->changes[i], true);
        } else {
            t->changes[left++] = t->changes[i];
        }
    }
    t->changes_len = left;
}

void names_sync(struct names *t, const struct node *folder)
{
    for (size_t i = 0; i < t->changes_len; i++) {
        struct names_change *c = &t->changes[i];

        c->wanted = c->effects[0].folder == folder ||
                    (c->effects_len == 2 && c->effects[1].folder == folder);
    }
    changes_keep_wanted(t);
}

void names_restart(struct names *t, struct chance *chance)
{
    for (size_t i = 0; i < t->changes_len; i++) {
        struct names_change *c = &t->changes[i];

        c->wanted = chance->any ? chance_below(chance, 2) == 0 : c->moment <= chance->moment;
    }
    changes_keep_wanted(t);
    chance->changes_lost += t->changes_len;
    t->changes_len = 0;
    for (struct node *node = t->all; node; node = node->next) {
        struct names_list *now = &node->now, *durable = &node->durable;

        content_lose(&node->content, chance);
        content_restart(&node->content);
        now->len = durable->len;
        now->entries = must_have(realloc(now->entries, (now->len + 1) * sizeof *now->entries));
        if (now->len > 0) memcpy(now->entries, durable->entries, now->len * sizeof *now->entries);
    }
}
