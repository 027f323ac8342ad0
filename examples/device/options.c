/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * options.c: the command line. One table of flags; each flag names the function that reads its
 * value and the member that gets it.
 */
#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

#define ID_MAX         64
#define RES_MAX        192
#define PATH_MAX_CHARS 4000
#define DAY_S          86400
#define SCOPE_UNSAID   255 /* there was no --res */

#define ON_RUN    (1u << COMMAND_RUN)
#define ON_STATUS (1u << COMMAND_STATUS)
#define ON_IMAGE  (1u << COMMAND_IMAGE)
#define ON_ALL    (ON_RUN | ON_STATUS | ON_IMAGE)

typedef struct {
    const char *name;
    uint8_t value;
} choice_t;

typedef struct flag {
    const char *name;
    uint8_t commands; /* that know it */
    uint8_t needed;   /* commands that cannot do without it */
    bool (*set)(options_t *options, const struct flag *flag, const char *value);
    size_t offset; /* of the member in options_t */
    int64_t min, max;
    const choice_t *choices;
} flag_t;

const options_dialect_t options_dialects[OPTIONS_DIALECTS] = {
    {"south", &oneota_south, ONEOTA_RES_PRODUCT},
    {"fuse", &oneota_fuse, ONEOTA_RES_DEVICE},
    {"studio", &oneota_studio, ONEOTA_RES_DEVICE},
};

static const choice_t k_signs[] = {{"md5", ONEOTA_SIGN_MD5},
                                   {"sha1", ONEOTA_SIGN_SHA1},
                                   {"sha256", ONEOTA_SIGN_SHA256},
                                   {NULL, 0}};

static const choice_t k_types[] = {{"fota", ONEOTA_FOTA}, {"sota", ONEOTA_SOTA}, {NULL, 0}};

static const choice_t k_trials[] = {
    {"pass", TRIAL_PASS}, {"fail", TRIAL_FAIL}, {"crash", TRIAL_CRASH}, {NULL, 0}};

static const choice_t k_commands[] = {{"run", COMMAND_RUN},           {"status", COMMAND_STATUS},
                                      {"image", COMMAND_IMAGE},       {"--help", COMMAND_HELP},
                                      {"-h", COMMAND_HELP},           {"help", COMMAND_HELP},
                                      {"--version", COMMAND_VERSION}, {NULL, 0}};

#if defined(__GNUC__)
static bool fail(options_t *, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif

static bool fail(options_t *options, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(options->error, sizeof options->error, format, arguments);
    va_end(arguments);
    return false;
}

/* ---------------------------------------------------------------- the value of a flag */

static void *member(options_t *options, const flag_t *flag)
{
    return (char *)options + flag->offset;
}

static void put_text(options_t *options, const flag_t *flag, const char *value)
{
    memcpy(member(options, flag), &value, sizeof value);
}

static bool set_switch(options_t *options, const flag_t *flag, const char *value)
{
    (void)value;
    *(bool *)member(options, flag) = true;
    return true;
}

static bool set_path(options_t *options, const flag_t *flag, const char *value)
{
    put_text(options, flag, value);
    return true;
}

static bool set_id(options_t *options, const flag_t *flag, const char *value)
{
    if (strlen(value) > (size_t)flag->max) {
        return fail(options, "--%s: it has more than %d characters", flag->name, (int)flag->max);
    }
    if (!values_is_id(value)) {
        return fail(options, "--%s: blanks, commas and non-ASCII characters cannot be in it",
                    flag->name);
    }
    put_text(options, flag, value);
    return true;
}

static bool set_version(options_t *options, const flag_t *flag, const char *value)
{
    if (!values_is_version(value)) {
        return fail(options, "--%s: '%.40s' is not 1 to %d characters of A-Z a-z 0-9 _ - .",
                    flag->name, value, ONEOTA_VERSION_MAX);
    }
    put_text(options, flag, value);
    return true;
}

static bool set_choice(options_t *options, const flag_t *flag, const char *value)
{
    char names[80] = "";

    for (const choice_t *choice = flag->choices; choice->name != NULL; choice++) {
        size_t used = strlen(names);
        if (strcmp(choice->name, value) == 0) {
            *(uint8_t *)member(options, flag) = choice->value;
            return true;
        }
        (void)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                       choice->name);
    }
    return fail(options, "--%s: '%.40s' is not one of %s", flag->name, value, names);
}

