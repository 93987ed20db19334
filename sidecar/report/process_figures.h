/* Process figures: what the standard process_* metrics show, from /proc and the limits. */
#ifndef HEADSTART_SIDECAR_REPORT_PROCESS_FIGURES_H
#define HEADSTART_SIDECAR_REPORT_PROCESS_FIGURES_H

/* Negative: it could not be read. */
struct process_figures {
    double cpu_s; /* user and system */
    double virtual_bytes, resident_bytes;
    double open_files, open_files_max;
};

/** As they are now. Thread: any. */
struct process_figures process_figures_read(void);

#endif
