/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * image.c: MCUboot's image header and the TLVs behind the image, by docs/design.md, "Image format".
 * All integers are little-endian:
 *
 *     header   0 magic 3d b8 f3 96    4 load address    8 its size (2)   10 protected TLVs (2)
 *             12 image size          16 flags          20 version: major, minor, revision (2),
 *             28 padding                                  build number (4)
 *     TLV area behind header and image: magic 08 69 (protected) or 07 69, bytes in all (2); then
 *     TLVs: type (2), length (2), so many bytes. A protected area is followed by another one.
 */
#include <string.h>

#include "parts.h"

#define MAGIC           0x96F3B83Du
#define AREA_MAGIC      0x6907u
#define PROTECTED_MAGIC 0x6908u
#define TLV_BYTES       4u

/* Flags of images whose bytes are not what runs, or that do not run from here: encrypted (4, 8),
 * not bootable (0x10), for RAM (0x20), compressed (0x200 to 0x800). */
#define OTHER_FLAGS 0xE3Cu

/* Of oneota's trailer, include/oneota/trailer.h. */
#define PACKAGE_TRAILER_BYTES 192u

#define TLVS_A_CALL 8u
#define VECTOR      4u /* from the image's beginning: where a Cortex-M starts */

static uint32_t get_u16(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return get_u16(bytes) | get_u16(bytes + 2) << 16;
}

static oneota_error_t read_image(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset,
                                 void *buffer, uint32_t length)
{
    return oneota_mcuboot_read(boot, slot, boot->slot[slot].first + offset, buffer, length);
}

/* ---------------------------------------------------------------- header and areas */

/* *total: bytes of the area that begins at offset. */
static oneota_error_t read_area(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset,
                                uint32_t limit, uint32_t magic, uint32_t *total)
{
    uint8_t info[TLV_BYTES];
    if (read_image(boot, slot, offset, info, sizeof info) != ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    *total = get_u16(info + 2);
    return get_u16(info) == magic && *total >= TLV_BYTES && *total <= limit - offset
               ? ONEOTA_OK
               : ONEOTA_VERIFY;
}

static oneota_error_t read_areas(oneota_mcuboot_t *boot, uint8_t slot, uint32_t limit,
                                 uint32_t protected_bytes, mcuboot_image_t *image)
{
    static const char k_why[] = "image: what is behind it is no TLV area, or it is cut off";
    uint32_t total = 0;
    oneota_error_t error = ONEOTA_OK;
    image->unprotected = image->tlvs;
    if (protected_bytes != 0) {
        error = read_area(boot, slot, image->tlvs, limit, PROTECTED_MAGIC, &total);
        if (error == ONEOTA_OK && total != protected_bytes) {
            error = ONEOTA_VERIFY;
        }
        image->unprotected += total;
    }
    if (error == ONEOTA_OK) {
        error = read_area(boot, slot, image->unprotected, limit, AREA_MAGIC, &total);
        image->end = image->unprotected + total;
    }
    return error == ONEOTA_OK ? ONEOTA_OK : oneota_mcuboot_refuse(boot, error, k_why);
}

oneota_error_t oneota_mcuboot_image(oneota_mcuboot_t *boot, uint8_t slot, uint32_t limit,
                                    mcuboot_image_t *image)
{
    uint8_t header[ONEOTA_MCUBOOT_HEADER_BYTES];
    if (limit > boot->slot[slot].capacity) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: larger than a slot");
    }
    if (read_image(boot, slot, 0, header, sizeof header) != ONEOTA_OK) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "image: its header cannot be read");
    }
    image->body = get_u16(header + 8);
    uint32_t bytes = get_u32(header + 12);
    if (get_u32(header) != MAGIC || image->body < sizeof header) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: no header of MCUboot");
    }
    if ((get_u32(header + 16) & OTHER_FLAGS) != 0) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY,
                                     "image: encrypted, compressed, or not for this slot");
    }
    if (bytes == 0 || image->body > limit || bytes > limit - image->body) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: longer than what is there");
    }
    image->tlvs = image->body + bytes;
    memcpy(image->version, header + 20, sizeof image->version);
    return read_areas(boot, slot, limit, get_u16(header + 10), image);
}

