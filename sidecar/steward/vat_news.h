/* Vat news: what became of a vat in a delivery, for the operator's log. */
#ifndef HEADSTART_SIDECAR_STEWARD_VAT_NEWS_H
#define HEADSTART_SIDECAR_STEWARD_VAT_NEWS_H

#include "kernel/state/bytes.h"
#include "kernel/state/message.h"
#include "sidecar/report/logger.h"

/** One error line: the vat, why, when, what it was handed, and the input `m` that was executed
 *  then: its SHA-256, and whom and what it calls.
 *  In:  event  JSON, of the outcome's events: vat_ended, crank_undone */
void vat_news_log(const struct logger *logger, const struct message *m, struct slice event);

#endif
