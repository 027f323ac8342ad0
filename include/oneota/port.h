/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * port.h: what a platform provides. Six small tables of functions; a port is one of them, filled.
 *
 *     net      a byte stream to a server              required
 *     flash    one region: a slot, or the journal     required
 *     boot     which image runs, and what comes next  required
 *     clock    milliseconds; seconds of the day       required (the day is optional)
 *     device   random numbers; battery and signal     required (the conditions are optional)
 *     log      one line of text                       optional
 *
 * Rules for all of them
 *  - A table is constant; `ctx` is whatever the port needs, and comes first in every call.
 *  - Nothing blocks. A call that cannot finish returns ONEOTA_AGAIN, and the same call with the
 *    same arguments asks again; the client makes no other call on that port in between, except
 *    close(). One exception: an erase or a program may block for as long as one erase unit takes,
 *    and that is then the longest poll.
 *  - Calls come from the context that calls oneota_poll(), one at a time, never from an ISR.
 *  - A port does not call the client.
 */
#ifndef ONEOTA_PORT_H
#define ONEOTA_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- net */

/**
 * A byte stream to a server: a TCP socket, TLS around another net port, or a modem's socket.
 * One stream at a time. A wrapped port (TLS) has this same table.
 */
typedef struct {
    /**
     * Starts, or goes on with, connecting: name resolution, TCP, and TLS where there is any.
     * @param address      host name, IPv4 or IPv6 text without brackets; borrowed
     * @param port         1 to 65535
     * @param server_name  name to verify a certificate against (and to send as SNI); borrowed;
     *                     differs from address when that is an IP address
     * @return OK connected; AGAIN not yet; BROKEN with last_error() set
     */
    oneota_error_t (*open)(void *ctx, const char *address, uint16_t port, const char *server_name);

    /** Sends a part of length (>= 1) bytes; *sent says how many, also with AGAIN (then 0).
     *  @return OK at least one byte was taken; AGAIN; CLOSED; BROKEN */
    oneota_error_t (*send)(void *ctx, const void *data, size_t length, size_t *sent);

    /** Takes what has arrived, at most size (>= 1) bytes; *received is at least 1 with OK, else 0.
     *  @return OK; AGAIN nothing yet; CLOSED the peer ended in order and all was read; BROKEN */
    oneota_error_t (*recv)(void *ctx, void *buffer, size_t size, size_t *received);

    /** Ends the stream, whatever its state, also one that was never opened. At once; cannot fail.
     *  What is still to come for it (a late DNS answer, a callback) is dropped. */
    void (*close)(void *ctx);

    /** Native code of the last BROKEN (errno, err_t, mbedTLS code); 0 if there was none. */
    int32_t (*last_error)(void *ctx);

    /** 0: the application is woken when something arrives or can be sent (interrupt, poll(2)).
     *  Else the client asks to be polled at least this often while it waits, in ms (1 to 50).
     *  May change between calls: a TLS port has work of its own while it shakes hands. */
    uint32_t poll_ms;

    bool encrypts; /**< nobody on the path reads what is sent: TLS */
} oneota_net_t;

/* ---------------------------------------------------------------- flash */

/** An erase unit: erase() works on all of it. */
typedef struct {
    uint32_t start;  /**< offset of its first byte in the region */
    uint32_t length; /**< bytes, >= 1 */
} oneota_erase_unit_t;

/**
 * One region of flash, addressed from 0: a slot, or the journal. The client programs every
 * program unit at most once between two erases, whole and aligned, and never relies on reading
 * an erased byte.
 */
typedef struct {
    /** Erases the unit that starts at offset. @return OK; AGAIN it goes on, but not for ever: after
     *  the device's longest time the port says STORAGE; STORAGE */
    oneota_error_t (*erase)(void *ctx, uint32_t offset);

    /** Programs length bytes at offset, both multiples of program_unit; data is borrowed.
     *  @return OK; AGAIN it goes on; STORAGE */
    oneota_error_t (*program)(void *ctx, uint32_t offset, const void *data, uint32_t length);

    /** Reads length bytes. @return OK; STORAGE if a word cannot be read (torn, ECC): no trap */
    oneota_error_t (*read)(void *ctx, uint32_t offset, void *buffer, uint32_t length);

    /** The erase unit that holds offset (< size); units may differ. Constant; any number of
     * calls. */
    oneota_erase_unit_t (*erase_unit)(void *ctx, uint32_t offset);

    /** Bytes that an image (or the journal) may use: without a boot loader's own trailer. */
    uint32_t (*size)(void *ctx);

    uint16_t program_unit; /**< bytes: a power of two, 1 to ONEOTA_PROGRAM_UNIT_MAX */
    uint8_t erased_value;  /**< 0xFF or 0x00 */
} oneota_flash_t;

