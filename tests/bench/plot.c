#include "tests/bench/plot.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, EXIT_NO_PROGRAM = 127 };

static enum hs_status file_write(const char *dir, const char *name, const char *ending,
                                 struct slice text, struct hs_error *err)
{
    char path[PATH_BYTES];
    FILE *f;
    bool fine;

    (void)snprintf(path, sizeof path, "%s/%s.%s", dir, name, ending);
    f = fopen(path, "we");
    if (!f) return hs_fail_errno(err, HS_IO, errno, "bench: %s", path);
    fine = fwrite(text.data, 1, text.len, f) == text.len;
    fine = fclose(f) == 0 && fine;
    return fine ? HS_OK : hs_fail_errno(err, HS_IO, errno, "bench: writing %s", path);
}

/* What it prints goes to stderr: stdout is the result's. */
static void run_gnuplot(const char *dir, const char *script)
{
    if (chdir(dir) == 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        (void)execlp("gnuplot", "gnuplot", script, (char *)NULL);
    }
    _exit(EXIT_NO_PROGRAM);
}

static enum hs_status draw(const char *dir, const char *script, struct hs_error *err)
{
    int how = 0;
    pid_t pid = fork();

    if (pid == 0) run_gnuplot(dir, script);
    if (pid < 0 || waitpid(pid, &how, 0) != pid) {
        return hs_fail_errno(err, HS_IO, errno, "bench: running gnuplot");
    }
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return HS_OK;
    if (WIFEXITED(how) && WEXITSTATUS(how) == EXIT_NO_PROGRAM) {
        (void)fprintf(
            stderr, "no plot: gnuplot is missing; install gnuplot-nox, then run gnuplot %s in %s\n",
            script, dir);
        return HS_OK;
    }
    return hs_fail(err, HS_IO, "bench: gnuplot %s failed in %s; its words are above", script, dir);
}

enum hs_status plot_write(const char *dir, const char *name, const struct buffer *csv,
                          const char *script, struct hs_error *err)
{
    char script_name[PATH_BYTES];
    enum hs_status st;

    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return hs_fail_errno(err, HS_IO, errno, "bench: making %s", dir);
    }
    st = file_write(dir, name, "csv", buffer_slice(csv), err);
    if (st == HS_OK) st = file_write(dir, name, "gp", slice_text(script), err);
    (void)snprintf(script_name, sizeof script_name, "%s.gp", name);
    return st == HS_OK ? draw(dir, script_name, err) : st;
}
