/* Whatever became of the files, the log is a prefix of what was written: never a hole, never an
 * entry that was not appended, and it can be appended to again. */
#include "tests/unit/replaylog/log_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/crc32c.h"
#include "replaylog/record.h"

#include <unistd.h>

enum { SEGMENT = 700, ENTRIES = 24, OPEN_WRITABLE_EVERY = 97 };

static struct log_model model;

/* A folder whose log/ can be put back to what it was. */
struct specimen {
    struct scratch_path dir, log_dir, quarantine, saved;
    struct scratch_listing files;
};

static void specimen_make(struct specimen *s)
{
    s->dir = scratch_make();
    s->log_dir = scratch_join(s->dir.text, "log");
    s->quarantine = scratch_join(s->dir.text, "quarantine");
    s->saved = scratch_join(s->dir.text, "saved");
    log_model_make(s->dir.text, SEGMENT, ENTRIES, &model);
    CU_ASSERT_EQUAL_FATAL(rename(s->log_dir.text, s->saved.text), 0);
    scratch_copy(s->saved.text, s->log_dir.text);
    scratch_list(s->log_dir.text, &s->files);
    CU_ASSERT_FATAL(s->files.len >= 4);
}

static void specimen_restore(struct specimen *s)
{
    scratch_remove(s->log_dir);
    if (scratch_exists(s->quarantine.text)) scratch_remove(s->quarantine);
    scratch_copy(s->saved.text, s->log_dir.text);
}

/* What a reader finds; ends the test unless it is entries 1..n. */
static struct replay_log_summary read_prefix(const struct specimen *s)
{
    struct replay_log_options options = {.dir = s->log_dir.text, .read_only = true};
    struct replay_log_summary sum;
    struct replay_log *log = NULL;

    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &log, NULL), HS_OK);
    sum = replay_log_summary(log);
    CU_ASSERT_FATAL(sum.last <= ENTRIES);
    CU_ASSERT_FATAL(log_model_holds(&model, log, sum.last ? 1 : 0, sum.last));
    CU_ASSERT_EQUAL(replay_log_verify(log, NULL, NULL), sum.damaged ? HS_CORRUPT : HS_OK);
    replay_log_close(log);
    return sum;
}

/* The owner finds the same, and goes on from there. */
static void recover_and_go_on(const struct specimen *s, uint64_t last)
{
    struct replay_log *log = log_model_open(s->dir.text, SEGMENT);

    CU_ASSERT_FATAL(log_model_holds(&model, log, last ? 1 : 0, last));
    for (uint64_t seqnum = last + 1; seqnum <= last + 9; seqnum++) {
        struct model_entry e;

        model_entry_make(seqnum, 0, &e);
        CU_ASSERT_EQUAL_FATAL(replay_log_append(log, &e.entry, NULL), HS_OK);
    }
    replay_log_close(log);
    log = log_model_open(s->dir.text, SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 1, last + 9));
    CU_ASSERT(!replay_log_summary(log).damaged && replay_log_summary(log).cut_bytes == 0);
    replay_log_close(log);
}

/* Offsets at which the records of a segment's file begin, and the file's end behind them. */
static size_t record_offsets(struct slice file, size_t out[ENTRIES + 1])
{
    size_t at = LOG_HEADER_BYTES, len = 0;
    struct record record;

    while (record_decode(slice_make(file.data + at, file.len - at), &record) == RECORD_GOOD) {
        out[len++] = at;
        at += record.bytes;
    }
    out[len] = at;
    return len;
}

static uint64_t first_of(const struct specimen *s, size_t file)
{
    return strtoull(s->files.names[file], NULL, 10);
}

/* Longer than any segment that was ever written: what is good in front is kept, all of the file is
 * in quarantine, and no more of it is read than a segment may have. */
static void replay_log__segment_too_large_keeps_its_good_front(void)
{
    struct specimen s;
    struct scratch_path newest, kept;
    char name[64];
    uint64_t bytes = (uint64_t)LOG_SEGMENT_BYTES_MAX + 1;

    specimen_make(&s);
    newest = scratch_join(s.log_dir.text, s.files.names[s.files.len - 1]);
    CU_ASSERT_EQUAL_FATAL(truncate(newest.text, (off_t)bytes - 1), 0);
    CU_ASSERT(!read_prefix(&s).damaged); /* zeros behind the last append: cut */
    CU_ASSERT_EQUAL_FATAL(truncate(newest.text, (off_t)bytes), 0);
    CU_ASSERT(read_prefix(&s).damaged);
    CU_ASSERT_EQUAL(read_prefix(&s).last, ENTRIES);
    recover_and_go_on(&s, ENTRIES);
    (void)snprintf(name, sizeof name, "log-%s", s.files.names[s.files.len - 1]);
    kept = scratch_join(s.quarantine.text, name);
    CU_ASSERT(scratch_exists(kept.text));
    scratch_remove(s.dir);
}

