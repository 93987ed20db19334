/* The names of the simulated disk: a tree of folders and files, now and on the disk. */
#ifndef HEADSTART_TESTS_SIMDISK_NAMES_H
#define HEADSTART_TESTS_SIMDISK_NAMES_H

#include "tests/simdisk/content.h"

enum { NAME_BYTES_MAX = 96 };

struct node;

struct names_entry {
    char name[NAME_BYTES_MAX];
    struct node *node;
};

struct names_list {
    struct names_entry *entries;
    size_t len;
};

/* Never freed before the tree: what has no name any more may be open. */
struct node {
    bool folder;
    struct content content;         /* of a file */
    struct names_list now, durable; /* of a folder */
    struct node *next;              /* all nodes, for the tree to free */
};

/* Names that change together: a rename is two. */
struct names_effect {
    struct node *folder;
    char name[NAME_BYTES_MAX];
    struct node *node; /* NULL: none any more */
};

struct names_change {
    uint64_t moment;
    struct names_effect effects[2];
    size_t effects_len;
    bool wanted;
};

struct names {
    struct node *root, *all;
    struct names_change *changes; /* not durable yet, in order */
    size_t changes_len;
};

void names_init(struct names *t);
void names_fini(struct names *t);
struct node *names_node(struct names *t, bool folder);

/** Where a path leads. 0; ENOENT, ENOTDIR: a parent is not there, or is a file. *node NULL: nothing
 *  has that name. The root has neither folder nor name. */
int names_find(const struct names *t, const char *path, struct node **folder,
               char name[NAME_BYTES_MAX], struct node **node);
/** Does a file in or below the folder hold exactly this? */
bool names_hold(const struct node *folder, struct slice content);
/** From now on these names mean that. */
void names_change(struct names *t, uint64_t moment, const struct names_effect *effects, size_t len);
/** Make the folder's changes durable, with the earlier ones of the same names elsewhere. */
void names_sync(struct names *t, const struct node *folder);
/** As after a power cut: some of the changes are durable, the others never were. */
void names_restart(struct names *t, struct chance *chance);

#endif
