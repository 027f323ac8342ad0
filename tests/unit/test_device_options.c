/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * test_device_options.c: the command line of the Linux device.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"
#include "values.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define KEY "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="
#define GOOD \
    "--server http://h --dialect south --product 1 --device 2 --type sota --version 1.0 --state d"
#define GOOD_RUN  "run " GOOD " --key " KEY
#define WORDS_MAX 60

static options_t options;

/* Blanks separate arguments; '~' stands for a blank within one, '^' for an empty one. */
static bool parse(const char *line)
{
    static char text[8192];
    char *words[WORDS_MAX] = {text};
    int count = 1;

    (void)snprintf(text, sizeof text, "oneota-device %s", line);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == ' ') {
            *c = '\0';
            words[count++] = c + 1;
        } else if (*c == '~') {
            *c = ' ';
        } else if (*c == '^') {
            *c = '\0';
        }
        assert_true(count < WORDS_MAX);
    }
    return options_parse(&options, count, words);
}

static void assert_refused(const char *line, const char *says)
{
    if (parse(line)) {
        fail_msg("taken: %s", line);
    }
    if (strstr(options.error, says) == NULL) {
        fail_msg("%s: says '%s', not '%s'", line, options.error, says);
    }
    assert_null(strpbrk(options.error, "\r\n\033"));
}

static void test_options_least_line_takes_the_defaults(void **state)
{
    (void)state;
    assert_true(parse(GOOD_RUN));
    assert_int_equal(options.command, COMMAND_RUN);
    assert_string_equal(options.server.address, "h");
    assert_int_equal(options.server.port, 80);
    assert_string_equal(options.host, "h");
    assert_ptr_equal(options.dialect, &oneota_south);
    assert_string_equal(options.identity.product, "1");
    assert_string_equal(options.identity.device, "2");
    assert_string_equal(options.identity.key, KEY);
    assert_null(options.identity.device_name);
    assert_null(options.identity.res);
    assert_null(options.identity.auth_version);
    assert_int_equal(options.identity.scope, ONEOTA_RES_PRODUCT);
    assert_int_equal(options.identity.sign, ONEOTA_SIGN_SHA1);
    assert_int_equal(options.image.type, ONEOTA_SOTA);
    assert_string_equal(options.image.version, "1.0");
    assert_null(options.image.manuf);
    assert_string_equal(options.state_dir, "d");
    assert_int_equal(options.slot_bytes, 0);
    assert_int_equal(options.battery.number, -1);
    assert_null(options.battery.file);
    assert_int_equal(options.trial, TRIAL_PASS);
    assert_int_equal(options.poll_interval_s, 3600);
    assert_int_equal(options.retry_floor_ms, 30000);
    assert_int_equal(options.backoff_min_ms, 2000);
    assert_int_equal(options.backoff_max_ms, 300000);
    assert_false(options.once);
    assert_false(options.json);
}

#define TLS_RUN                                                                                \
    "run --server https://h --dialect south --product 1 --device 2 --type sota --version 1.0 " \
    "--state d --key " KEY

static void test_options_https_takes_cas(void **state)
{
    (void)state;
    assert_true(parse(TLS_RUN " --ca one.pem --ca=two.der"));
    assert_true(options.server.tls);
    assert_int_equal(options.server.port, 443);
    assert_int_equal(options.ca_count, 2);
    assert_string_equal(options.ca[0], "one.pem");
    assert_string_equal(options.ca[1], "two.der");
}

static void test_options_https_without_ca_trusts_the_system_or_says_so(void **state)
{
    FILE *file = fopen(OPTIONS_SYSTEM_CA, "r");

    (void)state;
    if (file == NULL) {
        assert_refused(TLS_RUN, "--ca is missing");
        return;
    }
    (void)fclose(file);
    assert_true(parse(TLS_RUN));
    assert_int_equal(options.ca_count, 1);
    assert_string_equal(options.ca[0], OPTIONS_SYSTEM_CA);
}