/* ---------------------------------------------------------------- boot */

/** What the boot control says of an image. */
typedef enum {
    ONEOTA_BOOT_CONFIRMED = 0, /**< the running image is here to stay */
    ONEOTA_BOOT_PENDING,       /**< another one is marked for trial and has not been started yet */
    ONEOTA_BOOT_TRIAL,         /**< the running image is on trial: confirm it, or it is reverted */
    ONEOTA_BOOT_REVERTED,      /**< a trial failed and the old image is back; kept until the next
                                    mark(). A port that cannot tell says CONFIRMED: the client then
                                    finds out by the digest of what runs */
    ONEOTA_BOOT_CONDITION_COUNT
} oneota_boot_condition_t;

/** What runs now. */
typedef struct {
    uint8_t slot;      /**< 0 or 1: the slot whose bytes are the running image's */
    uint32_t length;   /**< bytes of the running image, 0 = unknown. With setup.trust it must be
                            known, trailer included: else its counter is not, older images are
                            taken, and each start tells a failure, reason `storage` */
    uint8_t condition; /**< oneota_boot_condition_t */
} oneota_boot_t;

/** What mark() is told of the image it marks. */
typedef struct {
    uint8_t slot;        /**< the slot that holds it */
    uint32_t size;       /**< its bytes, all of the package or what a differential one yields */
    const char *version; /**< the task's target; borrowed */
    const uint8_t
        *digest; /**< 16 bytes of MD5 for a full package, 32 of SHA-256 for a differential one */
    uint8_t digest_length; /**< 16 or 32 */
} oneota_boot_mark_t;

/**
 * Boot control. Each call carries the image's index in setup.images. Where an image is swapped
 * into place (MCUboot), slot is 0 always and new images go to slot 1; else they alternate.
 * mark, confirm and revert are power-fail-safe in the port: a cut leaves the old or the new choice.
 */
typedef struct {
    /** Fills *boot. @return OK; STORAGE */
    oneota_error_t (*query)(void *ctx, uint8_t image, oneota_boot_t *boot);

    /** Can the image of size bytes in slot start on this board (header, load address, class)?
     *  Called after the digest was proven, before anything is marked.
     *  @return OK; AGAIN; VERIFY it cannot; STORAGE */
    oneota_error_t (*inspect)(void *ctx, uint8_t image, uint8_t slot, uint32_t size);

    /** The next restart runs mark->slot on trial. @return OK; AGAIN; STORAGE */
    oneota_error_t (*mark)(void *ctx, uint8_t image, const oneota_boot_mark_t *mark);

    /** The running image on trial is here to stay. Repeatable. @return OK; AGAIN; STORAGE */
    oneota_error_t (*confirm)(void *ctx, uint8_t image);

    /** The next restart runs the old image; also takes back a pending mark. Repeatable.
     *  @return OK; AGAIN; STORAGE */
    oneota_error_t (*revert)(void *ctx, uint8_t image);
} oneota_boot_port_t;

/* ---------------------------------------------------------------- clock, device, log */

typedef struct {
    /** Milliseconds since some moment; wraps at 2^32; never goes back. */
    uint32_t (*now_ms)(void *ctx);

    /** Seconds since 1970 in UTC; false if not known yet. NULL: there is no such clock. Used for
     *  the `et` of an Authorization alone. */
    bool (*unix_s)(void *ctx, uint64_t *seconds);
} oneota_clock_t;

typedef struct {
    /** 32 random bits, for jitter; need not be cryptographic, must differ from device to device. */
    uint32_t (*random)(void *ctx);

    /** Battery in percent, -1 = unknown (passes every threshold). NULL: always unknown. */
    int32_t (*battery)(void *ctx);

    /** Signal in the unit of the task's threshold (the platform documents none), -1 = unknown.
     *  NULL: always unknown. */
    int32_t (*signal)(void *ctx);
} oneota_device_t;

typedef enum {
    ONEOTA_LOG_ERROR = 1, /**< somebody should look */
    ONEOTA_LOG_WARN,      /**< went wrong, and is handled */
    ONEOTA_LOG_INFO,      /**< the story of an update, about thirty lines */
    ONEOTA_LOG_DEBUG      /**< every exchange */
} oneota_log_level_t;

/** One line of log: "area: what key=value". Never holds a key, a token or an Authorization. */
typedef struct {
    oneota_log_level_t level;
    const char *what; /**< "http: answer"; static text */
    const char *key;  /**< "status"; static text, NULL: no value */
    const char *text; /**< value as text; borrowed; NULL: number is the value. May hold bytes of
                           the peer, printable ASCII alone */
    int64_t number;
} oneota_log_line_t;

typedef struct {
    void (*line)(void *ctx, const oneota_log_line_t *line);
} oneota_log_t;

#ifdef __cplusplus
}
#endif
#endif
