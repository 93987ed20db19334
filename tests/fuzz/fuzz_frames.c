/* Everything that reads a peer's bytes before anybody else does, on any bytes: the scan in one step
 * and in two, the envelope, every reader of parameters and answers. The promises checked: no step
 * depends on how the bytes were cut, no value reaches outside its frame, nothing is allocated.
 *
 * The first byte says where the bytes are cut in two; the rest is the stream. */
#include "ipc/printable.h"
#include "ipc/rpc.h"
#include "ipc/session.h"
#include "kernel/state/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine) abort();
}

/* Every value of the frame, with every reader. Depth is what the scan let through. */
static void read_all(struct packed_value root)
{
    struct packed_walk stack[HS_FRAME_DEPTH_MAX + 1];
    struct packed_value v = root;
    unsigned depth = 0;

    if (!packed_walk_begin(root, &stack[0])) return;
    for (;;) {
        struct slice text;
        uint64_t number;
        uint32_t count;
        double real;
        bool yes;

        if (!packed_walk_next(&stack[depth], &v)) {
            if (depth-- == 0) return;
            continue;
        }
        must(v.at >= root.at && v.at < v.end && v.end <= root.end);
        must(packed_kind_of(v) != PACKED_ABSENT);
        if (packed_text(v, &text)) {
            char shown[32];

            must(text.len == 0 || (text.data > v.at && text.data + text.len == v.end));
            must(printable_copy(shown, sizeof shown, text) < sizeof shown);
            must(utf8_valid(slice_text(shown)));
        }
        must(!packed_uint(v, &number) || number <= HS_UINT_MAX);
        (void)packed_double(v, &real);
        (void)packed_bool(v, &yes);
        if (!packed_count(v, &count)) continue;
        must(depth < HS_FRAME_DEPTH_MAX);
        must(packed_walk_begin(v, &stack[++depth]));
    }
}

static void read_params(struct packed_value params, ipc_reader *read, void *out)
{
    struct ipc_params p;

    ipc_params_begin(&p, params);
    read(&p, out);
    must(p.code == IPC_FINE || p.words[0] != '\0');
}

static void read_frame(struct slice frame)
{
    struct session_hello hello = {0};
    struct ipc_delivery delivery = {0};
    struct ipc_height height = {0};
    struct ipc_commit commit = {0};
    struct rpc_frame rpc;
    struct packed_value params;

    read_all(packed_root(frame));
    if (rpc_parse(frame, &rpc) != NULL) return;
    params = rpc_params_map(rpc.params);
    read_params(params, session_hello_read, &hello);
    read_params(params, ipc_delivery_read, &delivery);
    read_params(params, ipc_height_read, &height);
    read_params(params, ipc_commit_read, &commit);
    (void)session_question("store.get")->check(rpc.result);
    (void)session_question("store.scan")->check(rpc.result);
}

/* The same bytes in two pieces: first those up to `cut`. */
static enum hs_status scan_in_two(struct slice bytes, size_t cut, size_t *frame_len)
{
    struct packed_scanner scanner = {0};
    size_t more = 0;
    enum hs_status st = packed_scan(&scanner, slice_make(bytes.data, cut), frame_len, &more, NULL);

    must(scanner.at <= cut);
    if (st != HS_NOT_FOUND) return st;
    must(more > 0);
    st = packed_scan(&scanner, bytes, frame_len, &more, NULL);
    /* what was asked for was really needed */
    if (st == HS_OK) must(*frame_len > cut);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes;
    size_t cut;

    if (size == 0) return 0;
    bytes = slice_make(data + 1, size - 1);
    cut = data[0] < bytes.len ? data[0] : bytes.len;
    (void)rpc_msgid_peek(bytes);
    while (bytes.len > 0) {
        size_t frame_len = 0, frame_len_in_two = 0, more = 0;
        enum hs_status st = packed_scan_whole(bytes, &frame_len, &more, NULL);

        must(scan_in_two(bytes, cut, &frame_len_in_two) == st);
        if (st != HS_OK) break;
        must(frame_len == frame_len_in_two && frame_len > 0 && frame_len <= bytes.len);
        read_frame(slice_make(bytes.data, frame_len));
        bytes = slice_make(bytes.data + frame_len, bytes.len - frame_len);
        if (cut > bytes.len) cut = bytes.len;
    }
    return 0;
}
