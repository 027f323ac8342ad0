/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * newest.c: with every mixture of good, torn and sealed records in two units, what the journal
 * finds is the newest.
 */
#include "proof.h"

#define oneota_bytes_crc32 crc32_of_bytes
#include "bytes.c"
#undef oneota_bytes_crc32
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

#include "journal.c"

#define UNIT_BYTES 2048u
#define RECORDS    3u  /* that are whole, in a unit */
#define SPACING    16u /* a record with a payload of 4 bytes */
#define CRC_GOOD   0x600D600Du

static oneota_flash_t flash;
static oneota_journal_t journal;
static uint8_t scratch[JOURNAL_RECORD_MAX(256)];

typedef struct {
    uint8_t type;
    uint32_t value;
    bool whole;
} entry_t;

static entry_t entries[2][RECORDS];

uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    (void)seed;
    PROVE(__CPROVER_r_ok(data, length));
    return CRC_GOOD;
}

static oneota_erase_unit_t unit_of(void *ctx, uint32_t offset)
{
    (void)ctx;
    PROVE(offset < 2u * UNIT_BYTES);
    return (oneota_erase_unit_t){offset < UNIT_BYTES ? 0 : UNIT_BYTES, UNIT_BYTES};
}

static uint32_t size_of(void *ctx)
{
    (void)ctx;
    return 2u * UNIT_BYTES;
}

/* The journal reads a record's head, and then the rest of it. */
static oneota_error_t read_model(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    static const entry_t nothing;
    uint8_t *bytes = buffer;
    const unsigned u = offset >= UNIT_BYTES ? 1u : 0;
    const uint32_t n = (offset - u * UNIT_BYTES) / SPACING;
    const entry_t *entry = n < RECORDS ? &entries[u][n] : &nothing;
    (void)ctx;
    PROVE(offset % SPACING == (length == HEAD_BYTES ? 0 : HEAD_BYTES));
    if (length == HEAD_BYTES) {
        bytes[0] = MAGIC;
        bytes[1] = entry->type;
        oneota_bytes_put_u16(bytes + 2, 4);
    } else {
        PROVE(length == 8u);
        oneota_bytes_put_u32(bytes, entry->value);
        oneota_bytes_put_u32(bytes + 4, entry->whole ? CRC_GOOD : ~CRC_GOOD);
    }
    return ONEOTA_OK;
}

static void make_entries(void)
{
    for (unsigned u = 0; u < 2u; u++) {
        unsigned seals = 0;
        for (unsigned n = 0; n < RECORDS; n++) {
            entries[u][n].type = nondet_u8();
            entries[u][n].value = nondet_u32();
            entries[u][n].whole = nondet_bool();
            seals += entries[u][n].type == SEAL_TYPE ? 1u : 0;
        }
        ASSUME(seals <= 1u);
    }
}

/* Whether unit u counts by itself: it is whole up to a seal. */
static bool is_sealed(unsigned u, uint32_t *generation)
{
    for (unsigned n = 0; n < RECORDS && entries[u][n].whole; n++) {
        if (entries[u][n].type == SEAL_TYPE) {
            *generation = entries[u][n].value;
            return true;
        }
    }
    return false;
}

/* The newest value of a type, as journal.h has it. */
static bool find_newest(uint8_t type, uint32_t *value)
{
    uint32_t generation[2] = {0, 0};
    const bool first = is_sealed(0, &generation[0]);
    const bool second = is_sealed(1, &generation[1]);
    const uint32_t ahead = generation[1] - generation[0];
    bool found = false;
    ASSUME(!first || !second ||
           (ahead != 0 && ahead != (uint32_t)1 << 31)); /* never so far apart */
    if (!first && !second) {
        return false;
    }
    const unsigned home = second && (!first || ahead < (uint32_t)1 << 31) ? 1u : 0;
    for (unsigned n = 0; n < RECORDS && entries[home][n].whole; n++) {
        if (entries[home][n].type == type) {
            *value = entries[home][n].value;
            found = true;
        }
    }
    return found;
}

void prove_newest(void)
{
    uint8_t data[4];
    size_t length = 0;
    uint32_t value = 0;
    flash.read = read_model;
    flash.erase_unit = unit_of;
    flash.size = size_of;
    flash.program_unit = 8;
    make_entries();
    PROVE(oneota_journal_init(&journal, &flash, NULL, scratch) == ONEOTA_OK);
    for (unsigned n = 0; n < 2u * (RECORDS + 1u); n++) {
        (void)oneota_journal_scan(&journal);
    }
    PROVE(oneota_journal_scan(&journal) == ONEOTA_OK);
    const uint8_t type = (uint8_t)(nondet_u8() % ONEOTA_JOURNAL_TYPES + 1u);
    const bool there = find_newest(type, &value);
    const oneota_error_t error = oneota_journal_read(&journal, type, data, sizeof data, &length);
    PROVE(error == (there ? ONEOTA_OK : ONEOTA_STATE));
    PROVE(!there || (length == 4u && oneota_bytes_get_u32(data) == value));
}
