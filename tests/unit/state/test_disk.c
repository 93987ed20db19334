/* The disk room over this machine's disk: what is whole, what is told, what is left behind. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/disk_operations.h"
#include "kernel/state/fault.h"
#include "kernel/state/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POINTS_MAX = 200 };

static struct scratch_path top;

static size_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    while (readdir(folder)) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void write_file(const char *name, const char *text)
{
    scratch_write(scratch_join(top.text, name).text, slice_text(text));
}

static void check_file(const char *name, const char *text)
{
    struct buffer content = {0};

    scratch_read(scratch_join(top.text, name).text, &content);
    CU_ASSERT_STRING_EQUAL(buffer_text(&content), text);
    buffer_fini(&content);
}

static size_t names_in(const char *dir)
{
    static struct scratch_listing listing;

    scratch_list(dir, &listing);
    return listing.len;
}

static void read_all__gives_the_whole_file_up_to_its_bound(void)
{
    struct buffer out = {0};
    struct hs_error err;

    write_file("f", "0123456789");
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "f", 10, &out, &err), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out), "0123456789");
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "f", 9, &out, &err), HS_CORRUPT);
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "no", 9, &out, &err),
                    HS_NOT_FOUND);
    CU_ASSERT_EQUAL(err.errnum, ENOENT);
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, ".", 9, &out, &err), HS_CORRUPT);
    CU_ASSERT_EQUAL(err.errnum, EISDIR);
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "f/x", 9, &out, &err),
                    HS_CORRUPT);
    buffer_fini(&out);
}

static void read_all__reads_what_has_no_size(void)
{
    struct buffer out = {0};

    CU_ASSERT_EQUAL(
        disk_read_all(disk_system(), "t.f", NULL, "/proc/self/mounts", 8 << 20, &out, NULL), HS_OK);
    CU_ASSERT(out.len > 0);
    buffer_fini(&out);
}

static void read_all__reads_a_pipe(void)
{
    struct buffer out = {0};
    char path[64];
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL(write(ends[1], "through a pipe", 14), 14);
    (void)close(ends[1]);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", NULL, path, 100, &out, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out), "through a pipe");
    (void)close(ends[0]);
    buffer_fini(&out);
}

/* Every status that a refusing system leads to, with its errno kept. */
static void statuses__are_three(void)
{
    static const struct {
        const char *action;
        int errnum;
        enum hs_status status;
    } wanted[] = {
        {"ENOENT", ENOENT, HS_NOT_FOUND}, {"EACCES", EACCES, HS_IO}, {"EROFS", EROFS, HS_IO},
        {"ENOSPC", ENOSPC, HS_IO},        {"EDQUOT", EDQUOT, HS_IO}, {"EIO", EIO, HS_IO},
        {"EMFILE", EMFILE, HS_IO},        {"EFBIG", EFBIG, HS_IO},
    };

    write_file("f", "content");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct buffer out = {0};
        struct hs_error err;
        char text[64];

        (void)snprintf(text, sizeof text, "t.f.open:1:%s", wanted[i].action);
        fault_arm(text);
        CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "f", 99, &out, &err),
                        wanted[i].status);
        CU_ASSERT_EQUAL(err.status, wanted[i].status);
        CU_ASSERT_EQUAL(err.errnum, wanted[i].errnum);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, top.text));
        buffer_fini(&out);
    }
    fault_arm(NULL);
}

