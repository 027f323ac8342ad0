/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: a device on Linux that updates itself from OneNET: `oneota-device --help`.
 */
#include <stdio.h>

#include "device.h"
#include "exit_code.h"
#include "oneota/oneota.h"
#include "options.h"

static void print_usage(FILE *out)
{
    static const char text[] =
        "oneota-device: a device on Linux that updates itself from OneNET\n"
        "\n"
        "  oneota-device run --server URL --dialect D --product ID --device ID --key KEY\n"
        "                    --type fota|sota --version V --state DIR [options]\n"
        "  oneota-device status --state DIR [--json]\n"
        "  oneota-device image  --state DIR --out FILE\n"
        "  oneota-device --help | --version\n"
        "\n"
        "Server\n"
        "  --server URL          http[s]://host[:port][/prefix]; IPv6 in brackets\n"
        "  --pubkey FILE         public key in PEM: install nothing that it has not signed;\n"
        "                        again for the next key\n"
        "  --ca FILE             CA to trust over https, PEM or DER; may be given more than once\n"
        "                        (default: " OPTIONS_SYSTEM_CA ")\n"
        "  --host NAME           Host header (default: as in the URL)\n"
        "  --dialect D           south: ota.heclouds.com; fuse: iot-api.heclouds.com, path\n"
        "                        /fuse-ota; studio: studio-ota.heclouds.com, of 2021\n"
        "Account\n"
        "  --product ID          product id\n"
        "  --device ID           south: numeric device id; fuse, studio: device name\n"
        "  --device-name NAME    device name, for --res device (default: --device)\n"
        "  --key KEY             access key in base64, or @FILE; without it ONEOTA_KEY counts\n"
        "  --res WHAT            product (default for south), device (default for the others), or\n"
        "                        a text with '/', signed as it is\n"
        "  --sign METHOD         md5, sha1 (default) or sha256\n"
        "  --auth-version V      2018-10-31 (default) or 2022-05-01\n"
        "Image\n"
        "  --type fota|sota      what is updated: the module, or the application\n"
        "  --version V           version that the device left the factory with\n"
        "  --manuf M, --model M  codes (default: fota 000/00001, sota 100/10001)\n"
        "  --image FILE          what fills the first slot of a new DIR (default: nothing)\n"
        "Device\n"
        "  --state DIR           flash and boot control, as files; made if it is not there\n"
        "  --slot-size BYTES     size of each slot of a new DIR (default: 16777216)\n"
        "  --battery PERCENT     a number, or a file that is read each time (default: unknown)\n"
        "  --signal N            likewise\n"
        "  --trial RESULT        self-test of a new image: pass (default), fail or crash\n"
        "Behaviour\n"
        "  --once                check now, and end when there is nothing more to do\n"
        "  --json                one JSON object a line on stdout; the log is on stderr\n"
        "  --poll-interval S     seconds between checks (default: 3600)\n"
        "  --retry-floor S       least seconds between rounds of a task (default: 30)\n"
        "  --backoff MIN:MAX     seconds after failures, doubled up to MAX (default: 2:300)\n"
        "\n"
        "Exit status\n"
        "  0 up to date or updated    3 the task ended without an update    4 not reachable, or\n"
        "  refused    5 postponed    2 wrong usage    6 the state directory cannot be used\n"
        "  128 + n ended by signal n\n";

    (void)fputs(text, out);
}

int main(int argc, char *argv[])
{
    static options_t options;

    if (!options_parse(&options, argc, argv)) {
        (void)fprintf(stderr, "oneota-device: %s\n", options.error);
        return EXIT_USAGE;
    }
    switch (options.command) {
    case COMMAND_RUN:
        return device_run(&options);
    case COMMAND_STATUS:
        return status_run(&options);
    case COMMAND_IMAGE:
        return image_run(&options);
    case COMMAND_VERSION:
        (void)printf("oneota-device %s\n", ONEOTA_VERSION_TEXT);
        return EXIT_DONE;
    default:
        print_usage(stdout);
        return EXIT_DONE;
    }
}