static bool set_number(options_t *options, const flag_t *flag, const char *value)
{
    int64_t number;

    if (!values_read_number(value, flag->min, flag->max, &number)) {
        return fail(options, "--%s: '%.40s' is not a whole number from %lld to %lld", flag->name,
                    value, (long long)flag->min, (long long)flag->max);
    }
    *(uint32_t *)member(options, flag) = (uint32_t)number;
    return true;
}

static bool set_slot_size(options_t *options, const flag_t *flag, const char *value)
{
    if (!set_number(options, flag, value)) {
        return false;
    }
    if (options->slot_bytes % 16u != 0) {
        return fail(options, "--%s: %s is not a multiple of 16, the program unit", flag->name,
                    value);
    }
    return true;
}

static bool set_seconds(options_t *options, const flag_t *flag, const char *value)
{
    if (!values_read_ms(value, (uint32_t)flag->max, member(options, flag))) {
        return fail(options, "--%s: '%.40s' is not a number of seconds from 0 to %d (like 0.5)",
                    flag->name, value, (int)flag->max);
    }
    return true;
}

static bool set_backoff(options_t *options, const flag_t *flag, const char *value)
{
    char first[32];
    size_t length = strcspn(value, ":");

    if (value[length] == ':' && length < sizeof first) {
        memcpy(first, value, length);
        first[length] = '\0';
        if (values_read_ms(first, (uint32_t)flag->max, &options->backoff_min_ms) &&
            values_read_ms(value + length + 1, (uint32_t)flag->max, &options->backoff_max_ms) &&
            options->backoff_min_ms <= options->backoff_max_ms) {
            return true;
        }
    }
    return fail(options,
                "--%s: '%.40s' is not MIN:MAX in seconds, MIN not above MAX, up to %d (like 2:300)",
                flag->name, value, (int)flag->max);
}

static bool set_gauge(options_t *options, const flag_t *flag, const char *value)
{
    gauge_t *gauge = member(options, flag);
    int64_t number;
    FILE *file;

    if (values_read_number(value, flag->min, flag->max, &number)) {
        gauge->number = (int32_t)number;
        return true;
    }
    file = values_looks_like_number(value) ? NULL : fopen(value, "r");
    if (file == NULL) {
        return fail(options,
                    "--%s: '%.60s' is neither a number from %lld to %lld (-1: unknown) nor a file "
                    "that can be read",
                    flag->name, value, (long long)flag->min, (long long)flag->max);
    }
    (void)fclose(file);
    gauge->file = value;
    return true;
}

static bool set_server(options_t *options, const flag_t *flag, const char *value)
{
    const char *wrong = url_parse(&options->server, value);

    if (wrong != NULL) {
        return fail(options, "--%s: %s (http[s]://host[:port][/prefix])", flag->name, wrong);
    }
    return true;
}

static bool set_ca(options_t *options, const flag_t *flag, const char *value)
{
    if (options->ca_count == OPTIONS_CA_MAX) {
        return fail(options, "--%s: given more than %d times; one file may hold more than one CA",
                    flag->name, OPTIONS_CA_MAX);
    }
    options->ca[options->ca_count++] = value;
    return true;
}

static bool set_host(options_t *options, const flag_t *flag, const char *value)
{
    url_t url = {0};
    const char *wrong = url_parse_authority(&url, value);

    if (wrong != NULL) {
        return fail(options, "--%s: %s (host or host:port)", flag->name, wrong);
    }
    options->host = value;
    return true;
}