/* Cut the newest segment at each byte, or fill it with zeros from there. */
static void torn_at_every_byte(bool zeros)
{
    struct specimen s;
    struct buffer whole = {0}, torn = {0};
    size_t offsets[ENTRIES + 1];
    struct scratch_path newest;
    uint64_t first;

    specimen_make(&s);
    newest = scratch_join(s.log_dir.text, s.files.names[s.files.len - 1]);
    first = first_of(&s, s.files.len - 1);
    scratch_read(newest.text, &whole);
    CU_ASSERT_FATAL(record_offsets(buffer_slice(&whole), offsets) > 0);
    for (size_t cut = 0; cut < whole.len; cut++) {
        struct replay_log_summary sum;
        uint64_t kept = first - 1;

        for (size_t i = 1; first + i - 1 <= ENTRIES && offsets[i] <= cut; i++) {
            kept = first + i - 1;
        }
        CU_ASSERT_EQUAL(buffer_assign(&torn, buffer_slice(&whole)), HS_OK);
        if (zeros) {
            memset(torn.data + cut, 0, torn.len - cut);
        } else {
            torn.len = cut;
        }
        scratch_write(newest.text, buffer_slice(&torn));
        sum = read_prefix(&s);
        CU_ASSERT_EQUAL(sum.last, kept);
        CU_ASSERT(!sum.damaged);
        if (cut % OPEN_WRITABLE_EVERY != 0) continue;
        recover_and_go_on(&s, kept);
        CU_ASSERT(!scratch_exists(s.quarantine.text));
        specimen_restore(&s);
    }
    buffer_fini(&whole);
    buffer_fini(&torn);
    scratch_remove(s.dir);
}

static void replay_log__torn_tail_is_cut_at_every_byte(void)
{
    torn_at_every_byte(false);
}

static void replay_log__zero_filled_tail_is_cut_at_every_byte(void)
{
    torn_at_every_byte(true);
}

static void replay_log__every_flipped_byte_is_detected(void)
{
    struct specimen s;
    struct buffer file = {0};
    size_t flips = 0, shorter = 0, damaged = 0;

    specimen_make(&s);
    for (size_t i = 0; i < s.files.len; i++) {
        struct scratch_path path = scratch_join(s.log_dir.text, s.files.names[i]);

        scratch_read(path.text, &file);
        for (size_t at = 0; at < file.len; at++) {
            struct replay_log_summary sum;

            file.data[at] ^= (char)(1 << at % 8);
            scratch_write(path.text, buffer_slice(&file));
            sum = read_prefix(&s);
            flips++;
            shorter += sum.last < ENTRIES;
            damaged += sum.damaged;
            CU_ASSERT(sum.last + 1 >= first_of(&s, i)); /* nothing before this segment is lost */
            if (flips % OPEN_WRITABLE_EVERY == 0) {
                recover_and_go_on(&s, sum.last);
                CU_ASSERT_EQUAL(sum.damaged, scratch_exists(s.quarantine.text));
                specimen_restore(&s);
            }
            file.data[at] ^= (char)(1 << at % 8);
        }
        scratch_write(path.text, buffer_slice(&file));
    }
    (void)printf("\n    flips %zu: detected %zu (told as damage %zu, as torn tail %zu), silent 0\n",
                 flips, shorter, damaged, shorter - damaged);
    CU_ASSERT_EQUAL(shorter, flips);
    buffer_fini(&file);
    scratch_remove(s.dir);
}

enum record_mutation { RECORD_DELETED, RECORD_DOUBLED, RECORD_SWAPPED, RECORD_MUTATIONS };

/* Segment bytes with record i deleted, doubled, or swapped with the one behind it. */
static bool mutate(struct slice file, const size_t *offsets, size_t len, size_t i,
                   enum record_mutation mutation, struct buffer *out)
{
    struct slice before = slice_make(file.data, offsets[i]);
    struct slice record = slice_make(file.data + offsets[i], offsets[i + 1] - offsets[i]);
    struct slice after = slice_make(file.data + offsets[i + 1], file.len - offsets[i + 1]);
    struct slice next;
    enum hs_status st = buffer_assign(out, before);

