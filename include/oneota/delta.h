/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * delta.h: differential packages (task type 2, format ODP1): the new image is restored from the
 * running one while the package arrives. The client does it with differential.h; an application or
 * a boot loader that gets its packages elsewhere can use the decoder alone:
 *
 *     static uint64_t memory[ONEOTA_DELTA_BYTES(4096) / 8];
 *     oneota_delta_state_t *d = oneota_delta.begin(memory, sizeof memory, &source, &oneota_delta);
 *     ... oneota_delta.feed(d, data, length, &used) until oneota_delta_has_header(d) ...
 *     ... SHA-256 of the running image's first d->old_size bytes is oneota_delta_old_digest(d)? ...
 *     oneota_delta.start(d, 0, 0, 0);
 *     for (;;) {
 *         reason = oneota_delta.next(d, out, sizeof out, &produced);
 *         if (produced > 0)                  ... write it behind what was written before ...
 *         else if (oneota_delta_is_done(d))  ... SHA-256 of what is in flash is
 *                                                oneota_delta_new_digest(d)? ...
 *         else                               ... oneota_delta.feed() the next bytes ...
 *     }
 *
 * Needs: ONEOTA_DELTA_BYTES(block) of RAM, 9.3 KiB for blocks of 4 KiB; no heap; 0.3 KiB of stack,
 * the flash port's read() not counted. Any thread, one at a time for one memory.
 *
 * Power cuts: blocks of a package do not depend on each other. oneota_delta_place() gives the
 * beginning of the present block as two numbers; with them, and with the header, start() goes on
 * there after a reset. Nothing else need be kept.
 *
 * Proof: a package is believed in nothing. Each block has a CRC that holds its place in the image;
 * lengths are checked before they are used; no byte outside of old_size is read, never more than
 * new_size bytes are produced. That the package is genuine is shown by the SHA-256 of old and new
 * image and, where there are keys, by the signature of the new image: both are the caller's.
 */
#ifndef ONEOTA_DELTA_H
#define ONEOTA_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/error.h"
#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- memory */

/** Header of a package, and least package that holds one. */
#define ONEOTA_DELTA_HEADER_BYTES 128u

/** Header of a block. */
#define ONEOTA_DELTA_BLOCK_BYTES 16u

/** Blocks that packages may have: a power of two, 1 to 8 KiB. */
#define ONEOTA_DELTA_BLOCK_MIN 1024u
#define ONEOTA_DELTA_BLOCK_MAX 8192u

/** What oneota_inflate() needs beside input and output. */
#define ONEOTA_INFLATE_BYTES 1024u

/** Memory of the decoder for packages with blocks of up to block bytes. */
#define ONEOTA_DELTA_BYTES(block)                                                 \
    (((sizeof(oneota_delta_state_t) + 7u) & ~(size_t)7u) + ONEOTA_INFLATE_BYTES + \
     2u * (size_t)(block))

/* ---------------------------------------------------------------- inflate */

/**
 * Takes one raw DEFLATE stream (RFC 1951) apart. It must end with the last byte of in and yield
 * out_length bytes, no more and no less; must not read or write elsewhere, whatever in holds.
 * @param scratch  ONEOTA_INFLATE_BYTES, aligned as for uint32_t; may be left alone
 * @return OK; VERIFY this is no such stream
 */
typedef oneota_error_t (*oneota_inflate_t)(const uint8_t *in, uint32_t in_length, uint8_t *out,
                                           uint32_t out_length, void *scratch);

/** The library's own. */
oneota_error_t oneota_inflate(const uint8_t *in, uint32_t in_length, uint8_t *out,
                              uint32_t out_length, void *scratch);

/* ---------------------------------------------------------------- the decoder */

/** What a package is applied to, and where to. Copied. */
typedef struct {
    const oneota_flash_t *old; /**< slot of the running image; read() alone is called */
    void *old_ctx;
    uint32_t old_size;     /**< bytes of it that may be read: of the running image */
    uint32_t new_size;     /**< bytes that the other slot holds */
    uint32_t package_size; /**< as announced by the platform */
} oneota_delta_source_t;

/** A package being taken apart. Private, but for what is marked. */
typedef struct {
    oneota_delta_source_t source; /**< public once has_header(): the sizes are the package's */
    oneota_inflate_t inflate;
    uint8_t *scratch;
    uint8_t *packed;      /**< payload of the block as it arrives */
    uint8_t *unpacked;    /**< and inflated */
    uint32_t block_bytes; /**< the most that the memory holds; then the most that blocks have */

    uint32_t offset;        /**< in the package, of the next byte fed */
    uint32_t position;      /**< in the new image, of the next byte produced */
    uint32_t skip;          /**< positions below are produced for nobody */
    uint32_t block_offset;  /**< of the present block */
    uint32_t block_start;   /**< its position */
    uint32_t block_end;     /**< and where it must end */
    uint32_t cursor;        /**< in the old image; may be anywhere */
    const uint8_t *ops;     /**< what is left of the block's operations */
    const uint8_t *ops_end; /**< behind them */
    uint32_t add_left;      /**< of the present operation */
    uint32_t extra_left;    /**< likewise */
    uint32_t seek;          /**< likewise */
    uint32_t run;           /**< bytes that are made alike: */
    uint32_t literal;       /**< bytes of the run behind it */
    uint32_t ahead;         /**< old bytes that are in the output already */
    bool run_old;           /**< from the old image */
    bool run_ops;           /**< with, or from, bytes of ops */

    uint8_t stage;
    uint8_t op;
    uint8_t reason; /**< oneota_reason_t of the failure */
    uint8_t codec;
    uint32_t gathered; /**< bytes of header or block that are there */
    uint8_t head[ONEOTA_DELTA_BLOCK_BYTES];
    uint8_t header[ONEOTA_DELTA_HEADER_BYTES];
} oneota_delta_state_t;