static void replace__leaves_the_old_one_or_the_new_one(void)
{
    static const char *const actions[] = {"EIO", "ENOSPC", "torn", "EACCES"};
    enum hs_status st = HS_IO;
    int points = 0;

    for (size_t a = 0; a < sizeof actions / sizeof actions[0]; a++) {
        st = HS_IO;
        for (points = 0; st != HS_OK && points < POINTS_MAX; points++) {
            struct buffer content = {0};
            size_t descriptors = open_descriptors();
            char text[64];

            write_file("f", "the old one");
            (void)snprintf(text, sizeof text, "*.*.*:%d:%s", points + 1, actions[a]);
            fault_arm(text);
            st = disk_replace(disk_system(), "t.f", top.text, "f", slice_text("the new one"), NULL);
            fault_arm(NULL);
            CU_ASSERT(st == HS_OK || st == HS_IO);
            CU_ASSERT_EQUAL(open_descriptors(), descriptors);
            scratch_read(scratch_join(top.text, "f").text, &content);
            if (st == HS_OK) CU_ASSERT_STRING_EQUAL(buffer_text(&content), "the new one");
            CU_ASSERT(strcmp(buffer_text(&content), "the new one") == 0 ||
                      strcmp(buffer_text(&content), "the old one") == 0);
            buffer_fini(&content);
        }
        CU_ASSERT_EQUAL(points, 6); /* open, write, sync, rename, sync_folder fail; then none */
    }
    CU_ASSERT_EQUAL(names_in(top.text), 1);
}

static void replace__goes_on_after_interruptions_and_short_writes(void)
{
    fault_arm("*.*.*:1+:EINTR");
    CU_ASSERT_EQUAL(disk_replace(disk_system(), "t.f", top.text, "f", slice_text("x"), NULL),
                    HS_IO); /* a bound, not for ever */
    for (int k = 1; k < 8; k++) {
        char text[64];

        (void)snprintf(text, sizeof text, "*.*.*:%d:EINTR", k);
        fault_arm(text);
        CU_ASSERT_EQUAL(disk_replace(disk_system(), "t.f", top.text, "f", slice_text("new"), NULL),
                        HS_OK);
        check_file("f", "new");
    }
    fault_arm("t.f.write:1+:short");
    CU_ASSERT_EQUAL(
        disk_replace(disk_system(), "t.f", top.text, "f", slice_text("in many pieces"), NULL),
        HS_OK);
    fault_arm(NULL);
    check_file("f", "in many pieces");
}

static void read__goes_on_after_short_reads(void)
{
    struct buffer out = {0};

    write_file("f", "in many pieces");
    fault_arm("t.f.read:1+:short,t.f.read:3:EINTR");
    CU_ASSERT_EQUAL(disk_read_all(disk_system(), "t.f", top.text, "f", 99, &out, NULL), HS_OK);
    fault_arm(NULL);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out), "in many pieces");
    buffer_fini(&out);
}

static void sweep__removes_what_a_crash_left(void)
{
    write_file("f.123.tmp", "half");
    write_file("f", "whole");
    write_file("tmp", "not temporary");
    disk_sweep(disk_system(), "t.f", top.text);
    CU_ASSERT_EQUAL(names_in(top.text), 2);
    check_file("f", "whole");
    fault_arm("t.f.*:1+:EIO");
    disk_sweep(disk_system(), "t.f", top.text); /* cannot, and says nothing */
    fault_arm(NULL);
}

static void open__modes_say_what_may_be_there(void)
{
    struct disk_file *f = NULL;
    uint64_t bytes = 99;

    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_WRITE, &f, NULL),
                    HS_NOT_FOUND);
    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_CREATE_NEW, &f, NULL),
                    HS_OK);
    disk_close(f);
    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_CREATE_NEW, &f, NULL),
                    HS_EXISTS);
    write_file("f", "12345");
    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_CREATE, &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(disk_size(f, &bytes, NULL), HS_OK);
    CU_ASSERT_EQUAL(bytes, 5);
    disk_close(f);
    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_EMPTY, &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(disk_size(f, &bytes, NULL), HS_OK);
    CU_ASSERT_EQUAL(bytes, 0);
    disk_close(f);
}