    switch (mutation) {
    case RECORD_DELETED: break;
    case RECORD_DOUBLED:
        if (st == HS_OK) st = buffer_append(out, record);
        if (st == HS_OK) st = buffer_append(out, record);
        break;
    case RECORD_SWAPPED:
        if (i + 1 == len) return false;
        next = slice_make(after.data, offsets[i + 2] - offsets[i + 1]);
        after = slice_make(after.data + next.len, after.len - next.len);
        if (st == HS_OK) st = buffer_append(out, next);
        if (st == HS_OK) st = buffer_append(out, record);
        break;
    case RECORD_MUTATIONS: break;
    }
    if (st == HS_OK) st = buffer_append(out, after);
    return st == HS_OK;
}

static void replay_log__every_moved_record_ends_the_log_there(void)
{
    struct specimen s;
    struct buffer file = {0}, mutated = {0};
    size_t offsets[ENTRIES + 2];

    specimen_make(&s);
    for (size_t f = 0; f < s.files.len; f++) {
        struct scratch_path path = scratch_join(s.log_dir.text, s.files.names[f]);
        size_t len;

        scratch_read(path.text, &file);
        len = record_offsets(buffer_slice(&file), offsets);
        for (size_t i = 0; i < len; i++) {
            for (enum record_mutation m = 0; m < RECORD_MUTATIONS; m++) {
                bool newest = f + 1 == s.files.len && i + 1 == len;
                uint64_t good = first_of(&s, f) + i - (m != RECORD_DOUBLED);
                struct replay_log_summary sum;

                if (!mutate(buffer_slice(&file), offsets, len, i, m, &mutated)) continue;
                scratch_write(path.text, buffer_slice(&mutated));
                sum = read_prefix(&s);
                CU_ASSERT_EQUAL(sum.last, good);
                CU_ASSERT(sum.damaged || (newest && m == RECORD_DELETED));
                recover_and_go_on(&s, good);
                specimen_restore(&s);
            }
        }
    }
    buffer_fini(&file);
    buffer_fini(&mutated);
    scratch_remove(s.dir);
}

static void replay_log__missing_or_foreign_segment_ends_the_log_there(void)
{
    struct specimen s;
    struct buffer file = {0};

    specimen_make(&s);
    for (size_t f = 0; f < s.files.len; f++) {
        struct scratch_path path = scratch_join(s.log_dir.text, s.files.names[f]);
        struct replay_log_summary sum;

        if (f > 0) { /* without the first, what follows is a shorter log, not a hole */
            CU_ASSERT_EQUAL(unlink(path.text), 0);
            sum = read_prefix(&s);
            CU_ASSERT_EQUAL(sum.last, first_of(&s, f) - 1);
            CU_ASSERT_EQUAL(sum.damaged, f + 1 < s.files.len);
            recover_and_go_on(&s, sum.last);
            specimen_restore(&s);
        }
        /* another segment's bytes under this name */
        scratch_read(scratch_join(s.log_dir.text, s.files.names[(f + 1) % s.files.len]).text,
                     &file);
        scratch_write(path.text, buffer_slice(&file));
        sum = read_prefix(&s);
        CU_ASSERT_EQUAL(sum.last, first_of(&s, f) - 1);
        CU_ASSERT(sum.damaged);
        recover_and_go_on(&s, sum.last);
        specimen_restore(&s);
    }
    buffer_fini(&file);
    scratch_remove(s.dir);
}

static void replay_log__damaged_segment_is_kept_as_evidence(void)
{
    struct specimen s;
    struct buffer damaged = {0}, kept = {0};
    struct scratch_path path;
    size_t offsets[ENTRIES + 1];
    struct replay_log *log;
    char name[SCRATCH_PATH_BYTES_MAX + 8];

    specimen_make(&s);
    path = scratch_join(s.log_dir.text, s.files.names[1]);
    scratch_read(path.text, &damaged);
    CU_ASSERT_FATAL(record_offsets(buffer_slice(&damaged), offsets) >= 2);
    damaged.data[offsets[1] + 20] ^= 1;
    scratch_write(path.text, buffer_slice(&damaged));
    log = log_model_open(s.dir.text, SEGMENT);
    CU_ASSERT_EQUAL(replay_log_summary(log).last, first_of(&s, 1));
    CU_ASSERT_EQUAL(replay_log_summary(log).damaged_after, first_of(&s, 1));
    replay_log_close(log);
    CU_ASSERT_EQUAL(scratch_count(s.quarantine.text), s.files.len - 1);
    (void)snprintf(name, sizeof name, "log-%s", s.files.names[1]);
    scratch_read(scratch_join(s.quarantine.text, name).text, &kept);
    CU_ASSERT(slice_equal(buffer_slice(&kept), buffer_slice(&damaged)));
    scratch_read(path.text, &kept);
    CU_ASSERT_EQUAL(kept.len, offsets[1]);
    buffer_fini(&damaged);
    buffer_fini(&kept);
    scratch_remove(s.dir);
}

