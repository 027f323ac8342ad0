/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_record.h: the check value of a task, made a second time.
 */
#ifndef ONEOTA_FUZZ_RECORD_H
#define ONEOTA_FUZZ_RECORD_H

#include "bytes.h"
#include "fuzz.h"
#include "record.h"

/* Of dialect, image and the task's own bytes, as record.h names them. */
static inline uint32_t fuzz_check_of(const oneota_order_t *order)
{
    uint8_t bytes[2u + 4u + sizeof order->task.md5 + 1u + sizeof order->task.target];
    bytes[0] = order->dialect;
    bytes[1] = order->image;
    memcpy(bytes + 2, &order->task.size, 4);
    memcpy(bytes + 6, order->task.md5, sizeof order->task.md5);
    bytes[22] = order->task.type;
    memcpy(bytes + 23, order->task.target, sizeof order->task.target);
    return oneota_bytes_crc32(0, bytes, sizeof bytes);
}

#endif