static bool set_dialect(options_t *options, const flag_t *flag, const char *value)
{
    for (size_t i = 0; i < OPTIONS_DIALECTS; i++) {
        if (strcmp(options_dialects[i].name, value) == 0) {
            options->dialect = options_dialects[i].dialect;
            return true;
        }
    }
    return fail(options, "--%s: '%.40s' is not one of south, fuse, studio", flag->name, value);
}

static bool set_res(options_t *options, const flag_t *flag, const char *value)
{
    if (strcmp(value, "product") == 0) {
        options->identity.scope = ONEOTA_RES_PRODUCT;
        return true;
    }
    if (strcmp(value, "device") == 0) {
        options->identity.scope = ONEOTA_RES_DEVICE;
        return true;
    }
    if (strchr(value, '/') == NULL) {
        return fail(options, "--%s: '%.40s' is neither product nor device nor a text with '/'",
                    flag->name, value);
    }
    return set_id(options, flag, value);
}

static bool set_auth_version(options_t *options, const flag_t *flag, const char *value)
{
    if (strcmp(value, "2018-10-31") != 0 && strcmp(value, "2022-05-01") != 0) {
        return fail(options, "--%s: '%.40s' is not one of 2018-10-31, 2022-05-01", flag->name,
                    value);
    }
    put_text(options, flag, value);
    return true;
}

static bool set_pubkey(options_t *options, const flag_t *flag, const char *value)
{
    if (options->pubkey_count == OPTIONS_PUBKEY_MAX) {
        return fail(options, "--%s: given more than %d times", flag->name, OPTIONS_PUBKEY_MAX);
    }
    options->pubkey[options->pubkey_count++] = value;
    return true;
}

static bool use_key(options_t *options, const char *from, const char *wrong)
{
    if (wrong != NULL) {
        return fail(options, "%s: %s", from, wrong);
    }
    options->identity.key = options->key;
    return true;
}

static bool set_key(options_t *options, const flag_t *flag, const char *value)
{
    char from[120] = "--key";

    (void)flag;
    if (value[0] != '@') {
        return use_key(options, from, values_take_key(options->key, value));
    }
    (void)snprintf(from, sizeof from, "--key %.100s", value);
    return use_key(options, from, values_load_key(options->key, value + 1));
}

/* ---------------------------------------------------------------- the flags */

#define AT(name) offsetof(options_t, name)

