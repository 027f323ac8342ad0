/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * arg.c: parameters from QEMU's command line.
 */
#include <string.h>

#include "bsp.h"
#include "semihost.h"

#define COMMAND_LINE_BYTES 768u

/* Fetched once, and cut into words: zero after each, two zeros at the end. */
static char s_words[COMMAND_LINE_BYTES + 2u];
static bool s_fetched;

static void fetch(void)
{
    s_fetched = true;
    if (!semihost_command_line(s_words, COMMAND_LINE_BYTES)) {
        bsp_log_number(ONEOTA_LOG_ERROR, "bsp: parameters are longer than the board takes", "max",
                       COMMAND_LINE_BYTES - 1u);
        s_words[0] = '\0';
    }
    for (size_t i = 0; i < sizeof s_words; i++) {
        s_words[i] = s_words[i] == ' ' ? '\0' : s_words[i];
    }
}

const char *bsp_arg(const char *name)
{
    size_t length = strlen(name);

    if (!s_fetched) {
        fetch();
    }
    for (const char *word = s_words; *word != '\0'; word += strlen(word) + 1u) {
        if (strncmp(word, name, length) == 0 && word[length] == '=') {
            return word + length + 1u;
        }
    }
    return NULL;
}

uint32_t bsp_arg_number(const char *name, uint32_t preset)
{
    const char *text = bsp_arg(name);
    uint32_t number = 0;

    if (text == NULL || *text == '\0') {
        return preset;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        if (number > (UINT32_MAX - 9u) / 10u) {
            return preset;
        }
        number = number * 10u + (unsigned)(*text - '0');
    }
    return *text == '\0' ? number : preset;
}