/* ---------------------------------------------------------------- TLVs */

/* The area in which offset lies. */
static uint32_t area_end(const mcuboot_image_t *image, uint32_t offset)
{
    return offset < image->unprotected ? image->unprotected : image->end;
}

oneota_error_t oneota_mcuboot_walk(oneota_mcuboot_t *boot, uint8_t slot,
                                   const mcuboot_image_t *image)
{
    uint8_t tlv[TLV_BYTES];
    for (unsigned n = 0; n < TLVS_A_CALL; n++) {
        if (boot->walk == image->end) {
            return ONEOTA_OK;
        }
        if (boot->walk == image->unprotected) {
            boot->walk += TLV_BYTES;
            continue;
        }
        uint32_t room = area_end(image, boot->walk) - boot->walk;
        if (room < TLV_BYTES) {
            return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: a TLV is cut off");
        }
        if (read_image(boot, slot, boot->walk, tlv, sizeof tlv) != ONEOTA_OK) {
            return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "image: a TLV cannot be read");
        }
        uint32_t length = get_u16(tlv + 2);
        if (length > room - TLV_BYTES) {
            return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: a TLV is too long");
        }
        boot->walk += TLV_BYTES + length;
    }
    return ONEOTA_AGAIN;
}

/* ---------------------------------------------------------------- further questions */

/* A trailer that names as many bytes before it as there are. */
uint32_t oneota_mcuboot_package(const oneota_mcuboot_t *boot, uint8_t slot,
                                const mcuboot_image_t *image)
{
    uint8_t begin[12];
    if (boot->slot[slot].capacity - image->end < PACKAGE_TRAILER_BYTES ||
        read_image(boot, slot, image->end, begin, sizeof begin) != ONEOTA_OK ||
        memcmp(begin, "OTRL", 4) != 0 || get_u32(begin + 8) != image->end) {
        return image->end;
    }
    return image->end + PACKAGE_TRAILER_BYTES;
}

oneota_error_t oneota_mcuboot_address(oneota_mcuboot_t *boot, uint8_t slot,
                                      const mcuboot_image_t *image)
{
    uint8_t vector[4];
    if (boot->address == 0) {
        return ONEOTA_OK;
    }
    if (image->tlvs - image->body < VECTOR + sizeof vector) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: no reset vector");
    }
    if (read_image(boot, slot, image->body + VECTOR, vector, sizeof vector) != ONEOTA_OK) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "image: its vectors cannot be read");
    }
    return get_u32(vector) - boot->address < boot->slot[0].size
               ? ONEOTA_OK
               : oneota_mcuboot_refuse(boot, ONEOTA_VERIFY, "image: starts outside of slot 0");
}

/* ---------------------------------------------------------------- version */

static char *put_number(char *text, uint32_t number)
{
    char digits[10];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0);
    while (count > 0) {
        *text++ = digits[--count];
    }
    return text;
}

oneota_error_t oneota_mcuboot_version(oneota_mcuboot_t *boot, uint8_t slot, char *text)
{
    mcuboot_image_t image = {0};
    *text = '\0';
    oneota_error_t error = oneota_mcuboot_image(boot, slot, boot->slot[slot].capacity, &image);
    if (error != ONEOTA_OK) {
        return error;
    }
    uint32_t build = get_u32(image.version + 4);
    text = put_number(text, image.version[0]);
    *text++ = '.';
    text = put_number(text, image.version[1]);
    *text++ = '.';
    text = put_number(text, get_u16(image.version + 2));
    if (build != 0) {
        *text++ = '.';
        text = put_number(text, build);
    }
    *text = '\0';
    return ONEOTA_OK;
}
