/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * setup.h: what the application tells the client, and what the client tells the application.
 */
#ifndef ONEOTA_SETUP_H
#define ONEOTA_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "oneota/config.h"
#include "oneota/error.h"
#include "oneota/port.h"
#include "oneota/trailer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- events */

typedef enum {
    ONEOTA_EVENT_STATE = 1, /**< from, to */
    ONEOTA_EVENT_TASK,      /**< task, address: accepted, or gone on with after a reset */
    ONEOTA_EVENT_PROGRESS,  /**< percent, bytes: in flash */
    ONEOTA_EVENT_READY,     /**< proven and acknowledged; installs now, unless deferred */
    ONEOTA_EVENT_RESTART,   /**< restart the device; repeated once a minute until it is done */
    ONEOTA_EVENT_TRIAL,  /**< this image runs on trial: confirm or reject within ONEOTA_TRIAL_MS */
    ONEOTA_EVENT_REPORT, /**< step; code: the platform's answer; -1: none, or over budget: unsent */
    ONEOTA_EVENT_UPDATED, /**< the task ended well: 201 was delivered. version */
    ONEOTA_EVENT_FAILED,  /**< reason, code: something went wrong; says once each time */
    ONEOTA_EVENT_ENDED,   /**< the task ended without an update. reason; step: reported, or 0 */
    ONEOTA_EVENT_IDLE,    /**< waits for sleep_ms; reason, code: why, or ONEOTA_REASON_NONE */
    ONEOTA_EVENT_EXPOSED  /**< once a start: whoever is on the path reads the Authorization,
                               because the net port does not encrypt */
} oneota_event_type_t;

/** Members that the type does not name above have no meaning. Text and task are borrowed for the
 * call. There is no token in it: that is a secret. */
typedef struct {
    uint8_t type;     /**< oneota_event_type_t */
    uint8_t image;    /**< index in setup.images */
    uint8_t from, to; /**< states, see oneota_state_text() */
    uint8_t percent;
    uint8_t step;   /**< code reported to the platform */
    uint8_t reason; /**< oneota_reason_t */
    int32_t code;   /**< errno of the platform, HTTP status or native code behind a reason */
    uint32_t bytes;
    uint32_t sleep_ms;
    const char *version; /**< of the running image */
    const char *address; /**< ipPort as "host:port", "" = none */
    const oneota_task_t *task;
} oneota_event_t;

/* ---------------------------------------------------------------- set-up */

/** See differential.h. */
typedef struct oneota_differential oneota_differential_t;

/** One image of the device. */
typedef struct {
    oneota_image_id_t id;          /**< its type and the version that runs now */
    const oneota_flash_t *slot[2]; /**< the two slots; the boot port says which one runs */
    void *slot_ctx[2];
} oneota_image_t;

/** Everything a client is told. Kept (not copied) until oneota_deinit(): make it constant. */
typedef struct {
    /* who this is, and to whom it speaks */
    const oneota_dialect_t *dialect; /**< &oneota_south, _fuse or _studio */
    oneota_identity_t identity;
    const char *address;     /**< host name or IP to connect to; IPv6 without brackets */
    const char *host;        /**< Host header; NULL: address */
    const char *server_name; /**< name in the certificate; NULL: address */
    const char *prefix;      /**< put before every path ("/gateway"); NULL: none */
    uint16_t port;           /**< 0: 80 */

    /* what is updated */
    const oneota_image_t *images; /**< checked in this order */
    uint8_t image_count;          /**< 1 to ONEOTA_IMAGES_MAX */
    const oneota_trust_t *trust;  /**< a table for each image, in their order: nothing unsigned is
                                       installed. Give each a class of its own: of two images with
                                       the same vendor, class and keys, each takes the other's
                                       packages. NULL: integrity only */
    const oneota_differential_t *delta; /**< &oneota_differential: takes such packages; or NULL */

    /* ports; `_ctx` is handed to each of their functions */
    const oneota_net_t *net;
    void *net_ctx;
    const oneota_boot_port_t *boot;
    void *boot_ctx;
    const oneota_flash_t *journal; /**< two erase units or more, for this client alone */
    void *journal_ctx;
    const oneota_clock_t *clock;
    void *clock_ctx;
    const oneota_device_t *device;
    void *device_ctx;
    const oneota_log_t *log; /**< NULL: none */
    void *log_ctx;

    /* behaviour; 0 takes the default */
    uint32_t poll_interval_s; /**< between checks, +- 10 %: default 3600, 1 to 2000000 */
    uint32_t retry_floor_ms;  /**< least interval between rounds: default 30000; and, as more of
                                   them are used up, never less than a back-off after so many */
    uint32_t backoff_min_ms;  /**< after the first failed attempt: default 2000 */
    uint32_t backoff_max_ms;  /**< ceiling, which doubling reaches: default 3600000 */
    bool check_at_once;       /**< first check now; else at a random time within a minute */
    bool ask_before_install;  /**< as if oneota_defer_install() had been called */
    bool use_address;         /**< download from the host that the task names (ipPort) ... */
    bool use_private_address; /**< ... also if that is a private or link-local address */

    /* memory, and the way out */
    void *work;        /**< aligned as for uint64_t; nobody else writes to it */
    size_t work_bytes; /**< ONEOTA_WORK_BYTES, with delta ONEOTA_WORK_DELTA_BYTES(); <= 65536 */
    void (*event)(void *ctx, const oneota_event_t *event); /**< NULL: none */
    void *event_ctx;
} oneota_setup_t;

#ifdef __cplusplus
}
#endif
#endif
