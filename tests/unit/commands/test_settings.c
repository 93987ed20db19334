/* Settings: who wins, what is refused, and that one table serves every source. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "sidecar/settings/sidecar_config.h"

#include <stdlib.h>
#include <sys/un.h>

#define ALL UINT64_MAX

static enum hs_status set_flag(struct settings *s, enum setting_id id, const char *text)
{
    struct hs_error err = {0};
    enum hs_status st = settings_set(s, id, text, SETTING_FROM_FLAG, "--flag", &err);

    CU_ASSERT_EQUAL(st != HS_OK, err.text[0] != '\0');
    return st;
}

/* Load `text` as a configuration file; the status, the words in *err. */
static enum hs_status load_file(struct settings *s, const char *text, struct hs_error *err)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path path = scratch_join(dir.text, "settings.json");
    enum hs_status st;

    scratch_write(path.text, slice_text(text));
    st = settings_load_file(s, path.text, err);
    scratch_remove(dir);
    return st;
}

static void settings__flag_over_environment_over_file_over_default(void)
{
    static const char *const expected[] = {"debug", "error", "warn", "info"};

    CU_ASSERT_EQUAL_FATAL(setenv("HEADSTART_LOG_LEVEL", "error", 1), 0);
    for (int strongest = 0; strongest < 4; strongest++) {
        struct settings s;
        struct hs_error err = {0};

        settings_init(&s);
        if (strongest <= 0) CU_ASSERT_EQUAL(set_flag(&s, SETTING_LOG_LEVEL, "debug"), HS_OK);
        if (strongest <= 1) CU_ASSERT_EQUAL(settings_load_environment(&s, ALL, &err), HS_OK);
        if (strongest <= 2) {
            CU_ASSERT_EQUAL(load_file(&s, "{\"log-level\":\"warn\"}", &err), HS_OK);
        }
        CU_ASSERT_EQUAL(settings_load_defaults(&s, ALL, &err), HS_OK);
        CU_ASSERT_STRING_EQUAL(settings_text(&s, SETTING_LOG_LEVEL), expected[strongest]);
        CU_ASSERT_EQUAL(settings_given(&s, SETTING_LOG_LEVEL), strongest < 3);
        settings_fini(&s);
    }
    (void)unsetenv("HEADSTART_LOG_LEVEL");
}

static void settings__order_of_sources_does_not_matter(void)
{
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    CU_ASSERT_EQUAL(settings_load_defaults(&s, ALL, &err), HS_OK);
    CU_ASSERT_EQUAL(load_file(&s, "{\"snapshot-every\":7}", &err), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SNAPSHOT_EVERY, "8"), HS_OK);
    CU_ASSERT_EQUAL(load_file(&s, "{\"snapshot-every\":9}", &err), HS_OK);
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_SNAPSHOT_EVERY), 8);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SNAPSHOT_EVERY, "10"), HS_OK);
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_SNAPSHOT_EVERY), 10);
    settings_fini(&s);
}

static void settings__every_environment_name_is_made_from_the_flag(void)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = setting_at((enum setting_id)i);
        char expected[64] = "HEADSTART_", name[SETTING_ENVIRONMENT_BYTES_MAX];
        enum setting_id found;

        CU_ASSERT(setting_find(slice_text(setting->name), &found) && found == i);
        CU_ASSERT_PTR_NOT_NULL(setting->help);
        CU_ASSERT_EQUAL(setting->argument == NULL, setting->kind == SETTING_KIND_FLAG);
        CU_ASSERT_EQUAL(setting->choices != NULL, setting->kind == SETTING_KIND_CHOICE);
        CU_ASSERT(strlen(setting->name) + 10 < SETTING_ENVIRONMENT_BYTES_MAX);
        if (!setting_environment(setting, name)) continue;
        for (size_t at = 0; setting->name[at]; at++) {
            char letter = setting->name[at];

            expected[10 + at] = letter == '-' ? '_' : (char)(letter - 'a' + 'A');
        }
        CU_ASSERT_STRING_EQUAL(name, expected);
    }
}