typedef struct oneota_delta oneota_delta_t;

/** The decoder, as a table of its calls. */
struct oneota_delta {
    /**
     * Makes the decoder ready for the first byte of a package.
     * @param memory  borrowed; aligned as for uint64_t; its length decides how large blocks may be
     * @param delta   whose inflate is used
     * @return the decoder, at the beginning of memory; NULL: that is shorter than
     *         ONEOTA_DELTA_BYTES(ONEOTA_DELTA_BLOCK_MIN)
     */
    oneota_delta_state_t *(*begin)(void *memory, size_t bytes, const oneota_delta_source_t *source,
                                   const oneota_delta_t *delta);

    /**
     * Takes bytes of the package, in pieces of any length. Takes none while next() has not given
     * all that can be made of those before, between header and start(), and after the end.
     * @param used  how many were taken
     * @return NONE; else why this package is not for this device. It stays so, for next() too:
     *         BASE    it is for another old image (204)
     *         SPACE   the new image does not fit into the slot (102)
     *         MEMORY  its blocks need more memory than was given (103)
     *         TYPE    a version or an option of the format that is not known here (107)
     *         DIGEST  damaged, or not such a package at all (205)
     */
    oneota_reason_t (*feed)(oneota_delta_state_t *d, const uint8_t *data, uint32_t length,
                            uint32_t *used);

    /**
     * Goes on behind the header, once the old image was found to be the right one.
     * @param offset    in the package, of the next byte that will be fed, as place() gave it; 0:
     *                  the byte behind the header
     * @param position  in the new image, from the same place(); 0 with offset 0
     * @param skip      the new image is there up to here: below, nothing is produced
     * @return NONE; DIGEST: there can be no such place; start() with zeros then
     */
    oneota_reason_t (*start)(oneota_delta_state_t *d, uint32_t offset, uint32_t position,
                             uint32_t skip);

    /**
     * Makes up to size bytes of the new image, from skip upward without a gap. One read of the
     * old image for each operation that they come from.
     * @param produced  0: feed() more, unless oneota_delta_is_done()
     * @return as feed(), and STORAGE: the old image cannot be read
     */
    oneota_reason_t (*next)(oneota_delta_state_t *d, uint8_t *out, uint32_t size,
                            uint32_t *produced);

    oneota_inflate_t inflate;
};

/** With the library's inflate. */
extern const oneota_delta_t oneota_delta;

/* The calls, for a table of one's own with another inflate (of zlib, of a ROM):
 *
 *     const oneota_delta_t with_rom = ONEOTA_DELTA_WITH(rom_inflate);
 */
#define ONEOTA_DELTA_WITH(inflate)                                                            \
    {                                                                                         \
        oneota_delta_begin, oneota_delta_feed, oneota_delta_start, oneota_delta_next, inflate \
    }

oneota_delta_state_t *oneota_delta_begin(void *memory, size_t bytes,
                                         const oneota_delta_source_t *source,
                                         const oneota_delta_t *delta);
oneota_reason_t oneota_delta_feed(oneota_delta_state_t *d, const uint8_t *data, uint32_t length,
                                  uint32_t *used);
oneota_reason_t oneota_delta_start(oneota_delta_state_t *d, uint32_t offset, uint32_t position,
                                   uint32_t skip);
oneota_reason_t oneota_delta_next(oneota_delta_state_t *d, uint8_t *out, uint32_t size,
                                  uint32_t *produced);

/* ---------------------------------------------------------------- what it knows */

/** Stages of a package. */
enum {
    ONEOTA_DELTA_HEADER = 0, /**< feed: bytes of the header */
    ONEOTA_DELTA_READY,      /**< start */
    ONEOTA_DELTA_HEAD,       /**< feed: a block's header */
    ONEOTA_DELTA_PAYLOAD,    /**< feed: the rest of the block */
    ONEOTA_DELTA_BLOCK,      /**< next: make what the block says */
    ONEOTA_DELTA_DONE        /**< all of the new image was made */
};

/** The header was read and suits: d->source has its sizes. start() comes next. */
static inline bool oneota_delta_has_header(const oneota_delta_state_t *d)
{
    return d->stage == ONEOTA_DELTA_READY;
}

/** Package and new image have both come to their ends. */
static inline bool oneota_delta_is_done(const oneota_delta_state_t *d)
{
    return d->stage == ONEOTA_DELTA_DONE;
}

/** SHA-256 that the old image, and the new one, must have; behind the header, in d. */
static inline const uint8_t *oneota_delta_old_digest(const oneota_delta_state_t *d)
{
    return d->header + 28;
}
static inline const uint8_t *oneota_delta_new_digest(const oneota_delta_state_t *d)
{
    return d->header + 60;
}

/** Where start() can go on after a reset: offset in the package, position in the new image. To be
 * taken before each next(), and kept until all that this next() gives is written: afterwards the
 * decoder may be in another block, from which the beginning of those bytes cannot be made again.
 * Of several next() into one buffer, that before the first counts. */
static inline void oneota_delta_place(const oneota_delta_state_t *d, uint32_t *offset,
                                      uint32_t *position)
{
    *offset = d->block_offset;
    *position = d->block_start;
}

#ifdef __cplusplus
}
#endif
#endif
