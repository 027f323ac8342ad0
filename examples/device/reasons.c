/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * reasons.c: a reason in words, and what to do about it.
 */
#include "reasons.h"

#include <stdbool.h>
#include <stdio.h>

#include "oneota/error.h"

static const struct {
    const char *text;
    const char *hint;
} k_reasons[ONEOTA_REASON_COUNT] = {
    [ONEOTA_REASON_NONE] = {"nothing is wrong", ""},
    [ONEOTA_REASON_NETWORK] = {"no connection, or it broke",
                               "is the server up, and is --server right?"},
    [ONEOTA_REASON_TIMEOUT] = {"the server was silent for too long",
                               "is the link up, and is the server well?"},
    [ONEOTA_REASON_PEER] = {"it answers, but not as OneNET does",
                            "does --server name OneNET, and is there no proxy or portal between?"},
    [ONEOTA_REASON_SERVER] = {"the server is overloaded or has an internal error",
                              "nothing: it is tried again"},
    [ONEOTA_REASON_ANSWER] = {"the task cannot be used: a field is missing or out of its range",
                              "look at the task in the console"},
    [ONEOTA_REASON_UNKNOWN] = {"a code that no document names", "ask the platform's support"},
    [ONEOTA_REASON_AUTH] = {"the authorization is refused",
                            "check --key, --product, --device, --res and this machine's clock"},
    [ONEOTA_REASON_CONFIG] = {"a parameter is refused",
                              "check --device (south: the numeric id; else the name), --version, "
                              "--manuf and --model"},
    [ONEOTA_REASON_QUOTA] = {"the platform's licences are used up", "buy licences in the console"},
    [ONEOTA_REASON_MISMATCH] = {"manufacturer, model or version is not the task's",
                                "check --manuf, --model and the package's initial version; the "
                                "task has failed on the platform"},
    [ONEOTA_REASON_POSTPONED] = {"the platform says later: paused, or conditions not met",
                                 "nothing: it is tried again"},
    [ONEOTA_REASON_CANCELLED] = {"the operator cancelled the task", ""},
    [ONEOTA_REASON_OVER] = {"the task is finished, expired, or no longer this device's",
                            "make a new task in the console"},
    [ONEOTA_REASON_DROPPED] = {"the application gave the task up", ""},
    [ONEOTA_REASON_BATTERY] = {"the battery is below the task's threshold",
                               "charge it (--battery), or lower the threshold in the console"},
    [ONEOTA_REASON_SIGNAL] = {"the signal is below the task's threshold",
                              "better reception (--signal), or a lower threshold in the console"},
    [ONEOTA_REASON_PAUSED] = {"the application paused, or deferred the installation", ""},
    [ONEOTA_REASON_SPACE] = {"the package is empty, or larger than the slot",
                             "a larger --slot-size needs a new --state"},
    [ONEOTA_REASON_MEMORY] = {"the package needs more RAM than this build has", ""},
    [ONEOTA_REASON_RETRIES] = {"all rounds that the task allows are used up",
                               "allow more retries in the task, or better the link"},
    [ONEOTA_REASON_DEADLINE] = {"the whole task took too long", "better the link"},
    [ONEOTA_REASON_PACKAGE] = {"the platform cannot deliver the package",
                               "upload it again in the console"},
    [ONEOTA_REASON_TYPE] = {"a package type that this build does not take", "use a full package"},
    [ONEOTA_REASON_ERASES] =
        {"the slot was begun anew too often for a day",
         "find out who makes it start again; wait, or raise ONEOTA_ERASES_MAX"},
    [ONEOTA_REASON_REQUESTS] = {"too many parts of packages were asked for in a day",
                                "better the link; wait, or raise ONEOTA_REQUESTS_DAY"},
    [ONEOTA_REASON_BYTES] = {"too much was downloaded in a day",
                             "better the link; wait, or raise ONEOTA_KIB_DAY"},
    [ONEOTA_REASON_DIGEST] = {"what is in flash is not what was announced: MD5 or SHA-256 differs",
                              "upload the package again in the console"},
    [ONEOTA_REASON_SIGNATURE] = {"the package is not signed, or not by a known key",
                                 "sign it with the right key"},
    [ONEOTA_REASON_BASE] = {"the differential package is for another running image",
                            "make one for the version that runs here"},
    [ONEOTA_REASON_CLASS] = {"the signed package is for another vendor or class",
                             "choose the package of this product"},
    [ONEOTA_REASON_COUNTER] = {"the signed security counter goes back, or jumps too far",
                               "sign with a counter above the running image's"},
    [ONEOTA_REASON_QUARANTINE] = {"this image has failed a trial on this device before",
                                  "offer a corrected image"},
    [ONEOTA_REASON_IMAGE] = {"the image is not for this board", "choose the right package"},
    [ONEOTA_REASON_VERSION] = {"the new image names another version than the task",
                               "correct the target version in the console"},
    [ONEOTA_REASON_REJECTED] = {"the new image's self-test failed", "offer a corrected image"},
    [ONEOTA_REASON_UNCONFIRMED] = {"the new image was not confirmed in time",
                                   "offer a corrected image"},
    [ONEOTA_REASON_REVERTED] = {"the boot loader went back to the old image",
                                "offer a corrected image"},
    [ONEOTA_REASON_STORAGE] = {"flash or boot control failed",
                               "check the files in --state, and the room on its disk"},
};

const char *reasons_text(uint8_t reason)
{
    return reason < ONEOTA_REASON_COUNT ? k_reasons[reason].text : "?";
}

const char *reasons_hint(uint8_t reason)
{
    return reason < ONEOTA_REASON_COUNT ? k_reasons[reason].hint : "";
}

static bool is_http_status(uint8_t reason, int32_t code)
{
    return reason != ONEOTA_REASON_UNKNOWN && code >= 100 && code <= 599;
}

void reasons_code_text(uint8_t reason, int32_t code, const char *native, char *out, size_t size)
{
    out[0] = '\0';
    if (native != NULL) {
        (void)snprintf(out, size, "%s", native);
        return;
    }
    if (reason == ONEOTA_REASON_NETWORK) {
        (void)snprintf(out, size, "%s", code == 0 ? "closed by the server" : "");
        return;
    }
    if (reason == ONEOTA_REASON_BATTERY || reason == ONEOTA_REASON_SIGNAL) {
        (void)snprintf(out, size, "it is %ld", (long)code);
        return;
    }
    if (code <= 0) {
        return;
    }
    if (is_http_status(reason, code)) {
        (void)snprintf(out, size, "HTTP status %ld", (long)code);
    } else if (reason == ONEOTA_REASON_PACKAGE) {
        (void)snprintf(out, size, "download error %ld", (long)code);
    } else {
        (void)snprintf(out, size, "errno %ld", (long)code);
    }
}