static void settings__error_of_a_choice_names_all(void)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = setting_at((enum setting_id)i);
        struct hs_error err = {0};
        uint64_t number;

        if (setting->kind != SETTING_KIND_CHOICE) continue;
        CU_ASSERT_EQUAL(setting_parse(setting, "none", "--x", &number, &err), HS_INVALID);
        for (size_t j = 0; setting->choices[j]; j++) {
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, setting->choices[j]));
        }
    }
}

/* The daemon's configuration is read from the same rows: each member's default and its value. */
static void sidecar_config__is_what_the_settings_say(void)
{
    struct sidecar_config c = sidecar_config_default();
    struct settings s;
    struct hs_error err = {0};

    CU_ASSERT(c.preload && c.images && c.log && !c.verify_swap);
    CU_ASSERT_EQUAL(c.snapshot_every, 100);
    CU_ASSERT_EQUAL(c.snapshot_keep, 8);
    CU_ASSERT_EQUAL(c.replay_threads, 0);
    CU_ASSERT_EQUAL(c.spin_us, 0);
    CU_ASSERT_EQUAL(c.log_level, LOG_LEVEL_INFO);
    CU_ASSERT_PTR_NULL(c.metrics_address);
    CU_ASSERT_PTR_NULL(c.chain_id);
    settings_init(&s);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_NO_IMAGES, NULL), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_VERIFY_SWAP, NULL), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SNAPSHOT_KEEP, "3"), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_REPLAY_THREADS, "4"), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SPIN, "50"), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_LOG_SYNC, "block"), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_METRICS, "[::1]:1"), HS_OK);
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_QUIET, NULL), HS_OK);
    CU_ASSERT_EQUAL(settings_load_defaults(&s, ALL, &err), HS_OK);
    c = sidecar_config_of(&s);
    CU_ASSERT(c.preload && !c.images && c.log && c.verify_swap);
    CU_ASSERT_EQUAL(c.snapshot_every, 100);
    CU_ASSERT_EQUAL(c.snapshot_keep, 3);
    CU_ASSERT_EQUAL(c.replay_threads, 4);
    CU_ASSERT_EQUAL(c.spin_us, 50);
    CU_ASSERT_EQUAL(c.log_sync, SIDECAR_LOG_SYNC_BLOCK);
    CU_ASSERT_EQUAL(c.reads, SIDECAR_READS_MIRROR);
    CU_ASSERT_EQUAL(c.log_level, LOG_LEVEL_ERROR);
    CU_ASSERT_STRING_EQUAL(c.metrics_address, "[::1]:1");
    settings_fini(&s);
}

static uint64_t share_with(const char *every, const char *share)
{
    struct sidecar_config c;
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    if (every) CU_ASSERT_EQUAL(set_flag(&s, SETTING_SNAPSHOT_EVERY, every), HS_OK);
    if (share) CU_ASSERT_EQUAL(set_flag(&s, SETTING_SNAPSHOT_SHARE, share), HS_OK);
    CU_ASSERT_EQUAL(settings_load_defaults(&s, ALL, &err), HS_OK);
    c = sidecar_config_of(&s);
    settings_fini(&s);
    return c.snapshot_share;
}

static void sidecar_config__snapshots_asked_for_by_number_wait_for_no_share(void)
{
    CU_ASSERT_EQUAL(share_with(NULL, NULL), 1);
    CU_ASSERT_EQUAL(share_with(NULL, "5"), 5);
    CU_ASSERT_EQUAL(share_with("7", NULL), 100);
    CU_ASSERT_EQUAL(share_with("7", "5"), 5);
}

