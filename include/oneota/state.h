/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * state.h: the memory of a client. Visible so that the caller can allocate it; private in every
 * field: read oneota_status(), never these. One section for each module of the library, from the
 * bottom up.
 */
#ifndef ONEOTA_STATE_H
#define ONEOTA_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "oneota/config.h"
#include "oneota/delta.h"
#include "oneota/port.h"
#include "oneota/setup.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- crypto.c */

/** A hash in progress; the words hold the context of the crypto library (checked in crypto.c). */
typedef struct {
    uint64_t words[14];
    uint8_t kind;
} oneota_hash_t;

/* ---------------------------------------------------------------- http.c */

/** Content-Range: bytes first-last/total, with first <= last < total. */
typedef struct {
    uint32_t first, last, total;
} oneota_range_t;

/** What the header of an answer said. Numbers beyond 32 bits: the answer was refused. */
typedef struct {
    uint32_t said;           /**< HTTP_* of http.h */
    uint32_t content_length; /**< with HTTP_LENGTH */
    oneota_range_t range;    /**< Content-Range; total 0 = none */
    uint32_t date_s;         /**< Date as Unix seconds, 0 = none; not read with status 206 */
    uint32_t retry_after_s;  /**< Retry-After in seconds; when it was a date: the time until it,
                                  counted from Date; 0 = none */
    int32_t ota_errno;       /**< -1 = none */
    uint16_t status;
} oneota_head_t;

typedef struct {
    uint8_t state;
    uint8_t interim;     /**< 1xx answers seen */
    uint32_t block_left; /**< bytes that this header or trailer block may still have */
    uint32_t left;       /**< body bytes still to come in this body or chunk */
    oneota_head_t head;
} oneota_http_t;

/* ---------------------------------------------------------------- exchange.c */

/** The small fields come first: that makes small code. */
typedef struct {
    uint8_t state;
    uint8_t reason; /**< of a failure, oneota_reason_t */
    bool open;      /**< there is a connection */
    bool reused;    /**< it has carried an answer before, and nothing of this one */
    bool stream;    /**< the body may take as long as it keeps coming */
    uint16_t port;
    uint32_t begin, end; /**< of what is to be sent, or of input not taken yet */
    uint32_t body_end;   /**< input from begin to here is of the body */
    uint32_t since_ms;   /**< when the present wait began */
    uint8_t *work;       /**< borrowed: what is kept, the request or a text; then input */
    uint32_t work_bytes;
    uint32_t request_length;
    uint32_t text_length; /**< of the body, as far as it was kept over the request; 0 = none */
    const oneota_net_t *net;
    void *net_ctx;
    const char *address; /**< where to connect; borrowed */
    const char *server_name;
    int32_t code; /**< native error, or HTTP status, of a failure */
    oneota_http_t http;
} oneota_exchange_t;

/* ---------------------------------------------------------------- journal.c */

#define ONEOTA_JOURNAL_TYPES 8 /**< record types 1 to 8 */

typedef struct {
    const oneota_flash_t *flash;
    void *flash_ctx;
    uint8_t *scratch;         /**< borrowed: one record, whole */
    uint8_t step;             /**< what is being done */
    bool fresh;               /**< home was sealed since the start: records may be appended */
    bool busy;                /**< the flash is programming what is in scratch */
    bool unread;              /**< something was found that could not be read: the flash failed */
    bool torn;                /**< a unit has records and no seal: one may come back in it */
    uint32_t place;           /**< of the record being scanned or written, or of the next one */
    uint32_t generation;      /**< of the newest seal, read or written */
    oneota_erase_unit_t unit; /**< the unit being scanned or written */
    oneota_erase_unit_t home; /**< the unit that counts; length 0: none yet */
    uint32_t newest[ONEOTA_JOURNAL_TYPES]; /**< offset of the newest record of each type */
    uint32_t found[ONEOTA_JOURNAL_TYPES];  /**< likewise, in the unit being scanned or written */
} oneota_journal_t;

/* ---------------------------------------------------------------- record.c */

/** How far the task has come: the journal's STATE record, as it is. */
typedef struct {
    uint8_t format;
    uint8_t stage;   /**< STAGE_* of record.h */
    uint8_t percent; /**< last progress reported */
    uint8_t result;  /**< terminal code to be delivered, 0 = none */
    uint8_t reason;  /**< oneota_reason_t of the result */
    uint8_t rounds;  /**< rounds used up */
    uint8_t again;   /**< 1: the one further download after a mismatch is used up */
    uint8_t zero;
    uint32_t check;   /**< of the task that this belongs to */
    uint32_t stored;  /**< bytes of the image in flash: a start of an erase unit, or all */
    uint32_t package; /**< offset in the package from which the download goes on */
    uint32_t skip;    /**< output of that place in the image (differential) */
    uint32_t spent_s; /**< time that the download has taken */
} oneota_progress_t;

/** The task and whose it is: the journal's TASK record, as it is. */
typedef struct {
    uint8_t format;
    uint8_t dialect; /**< id of the dialect that the handle belongs to */
    uint8_t image;   /**< index in setup.images */
    uint8_t zero;
    oneota_task_t task;
    char handle[ONEOTA_HANDLE_MAX + 1]; /**< token or task id: a secret of the task */
} oneota_order_t;

