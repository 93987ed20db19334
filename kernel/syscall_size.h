/* Syscall size: what a vat may pass in one syscall, judged before anything of it is done.
 *
 * Bodies and values that are stored keep to the bounds of text_size.h, and a body to
 * TEXT_SLOTS_MAX. A syscall that breaks one is answered with an error, and nothing else happens:
 * the vat goes on, since what it passes on may have come from somebody who wishes it ill.
 */
#ifndef HEADSTART_KERNEL_SYSCALL_SIZE_H
#define HEADSTART_KERNEL_SYSCALL_SIZE_H

#include "kernel/text/text_size.h"

/** Which bound the syscall's JSON breaks, in words; NULL: none. One that is no JSON, or no syscall,
 *  is for others to refuse. HS_NOMEM */
HS_MUST_CHECK enum hs_status syscall_size_problem(struct slice syscall, const char **problem);

#endif