static void test_options_every_flag_is_taken(void **state)
{
    (void)state;
    assert_true(parse(GOOD_RUN
                      " --device-name n --res device --sign sha256 --auth-version 2022-05-01 "
                      "--host ota.heclouds.com:8080 --manuf 101 --model 10101 --image i "
                      "--slot-size 65536 --battery 40 --signal=-7 --trial crash "
                      "--poll-interval 10 --retry-floor 0.25 --backoff 0.01:1.5 --once --json"));
    assert_string_equal(options.identity.device_name, "n");
    assert_int_equal(options.identity.scope, ONEOTA_RES_DEVICE);
    assert_int_equal(options.identity.sign, ONEOTA_SIGN_SHA256);
    assert_string_equal(options.identity.auth_version, "2022-05-01");
    assert_string_equal(options.host, "ota.heclouds.com:8080");
    assert_string_equal(options.image.manuf, "101");
    assert_string_equal(options.image.model, "10101");
    assert_string_equal(options.image_file, "i");
    assert_int_equal(options.slot_bytes, 65536);
    assert_int_equal(options.battery.number, 40);
    assert_int_equal(options.signal.number, -7);
    assert_int_equal(options.trial, TRIAL_CRASH);
    assert_int_equal(options.poll_interval_s, 10);
    assert_int_equal(options.retry_floor_ms, 250);
    assert_int_equal(options.backoff_min_ms, 10);
    assert_int_equal(options.backoff_max_ms, 1500);
    assert_true(options.once);
    assert_true(options.json);
}

static void test_options_res_as_text_is_kept(void **state)
{
    (void)state;
    assert_true(parse(GOOD_RUN " --res userid/12"));
    assert_string_equal(options.identity.res, "userid/12");
}

static void test_options_dialect_decides_the_default_of_res(void **state)
{
    static const struct {
        const char *name;
        const oneota_dialect_t *dialect;
        uint8_t scope;
    } k_cases[] = {
        {"south", &oneota_south, ONEOTA_RES_PRODUCT},
        {"fuse", &oneota_fuse, ONEOTA_RES_DEVICE},
        {"studio", &oneota_studio, ONEOTA_RES_DEVICE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        char line[200];
        (void)snprintf(line, sizeof line,
                       "run --server http://h --dialect %s --product 1 --device pump-7 --type sota "
                       "--version 1.0 --state d --key " KEY,
                       k_cases[i].name);
        assert_true(parse(line));
        assert_ptr_equal(options.dialect, k_cases[i].dialect);
        assert_int_equal(options.identity.scope, k_cases[i].scope);
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), " --res product");
        assert_true(parse(line));
        assert_int_equal(options.identity.scope, ONEOTA_RES_PRODUCT);
    }
}

static void test_options_commands_are_found(void **state)
{
    static const struct {
        const char *line;
        command_t command;
    } cases[] = {
        {"status --state d", COMMAND_STATUS},
        {"status --state=d --json", COMMAND_STATUS},
        {"image --state d --out f", COMMAND_IMAGE},
        {"--help", COMMAND_HELP},
        {"-h", COMMAND_HELP},
        {"help", COMMAND_HELP},
        {"run --help", COMMAND_HELP},
        {"status -h", COMMAND_HELP},
        {"--version", COMMAND_VERSION},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(parse(cases[i].line));
        assert_int_equal(options.command, cases[i].command);
    }
}

