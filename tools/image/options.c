/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * options.c: one table of options; each names the function that reads its value and the member that
 * gets it.
 */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

typedef struct option {
    const char *name;
    unsigned bit;
    bool (*set)(options_t *options, const struct option *option, const char *value);
    size_t place; /* of the member in options_t */
} option_t;

#define TEXT(name, bit, member)                          \
    {                                                    \
        name, bit, set_text, offsetof(options_t, member) \
    }
#define NUMBER(name, bit, member)                          \
    {                                                      \
        name, bit, set_number, offsetof(options_t, member) \
    }

static bool set_text(options_t *options, const option_t *option, const char *value)
{
    memcpy((char *)options + option->place, &value, sizeof value);
    return value[0] != '\0' || (say_fail(EXIT_USAGE, "%s is empty", option->name), false);
}

static bool read_number(options_t *options, const option_t *option, const char *value,
                        unsigned least)
{
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 0);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number < least ||
        number > UINT32_MAX) {
        (void)say_fail(EXIT_USAGE, "%s is a number from %u to 4294967295, not '%s'", option->name,
                       least, value);
        return false;
    }
    const uint32_t kept = (uint32_t)number;
    memcpy((char *)options + option->place, &kept, sizeof kept);
    return true;
}

static bool set_number(options_t *options, const option_t *option, const char *value)
{
    return read_number(options, option, value, 0);
}

/* A device that has confirmed nothing has 0, which a counter must be above. */
static bool set_counter(options_t *options, const option_t *option, const char *value)
{
    return read_number(options, option, value, 1);
}

static bool set_version(options_t *options, const option_t *option, const char *value)
{
    static const char k_charset[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789._-";
    const size_t length = strlen(value);
    options->version = value;
    if (length == 0 || length > ONEOTA_VERSION_MAX || strspn(value, k_charset) != length) {
        (void)say_fail(EXIT_USAGE, "%s is 1 to %d of A-Z a-z 0-9 _ - . , not '%s'", option->name,
                       ONEOTA_VERSION_MAX, value);
        return false;
    }
    return true;
}

static bool set_type(options_t *options, const option_t *option, const char *value)
{
    if (strcmp(value, "full") == 0) {
        options->type = ONEOTA_PACKAGE_FULL;
    } else if (strcmp(value, "diff") == 0) {
        options->type = ONEOTA_PACKAGE_DIFF;
    } else {
        (void)say_fail(EXIT_USAGE, "%s is full or diff, not '%s'", option->name, value);
        return false;
    }
    return true;
}

static bool add_pubkey(options_t *options, const option_t *option, const char *value)
{
    if (options->pubkey_count == PACKAGE_KEYS_MAX) {
        (void)say_fail(EXIT_USAGE, "%s: %d keys at most", option->name, PACKAGE_KEYS_MAX);
        return false;
    }
    options->pubkeys[options->pubkey_count++] = value;
    return true;
}

static const option_t k_options[] = {
    TEXT("--out", OPTION_OUT, out),
    TEXT("--in", OPTION_IN, in),
    TEXT("--key", OPTION_KEY, key),
    TEXT("--base", OPTION_BASE, base),
    TEXT("--signature", OPTION_SIGNATURE, signature),
    TEXT("--message", OPTION_MESSAGE, message),
    NUMBER("--vendor", OPTION_VENDOR, vendor_id),
    NUMBER("--class", OPTION_CLASS, class_id),
    {"--counter", OPTION_COUNTER, set_counter, offsetof(options_t, counter)},
    {"--version", OPTION_VERSION, set_version, 0},
    {"--type", OPTION_TYPE, set_type, 0},
    {"--pubkey", OPTION_PUBKEY, add_pubkey, 0},
    {"--force", OPTION_FORCE, NULL, 0},
    {"PACKAGE", OPTION_PACKAGE, set_text, offsetof(options_t, package)},
};
#define OPTIONS (sizeof k_options / sizeof k_options[0])

static const option_t *find(const char *word)
{
    for (size_t n = 0; n < OPTIONS; n++) {
        if (strcmp(word, k_options[n].name) == 0 || (word[0] != '-' && n == OPTIONS - 1u)) {
            return &k_options[n];
        }
    }
    return NULL;
}

static int complete(const command_t *command, const options_t *options, unsigned given)
{
    for (size_t n = 0; n < OPTIONS; n++) {
        if ((command->needs & ~given & k_options[n].bit) != 0) {
            return say_fail(EXIT_USAGE, "%s needs %s", command->name, k_options[n].name);
        }
    }
    if (options->type == ONEOTA_PACKAGE_DIFF && options->base == NULL) {
        return say_fail(EXIT_USAGE, "--type diff needs --base, the package that must be running");
    }
    if (options->type == ONEOTA_PACKAGE_FULL && options->base != NULL) {
        return say_fail(EXIT_USAGE, "--base belongs to --type diff");
    }
    return EXIT_DONE;
}

/* Takes one option with its value; *at moves behind it. */
static int take(int count, char **words, int *at, const command_t *command, options_t *options,
                unsigned *given)
{
    const char *word = words[(*at)++];
    const option_t *option = find(word);
    if (option == NULL || (command->takes & option->bit) == 0) {
        return say_fail(EXIT_USAGE, "%s does not take '%s'", command->name, word);
    }
    if ((*given & option->bit) != 0 &&
        !(option->bit == OPTION_PUBKEY && (command->takes & OPTION_PUBKEYS) != 0)) {
        return say_fail(EXIT_USAGE, "%s is there twice", option->name);
    }
    *given |= option->bit;
    if (option->set == NULL) {
        options->force = true;
        return EXIT_DONE;
    }
    if (option->bit != OPTION_PACKAGE) {
        if (*at == count) {
            return say_fail(EXIT_USAGE, "%s needs a value", word);
        }
        word = words[(*at)++];
    }
    return option->set(options, option, word) ? EXIT_DONE : EXIT_USAGE;
}

int options_read(int count, char **words, const command_t *command, options_t *options)
{
    unsigned given = 0;
    memset(options, 0, sizeof *options);
    options->type = ONEOTA_PACKAGE_FULL;
    for (int at = 0; at < count;) {
        const int code = take(count, words, &at, command, options, &given);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    return complete(command, options, given);
}
