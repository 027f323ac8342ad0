/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_platform.h: OneNET in small, and the judge of what a device tells it.
 *
 * Three layers: a wire format (fake_south.c, fake_fuse.c) turns bytes into a fake_request_t and a
 * fake_reply_t into bytes; the task model answers by the platform's table of states; the judge
 * compares each call with what is true of the device, which it learns by fake_truth_t and not
 * from the device's own words. Another dialect is another wire format. Nothing of this shares
 * code with the library.
 */
#ifndef ONEOTA_FAKE_PLATFORM_H
#define ONEOTA_FAKE_PLATFORM_H

#include "fake_net.h"

#define FAKE_TASKS_MAX   6u
#define FAKE_CALLS_KEPT  256u
#define FAKE_VERSION_MAX 20u

typedef enum {
    FAKE_TASK_WAITING = 0,
    FAKE_TASK_DOWNLOADING,
    FAKE_TASK_UPGRADING,
    FAKE_TASK_DONE,
    FAKE_TASK_FAILED,
    FAKE_TASK_CANCELLED,
    FAKE_TASK_PAUSED
} fake_task_state_t;

typedef struct {
    /* set by the test */
    uint8_t type; /**< 1 module, 2 application */
    const char *target;
    const uint8_t *package;
    const uint8_t *served; /**< what is sent, the same unless a test says otherwise */
    uint32_t size;
    bool differential; /**< what is sent is of type 2, and makes the package */
    char md5[33];
    uint32_t retry, interval;
    int32_t signal, power;

    /* what has become of it */
    uint8_t state;
    char token[32];
    char stale[32];     /**< the token before this one, or "" */
    uint8_t paused;     /**< state before a pause */
    uint8_t attempted;  /**< last terminal code that was told, taken or not */
    bool checked;       /**< its token was checked since it is this one */
    bool expired;       /**< it failed by that */
    bool acked;         /**< 101 was taken */
    bool announcing;    /**< step 1 is due before a byte is asked for ... */
    uint32_t losses;    /**< ... unless it was lost: platform.losses at that moment */
    uint8_t percent;    /**< last progress */
    uint8_t result;     /**< terminal code that was taken, or 0 */
    bool told;          /**< the device has been told that it is over or cancelled */
    uint32_t delivered; /**< bytes of the package, from its first, that have reached the device */
    uint32_t downloads; /**< bytes in all */
    uint32_t refused;   /**< token checks: the device is told each time that it is not its task */
    uint32_t broken;    /**< answers with bytes of it that have not come to their end */
} fake_task_t;

/** What is true of the device. */
typedef struct {
    const char *(*version)(void *ctx, uint8_t type);   /**< that runs; NULL: no such image */
    bool (*runs)(void *ctx, const fake_task_t *task);  /**< the task's package runs */
    bool (*holds)(void *ctx, const fake_task_t *task); /**< it is whole in the other slot */
    bool (*settled)(void *ctx);                        /**< nothing is marked or on trial */
    uint64_t (*unix_s)(void *ctx);
} fake_truth_t;

typedef enum {
    FAKE_VERSION = 0,
    FAKE_CHECK,
    FAKE_TOKEN,
    FAKE_DOWNLOAD,
    FAKE_REPORT,
    FAKE_CALL_KINDS
} fake_verb_t;

/** Something else than OneNET in good health. */
typedef enum {
    FAKE_PEER_FINE = 0,
    FAKE_PEER_500, /**< HTTP status 500, and a page; so the others up to STRANGER */
    FAKE_PEER_502,
    FAKE_PEER_503, /**< with a Retry-After of two hours */
    FAKE_PEER_504,
    FAKE_PEER_429,
    FAKE_PEER_401,
    FAKE_PEER_403,
    FAKE_PEER_STRANGER, /**< HTTP status 200, and a page */
    FAKE_PEER_REFUSES,  /**< no Authorization is good */
    FAKE_PEER_INTERNAL, /**< internal error to every call but the download */
    FAKE_PEER_NO_FILE,  /**< the file cannot be had just now */
    FAKE_PEER_COUNT
} fake_peer_t;