static void test_options_wrong_line_says_what(void **state)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"fly", "'fly' is not a command"},
        {"\033[2J", "is not a command"},
        {"status", "--state is missing"},
        {"image --state d", "--out is missing"},
        {"image --state d --out f --json", "--json: not an option of 'oneota-device image'"},
        {"status --state d --once", "--once: not an option"},
        {"run " GOOD, "--key is missing"},
        {"run --key " KEY, "--server is missing"},
        {GOOD_RUN " stray", "stray: not an option"},
        {GOOD_RUN " \033stray", "?stray: not an option"},
        {GOOD_RUN " --stat d", "--stat: not an option"},
        {GOOD_RUN " --statex d", "--statex: not an option"},
        {GOOD_RUN " --once=1", "--once: it takes no value"},
        {GOOD_RUN " --product 1", "--product: given twice"},
        {GOOD_RUN " --once --once", "--once: given twice"},
        {GOOD_RUN " --manuf", "--manuf: its value is missing"},
        {GOOD_RUN " --manuf --once", "--manuf: its value is missing"},
        {GOOD_RUN " --manuf ^", "--manuf: its value is empty"},
        {GOOD_RUN " --manuf=", "--manuf: its value is empty"},
        {GOOD_RUN " --manuf 1\t2", "--manuf: control characters"},
        {GOOD_RUN " --manuf 1\177", "--manuf: control characters"},
        {GOOD_RUN " --manuf 1,2", "--manuf: blanks, commas"},
        {GOOD_RUN " --manuf 1~2", "--manuf: blanks, commas"},
        {GOOD_RUN " --manuf \303\251", "--manuf: blanks, commas"},
        {GOOD_RUN " --model 12345678901234567890123456789012345678901234567890123456789012345",
         "--model: it has more than 64"},
        {GOOD_RUN " --res thing", "--res: 'thing' is neither"},
        {GOOD_RUN " --res a/b,c", "--res: blanks, commas"},
        {GOOD_RUN " --sign sha512", "--sign: 'sha512' is not one of md5, sha1, sha256"},
        {GOOD_RUN " --sign SHA1", "--sign:"},
        {GOOD_RUN " --auth-version 2020-05-29", "--auth-version: '2020-05-29'"},
        {GOOD_RUN " --host http://h", "--host:"},
        {GOOD_RUN " --slot-size 0", "--slot-size: '0'"},
        {GOOD_RUN " --slot-size 100", "--slot-size: 100 is not a multiple of 16"},
        {GOOD_RUN " --slot-size 1073741840", "--slot-size:"},
        {GOOD_RUN " --slot-size 4k", "--slot-size: '4k'"},
        {GOOD_RUN " --battery 101", "--battery: '101' is neither"},
        {GOOD_RUN " --battery 50%", "--battery: '50%' is neither"},
        {GOOD_RUN " --battery -2", "--battery:"},
        {GOOD_RUN " --battery /no/such/file", "--battery:"},
        {GOOD_RUN " --signal 1.5", "--signal:"},
        {GOOD_RUN " --trial maybe", "--trial: 'maybe' is not one of pass, fail, crash"},
        {GOOD_RUN " --poll-interval 0", "--poll-interval:"},
        {GOOD_RUN " --poll-interval 1.5", "--poll-interval:"},
        {GOOD_RUN " --poll-interval 2000001", "--poll-interval:"},
        {GOOD_RUN " --retry-floor -1", "--retry-floor:"},
        {GOOD_RUN " --retry-floor 1s", "--retry-floor:"},
        {GOOD_RUN " --retry-floor 86401", "--retry-floor:"},
        {GOOD_RUN " --backoff 2", "--backoff:"},
        {GOOD_RUN " --backoff 3:2", "--backoff:"},
        {GOOD_RUN " --backoff 1:2:3", "--backoff:"},
        {GOOD_RUN " --backoff x:2", "--backoff:"},
        {GOOD_RUN " --backoff 1:", "--backoff:"},
        {GOOD_RUN " --backoff 00000000000000000000000000000000001:2", "--backoff:"},
        {GOOD_RUN " --ca f", "--ca: it has no effect over http"},
        {GOOD_RUN " --pubkey 1 --pubkey 2 --pubkey 3 --pubkey 4 --pubkey 5",
         "--pubkey: given more than 4 times"},
        {"run --ca 1 --ca 2 --ca 3 --ca 4 --ca 5 --ca 6 --ca 7 --ca 8 --ca 9", "more than 8 times"},
        {"run --server ftp://h", "must begin with http://"},
        {"run --dialect north", "'north' is not one of south, fuse, studio"},
        {"run --dialect Fuse", "'Fuse' is not one of south, fuse, studio"},
        {"run --type rota", "--type: 'rota' is not one of fota, sota"},
        {"run --version 1.0+2", "--version: '1.0+2'"},
        {"run --version 123456789012345678901", "--version:"},
        {"run --key no-base64", "not base64"},
        {"run --key @/no/such/file", "--key @/no/such/file: No such file"},
    };

    (void)state;
    (void)unsetenv("ONEOTA_KEY");
    assert_false(options_parse(&options, 1, NULL));
    assert_non_null(strstr(options.error, "a command is missing"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_refused(cases[i].line, cases[i].says);
    }
}