/* A power loss after a cut brings old bytes back behind the new ones. */
static void replay_log__bytes_from_before_a_cut_do_not_come_back(void)
{
    struct specimen s;
    struct buffer old = {0}, new = {0};
    struct scratch_path path;
    struct replay_log *log;

    specimen_make(&s);
    path = scratch_join(s.log_dir.text, s.files.names[1]);
    scratch_read(path.text, &old);
    log = log_model_open(s.dir.text, SEGMENT);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, first_of(&s, 1) + 1, 5), HS_OK);
    replay_log_close(log);
    scratch_read(path.text, &new);
    for (size_t from = new.len; from < old.len; from++) { /* old bytes at every distance */
        struct replay_log_options options = {.dir = s.log_dir.text, .read_only = true};
        struct buffer mixed = {0};

        CU_ASSERT_EQUAL(buffer_assign(&mixed, buffer_slice(&new)), HS_OK);
        CU_ASSERT_EQUAL(buffer_append(&mixed, slice_make(old.data + from, old.len - from)), HS_OK);
        scratch_write(path.text, buffer_slice(&mixed));
        buffer_fini(&mixed);
        CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &log, NULL), HS_OK);
        CU_ASSERT(log_model_holds(&model, log, 1, first_of(&s, 1) + 1));
        replay_log_close(log);
    }
    /* and the later segments with it */
    for (size_t f = 2; f < s.files.len; f++) {
        scratch_read(scratch_join(s.saved.text, s.files.names[f]).text, &old);
        scratch_write(scratch_join(s.log_dir.text, s.files.names[f]).text, buffer_slice(&old));
    }
    log = log_model_open(s.dir.text, SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 1, first_of(&s, 1) + 1));
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, first_of(&s, 1) + 2, 5), HS_OK);
    replay_log_close(log);
    buffer_fini(&old);
    buffer_fini(&new);
    scratch_remove(s.dir);
}

static void replay_log__newer_format_is_refused_and_kept(void)
{
    struct specimen s;
    struct buffer file = {0};
    struct scratch_path path;
    struct replay_log *log;
    uint32_t checksum;

    specimen_make(&s);
    path = scratch_join(s.log_dir.text, s.files.names[0]);
    scratch_read(path.text, &file);
    file.data[8] = LOG_FORMAT_VERSION + 1;
    checksum = crc32c(0, slice_make(file.data, 28));
    for (int i = 0; i < 4; i++) {
        file.data[28 + i] = (char)(checksum >> 8 * i);
    }
    scratch_write(path.text, buffer_slice(&file));
    log = log_model_open(s.dir.text, SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 0, 0));
    CU_ASSERT(replay_log_summary(log).damaged);
    CU_ASSERT_EQUAL(scratch_count(s.quarantine.text), s.files.len);
    replay_log_close(log);
    buffer_fini(&file);
    scratch_remove(s.dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(replay_log__segment_too_large_keeps_its_good_front),
    SUITE_CASE(replay_log__torn_tail_is_cut_at_every_byte),
    SUITE_CASE(replay_log__zero_filled_tail_is_cut_at_every_byte),
    SUITE_CASE(replay_log__every_flipped_byte_is_detected),
    SUITE_CASE(replay_log__every_moved_record_ends_the_log_there),
    SUITE_CASE(replay_log__missing_or_foreign_segment_ends_the_log_there),
    SUITE_CASE(replay_log__damaged_segment_is_kept_as_evidence),
    SUITE_CASE(replay_log__bytes_from_before_a_cut_do_not_come_back),
    SUITE_CASE(replay_log__newer_format_is_refused_and_kept),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("replay_damage", cases, argc, argv);
}
