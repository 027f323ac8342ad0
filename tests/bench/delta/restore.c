/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * restore.c: takes a package as a device does, on a Cortex-M4 in QEMU, and counts the instructions
 * that the decoder takes for it: pieces as TCP brings them, output into a buffer of 256 bytes, old
 * image in memory.
 *
 *     restore OLD PACKAGE NEW
 *
 * With `-icount shift=0` an instruction is a nanosecond of QEMU's clock, from which SysTick counts
 * down at 25 MHz: 40 instructions a tick. That it is so is shown by a loop of known length.
 * Reading a file, and comparing what was made, is not counted. Prints
 *
 *     calibration 2000000
 *     instructions 1234560
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oneota/delta.h"

#define SEGMENT    1460u
#define PIECE      256u
#define LOOP       1000000u /* of two instructions each */
#define SYSTICK    ((volatile uint32_t *)0xE000E010u)
#define TICK_COUNT 40u

extern const uint32_t __stack[];
void _start(void);

__attribute__((section(".vectors"), used)) static const void *const k_vectors[16] = {
    __stack, (const void *)_start};

typedef struct {
    uint8_t *bytes;
    uint32_t length;
} file_t;

static uint64_t memory[ONEOTA_DELTA_BYTES(4096) / 8u];
static uint64_t counted;
static uint32_t begun;

/* ---------------------------------------------------------------- counting */

static void start_clock(void)
{
    SYSTICK[1] = 0xFFFFFFu;
    SYSTICK[2] = 0;
    SYSTICK[0] = 5; /* on, without interrupts */
}

static void begin_count(void)
{
    begun = SYSTICK[2];
}

static void end_count(void)
{
    counted += (uint64_t)((begun - SYSTICK[2]) & 0xFFFFFFu) * TICK_COUNT;
}

static void calibrate(void)
{
    uint32_t times = LOOP;
    begin_count();
    __asm__ volatile("1: subs %0, #1\n bne 1b" : "+r"(times) : : "cc");
    end_count();
    printf("calibration %lu\n", (unsigned long)counted);
    counted = 0;
}

/* ---------------------------------------------------------------- files */

static file_t load(const char *path)
{
    file_t file = {NULL, 0};
    FILE *stream = fopen(path, "rb");
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0) {
        file.length = (uint32_t)ftell(stream);
        file.bytes = malloc(file.length + 1u);
        rewind(stream);
    }
    if (file.bytes == NULL || fread(file.bytes, 1, file.length, stream) != file.length) {
        printf("%s cannot be read\n", path);
        exit(1);
    }
    fclose(stream);
    return file;
}

static oneota_error_t read_old(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const file_t *old = ctx;
    memcpy(buffer, old->bytes + offset, length);
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- the update */

/* All that can be made now must be the image's. @return false: it is not, or the package is bad */
static bool drain(oneota_delta_state_t *d, const file_t *image, uint32_t *made)
{
    uint8_t out[PIECE];
    uint32_t produced;
    do {
        begin_count();
        oneota_reason_t reason = oneota_delta_next(d, out, sizeof out, &produced);
        end_count();
        if (reason != ONEOTA_REASON_NONE || produced > image->length - *made ||
            memcmp(image->bytes + *made, out, produced) != 0) {
            return false;
        }
        *made += produced;
    } while (produced > 0);
    return true;
}

static bool restore(const file_t *package, file_t *old, const file_t *image)
{
    static const oneota_flash_t flash = {.read = read_old, .program_unit = 1};
    const oneota_delta_source_t source = {&flash, old, old->length, image->length, package->length};
    oneota_delta_state_t *d = oneota_delta_begin(memory, sizeof memory, &source, &oneota_delta);
    uint32_t at = 0;
    uint32_t made = 0;
    while (!oneota_delta_is_done(d)) {
        uint32_t rest = package->length - at;
        uint32_t used;
        if (rest == 0) {
            return false;
        }
        begin_count();
        (void)oneota_delta_feed(d, package->bytes + at, rest < SEGMENT ? rest : SEGMENT, &used);
        if (oneota_delta_has_header(d)) {
            (void)oneota_delta_start(d, 0, 0, 0);
        }
        end_count();
        at += used;
        if (!drain(d, image, &made)) {
            return false;
        }
    }
    return made == image->length;
}

int main(int argc, char **argv)
{
    file_t old = load(argc == 4 ? argv[1] : "");
    file_t package = load(argv[2]);
    file_t image = load(argv[3]);
    start_clock();
    calibrate();
    if (!restore(&package, &old, &image)) {
        printf("the package does not make the image\n");
        return 1;
    }
    printf("instructions %llu\n", (unsigned long long)counted);
    return 0;
}