static void test_options_too_long_a_value_is_refused(void **state)
{
    static char line[5000];

    (void)state;
    memset(line, 'x', sizeof line - 1u);
    memcpy(line, "status --state ", 15);
    assert_refused(line, "--state: its value is too long");
}

static void test_options_key_never_stands_in_an_error(void **state)
{
    (void)state;
    assert_refused("run " GOOD " --key secretsecret!", "not base64");
    assert_null(strstr(options.error, "secret"));
}

static void test_options_key_from_the_environment_is_the_last_choice(void **state)
{
    (void)state;
    assert_int_equal(setenv("ONEOTA_KEY", "QUJD", 1), 0);
    assert_true(parse("run " GOOD));
    assert_string_equal(options.identity.key, "QUJD");
    assert_true(parse(GOOD_RUN));
    assert_string_equal(options.identity.key, KEY);
    assert_int_equal(setenv("ONEOTA_KEY", "Q", 1), 0);
    assert_refused("run " GOOD, "ONEOTA_KEY: the key is not base64");
    assert_int_equal(unsetenv("ONEOTA_KEY"), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_options_files_are_read(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{KEY, true},       {KEY "\n", true}, {KEY "\r\n", true}, {"", false},
                 {"\n" KEY, false}, {KEY " ", false}, {KEY "\nx", false}};
    char path[] = "/tmp/test_device_options.XXXXXX";
    char line[512];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    (void)snprintf(line, sizeof line, "run " GOOD " --key @%s --battery %s", path, path);
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(path, cases[i].text);
        assert_int_equal(parse(line), cases[i].good);
        if (cases[i].good) {
            assert_string_equal(options.identity.key, KEY);
            assert_string_equal(options.battery.file, path);
        }
    }
    assert_int_equal(unlink(path), 0);
}

/* ---------------------------------------------------------------- URL */

static void test_url_good_one_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *address, *authority, *prefix;
        uint16_t port;
        bool tls;
    } cases[] = {
        {"http://ota.heclouds.com", "ota.heclouds.com", "ota.heclouds.com", "", 80, false},
        {"HTTP://h/", "h", "h", "", 80, false},
        {"http://127.0.0.1:8080", "127.0.0.1", "127.0.0.1:8080", "", 8080, false},
        {"https://h", "h", "h", "", 443, true},
        {"http://h:65535/a/b%20c/", "h", "h:65535", "/a/b%20c", 65535, false},
        {"http://[::1]", "::1", "[::1]", "", 80, false},
        {"http://[fe80::1]:81/x", "fe80::1", "[fe80::1]:81", "/x", 81, false},
    };
    url_t url;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(url_parse(&url, cases[i].text));
        assert_string_equal(url.address, cases[i].address);
        assert_string_equal(url.authority, cases[i].authority);
        assert_string_equal(url.prefix, cases[i].prefix);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.tls, cases[i].tls);
    }
}

static void test_url_bad_one_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "h",
        "http:/h",
        "http://",
        "http:///x",
        "http://:80",
        "http://h:",
        "http://h:0",
        "http://h:65536",
        "http://h:123456",
        "http://h:8a",
        "http://u@h",
        "http://u:p@h",
        "http://h?q",
        "http://h/?q",
        "http://h#f",
        "http://h/#",
        "http://h/%2",
        "http://h/%zz",
        "http://h/a b",
        "http://h/a\"",
        "http://[::1",
        "http://[::1]x",
        "http://[]",
        "http://[1.2.3.4]",
        "http://[fe80::1%25lo]",
        "http://::1",
        "http://h_x",
        "http://-h",
        "http://.h",
        "http://a..b",
        "http://h/\303\251",
        "ftp://h",
    };
    static char text[1000];
    url_t url;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (url_parse(&url, cases[i]) == NULL) {
            fail_msg("taken: %s", cases[i]);
        }
    }
    memset(text, 'a', sizeof text - 1u);
    memcpy(text, "http://", 7);
    assert_non_null(url_parse(&url, text));
    text[7 + 254] = '\0';
    assert_non_null(url_parse(&url, text));
    text[7 + 253] = '\0';
    assert_null(url_parse(&url, text));
    memset(text, 'a', sizeof text - 1u);
    memcpy(text, "http://h/", 9);
    assert_non_null(url_parse(&url, text));
    text[8 + 255] = '\0';
    assert_null(url_parse(&url, text));
}