static void settings__out_of_range_is_refused(void)
{
    static const struct {
        enum setting_id id;
        const char *text;
    } bad[] = {
        {SETTING_SNAPSHOT_KEEP, "0"},
        {SETTING_SNAPSHOT_EVERY, "-1"},
        {SETTING_SNAPSHOT_EVERY, "1.5"},
        {SETTING_SNAPSHOT_EVERY, "often"},
        {SETTING_SNAPSHOT_EVERY, ""},
        {SETTING_SNAPSHOT_EVERY, "9007199254740992"},
        {SETTING_SNAPSHOT_KEEP, "1025"},
        {SETTING_LOG_SYNC, "never"},
        {SETTING_LOG_SYNC, "Always"},
        {SETTING_JSON, "perhaps"},
        {SETTING_METRICS, "9464"},
        {SETTING_METRICS, ":9464"},
        {SETTING_METRICS, "localhost:"},
        {SETTING_METRICS, "localhost:65536"},
        {SETTING_METRICS, "localhost:http"},
        {SETTING_DATA, ""},
        {SETTING_CHAIN_ID, ""},
        {SETTING_WATCH, "0"},
    };
    struct settings s;

    settings_init(&s);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(set_flag(&s, bad[i].id, bad[i].text), HS_INVALID);
        CU_ASSERT_EQUAL(s.values[bad[i].id].source, SETTING_FROM_NOWHERE);
    }
    settings_fini(&s);
}

static void settings__edges_of_ranges_are_taken(void)
{
    static const struct {
        enum setting_id id;
        const char *text;
        uint64_t number;
    } good[] = {
        {SETTING_SNAPSHOT_EVERY, "1", 1},
        {SETTING_SNAPSHOT_EVERY, "9007199254740991", UINT64_C(9007199254740991)},
        {SETTING_SNAPSHOT_KEEP, "1024", 1024},
        {SETTING_LOG_SYNC, "background", 0},
        {SETTING_LOG_SYNC, "block", 2},
        {SETTING_JSON, NULL, 1},
        {SETTING_JSON, "no", 0},
        {SETTING_WATCH, NULL, 2},
        {SETTING_METRICS, "[::1]:0", 0},
        {SETTING_METRICS, "off", 0},
    };
    struct settings s;

    settings_init(&s);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CU_ASSERT_EQUAL(set_flag(&s, good[i].id, good[i].text), HS_OK);
        CU_ASSERT_EQUAL(s.values[good[i].id].number, good[i].number);
    }
    settings_fini(&s);
}

static void settings__socket_fits_sun_path_to_the_byte(void)
{
    char path[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    struct settings s;

    settings_init(&s);
    memset(path, 's', sizeof path);
    path[sizeof path - 1] = '\0'; /* as long as sun_path: no room for its NUL */
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SOCKET, path), HS_TOO_LARGE);
    path[sizeof path - 2] = '\0';
    CU_ASSERT_EQUAL(set_flag(&s, SETTING_SOCKET, path), HS_OK);
    settings_fini(&s);
}

static void settings_file__takes_every_kind(void)
{
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    CU_ASSERT_EQUAL(load_file(&s,
                              "{\"data\":\"/d\",\"snapshot-keep\":3,\"no-images\":true,"
                              "\"no-preload\":false,\"reads\":\"node\",\"metrics\":\"off\"}",
                              &err),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(settings_text(&s, SETTING_DATA), "/d");
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_SNAPSHOT_KEEP), 3);
    CU_ASSERT(settings_flag(&s, SETTING_NO_IMAGES));
    CU_ASSERT_FALSE(settings_flag(&s, SETTING_NO_PRELOAD));
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_READS), 1);
    settings_fini(&s);
}

static void settings_file__malformed_is_refused_with_words(void)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "line 1"},
        {"{", "line 1"},
        {"[]", "object"},
        {"{\"data\":\"a\",\"data\":\"b\"}", "line 1"},
        {"{\"soket\":\"/x\"}", "did you mean 'socket'"},
        {"{\"zzzzzzzz\":1}", "zzzzzzzz"},
        {"{\"config\":\"/x\"}", "config"},
        {"{\"messages\":\"/x\"}", "messages"},
        {"{\"data\":7}", "data must be a string"},
        {"{\"snapshot-every\":\"7\"}", "snapshot-every must be a number"},
        {"{\"snapshot-keep\":0}", "snapshot-keep"},
        {"{\"snapshot-every\":-4}", "snapshot-every"},
        {"{\"snapshot-every\":1e3}", "snapshot-every must be a number"},
        {"{\"json\":1}", "json must be true or false"},
        {"{\"reads\":\"disk\"}", "mirror"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct settings s;
        struct hs_error err = {0};

        settings_init(&s);
        CU_ASSERT_EQUAL(load_file(&s, bad[i].text, &err), HS_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[i].words));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "settings.json"));
        settings_fini(&s);
    }
}

