#include "sidecar/report/clock.h"

#include <time.h>

static uint64_t read_us(clockid_t id)
{
    struct timespec t = {0};

    (void)clock_gettime(id, &t);
    return t.tv_sec >= 0 ? (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000 : 0;
}

uint64_t clock_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_unix_us(void)
{
    return read_us(CLOCK_REALTIME);
}

uint64_t clock_unix_s(void)
{
    return clock_unix_us() / 1000000;
}

static uint64_t system_now_us(void *data)
{
    (void)data;
    return clock_us();
}

static uint64_t system_unix_s(void *data)
{
    (void)data;
    return clock_unix_s();
}

static uint64_t system_cpu_us(void *data)
{
    (void)data;
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

const struct clock *clock_system(void)
{
    static const struct clock machine = {
        .now_us = system_now_us, .unix_s = system_unix_s, .cpu_us = system_cpu_us};

    return &machine;
}

uint64_t clock_now_us(const struct clock *c)
{
    return c->now_us(c->data);
}

uint64_t clock_now_unix_s(const struct clock *c)
{
    return c->unix_s(c->data);
}

uint64_t clock_now_cpu_us(const struct clock *c)
{
    return c->cpu_us(c->data);
}