static const flag_t k_flags[] = {
    {"server", ON_RUN, ON_RUN, set_server, 0, 0, 0, NULL},
    {"dialect", ON_RUN, ON_RUN, set_dialect, 0, 0, 0, NULL},
    {"product", ON_RUN, ON_RUN, set_id, AT(identity.product), 0, ID_MAX, NULL},
    {"device", ON_RUN, ON_RUN, set_id, AT(identity.device), 0, ID_MAX, NULL},
    {"key", ON_RUN, 0, set_key, 0, 0, 0, NULL},
    {"device-name", ON_RUN, 0, set_id, AT(identity.device_name), 0, ID_MAX, NULL},
    {"res", ON_RUN, 0, set_res, AT(identity.res), 0, RES_MAX, NULL},
    {"sign", ON_RUN, 0, set_choice, AT(identity.sign), 0, 0, k_signs},
    {"auth-version", ON_RUN, 0, set_auth_version, AT(identity.auth_version), 0, 0, NULL},
    {"host", ON_RUN, 0, set_host, 0, 0, 0, NULL},
    {"type", ON_RUN, ON_RUN, set_choice, AT(image.type), 0, 0, k_types},
    {"version", ON_RUN, ON_RUN, set_version, AT(image.version), 0, 0, NULL},
    {"manuf", ON_RUN, 0, set_id, AT(image.manuf), 0, ID_MAX, NULL},
    {"model", ON_RUN, 0, set_id, AT(image.model), 0, ID_MAX, NULL},
    {"state", ON_ALL, ON_ALL, set_path, AT(state_dir), 0, 0, NULL},
    {"image", ON_RUN, 0, set_path, AT(image_file), 0, 0, NULL},
    {"slot-size", ON_RUN, 0, set_slot_size, AT(slot_bytes), 16, OPTIONS_SLOT_BYTES_MAX, NULL},
    {"ca", ON_RUN, 0, set_ca, 0, 0, 0, NULL},
    {"pubkey", ON_RUN, 0, set_pubkey, 0, 0, 0, NULL},
    {"battery", ON_RUN, 0, set_gauge, AT(battery), OPTIONS_BATTERY_MIN, OPTIONS_BATTERY_MAX, NULL},
    {"signal", ON_RUN, 0, set_gauge, AT(signal), OPTIONS_SIGNAL_MIN, OPTIONS_SIGNAL_MAX, NULL},
    {"trial", ON_RUN, 0, set_choice, AT(trial), 0, 0, k_trials},
    {"poll-interval", ON_RUN, 0, set_number, AT(poll_interval_s), 1, 2000000, NULL},
    {"retry-floor", ON_RUN, 0, set_seconds, AT(retry_floor_ms), 0, DAY_S, NULL},
    {"backoff", ON_RUN, 0, set_backoff, 0, 0, DAY_S, NULL},
    {"once", ON_RUN, 0, set_switch, AT(once), 0, 0, NULL},
    {"json", ON_RUN | ON_STATUS, 0, set_switch, AT(json), 0, 0, NULL},
    {"out", ON_IMAGE, ON_IMAGE, set_path, AT(out_file), 0, 0, NULL},
};

#define FLAG_COUNT (sizeof k_flags / sizeof k_flags[0])

static const char *command_name(command_t command)
{
    return k_commands[command].name;
}

/* Index of the flag that argument names, alone or before a '='; FLAG_COUNT: none. */
static size_t find_flag(const char *argument)
{
    if (strncmp(argument, "--", 2) != 0) {
        return FLAG_COUNT;
    }
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        size_t length = strlen(k_flags[i].name);
        if (strncmp(argument + 2, k_flags[i].name, length) == 0 &&
            (argument[2 + length] == '\0' || argument[2 + length] == '=')) {
            return i;
        }
    }
    return FLAG_COUNT;
}

static bool check_value(options_t *options, const flag_t *flag, const char *value)
{
    if (value == NULL || (find_flag(value) < FLAG_COUNT)) {
        return fail(options, "--%s: its value is missing", flag->name);
    }
    if (value[0] == '\0') {
        return fail(options, "--%s: its value is empty", flag->name);
    }
    if (strlen(value) > PATH_MAX_CHARS) {
        return fail(options, "--%s: its value is too long", flag->name);
    }
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            return fail(options, "--%s: control characters cannot be in its value", flag->name);
        }
    }
    return flag->set(options, flag, value);
}

/* Takes the flag at argv[0], and its value. @return arguments taken; 0 = error */
static int take_flag(options_t *options, char *const argv[], int left)
{
    const char *equals = strchr(argv[0], '=');
    size_t index = find_flag(argv[0]);
    const flag_t *flag = &k_flags[index < FLAG_COUNT ? index : 0];
    char name[40];

    if (index == FLAG_COUNT || (flag->commands >> options->command & 1u) == 0) {
        values_make_safe(name, sizeof name, argv[0]);
        (void)fail(options, "%s: not an option of 'oneota-device %s' (see --help)", name,
                   command_name(options->command));
        return 0;
    }
    if ((options->given >> index & 1u) != 0 && flag->set != set_ca &&
        flag->set != set_pubkey) {
        (void)fail(options, "--%s: given twice", flag->name);
        return 0;
    }
    options->given |= 1u << index;
    if (flag->set == set_switch && equals != NULL) {
        (void)fail(options, "--%s: it takes no value", flag->name);
        return 0;
    }
    if (flag->set == set_switch) {
        return set_switch(options, flag, NULL) ? 1 : 0;
    }
    if (equals != NULL) {
        return check_value(options, flag, equals + 1) ? 1 : 0;
    }
    return check_value(options, flag, left > 1 ? argv[1] : NULL) ? 2 : 0;
}

