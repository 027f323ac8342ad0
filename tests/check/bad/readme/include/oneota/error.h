/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ONEOTA_ERROR_H
#define ONEOTA_ERROR_H
typedef enum {
    ONEOTA_REASON_NONE = 0,
    ONEOTA_REASON_NETWORK,
    ONEOTA_REASON_TIMEOUT,
    ONEOTA_REASON_COUNT
} oneota_reason_t;
#endif
