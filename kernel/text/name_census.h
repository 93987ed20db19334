/* Name census: of how many names a vat's engine would search one by one.
 *
 * The engine keeps the names of properties and of registered symbols in a table, by a hash that
 * everybody knows, and searches those that fall on one place in turn. Whoever writes texts could so
 * have their reader do work that is quadratic in them. So names are counted by place before they
 * are passed on: different ones only, and by the lowest bits of the hash, which decide even where
 * the table is small. 25,000 names that nobody chose for it come to less than 20 on any place.
 */
#ifndef HEADSTART_KERNEL_TEXT_NAME_CENSUS_H
#define HEADSTART_KERNEL_TEXT_NAME_CENSUS_H

#include "kernel/text/json_text.h"

enum { NAMES_TOGETHER_MAX = 64 };

struct name_census;

/** A census of no names; name_census_close() frees it. HS_NOMEM */
HS_MUST_CHECK enum hs_status name_census_open(struct name_census **out);
void name_census_close(struct name_census *c); /* NULL: nothing */

/** Is the token of a smallcaps text a name: a key, or a symbol? */
bool name_census_counts(enum json_token token, struct slice raw);
/** Count the names of a text of smallcaps, the part behind its '#', of which nothing is kept. One
 *  that is no JSON is counted as far as it looks like it. HS_NOMEM: it may be counted in part. */
HS_MUST_CHECK enum hs_status name_census_add(struct name_census *c, struct slice json);
/** Have more than NAMES_TOGETHER_MAX names come to one place? */
bool name_census_crowded(const struct name_census *c);

#endif