/** The image that a differential package makes: the journal's MADE record, as it is. */
typedef struct {
    uint8_t format;
    uint8_t zero[3];
    uint32_t check; /**< of the task that this belongs to */
    uint32_t size;  /**< 0: there is none; the package is the image */
    uint8_t sha256[32];
} oneota_made_t;

/** What a server has cost this device: the journal's SPENT record, as it is. */
typedef struct {
    uint8_t format;
    uint8_t zero[3];
    uint32_t erases;   /**< of a slot from its first unit on, less what days have given back */
    uint32_t requests; /**< for parts of packages, since the day began */
    uint32_t kib;      /**< that they have brought */
    uint32_t seconds;  /**< of the day that have passed */
} oneota_spent_t;

/** What the client knows of its task across a reset: the journal's records. */
typedef struct {
    oneota_progress_t at;
    oneota_order_t order;
    oneota_made_t made;
} oneota_record_t;

/* ---------------------------------------------------------------- slot.c */

/** An image on its way into, or out of, a slot. */
typedef struct {
    const oneota_flash_t *flash;
    void *flash_ctx;
    uint8_t *carry;      /**< borrowed: one program unit that is not full yet */
    uint32_t carried;    /**< bytes in it */
    uint32_t size;       /**< of the whole image */
    uint32_t position;   /**< bytes programmed, or read back */
    uint32_t erased_end; /**< everything below is erased or programmed */
    oneota_hash_t hash;  /**< over bytes [0, position) */
    bool guarded;        /**< the first unit must not be erased yet */
} oneota_slot_t;

/* ---------------------------------------------------------------- download.c */

typedef struct {
    uint32_t first;         /**< of the range that was asked for */
    uint32_t end;           /**< past the last byte that the answer carries */
    uint32_t place;         /**< package offset of the next body byte */
    uint32_t wanted;        /**< body bytes before this place are dropped */
    uint32_t range_bytes;   /**< size of the next range */
    uint8_t range_form;     /**< oneota_range_form_t that this server understands */
    uint8_t package_errors; /**< "cannot have the file": so many of the failures in a row */
    uint8_t flash_errors;   /**< since the task was accepted */
    bool form_known;        /**< range_form has been answered with 206 */
} oneota_download_t;

/* ---------------------------------------------------------------- machine.c */

/** A client. Private in every field. What is used most comes first: that makes small code. */
typedef struct {
    uint8_t state;
    uint8_t next;          /**< state that is entered once the journal has it; 0 = none */
    uint8_t phase;         /**< within a step */
    uint8_t reason;        /**< last failure, or why it waits: oneota_reason_t */
    uint8_t failures;      /**< in a row, for the back-off; attempts that brought no new byte */
    uint8_t image;         /**< the one that is checked, worked on, or on trial */
    uint8_t step;          /**< last report, or the one that is due */
    uint8_t shown;         /**< percent last told to the application */
    bool busy;             /**< a flash operation goes on: nothing else may come between */
    bool dirty;            /**< how far the task has come changed: stored before anything else */
    bool dirty_order;      /**< likewise the task */
    bool dirty_made;       /**< likewise the image; dirty is set with it */
    bool dirty_spent;      /**< likewise what was spent: when the download rests */
    bool live;             /**< the slot in RAM is in step with the flash */
    bool announce;         /**< step 1 is due before the first byte */
    bool rechecked;        /**< the task was asked for again since its token was good */
    bool doubted;          /**< the download's refusal was looked into */
    bool reported;         /**< the versions were reported since the start */
    bool check_due;        /**< after the version report */
    bool version_first;    /**< the platform asked for the version once */
    bool replaced;         /**< a task was replaced once, since there was none for a while */
    bool updated;          /**< 201 was delivered; say so after the version report */
    bool authorized_again; /**< a new Authorization was tried for this call */
    bool paused;           /**< what the application asked for */
    bool deferred;
    bool cancel;
    bool confirm;
    bool reject;
    bool forget;
    const oneota_setup_t *setup;
    uint32_t now_ms;     /**< the clock, as this poll began */
    uint32_t since_ms;   /**< when the state was entered, or a wait within it began */
    uint32_t wait_ms;    /**< how long that wait lasts */
    uint32_t later_ms;   /**< how long ST_WAIT is to last */
    uint32_t sleep_ms;   /**< what this poll returns */
    uint32_t counted_ms; /**< up to when seconds are counted */
    uint32_t clock_s;    /**< the platform's clock, Unix seconds; 0 = never heard */
    int32_t code;        /**< behind reason, or the answer to the last report */
    oneota_boot_t boot;  /**< of image, as read at the start */
    oneota_record_t record;
    oneota_download_t download;
    oneota_slot_t slot;
    oneota_delta_state_t *delta; /**< of the present download, in the work buffer; NULL: none */
    oneota_exchange_t exchange;
    oneota_journal_t journal;
    oneota_spent_t spent;
    char address[ONEOTA_ADDRESS_MAX + 1]; /**< host that the task names; cut at the colon when
                                               used */
} oneota_t;

#ifdef __cplusplus
}
#endif
#endif