static void append__goes_on_behind_what_is_there(void)
{
    struct disk_file *f = NULL, *other;
    struct hs_error err;
    char bytes[8];
    size_t got;

    write_file("f", "one ");
    CU_ASSERT_EQUAL(disk_open(disk_system(), "t.f", top.text, "f", DISK_WRITE, &f, &err), HS_OK);
    CU_ASSERT_EQUAL(disk_append(f, slice_text("two "), &err), HS_OK);
    fault_arm("t.f.write:1:torn");
    CU_ASSERT_EQUAL(disk_append(f, slice_text("torn "), &err), HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(disk_append(f, slice_text("three"), &err), HS_OK);
    other = disk_file_share(f);
    disk_close(f);
    CU_ASSERT_EQUAL(disk_read(other, 4, bytes, 3, &got, &err), HS_OK);
    CU_ASSERT(got == 3 && memcmp(bytes, "two", 3) == 0);
    CU_ASSERT_EQUAL(disk_truncate(other, 8, &err), HS_OK);
    CU_ASSERT_EQUAL(disk_append(other, slice_text("four"), &err), HS_OK);
    CU_ASSERT_EQUAL(disk_sync(other, &err), HS_OK);
    CU_ASSERT_EQUAL(disk_read(other, 8, bytes, 8, &got, &err), HS_OK);
    CU_ASSERT_EQUAL(got, 4); /* the end */
    disk_close(other);
    check_file("f", "one two four");
}

static void lock__is_held_until_closed(void)
{
    struct disk_file *first = NULL, *second = NULL;
    struct hs_error err;

    for (int i = 0; i < 2; i++) {
        const char *name = i ? NULL : "LOCK"; /* NULL: the folder */

        CU_ASSERT_EQUAL(disk_lock(disk_system(), "t.l", top.text, name, &first, &err), HS_OK);
        CU_ASSERT_EQUAL(disk_lock(disk_system(), "t.l", top.text, name, &second, &err), HS_LOCKED);
        disk_close(first);
        CU_ASSERT_EQUAL(disk_lock(disk_system(), "t.l", top.text, name, &second, &err), HS_OK);
        disk_close(second);
    }
}

static void copy__is_the_same_bytes_synced_or_an_error(void)
{
    size_t len = 600 << 10, descriptors = open_descriptors();
    struct buffer content = {0}, copied = {0};
    enum hs_status st = HS_IO;
    int points = 0;

    for (size_t i = 0; i < len; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_append_byte(&content, (char)(i * 7 / 3)), HS_OK);
    }
    scratch_write(scratch_join(top.text, "f").text, buffer_slice(&content));
    for (int by_hand = 0; by_hand < 2; by_hand++) {
        struct disk_operations operations = *disk_system()->operations;
        struct disk disk = {.operations = &operations};

        if (by_hand) operations.copy = NULL;
        st = HS_IO;
        for (points = 0; st != HS_OK && points < POINTS_MAX; points++) {
            char text[64];

            (void)snprintf(text, sizeof text, "t.f.*:%d:EIO", points + 1);
            fault_arm(text);
            st = disk_copy(&disk, "t.f", top.text, "f", top.text, "g", DISK_COPY_SYNCED, NULL);
            fault_arm(NULL);
            CU_ASSERT(st == HS_OK || st == HS_IO);
        }
        CU_ASSERT(points > 4);
        scratch_read(scratch_join(top.text, "g").text, &copied);
        CU_ASSERT(slice_equal(buffer_slice(&content), buffer_slice(&copied)));
    }
    CU_ASSERT_EQUAL(open_descriptors(), descriptors);
    buffer_fini(&content);
    buffer_fini(&copied);
}

static void look__says_what_stands_there(void)
{
    struct disk_entry entry;

    write_file("f", "12345");
    CU_ASSERT_EQUAL(disk_look(disk_system(), "t.f", top.text, "f", &entry, NULL), HS_OK);
    CU_ASSERT(entry.kind == DISK_FILE && entry.bytes == 5);
    CU_ASSERT_EQUAL(disk_look(disk_system(), "t.f", top.text, NULL, &entry, NULL), HS_OK);
    CU_ASSERT_EQUAL(entry.kind, DISK_FOLDER);
    CU_ASSERT_EQUAL(disk_look(disk_system(), "t.f", NULL, "/dev/null", &entry, NULL), HS_OK);
    CU_ASSERT_EQUAL(entry.kind, DISK_OTHER);
    CU_ASSERT(!disk_exists(disk_system(), "t.f", top.text, "no"));
    fault_arm("t.f.look:1:EIO");
    CU_ASSERT(disk_exists(disk_system(), "t.f", top.text, "no")); /* nobody knows */
    fault_arm(NULL);
}

