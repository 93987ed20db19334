#include "sidecar/threads/vat_thread.h"

#include "kernel/state/limits.h"

#include <pthread.h>

struct vat_thread {
    enum hs_status (*work)(void *data, struct hs_error *err);
    void *data;
    enum hs_status status;
    struct hs_error *err;
};

static void *vat_thread_main(void *data)
{
    struct vat_thread *t = data;

    t->status = t->work(t->data, t->err);
    return NULL;
}

enum hs_status vat_thread_run(enum hs_status (*work)(void *data, struct hs_error *err), void *data,
                              struct hs_error *err)
{
    struct vat_thread t = {.work = work, .data = data, .err = err};
    pthread_attr_t attributes;
    pthread_t thread;
    int errnum = pthread_attr_init(&attributes);

    if (errnum == 0) {
        errnum = pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES);
        if (errnum == 0) errnum = pthread_create(&thread, &attributes, vat_thread_main, &t);
        if (errnum == 0) errnum = pthread_join(thread, NULL);
        (void)pthread_attr_destroy(&attributes);
    }
    if (errnum == 0) return t.status;
    return hs_fail_errno(err, HS_INTERNAL, errnum, "cannot start a thread");
}
