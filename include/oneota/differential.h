/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * differential.h: the client takes differential packages (task type 2) as well.
 *
 *     static uint64_t work[ONEOTA_WORK_DELTA_BYTES(4096) / 8];
 *     static const oneota_setup_t setup = { ..., .delta = &oneota_differential,
 *                                           .work = work, .work_bytes = sizeof work };
 *
 * Without setup.delta none of it is linked, and a differential package is refused: 107.
 *
 * What happens: the header of the package is fetched first. The running image must have the SHA-256
 * that it names, else the package is for another one: 204, before anything is erased; likewise
 * after each reset. Then the new image is restored into the other slot while the package arrives,
 * read back, and installed if it has the SHA-256 of the header. A package that is damaged is
 * fetched once more, then refused: 205. One whose image does not fit: 102; whose blocks are larger
 * than the work buffer was made for: 103. After a power cut the download goes on about a block
 * before the last place that was stored.
 */
#ifndef ONEOTA_DIFFERENTIAL_H
#define ONEOTA_DIFFERENTIAL_H

#include "oneota/delta.h"
#include "oneota/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Written to flash at a time. */
#define ONEOTA_DELTA_PIECE_BYTES 256u

/** What the client keeps beside the decoder. Private. */
typedef struct {
    oneota_hash_t md5; /**< of the package, as it arrives */
    uint32_t package;  /**< where the block of what is being written begins ... */
    uint32_t skip;     /**< ... and its position in the image */
    uint32_t begin;    /**< of the piece: written up to here */
    uint32_t end;      /**< and made up to here */
    bool hashing;      /**< the running image */
    bool doubted;      /**< it was another one; a read may have gone wrong */
    bool whole;        /**< the package arrives from its first byte, without a reset */
    uint8_t piece[ONEOTA_DELTA_PIECE_BYTES];
} oneota_delta_client_t;

/** The client's work buffer when it takes packages with blocks of up to block bytes (needs
 *  oneota.h). What is beyond ONEOTA_WORK_BYTES is the decoder's. */
#define ONEOTA_WORK_DELTA_BYTES(block)                                          \
    (ONEOTA_WORK_BYTES + ((sizeof(oneota_delta_client_t) + 7u) & ~(size_t)7u) + \
     ONEOTA_DELTA_BYTES(block))

/** The states' part in it: private, but for decoder. Events are those of the client's machine. */
struct oneota_differential {
    int (*begin)(oneota_t *client);
    int (*prove)(oneota_t *client);
    int (*take)(oneota_t *client, const uint8_t *data, uint32_t length, uint32_t *used);
    int (*finish)(oneota_t *client);
    const oneota_delta_t *decoder; /**< whose inflate is used */
};

/** With the library's inflate. */
extern const oneota_differential_t oneota_differential;

/* With another one (of zlib, of a ROM):
 *
 *     static const oneota_delta_t rom = ONEOTA_DELTA_WITH(rom_inflate);
 *     static const oneota_differential_t with_rom = ONEOTA_DIFFERENTIAL_WITH(&rom);
 */
#define ONEOTA_DIFFERENTIAL_WITH(decoder)                                               \
    {                                                                                   \
        oneota_differential_begin, oneota_differential_prove, oneota_differential_take, \
            oneota_differential_finish, decoder                                         \
    }

int oneota_differential_begin(oneota_t *client);
int oneota_differential_prove(oneota_t *client);
int oneota_differential_take(oneota_t *client, const uint8_t *data, uint32_t length,
                             uint32_t *used);
int oneota_differential_finish(oneota_t *client);

#ifdef __cplusplus
}
#endif
#endif