/* ---------------------------------------------------------------- values */

static void test_values_seconds_are_read_as_ms(void **state)
{
    static const struct {
        const char *text;
        uint32_t ms; /* 0: refused */
    } cases[] = {{"0", 1},    {"0.0", 1},    {"0.0004", 1},   {"0.001", 1},      {"0.05", 50},
                 {"1", 1000}, {"1.2", 1200}, {"100", 100000}, {"", 0},           {".5", 0},
                 {"1.", 0},   {"-1", 0},     {"+1", 0},       {" 1", 0},         {"1 ", 0},
                 {"1,5", 0},  {"1e3", 0},    {"100.001", 0},  {"1000000000", 0}, {"1.5.5", 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t ms = 7;
        bool good = values_read_ms(cases[i].text, 100, &ms);
        assert_int_equal(good, cases[i].ms != 0);
        assert_int_equal(ms, good ? cases[i].ms : 7);
    }
}

static void test_values_number_is_a_number_alone(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"-5", true},  {"0", true},   {"10", true},  {"007", true},
                 {"-6", false}, {"11", false}, {"", false},   {"-", false},
                 {"1x", false}, {"+1", false}, {" 1", false}, {"9999999999999999999", false}};
    int64_t number;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(values_read_number(cases[i].text, -5, 10, &number), cases[i].good);
    }
    assert_true(values_read_number("-5", -5, 10, &number));
    assert_int_equal(number, -5);
}

static void test_values_base64_is_checked(void **state)
{
    static const char *const good[] = {"QQ", "QQ==", "QUI", "QUI=", "QUJD", "+/+/"};
    static const char *const bad[] = {"",      "Q",    "Q===", "QQ=",    "QQ===", "QUI==", "QUJD=",
                                      "QUJDQ", "Q-Q_", "Q Q=", "QQ==\n", "=",     "QQ=Q"};
    char key[ONEOTA_KEY_MAX + 1];
    char longest[ONEOTA_KEY_MAX + 2];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(values_is_base64(good[i]));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (values_is_base64(bad[i])) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    memset(longest, 'A', sizeof longest);
    longest[ONEOTA_KEY_MAX + 1] = '\0';
    assert_non_null(values_take_key(key, longest));
    longest[ONEOTA_KEY_MAX] = '\0';
    assert_null(values_take_key(key, longest));
}

static void test_values_safe_text_is_cut_and_clean(void **state)
{
    char out[4];

    (void)state;
    values_make_safe(out, sizeof out, "a\nbcd");
    assert_string_equal(out, "a?b");
    values_make_safe(out, sizeof out, "\177");
    assert_string_equal(out, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_least_line_takes_the_defaults),
        cmocka_unit_test(test_options_https_takes_cas),
        cmocka_unit_test(test_options_https_without_ca_trusts_the_system_or_says_so),
        cmocka_unit_test(test_options_every_flag_is_taken),
        cmocka_unit_test(test_options_res_as_text_is_kept),
        cmocka_unit_test(test_options_dialect_decides_the_default_of_res),
        cmocka_unit_test(test_options_commands_are_found),
        cmocka_unit_test(test_options_wrong_line_says_what),
        cmocka_unit_test(test_options_too_long_a_value_is_refused),
        cmocka_unit_test(test_options_key_never_stands_in_an_error),
        cmocka_unit_test(test_options_key_from_the_environment_is_the_last_choice),
        cmocka_unit_test(test_options_files_are_read),
        cmocka_unit_test(test_url_good_one_is_taken_apart),
        cmocka_unit_test(test_url_bad_one_is_refused),
        cmocka_unit_test(test_values_seconds_are_read_as_ms),
        cmocka_unit_test(test_values_number_is_a_number_alone),
        cmocka_unit_test(test_values_base64_is_checked),
        cmocka_unit_test(test_values_safe_text_is_cut_and_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