static void make_folder__makes_missing_parents_and_takes_what_is_there(void)
{
    struct disk_entry entry;
    struct hs_error err;

    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a/b//c/", &err), HS_OK);
    CU_ASSERT_EQUAL(disk_look(disk_system(), "t.f", top.text, "a/b/c", &entry, &err), HS_OK);
    CU_ASSERT_EQUAL(entry.kind, DISK_FOLDER);
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a/b", &err), HS_OK);
    CU_ASSERT_EQUAL(disk_make_folder_new(disk_system(), "t.f", top.text, "a/b", &err), HS_EXISTS);
    CU_ASSERT_EQUAL(disk_make_folder_new(disk_system(), "t.f", top.text, "x/y", &err),
                    HS_NOT_FOUND);
    write_file("f", "");
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "f", &err), HS_CORRUPT);
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "f/g", &err), HS_CORRUPT);
    fault_arm("t.f.make_folder:1+:ENOSPC");
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "z/y", &err), HS_IO);
    fault_arm(NULL);
}

/* A start opens a dozen folders that are there: each sync is waited for. */
static void make_folder__syncs_the_name_of_what_was_not_used_yet(void)
{
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a", NULL), HS_OK);
    fault_arm("t.f.sync_folder:1+:EIO");
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a", NULL), HS_IO);
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "b", NULL), HS_IO);
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "b", NULL), HS_IO);
    write_file("a/f", "");
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a", NULL), HS_OK);
    fault_arm("t.f.list:1+:EIO"); /* what is in it is not known */
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "a", NULL), HS_OK);
    fault_arm(NULL);
}

