/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: makes differential packages for OneNET, and looks into them: `oneota-delta --help`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsdiff40.h"
#include "encode.h"
#include "match.h"
#include "oneota/delta.h"
#include "oneota/oneota.h"
#include "restore.h"
#include "tool.h"

#define WORTH_PERCENT 70u /* of the deflated full image, beyond which a full package is better */

typedef struct {
    uint32_t block;
    const char *files[3];
    int count;
} arguments_t;

static void print_usage(FILE *out)
{
    static const char text[] =
        "oneota-delta: differential packages for OneNET, restored on the device by oneota\n"
        "\n"
        "  oneota-delta diff  [--block N] OLD NEW PATCH     makes PATCH, which makes NEW of OLD\n"
        "  oneota-delta apply OLD PATCH NEW                 makes NEW, as the device does\n"
        "  oneota-delta info  PATCH                         says what PATCH is for\n"
        "  oneota-delta pack  [--block N] OLD BSDIFF PATCH  the same package as diff, from a "
        "patch\n"
        "                                                   that `bsdiff OLD NEW BSDIFF` made\n"
        "  oneota-delta --help | --version\n"
        "\n"
        "OLD is the image that runs on the device, byte for byte as it is in flash: with headers\n"
        "and signature, without what a boot loader writes behind it.\n"
        "\n"
        "  --block N   largest block: 1024, 2048, 4096 (default) or 8192 bytes. The device needs\n"
        "              1.3 KiB and twice as much RAM; smaller blocks make larger packages\n"
        "\n"
        "PATCH is applied to OLD and compared before it is written. A warning says when a full\n"
        "package would be nearly as small.\n"
        "\n"
        "Exit status\n"
        "  0 done    1 out of memory, or PATCH does not make NEW    2 wrong usage    3 a file\n"
        "  cannot be read or written    4 a file is not what is needed: no package, damaged, or\n"
        "  for another OLD\n";
    fputs(text, out);
}

static int usage(const char *what, const char *argument)
{
    return tool_say(EXIT_USAGE, "%s%s; see oneota-delta --help", what, argument);
}

/* ---------------------------------------------------------------- diff, pack */

/* The device's own decoder is the judge. */
static int check_package(const bytes_t *old, const bytes_t *new_image, const bytes_t *package)
{
    bytes_t restored = {0};
    const char *wrong = restore_image(old, package, &restored);
    if (wrong == NULL && (restored.length != new_image->length ||
                          memcmp(restored.bytes, new_image->bytes, restored.length) != 0)) {
        wrong = "it makes another image";
    }
    tool_free(&restored);
    return wrong == NULL ? EXIT_DONE
                         : tool_say(EXIT_FAILED, "the package was not written: %s", wrong);
}

static void say_package(const char *path, const bytes_t *package, const bytes_t *new_image)
{
    package_info_t info;
    uint32_t full = encode_deflated_length(new_image);
    uint64_t permille = (uint64_t)package->length * 1000u / new_image->length;
    (void)restore_info(package, &info);
    tool_progress_end();
    printf("%s: %u bytes, %u.%u %% of the new image's %u; %u blocks of up to %u\n", path,
           package->length, (unsigned)(permille / 10u), (unsigned)(permille % 10u),
           new_image->length, info.blocks, info.block);
    if ((uint64_t)package->length * 100u > (uint64_t)full * WORTH_PERCENT) {
        tool_say(0,
                 "warning: the two images have little in common: the full image, deflated, has "
                 "%u bytes; consider uploading it as a full package",
                 full);
    }
}

static int make_package(const arguments_t *a, const bytes_t *old, const bytes_t *new_image,
                        const pieces_t *pieces)
{
    bytes_t package = {0};
    encode_package(old, new_image, pieces, a->block, &package);
    int status = check_package(old, new_image, &package);
    if (status == EXIT_DONE) {
        status = tool_write(a->files[2], &package);
    }
    if (status == EXIT_DONE) {
        say_package(a->files[2], &package, new_image);
    }
    tool_free(&package);
    return status;
}

static int diff(const arguments_t *a, const bytes_t *old, const bytes_t *new_image)
{
    pieces_t pieces = {0};
    if (new_image->length == 0) {
        return tool_say(EXIT_INPUT, "%s is empty: there is nothing to update to", a->files[1]);
    }
    match_images(old, new_image, &pieces);
    int status = make_package(a, old, new_image, &pieces);
    pieces_free(&pieces);
    return status;
}

