#include "tests/bench/log_append.h"

#include "replaylog/replay_log.h"
#include "tests/bench/bench.h"
#include "tests/bench/work_folder.h"

#include <stdio.h>

static enum hs_status append(struct replay_log *log, uint64_t seqnum, struct slice text,
                             struct hs_error *err)
{
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct log_entry entry = {
        .message = {.height = seqnum / 20 + 1, .time = 1700000000, .text = text}};
    enum hs_status st = position_make(seqnum, slice_text(hash), &entry.after, err);

    return st == HS_OK ? replay_log_append(log, &entry, err) : st;
}

static enum hs_status append_slices(struct replay_log *log, struct workload_messages *source,
                                    uint64_t messages, uint64_t slices, struct spread *out,
                                    struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = HS_OK;
    uint64_t seqnum = 0;

    for (uint64_t i = 0; i < slices && st == HS_OK; i++) {
        uint64_t us = 0;

        for (uint64_t n = 0; n < messages && st == HS_OK; n++) {
            uint64_t began_us;

            st = workload_message(source, seqnum, &text, err);
            began_us = bench_cpu_us();
            if (st == HS_OK) st = append(log, ++seqnum, buffer_slice(&text), err);
            us += bench_cpu_us() - began_us;
        }
        spread_add(out, (double)us / (double)messages);
    }
    buffer_fini(&text);
    return st;
}

enum hs_status log_append_measure(const struct workload *w, uint64_t messages, uint64_t slices,
                                  struct spread *out, struct hs_error *err)
{
    char dir[WORK_FOLDER_BYTES], quarantine[WORK_FOLDER_BYTES + 16];
    struct replay_log_options options = {.dir = dir, .quarantine_dir = quarantine};
    struct workload_messages *source = NULL;
    struct replay_log *log = NULL;
    enum hs_status st = work_folder_make(dir, err);

    if (st != HS_OK) return st;
    (void)snprintf(quarantine, sizeof quarantine, "%s.aside", dir);
    st = workload_messages_open(w, &source, err);
    if (st == HS_OK) st = replay_log_open(&options, &log, err);
    if (st == HS_OK) st = append_slices(log, source, messages, slices, out, err);
    replay_log_close(log);
    workload_messages_close(source);
    work_folder_remove(dir);
    return st;
}
