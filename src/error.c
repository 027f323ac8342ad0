/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * error.c: the names of errors and reasons.
 */
#include "oneota/error.h"

#include "text.h"

/* All names of a kind stand in one string, each with a zero behind it: no pointers, no padding. */
#define NAME(name) name "\0"
#define ONE(name)  +1

/* clang-format off */
#define ERRORS(X)                                                                                  \
    X("ok") X("again") X("closed") X("broken") X("param") X("state")                               \
    X("peer") X("limit") X("storage") X("verify") X("unsupported")

#define REASONS(X)                                                                                 \
    X("none")                                                                                      \
    X("network") X("timeout") X("peer") X("server") X("answer") X("unknown")                       \
    X("auth") X("config") X("quota")                                                               \
    X("mismatch") X("postponed") X("cancelled") X("over") X("dropped")                             \
    X("paused") X("battery") X("signal") X("erases") X("requests") X("bytes")                      \
    X("retries") X("package") X("space") X("memory") X("deadline") X("type")                       \
    X("digest") X("signature") X("base") X("class") X("counter") X("quarantine") X("image")        \
    X("version") X("rejected") X("unconfirmed") X("reverted")                                      \
    X("storage")
/* clang-format on */

/* Does not compile when a value of error.h has no name here. */
typedef char every_error_has_a_name[(0 ERRORS(ONE)) == ONEOTA_ERROR_COUNT ? 1 : -1];
typedef char every_reason_has_a_name[(0 REASONS(ONE)) == ONEOTA_REASON_COUNT ? 1 : -1];

const char *oneota_error_text(oneota_error_t error)
{
    return oneota_text_pick(ERRORS(NAME), ONEOTA_ERROR_COUNT, (unsigned)error);
}

const char *oneota_reason_text(oneota_reason_t reason)
{
    return oneota_text_pick(REASONS(NAME), ONEOTA_REASON_COUNT, (unsigned)reason);
}