static void list__is_in_byte_order(void)
{
    struct disk_listing names = {0};

    write_file("b", "");
    write_file("a", "");
    write_file("B", "");
    CU_ASSERT_EQUAL(disk_list(disk_system(), "t.f", top.text, &names, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(names.len, 3);
    CU_ASSERT_STRING_EQUAL(names.names[0], "B");
    CU_ASSERT_STRING_EQUAL(names.names[1], "a");
    CU_ASSERT_STRING_EQUAL(names.names[2], "b");
    CU_ASSERT_EQUAL(disk_list(disk_system(), "t.f", "/nowhere", &names, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(names.len, 0);
    disk_listing_fini(&names);
}

static void remove_folder__takes_all_and_follows_no_link(void)
{
    struct scratch_path outside = scratch_make();

    scratch_write(scratch_join(outside.text, "kept").text, slice_text("kept"));
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "d/e/g", NULL), HS_OK);
    CU_ASSERT_EQUAL(disk_make_folder(disk_system(), "t.f", top.text, "d/h", NULL), HS_OK);
    write_file("d/e/1", "1");
    write_file("d/e/g/2", "2");
    CU_ASSERT_EQUAL(symlink(outside.text, scratch_join(top.text, "d/link").text), 0);
    fault_arm("t.f.remove_folder:2:EACCES");
    CU_ASSERT_EQUAL(disk_remove_folder(disk_system(), "t.f", top.text, "d", NULL), HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(disk_remove_folder(disk_system(), "t.f", top.text, "d", NULL), HS_OK);
    CU_ASSERT_EQUAL(disk_remove_folder(disk_system(), "t.f", top.text, "d", NULL), HS_OK);
    CU_ASSERT_EQUAL(names_in(top.text), 0);
    CU_ASSERT(scratch_exists(scratch_join(outside.text, "kept").text));
    scratch_remove(outside);
}

static void names__are_renamed_linked_and_removed(void)
{
    struct hs_error err;

    write_file("f", "1");
    CU_ASSERT_EQUAL(disk_link(disk_system(), "t.f", top.text, "f", top.text, "g", &err), HS_OK);
    CU_ASSERT_EQUAL(disk_link(disk_system(), "t.f", top.text, "f", top.text, "g", &err), HS_EXISTS);
    CU_ASSERT_EQUAL(disk_link(disk_system(), "t.f", top.text, "f", top.text, "g", NULL), HS_EXISTS);
    CU_ASSERT_EQUAL(disk_rename(disk_system(), "t.f", top.text, "f", top.text, "h", &err), HS_OK);
    CU_ASSERT_EQUAL(disk_rename(disk_system(), "t.f", top.text, "f", top.text, "h", &err),
                    HS_NOT_FOUND);
    CU_ASSERT_EQUAL(disk_remove(disk_system(), "t.f", top.text, "g", &err), HS_OK);
    CU_ASSERT_EQUAL(disk_remove(disk_system(), "t.f", top.text, "g", &err), HS_OK);
    CU_ASSERT_EQUAL(names_in(top.text), 1);
}

static int no_links(void *self, const char *from, const char *to)
{
    (void)self;
    (void)from;
    return access(to, F_OK) == 0 ? EEXIST : EPERM;
}

static void link__is_a_copy_where_there_are_none(void)
{
    struct disk_operations operations = *disk_system()->operations;
    struct disk disk = {.operations = &operations};

    operations.link = no_links;
    write_file("f", "1");
    CU_ASSERT_EQUAL(disk_link(&disk, "t.f", top.text, "f", top.text, "g", NULL), HS_OK);
    CU_ASSERT_EQUAL(disk_link(&disk, "t.f", top.text, "f", top.text, "g", NULL), HS_EXISTS);
    check_file("g", "1");
}

static void space__is_told(void)
{
    struct disk_space space = {0};

    CU_ASSERT_EQUAL(disk_space(disk_system(), "t.f", top.text, &space, NULL), HS_OK);
    CU_ASSERT(space.bytes_free > 0 && space.names_free > 0);
    CU_ASSERT_EQUAL(disk_space(disk_system(), "t.f", "/nowhere", &space, NULL), HS_NOT_FOUND);
}

static void path__too_long_is_an_error(void)
{
    static char name[5000];
    struct hs_error err;

    memset(name, 'x', sizeof name - 1);
    CU_ASSERT_EQUAL(disk_remove(disk_system(), "t.f", top.text, name, &err), HS_IO);
    CU_ASSERT_EQUAL(err.errnum, ENAMETOOLONG);
    CU_ASSERT_EQUAL(disk_replace(disk_system(), "t.f", top.text, name, slice_text("x"), &err),
                    HS_IO);
}

static void write_aged(const char *name, size_t bytes, time_t written_s)
{
    static char content[1000];
    struct timespec times[2] = {{.tv_sec = written_s}, {.tv_sec = written_s}};
    struct scratch_path path = scratch_join(top.text, name);

    CU_ASSERT_FATAL(bytes <= sizeof content);
    scratch_write(path.text, slice_make(content, bytes));
    CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, path.text, times, 0), 0);
}

static void check_names(const char *wanted)
{
    struct disk_listing l = {0};
    char names[256] = "";

    CU_ASSERT_EQUAL_FATAL(disk_list(disk_system(), "t.l", top.text, &l, NULL), HS_OK);
    for (size_t i = 0; i < l.len; i++) {
        size_t len = strlen(names);

        (void)snprintf(names + len, sizeof names - len, "%s ", l.names[i]);
    }
    CU_ASSERT_STRING_EQUAL(names, wanted);
    disk_listing_fini(&l);
}

static void bound__what_was_written_first_goes_first(void)
{
    struct timespec old[2] = {{.tv_sec = 150}, {.tv_sec = 150}};

    write_aged("a", 100, 500);
    write_aged("b", 100, 100);
    write_aged("c", 100, 400);
    write_aged("d", 100, 200);
    write_aged("e", 100, 300);
    disk_bound(disk_system(), top.text, 5, 500);
    check_names("a b c d e ");
    disk_bound(disk_system(), top.text, 4, 500);
    check_names("a c d e ");
    disk_bound(disk_system(), top.text, 4, 399);
    check_names("a c e ");
    /* A folder counts with all that is in it, and goes with it. */
    CU_ASSERT_EQUAL_FATAL(disk_make_folder(disk_system(), "t.f", top.text, "x/y", NULL), HS_OK);
    write_aged("x/y/z", 700, 10);
    CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, scratch_join(top.text, "x").text, old, 0), 0);
    disk_bound(disk_system(), top.text, 4, 1000);
    check_names("a c e x ");
    disk_bound(disk_system(), top.text, 4, 999);
    check_names("a c e ");
    /* The last one stays, however large. */
    write_aged("f", 900, 600);
    disk_bound(disk_system(), top.text, 4, 500);
    check_names("f ");
    disk_bound(disk_system(), scratch_join(top.text, "nothing").text, 4, 500);
}

