/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * Signs packages for devices with oneota, and tells whether a package is signed. The format is in
 * oneota/trailer.h.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "say.h"

#define FACTS                                                                                     \
    (OPTION_VERSION | OPTION_COUNTER | OPTION_VENDOR | OPTION_CLASS | OPTION_TYPE | OPTION_BASE | \
     OPTION_IN | OPTION_FORCE)
#define NEEDED_FACTS (OPTION_VERSION | OPTION_COUNTER | OPTION_IN)

static const command_t k_commands[] = {
    {"keygen", command_keygen, OPTION_OUT, OPTION_OUT, "--out KEY.pem",
     "makes a key; writes KEY.pem (keep it secret) and KEY.pub"},
    {"key", command_key, OPTION_PUBKEY | OPTION_PUBKEYS, OPTION_PUBKEY, "--pubkey KEY.pub...",
     "prints public keys as an array for the firmware"},
    {"sign", command_sign, FACTS | OPTION_KEY | OPTION_OUT, NEEDED_FACTS | OPTION_KEY | OPTION_OUT,
     "--key KEY.pem FACTS --in FIRMWARE --out PACKAGE", "signs, and verifies what was written"},
    {"digest", command_digest, FACTS | OPTION_PUBKEY | OPTION_OUT | OPTION_MESSAGE,
     NEEDED_FACTS | OPTION_PUBKEY,
     "--pubkey KEY.pub FACTS --in FIRMWARE [--out FILE] [--message FILE]",
     "prints the SHA-256 that a signer elsewhere is to sign"},
    {"attach", command_attach, FACTS | OPTION_PUBKEY | OPTION_SIGNATURE | OPTION_OUT,
     NEEDED_FACTS | OPTION_PUBKEY | OPTION_SIGNATURE | OPTION_OUT,
     "--pubkey KEY.pub FACTS --in FIRMWARE --signature FILE --out PACKAGE",
     "signs with what that signer has made"},
    {"verify", command_verify, OPTION_PUBKEY | OPTION_PUBKEYS | OPTION_PACKAGE,
     OPTION_PUBKEY | OPTION_PACKAGE, "--pubkey KEY.pub... PACKAGE",
     "is it signed by one of these, and whole?"},
    {"info", command_info, OPTION_PACKAGE, OPTION_PACKAGE, "PACKAGE", "what the trailer says"},
};
#define COMMANDS (sizeof k_commands / sizeof k_commands[0])

static void help(void)
{
    (void)printf("oneota-image: signs packages for over-the-air updates\n\n");
    for (size_t n = 0; n < COMMANDS; n++) {
        (void)printf("  oneota-image %s %s\n      %s\n", k_commands[n].name, k_commands[n].usage,
                     k_commands[n].summary);
    }
    (void)printf(
        "\nFACTS:\n"
        "  --version V           firmware version, as in the task on the platform\n"
        "  --counter N           security counter, 1 or more: higher with every release\n"
        "  --vendor ID           number of the vendor (default 0), as in the device's trust table\n"
        "  --class ID            number of the kind of board (default 0), likewise\n"
        "  --type full|diff      default full; diff: FIRMWARE is a differential payload (ODP1)\n"
        "  --base PACKAGE        diff: the signed full package that it was made from\n"
        "  --force               FIRMWARE is signed already: put a new trailer in its place\n"
        "\nA signer elsewhere (HSM): 'digest' with\n"
        "  --out FILE            also writes the 32 bytes of the SHA-256\n"
        "  --message FILE        also writes the 128 bytes that it is of\n"
        "then 'attach' with the same FACTS and\n"
        "  --signature FILE      r and s, 32 bytes each, or DER as openssl writes it\n"
        "\nExit status: 0 done; 1 not signed, or does not verify; 2 usage; 3 a file or key that\n"
        "cannot be used.\n");
}

int main(int count, char **words)
{
    options_t options;
    const char *name = count > 1 ? words[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        help();
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_INPUT;
    }
    for (size_t n = 0; n < COMMANDS; n++) {
        if (strcmp(name, k_commands[n].name) == 0) {
            int code = options_read(count - 2, words + 2, &k_commands[n], &options);
            if (code == EXIT_DONE) {
                code = k_commands[n].run(&options);
            }
            if (code == EXIT_DONE && fflush(stdout) != 0) {
                code = say_fail(EXIT_INPUT, "cannot write what was to be printed");
            }
            return code;
        }
    }
    return count > 1 ? say_fail(EXIT_USAGE, "no command '%s'; see oneota-image --help", name)
                     : say_fail(EXIT_USAGE, "which command? See oneota-image --help");
}
