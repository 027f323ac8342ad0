/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * proof.h: what the proofs share. A proof is a file with prove(); it includes the module of src/
 * that it is about, gives it any value there is, and says what must hold of what comes back. CBMC
 * then looks for values with which it does not hold, or with which the code leaves its memory or
 * overflows, among all of them.
 *
 * run.sh has the bounds of each, and changes of the code that it must find.
 */
#ifndef ONEOTA_PROOF_PROOF_H
#define ONEOTA_PROOF_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A compiler sees the same files, so that they stay in order where there is no CBMC. */
#ifndef __CPROVER__
void __CPROVER_assert(bool condition, const char *text);
void __CPROVER_assume(bool condition);
void __CPROVER_havoc_object(void *memory);
void __CPROVER_havoc_slice(void *memory, size_t length);
size_t __CPROVER_POINTER_OBJECT(const void *memory);
bool __CPROVER_r_ok(const void *memory, size_t length);
bool __CPROVER_w_ok(const void *memory, size_t length);
#endif

#define PROVE(condition)  __CPROVER_assert(condition, #condition)
#define ASSUME(condition) __CPROVER_assume(condition)

/* Any value: functions without a body. */
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
bool nondet_bool(void);

void prove(void);

#endif