/* Each case in a new folder. */
#define ROOM_CASE(function)                                                                        \
    static void function##_in_a_folder(void)                                                       \
    {                                                                                              \
        top = scratch_make();                                                                      \
        function();                                                                                \
        scratch_remove(top);                                                                       \
    }

ROOM_CASE(read_all__gives_the_whole_file_up_to_its_bound)
ROOM_CASE(statuses__are_three)
ROOM_CASE(replace__leaves_the_old_one_or_the_new_one)
ROOM_CASE(replace__goes_on_after_interruptions_and_short_writes)
ROOM_CASE(read__goes_on_after_short_reads)
ROOM_CASE(sweep__removes_what_a_crash_left)
ROOM_CASE(open__modes_say_what_may_be_there)
ROOM_CASE(append__goes_on_behind_what_is_there)
ROOM_CASE(lock__is_held_until_closed)
ROOM_CASE(copy__is_the_same_bytes_synced_or_an_error)
ROOM_CASE(look__says_what_stands_there)
ROOM_CASE(make_folder__makes_missing_parents_and_takes_what_is_there)
ROOM_CASE(make_folder__syncs_the_name_of_what_was_not_used_yet)
ROOM_CASE(list__is_in_byte_order)
ROOM_CASE(remove_folder__takes_all_and_follows_no_link)
ROOM_CASE(names__are_renamed_linked_and_removed)
ROOM_CASE(link__is_a_copy_where_there_are_none)
ROOM_CASE(space__is_told)
ROOM_CASE(path__too_long_is_an_error)
ROOM_CASE(bound__what_was_written_first_goes_first)

static const struct suite_case cases[] = {
    SUITE_CASE(read_all__gives_the_whole_file_up_to_its_bound_in_a_folder),
    SUITE_CASE(read_all__reads_what_has_no_size),
    SUITE_CASE(read_all__reads_a_pipe),
    SUITE_CASE(statuses__are_three_in_a_folder),
    SUITE_CASE(replace__leaves_the_old_one_or_the_new_one_in_a_folder),
    SUITE_CASE(replace__goes_on_after_interruptions_and_short_writes_in_a_folder),
    SUITE_CASE(read__goes_on_after_short_reads_in_a_folder),
    SUITE_CASE(sweep__removes_what_a_crash_left_in_a_folder),
    SUITE_CASE(open__modes_say_what_may_be_there_in_a_folder),
    SUITE_CASE(append__goes_on_behind_what_is_there_in_a_folder),
    SUITE_CASE(lock__is_held_until_closed_in_a_folder),
    SUITE_CASE(copy__is_the_same_bytes_synced_or_an_error_in_a_folder),
    SUITE_CASE(look__says_what_stands_there_in_a_folder),
    SUITE_CASE(make_folder__makes_missing_parents_and_takes_what_is_there_in_a_folder),
    SUITE_CASE(make_folder__syncs_the_name_of_what_was_not_used_yet_in_a_folder),
    SUITE_CASE(list__is_in_byte_order_in_a_folder),
    SUITE_CASE(remove_folder__takes_all_and_follows_no_link_in_a_folder),
    SUITE_CASE(names__are_renamed_linked_and_removed_in_a_folder),
    SUITE_CASE(link__is_a_copy_where_there_are_none_in_a_folder),
    SUITE_CASE(space__is_told_in_a_folder),
    SUITE_CASE(path__too_long_is_an_error_in_a_folder),
    SUITE_CASE(bound__what_was_written_first_goes_first_in_a_folder),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("disk", cases, argc, argv);
}