static void settings_file__missing_or_too_large(void)
{
    struct buffer large = {0};
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    CU_ASSERT_EQUAL(settings_load_file(&s, "/nowhere/settings.json", &err), HS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "/nowhere/settings.json"));
    CU_ASSERT_EQUAL(settings_load_file(&s, "/", &err), HS_INVALID);
    for (int i = 0; i < 17; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_reserve(&large, 1 << 16), HS_OK);
        memset(large.data + large.len, ' ', 1 << 16);
        large.len += 1 << 16;
        large.data[large.len] = '\0';
    }
    CU_ASSERT_EQUAL(load_file(&s, buffer_text(&large), &err), HS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "1 MiB"));
    buffer_fini(&large);
    settings_fini(&s);
}

static void settings_environment__only_what_is_wanted_is_read(void)
{
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    CU_ASSERT_EQUAL_FATAL(setenv("HEADSTART_SNAPSHOT_EVERY", "never", 1), 0);
    CU_ASSERT_EQUAL_FATAL(setenv("HEADSTART_READS", "", 1), 0);
    CU_ASSERT_EQUAL(settings_load_environment(&s, SETTING_BIT(SETTING_READS), &err), HS_OK);
    CU_ASSERT_FALSE(settings_given(&s, SETTING_READS)); /* empty is as if not set */
    CU_ASSERT_EQUAL(settings_load_environment(&s, ALL, &err), HS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "HEADSTART_SNAPSHOT_EVERY"));
    (void)unsetenv("HEADSTART_SNAPSHOT_EVERY");
    (void)unsetenv("HEADSTART_READS");
    settings_fini(&s);
}

static void settings_defaults__name_every_choice_of_the_table(void)
{
    struct settings s;
    struct hs_error err = {0};

    settings_init(&s);
    CU_ASSERT_EQUAL(settings_load_defaults(&s, ALL, &err), HS_OK);
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_SNAPSHOT_EVERY), 100);
    CU_ASSERT_EQUAL(settings_number(&s, SETTING_SNAPSHOT_KEEP), 8);
    CU_ASSERT_STRING_EQUAL(settings_text(&s, SETTING_LOG_SYNC), "background");
    CU_ASSERT_STRING_EQUAL(settings_text(&s, SETTING_READS), "mirror");
    CU_ASSERT_PTR_NULL(settings_text(&s, SETTING_KERNEL));
    CU_ASSERT_PTR_NULL(settings_text(&s, SETTING_CHAIN_ID));
    settings_fini(&s);
}

static const struct suite_case cases[] = {
    SUITE_CASE(settings__flag_over_environment_over_file_over_default),
    SUITE_CASE(settings__order_of_sources_does_not_matter),
    SUITE_CASE(settings__every_environment_name_is_made_from_the_flag),
    SUITE_CASE(settings__error_of_a_choice_names_all),
    SUITE_CASE(sidecar_config__is_what_the_settings_say),
    SUITE_CASE(sidecar_config__snapshots_asked_for_by_number_wait_for_no_share),
    SUITE_CASE(settings__out_of_range_is_refused),
    SUITE_CASE(settings__edges_of_ranges_are_taken),
    SUITE_CASE(settings__socket_fits_sun_path_to_the_byte),
    SUITE_CASE(settings_file__takes_every_kind),
    SUITE_CASE(settings_file__malformed_is_refused_with_words),
    SUITE_CASE(settings_file__missing_or_too_large),
    SUITE_CASE(settings_environment__only_what_is_wanted_is_read),
    SUITE_CASE(settings_defaults__name_every_choice_of_the_table),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("settings", cases, argc, argv);
}
