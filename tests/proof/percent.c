/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * percent.c: the progress that is shown is bytes * 100 / size, and beyond 42 949 672 bytes that or
 * one less; 100 only for all of it: for all numbers of bytes, of packages of these sizes.
 */
#include "proof.h"

#include "report.c"

void prove_shown(void)
{
    static const uint32_t k_sizes[] = {1,   3,     7,      99,          100,
                                       101, 65536, 123457, 2147483648u, 4294967295u};
    for (unsigned n = 0; n < sizeof k_sizes / sizeof k_sizes[0]; n++) {
        oneota_t m;
        const uint32_t size = k_sizes[n];
        const uint32_t bytes = nondet_u32();
        m.delta = NULL;
        m.live = nondet_bool();
        ASSUME(bytes <= size);
        m.record.order.task.type = 1;
        m.record.order.task.size = size;
        m.record.at.stored = m.slot.position = bytes;
        const uint64_t percent = oneota_machine_percent(&m);
        PROVE(percent <= 100u);
        PROVE(percent * size <= (uint64_t)bytes * 100u);
        PROVE((uint64_t)bytes * 100u < (percent + (size > UINT32_MAX / 100u ? 2u : 1u)) * size);
        PROVE((percent == 100u) == (bytes == size));
    }
}

void prove_none(void)
{
    oneota_t m;
    m.delta = NULL;
    m.record.order.task.type = 1;
    m.record.order.task.size = 0;
    PROVE(oneota_machine_percent(&m) == 0);
}