static int pack(const arguments_t *a, const bytes_t *old, const bytes_t *patch)
{
    pieces_t pieces = {0};
    bytes_t new_image = {0};
    const char *wrong = bsdiff40_read(old, patch, &new_image, &pieces);
    int status = EXIT_INPUT;
    if (wrong != NULL) {
        tool_say(status, "%s cannot be used: %s", a->files[1], wrong);
    } else if (new_image.length == 0) {
        tool_say(status, "%s makes an empty image", a->files[1]);
    } else {
        status = make_package(a, old, &new_image, &pieces);
    }
    tool_free(&new_image);
    pieces_free(&pieces);
    return status;
}

/* ---------------------------------------------------------------- apply, info */

static int apply(const arguments_t *a, const bytes_t *old, const bytes_t *package)
{
    bytes_t new_image = {0};
    const char *wrong = restore_image(old, package, &new_image);
    tool_progress_end();
    int status = wrong != NULL
                     ? tool_say(EXIT_INPUT, "%s cannot be applied: %s", a->files[1], wrong)
                     : tool_write(a->files[2], &new_image);
    tool_free(&new_image);
    return status;
}

static void print_digest(const char *name, const uint8_t *digest)
{
    printf("%s", name);
    for (unsigned i = 0; i < 32u; i++) {
        printf("%02x", digest[i]);
    }
    putchar('\n');
}

static int info(const arguments_t *a)
{
    bytes_t package = {0};
    package_info_t info;
    int status = tool_read(a->files[0], &package);
    if (status == EXIT_DONE) {
        const char *wrong = restore_info(&package, &info);
        if (wrong != NULL) {
            status = tool_say(EXIT_INPUT, "%s is no package: %s", a->files[0], wrong);
        }
    }
    if (status == EXIT_DONE) {
        printf("package     %u bytes\n", package.length);
        printf("old image   %u bytes\n", info.old_size);
        print_digest("  sha256    ", info.old_digest);
        printf("new image   %u bytes\n", info.new_size);
        print_digest("  sha256    ", info.new_digest);
        printf("blocks      %u of up to %u bytes, %u of them stored; one makes up to %u bytes\n",
               info.blocks, info.block, info.stored, info.longest);
        printf("device RAM  %u bytes\n", (unsigned)(ONEOTA_DELTA_BYTES(info.block)));
    }
    tool_free(&package);
    return status;
}

/* ---------------------------------------------------------------- commands */

typedef struct {
    const char *name;
    int files;
    bool blocks;
    int (*run)(const arguments_t *a, const bytes_t *first, const bytes_t *second);
} command_t;

static const command_t k_commands[] = {
    {"diff", 3, true, diff},
    {"apply", 3, false, apply},
    {"info", 1, false, NULL},
    {"pack", 3, true, pack},
};

static int run(const command_t *command, const arguments_t *a)
{
    bytes_t first = {0};
    bytes_t second = {0};
    if (command->run == NULL) {
        return info(a);
    }
    int status = tool_read(a->files[0], &first);
    if (status == EXIT_DONE) {
        status = tool_read(a->files[1], &second);
    }
    if (status == EXIT_DONE) {
        status = command->run(a, &first, &second);
    }
    tool_free(&first);
    tool_free(&second);
    return status;
}

static bool read_block(const char *text, uint32_t *block)
{
    static const char *const sizes[] = {"1024", "2048", "4096", "8192"};
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (text != NULL && strcmp(text, sizes[i]) == 0) {
            *block = ONEOTA_DELTA_BLOCK_MIN << i;
            return true;
        }
    }
    return false;
}

static int read_arguments(const command_t *command, char **argv, arguments_t *a)
{
    bool options = true;
    for (; *argv != NULL; argv++) {
        if (options && strcmp(*argv, "--") == 0) {
            options = false;
        } else if (options && command->blocks && strcmp(*argv, "--block") == 0) {
            argv++;
            if (!read_block(*argv, &a->block)) {
                return usage("--block is 1024, 2048, 4096 or 8192, not ",
                             *argv != NULL ? *argv : "nothing");
            }
        } else if (options && strncmp(*argv, "--", 2) == 0) {
            return usage("no such option: ", *argv);
        } else if (a->count == command->files) {
            return usage("one file too many: ", *argv);
        } else {
            a->files[a->count++] = *argv;
        }
    }
    return a->count == command->files ? EXIT_DONE : usage("files are missing for ", command->name);
}

int main(int argc, char **argv)
{
    arguments_t a = {.block = BLOCK_DEFAULT};
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("oneota-delta " ONEOTA_VERSION_TEXT);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof k_commands / sizeof k_commands[0]; i++) {
        if (strcmp(argv[1], k_commands[i].name) == 0) {
            int status = read_arguments(&k_commands[i], argv + 2, &a);
            return status == EXIT_DONE ? run(&k_commands[i], &a) : status;
        }
    }
    return usage("no such command: ", argv[1]);
}