/** A request, whatever the dialect. */
typedef struct {
    uint8_t verb;
    uint8_t type;
    bool ranged;
    bool authorised;
    uint32_t step;
    uint32_t first, last;
    uint64_t et;
    char versions[3][FAKE_VERSION_MAX + 1]; /**< by type; CHECK: the one of its type */
    char handle[65];
} fake_request_t;

/** A reply, whatever the dialect. */
typedef struct {
    int32_t code;
    const char *text;
    const fake_task_t *task; /**< CHECK that found one, DOWNLOAD that carries bytes */
    uint32_t first, last;
    bool ranged;
    bool stranger; /**< none of OneNET */
    uint8_t state; /**< of the task that the request names */
    uint64_t now_s;
} fake_reply_t;

typedef struct {
    uint8_t verb;
    uint8_t type;
    uint8_t step;
    int32_t code;
    uint32_t first, last;
} fake_record_t;

typedef struct {
    fake_task_t tasks[FAKE_TASKS_MAX];
    uint8_t task_count;
    char versions[3][FAKE_VERSION_MAX + 1]; /**< as the platform knows them, by type */
    const fake_truth_t *truth;
    void *truth_ctx;

    /* plan, may be set after fake_platform_init() */
    const char *handles; /**< what a task's handle looks like; it ends in three digits */
    bool trailers;       /**< the last 192 bytes may be asked for first */
    bool announces;      /**< the token check only tells the state: a report starts the download */
    const uint32_t *losses; /**< counts calls of the net that failed; NULL: none does */
    bool late;              /**< the request is from a connection that is gone */
    uint32_t late_count;    /**< so many of them were taken */
    uint64_t ahead_s;       /**< of the device's clock: its `et` are so much later */
    uint8_t peer;           /**< fake_peer_t */
    uint8_t stale_code;     /**< of a token check with a token that is not the newest */
    uint32_t act_at;        /**< act() comes before this call, counted from 1; 0: never */
    void (*act)(void *ctx);
    void *act_ctx;

    const uint8_t *codes;  /**< terminal codes that may come, ends in 0 */
    const char *violation; /**< the first, NULL: none */
    const char *lie;       /**< likewise: what is false whatever the device was told */
    uint32_t calls;
    uint32_t counts[FAKE_CALL_KINDS];
    uint32_t repeats; /**< progress reports sent twice because no byte of the answer had come */
    uint32_t resumed; /**< downloads that began behind 0 after the token had been checked */
    fake_record_t records[FAKE_CALLS_KEPT];

    /* private: the answer on its way */
    bool heard;
    fake_task_t *serving;
    uint32_t serving_first, serving_last;
    uint32_t served;
    fake_task_t *telling;  /**< of what is over, this answer says so */
    fake_task_t *refusing; /**< this answer refuses the report that begins its download */
    uint32_t tokens;
    bool begins; /**< the next download is the first since the token was checked */
} fake_platform_t;

void fake_platform_init(fake_platform_t *platform, const fake_truth_t *truth, void *truth_ctx);

/** A task of size bytes; package is borrowed. */
fake_task_t *fake_platform_add(fake_platform_t *platform, uint8_t type, const char *target,
                               const uint8_t *package, uint32_t size, const char *md5);

/** What an operator does to a task. */
void fake_platform_cancel(fake_task_t *task);
void fake_platform_expire(fake_task_t *task);
void fake_platform_pause(fake_task_t *task);
void fake_platform_resume(fake_task_t *task);

/** A new token. The one before it is refused from now on, by platform->stale_code. */
void fake_platform_reissue(fake_platform_t *platform, fake_task_t *task);

/** No task is open any more. */
bool fake_platform_idle(const fake_platform_t *platform);

/** For a wire format: notes what a request did wrong. */
void fake_platform_violate(fake_platform_t *platform, const char *what);

/** For a wire format: judges, and answers by the table. */
void fake_platform_handle(fake_platform_t *platform, const fake_request_t *request,
                          fake_reply_t *reply);

/** For a wire format: fake_server_t.delivered. */
void fake_platform_delivered(void *ctx, uint32_t body_bytes, bool whole);

/** Dialects A and B; ctx is a fake_platform_t. B wants `announces`, and numbers for handles. */
extern const fake_server_t fake_south;
extern const fake_server_t fake_fuse;

#endif