/* ---------------------------------------------------------------- the whole */

static bool check_needed(options_t *options)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        bool needed = (k_flags[i].needed >> options->command & 1u) != 0;
        if (needed && (options->given >> i & 1u) == 0) {
            return fail(options, "--%s is missing: 'oneota-device %s' needs it (see --help)",
                        k_flags[i].name, command_name(options->command));
        }
    }
    return true;
}

/* Over http nothing is checked: whoever names a CA there would be mistaken. */
static bool finish_ca(options_t *options)
{
    FILE *file;

    if (!options->server.tls) {
        return options->ca_count == 0 ||
               fail(options, "--ca: it has no effect over http: use https:// in --server");
    }
    if (options->ca_count > 0) {
        return true;
    }
    file = fopen(OPTIONS_SYSTEM_CA, "r");
    if (file == NULL) {
        return fail(options, "--ca is missing: https needs the certificate of the CA to trust, and "
                             "there is no " OPTIONS_SYSTEM_CA);
    }
    (void)fclose(file);
    options->ca[options->ca_count++] = OPTIONS_SYSTEM_CA;
    return true;
}

static bool finish_run(options_t *options)
{
    const char *key = getenv("ONEOTA_KEY");

    if (!finish_ca(options)) {
        return false;
    }

    if (options->identity.key == NULL) {
        if (key == NULL || key[0] == '\0') {
            return fail(options, "--key is missing: give BASE64, @FILE, or ONEOTA_KEY in the "
                                 "environment");
        }
        if (!use_key(options, "ONEOTA_KEY", values_take_key(options->key, key))) {
            return false;
        }
    }
    for (size_t i = 0; i < OPTIONS_DIALECTS; i++) {
        bool own = options_dialects[i].dialect == options->dialect;
        if (own && options->identity.scope == SCOPE_UNSAID) {
            options->identity.scope = options_dialects[i].scope;
        }
    }
    if (options->host == NULL) {
        options->host = options->server.authority;
    }
    return true;
}

static bool find_command(options_t *options, const char *name)
{
    char safe[40];

    for (const choice_t *choice = k_commands; choice->name != NULL; choice++) {
        if (strcmp(choice->name, name) == 0) {
            options->command = (command_t)choice->value;
            return true;
        }
    }
    values_make_safe(safe, sizeof safe, name);
    return fail(options, "'%s' is not a command: run, status or image (see --help)", safe);
}

bool options_parse(options_t *options, int argc, char *const argv[])
{
    int taken = 1;

    memset(options, 0, sizeof *options);
    options->battery.number = -1;
    options->signal.number = -1;
    options->poll_interval_s = 3600;
    options->retry_floor_ms = 30000;
    options->backoff_min_ms = 2000;
    options->backoff_max_ms = 300000;
    options->identity.sign = ONEOTA_SIGN_SHA1;
    options->identity.scope = SCOPE_UNSAID;
    if (argc < 2) {
        return fail(options, "a command is missing: run, status or image (see --help)");
    }
    if (!find_command(options, argv[1])) {
        return false;
    }
    for (int i = 2; i < argc && options->command <= COMMAND_IMAGE; i += taken) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->command = COMMAND_HELP;
            return true;
        }
        taken = take_flag(options, argv + i, argc - i);
        if (taken == 0) {
            return false;
        }
    }
    if (options->command > COMMAND_IMAGE) {
        return true;
    }
    if (!check_needed(options)) {
        return false;
    }
    return options->command != COMMAND_RUN || finish_run(options);
}
