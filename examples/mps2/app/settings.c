/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * settings.c: one row for each name.
 */
#include "settings.h"

#include <stddef.h>
#include <string.h>

#include "../bsp/bsp.h"

/* The product: product, device and keys of the stand-in in examples/platform. */
static const settings_t k_presets[] = {
    {.dialect = &oneota_south,
     .dns_port = 53,
     .server = "10.0.2.2",
     .product = "100001",
     .device = "10000001",
     .key = "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk=",
     .scope = ONEOTA_RES_PRODUCT},
    {.dialect = &oneota_fuse,
     .dns_port = 53,
     .server = "10.0.2.2",
     .product = "100001",
     .device = "device-1",
     .key = "b25lb3RhLWRlbW8tZGV2aWNlLWtleQ==",
     .scope = ONEOTA_RES_DEVICE},
};

/* ---------------------------------------------------------------- names */

typedef struct {
    const char *name;
    const char *want;  /* what to say when the value is wrong */
    size_t place;      /* in settings_t: of a text, or of a number ... */
    uint32_t min, max; /* ... from min to max; max 0: a text */
} row_t;

#define TEXT(member)             offsetof(settings_t, member), 0, 0
#define NUMBER(member, min, max) offsetof(settings_t, member), min, max

/* clang-format off */
static const row_t k_rows[] = {
    {"server",      "settings: may not be empty:",            TEXT(server)},
    {"name",        "settings: may not be empty:",            TEXT(name)},
    {"product",     "settings: may not be empty:",            TEXT(product)},
    {"device",      "settings: may not be empty:",            TEXT(device)},
    {"key",         "settings: may not be empty:",            TEXT(key)},
    {"port",        "settings: 1 to 65535, not",              NUMBER(port, 1, 65535)},
    {"dns",         "settings: an address, not",              TEXT(dns)},
    {"dns-port",    "settings: 1 to 65535, not",              NUMBER(dns_port, 1, 65535)},
    {"poll",        "settings: 1 to 2000000 s, not",          NUMBER(poll_s, 1, 2000000)},
    {"floor",       "settings: 1 to 86400000 ms, not",        NUMBER(floor_ms, 1, 86400000)},
    {"backoff-min", "settings: 1 to 86400000 ms, not",        NUMBER(backoff_min_ms, 1, 86400000)},
    {"backoff-max", "settings: 1 to 86400000 ms, not",        NUMBER(backoff_max_ms, 1, 86400000)},
    {"drop",        "settings: 0 (none) to 1000000, not",     NUMBER(drop, 0, 1000000)},
    {"once",        "settings: 0 or 1, not",                  NUMBER(once, 0, 1)},
};
/* clang-format on */

static bool read_number(const row_t *row, const char *text, uint32_t *number)
{
    const char *digit = text;

    for (*number = 0; *digit >= '0' && *digit <= '9'; digit++) {
        *number = *number * 10u + (uint32_t)(*digit - '0');
        if (*number > row->max) {
            return false;
        }
    }
    return digit != text && *digit == '\0' && *number >= row->min;
}

/* @return false: the value is none that the row takes */
static bool take(const row_t *row, settings_t *settings, const char *value)
{
    uint8_t *to = (uint8_t *)settings + row->place;
    uint32_t number;

    if (row->max == 0) {
        memcpy(to, &value, sizeof value);
        return *value != '\0';
    }
    if (!read_number(row, value, &number)) {
        return false;
    }
    memcpy(to, &number, sizeof number);
    return true;
}

static bool refuse(const char *want, const char *name, const char *value)
{
    bsp_log_text(ONEOTA_LOG_ERROR, want, name, value);
    return false;
}

/* fuse and studio know a device alike. */
static bool preset(settings_t *settings)
{
    const char *name = bsp_arg("dialect");

    if (name == NULL || strcmp(name, "south") == 0) {
        *settings = k_presets[0];
        return true;
    }
    *settings = k_presets[1];
    if (strcmp(name, "studio") == 0) {
        settings->dialect = &oneota_studio;
        return true;
    }
    return strcmp(name, "fuse") == 0 ||
           refuse("settings: south, fuse or studio, not", "dialect", name);
}

bool settings_read(settings_t *settings)
{
    if (!preset(settings)) {
        return false;
    }
    for (size_t i = 0; i < sizeof k_rows / sizeof k_rows[0]; i++) {
        const char *value = bsp_arg(k_rows[i].name);
        if (value != NULL && !take(&k_rows[i], settings, value)) {
            return refuse(k_rows[i].want, k_rows[i].name, value);
        }
    }
    return true;
}
