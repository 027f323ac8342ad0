/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_tls.c: the TLS port: who is trusted, when, under which name; sessions; and what is refused.
 */
#include "tls_kit.h"

#include "mbedtls/sha256.h"
#include "mbedtls/version.h"

#if MBEDTLS_VERSION_MAJOR < 3
#define sha256_of mbedtls_sha256_ret
#else
#define sha256_of mbedtls_sha256
#endif

#define JUNE_2020 1591000000u
#define YEAR_2021 1620000000u
#define YEAR_2049 2500000000u
#define YEAR_2051 2560000000u

/* ---------------------------------------------------------------- good servers */

static void test_tls_good_server_whole_exchange(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_open(kit), ONEOTA_OK); /* open is open */
    assert_int_equal(kit->opens, 1);
    assert_int_equal(kit_get(kit, 100000), ONEOTA_OK);
    assert_int_equal(kit->got_length, 100000);
    assert_int_equal(kit_get(kit, 1), ONEOTA_OK);
    assert_string_equal(kit_text(kit), "");
    assert_int_equal(kit->tls.port.last_error(&kit->tls), 0);
    assert_false(kit->tls.resumed);
    kit_close(kit);
    kit_close(kit);
    kit_end(kit);
}

static void test_tls_request_is_not_readable_on_the_wire(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, 500), ONEOTA_OK);
    for (size_t i = 0; i + 4 <= kit->rig.up.length; i++) {
        assert_memory_not_equal(kit->rig.up.bytes + i, "get ", 4);
    }
    kit_end(kit);
}

static void test_tls_sends_the_server_name(void **state)
{
    kit_t *kit = kit_ready("good");
    bool found = false;

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    for (size_t i = 0; i + strlen(NAME) <= kit->rig.up.length; i++) {
        found = found || memcmp(kit->rig.up.bytes + i, NAME, strlen(NAME)) == 0;
    }
    assert_true(found);
    kit_end(kit);
}

static void test_tls_chain_with_an_intermediate_ca(void **state)
{
    kit_t *kit = kit_ready("below between");

    (void)state;
    kit_works(kit);
    kit_end(kit);
}

static void test_tls_second_ca_serves_too(void **state)
{
    kit_t *kit = kit_begin("untrusted");

    (void)state;
    kit->ca[1] = rig_der("other");
    kit->setup.ca_count = 2;
    kit_init(kit);
    kit_works(kit);
    kit_end(kit);
}

#if defined(MBEDTLS_PEM_PARSE_C)
static void test_tls_ca_as_pem_and_as_der_and_as_a_bundle(void **state)
{
    static char bundle[8192];
    kit_t *kit = kit_begin("untrusted");

    (void)state;
    (void)snprintf(bundle, sizeof bundle, "# two of them\n%s\n%s",
                   (const char *)rig_file("ca.pem").data, (const char *)rig_file("other.pem").data);
    kit->ca[0] = (oneota_mbedtls_bytes_t){bundle, strlen(bundle) + 1u};
    kit_init(kit);
    kit_works(kit);
    oneota_mbedtls_deinit(&kit->tls);
    kit->ca[0] = rig_file("other.pem");
    kit->ca[1] = rig_der("ca");
    kit->setup.ca_count = 2;
    kit_init(kit);
    kit_works(kit);
    kit_end(kit);
}
#else
static void test_tls_pem_is_told_apart_where_only_der_is_taken(void **state)
{
    kit_t *kit = kit_begin("good");

    (void)state;
    kit->ca[0] = rig_file("ca.pem");
    assert_int_equal(oneota_mbedtls_init(&kit->tls, &kit->setup), ONEOTA_UNSUPPORTED);
    assert_non_null(strstr(kit_text(kit), "CA 1: PEM"));
    rig_free(&kit->rig);
}
#endif

#if defined(MBEDTLS_RSA_C)
static void test_tls_rsa_server_and_ca(void **state)
{
    kit_t *kit = kit_begin("rsa");

    (void)state;
    kit->ca[0] = rig_der("rsaca");
    kit_init(kit);
    kit_works(kit);
    kit_end(kit);
}
#endif

static void test_tls_version_is_1_2(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    kit_works(kit);
    assert_string_equal(mbedtls_ssl_get_version(&kit->rig.ssl), "TLSv1.2");
    kit_end(kit);
}

/* ---------------------------------------------------------------- bad certificates */

static void test_tls_bad_certificates_are_refused_with_their_reason(void **state)
{
    static const struct {
        const char *names, *why;
        uint32_t flags;
    } k_cases[] = {
        {"name", "certificate: wrong name (-0x2700)", MBEDTLS_X509_BADCERT_CN_MISMATCH},
        {"untrusted", "certificate: untrusted CA (-0x2700)", MBEDTLS_X509_BADCERT_NOT_TRUSTED},
        {"below", "certificate: untrusted CA (-0x2700)", MBEDTLS_X509_BADCERT_NOT_TRUSTED},
        {"expired", "certificate: expired (-0x2700)", MBEDTLS_X509_BADCERT_EXPIRED},
        {"future", "certificate: not yet valid (-0x2700)", MBEDTLS_X509_BADCERT_FUTURE},
        {"many", "certificate: wrong name, expired (-0x2700)",
         MBEDTLS_X509_BADCERT_CN_MISMATCH | MBEDTLS_X509_BADCERT_EXPIRED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        kit_t *kit = kit_ready(k_cases[i].names);
        kit_refuses(kit, k_cases[i].why);
        assert_int_equal(kit->tls.flags, k_cases[i].flags);
        assert_false(kit->tls.below);
        assert_false(kit->tls.session_kept);
        kit_refuses(kit, k_cases[i].why); /* and the second time */
        kit_end(kit);
    }
}

static void test_tls_expired_ca_is_refused(void **state)
{
    kit_t *kit = kit_begin("oldca");

    (void)state;
    kit->ca[0] = rig_der("old");
    kit_init(kit);
    kit_refuses(kit, "certificate: expired");
    kit_end(kit);
}

static void test_tls_names_are_compared_as_a_whole(void **state)
{
    static const char *const k_wrong[] = {"ota.example.org", "a.ota.example", "ota.exampl",
                                          "ota.example.",    "*.example",     "oneota test good"};
    kit_t *kit = kit_ready("good");

    (void)state;
    for (size_t i = 0; i < sizeof k_wrong / sizeof k_wrong[0]; i++) {
        assert_int_equal(kit_open_to(kit, k_wrong[i]), ONEOTA_BROKEN);
        assert_string_equal(kit_text(kit), "certificate: wrong name (-0x2700)");
    }
    assert_int_equal(kit_open_to(kit, "OTA.Example"), ONEOTA_OK);
    kit_end(kit);
}

static void test_tls_ip_address_as_a_name(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    assert_int_equal(kit_open_to(kit, "127.0.0.2"), ONEOTA_BROKEN);
    assert_string_equal(kit_text(kit), "certificate: wrong name (-0x2700)");
    assert_int_equal(kit_open_to(kit, "127.0.0.1"),
                     MBEDTLS_VERSION_MAJOR < 3 ? ONEOTA_BROKEN : ONEOTA_OK);
    kit_end(kit);
}

static void test_tls_no_name_is_refused_before_anything_is_sent(void **state)
{
    static char longer[300];
    kit_t *kit = kit_ready("good");

    (void)state;
    memset(longer, 'a', sizeof longer - 1u);
    const char *const names[] = {NULL, "", longer};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kit_open_to(kit, names[i]), ONEOTA_BROKEN);
        assert_non_null(strstr(kit_text(kit), "server name: empty, or too long"));
        assert_int_equal(kit->rig.opens, 0);
    }
    kit_end(kit);
}

/* ---------------------------------------------------------------- dates */

static void test_tls_dates_with_a_clock(void **state)
{
    static const struct {
        const char *name;
        uint64_t unix_s; /* 0: not known */
        const char *why; /* NULL: taken */
    } k_cases[] = {
        {"good", 0, NULL},
        {"future", 0, NULL},
        {"expired", 0, "certificate: expired"}, /* before the build */
        {"future", YEAR_2049, NULL},
        {"good", YEAR_2051, "certificate: expired"},
        {"expired", JUNE_2020, "certificate: expired"}, /* the clock is before the build */
        {"late", YEAR_2021, NULL},
        {"future", YEAR_2021, "certificate: not yet valid"},
        {"good", UINT64_MAX, "certificate: expired"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        kit_t *kit = kit_ready(k_cases[i].name);
        kit->unix_s = k_cases[i].unix_s;
        if (k_cases[i].why != NULL) {
            kit_refuses(kit, k_cases[i].why);
        } else {
            kit_works(kit);
        }
        kit_end(kit);
    }
}

/* 20491231235959Z and 20480101000000Z, to the second. */
static void test_tls_dates_to_the_second(void **state)
{
    static const struct {
        uint64_t unix_s;
        const char *why;
    } k_cases[] = {{2524607999u, NULL},
                   {2524608000u, "certificate: expired"},
                   {2461449600u, NULL},
                   {2461449599u, "certificate: not yet valid"}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        kit_t *kit = kit_ready("future");
        kit->unix_s = k_cases[i].unix_s;
        if (k_cases[i].why != NULL) {
            kit_refuses(kit, k_cases[i].why);
        } else {
            kit_works(kit);
        }
        kit_end(kit);
    }
}

static void test_tls_without_a_clock_port(void **state)
{
    static const oneota_clock_t k_no_day = {NULL, NULL};

    (void)state;
    for (int i = 0; i < 2; i++) {
        kit_t *kit = kit_begin(i == 0 ? "expired" : "good");
        kit->setup.clock = i == 0 ? NULL : &k_no_day;
        kit_init(kit);
        if (i == 0) {
            kit_refuses(kit, "certificate: expired");
        } else {
            kit_works(kit);
        }
        kit_end(kit);
    }
}

/* ---------------------------------------------------------------- pins */

static oneota_mbedtls_pin_t pin_of(const char *name)
{
    const oneota_mbedtls_bytes_t der = rig_der(name);
    oneota_mbedtls_pin_t pin;
    mbedtls_x509_crt crt;

    mbedtls_x509_crt_init(&crt);
    assert_int_equal(mbedtls_x509_crt_parse_der(&crt, der.data, der.length), 0);
    assert_int_equal(sha256_of(crt.pk_raw.p, crt.pk_raw.len, pin.sha256, 0), 0);
    mbedtls_x509_crt_free(&crt);
    return pin;
}

static void test_tls_pins(void **state)
{
    static const struct {
        const char *server, *first, *second;
        const char *why;
    } k_cases[] = {
        {"good", "good", NULL, NULL},
        {"good", "name", "good", NULL}, /* the second one matches */
        {"good", "ca", NULL, NULL},
        {"below between", "between", NULL, NULL},
        {"good", "name", "below", "certificate: no key that is pinned (-0x2700)"},
        {"untrusted", "untrusted", NULL, "certificate: untrusted CA (-0x2700)"},
        {"expired", "expired", NULL, "certificate: expired (-0x2700)"},
        {"name", "good", NULL, "certificate: wrong name, no key that is pinned (-0x2700)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        oneota_mbedtls_pin_t pins[2];
        kit_t *kit = kit_begin(k_cases[i].server);
        pins[0] = pin_of(k_cases[i].first);
        pins[1] = pin_of(k_cases[i].second != NULL ? k_cases[i].second : k_cases[i].first);
        kit->setup.pins = pins;
        kit->setup.pin_count = k_cases[i].second != NULL ? 2 : 1;
        kit_init(kit);
        if (k_cases[i].why != NULL) {
            kit_refuses(kit, k_cases[i].why);
        } else {
            kit_works(kit);
        }
        kit_end(kit);
    }
}

/* The digest that the header tells people to make. */
static void test_tls_pin_is_the_digest_that_openssl_makes(void **state)
{
    const char *hex = rig_file("good.pin").data;
    const oneota_mbedtls_pin_t pin = pin_of("good");

    (void)state;
    for (size_t i = 0; i < sizeof pin.sha256; i++) {
        char digits[3];
        (void)snprintf(digits, sizeof digits, "%02x", (unsigned)pin.sha256[i]);
        assert_memory_equal(hex + 2 * i, digits, 2);
    }
}

/* ---------------------------------------------------------------- sessions */

/* A server that keeps sessions, and one of them kept. */
static kit_t *kit_with_session(const char *names)
{
    kit_t *kit = kit_begin(names);

    rig_keep_sessions(&kit->rig);
    kit_init(kit);
    kit_works(kit);
    return kit;
}

static bool sent_certificate(const kit_t *kit, const char *name)
{
    const oneota_mbedtls_bytes_t der = rig_der(name);

    for (size_t i = 0; i + der.length <= kit->rig.down.length; i++) {
        if (memcmp(kit->rig.down.bytes + i, der.data, der.length) == 0) {
            return true;
        }
    }
    return false;
}

static void test_tls_session_is_resumed(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    assert_false(kit->tls.resumed);
    assert_true(sent_certificate(kit, "good"));
    for (int i = 0; i < 5; i++) {
        kit_works(kit);
        assert_true(kit->tls.resumed);
        assert_false(sent_certificate(kit, "good"));
    }
    kit_end(kit);
}

static void test_tls_session_is_for_its_name_alone(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    assert_int_equal(kit_open_to(kit, "localhost"), ONEOTA_OK);
    assert_false(kit->tls.resumed);
    kit_close(kit);
    kit_works(kit); /* the session of localhost took its place */
    assert_false(kit->tls.resumed);
    kit_end(kit);
}

static void test_tls_session_that_the_server_forgot_is_a_whole_handshake(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    rig_forget_sessions(&kit->rig);
    kit_works(kit);
    assert_false(kit->tls.resumed);
    assert_true(sent_certificate(kit, "good"));
    kit_works(kit);
    assert_true(kit->tls.resumed);
    kit_end(kit);
}

static void test_tls_session_outside_the_certificates_dates_is_not_used(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    kit_works(kit);
    assert_true(kit->tls.resumed);
    kit->unix_s = YEAR_2051;
    kit_refuses(kit, "certificate: expired");
    kit->unix_s = DAY;
    kit_works(kit);
    assert_false(kit->tls.resumed);
    kit_end(kit);
}

static void test_tls_session_taken_without_a_clock_is_judged_when_it_is_known(void **state)
{
    kit_t *kit = kit_begin("future");

    (void)state;
    rig_keep_sessions(&kit->rig);
    kit_init(kit);
    kit->unix_s = 0;
    kit_works(kit);
    kit_works(kit);
    assert_true(kit->tls.resumed);
    kit->unix_s = DAY;
    kit_refuses(kit, "certificate: not yet valid");
    kit_end(kit);
}

static void test_tls_session_survives_a_lost_link_and_not_a_corrupted_one(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    kit->rig.send_broken = true;
    kit->rig.native = 104;
    assert_int_equal(kit_get(kit, 10), ONEOTA_BROKEN);
    kit->rig.send_broken = false;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_true(kit->tls.resumed);
    kit->rig.spoil_at = kit->rig.down.length + 20;
    assert_int_equal(kit_get(kit, 100), ONEOTA_BROKEN);
    kit->rig.spoil_at = 0;
    kit_works(kit);
    assert_false(kit->tls.resumed);
    kit_end(kit);
}

/* A server that cannot go on with it, and says so by ending the connection, or not at all. */
static void test_tls_session_whose_handshake_does_not_end_is_not_offered_again(void **state)
{
    static const rig_end_t k_ends[] = {RIG_FIN, RIG_RESET, RIG_SILENCE};
    static const size_t k_places[] = {1, 50}; /* of the server's bytes */

    (void)state;
    for (size_t n = 0; n < 2u * sizeof k_ends / sizeof k_ends[0]; n++) {
        kit_t *kit = kit_with_session("good");
        kit->rig.cut_end = k_ends[n / 2u];
        kit->rig.cut_at = k_places[n % 2u];
        kit->rig.native = 104;
        assert_int_equal(kit_open(kit),
                         k_ends[n / 2u] == RIG_SILENCE ? ONEOTA_AGAIN : ONEOTA_BROKEN);
        assert_true(kit->tls.session_offered);
        kit_close(kit);
        kit->rig.cut_at = 0;
        kit_works(kit);
        assert_false(kit->tls.resumed);
        assert_true(sent_certificate(kit, "good"));
        kit_works(kit);
        assert_true(kit->tls.resumed);
        kit_end(kit);
    }
}

/* Nothing was offered: there is nothing to blame. */
static void test_tls_session_survives_a_server_that_cannot_be_reached(void **state)
{
    kit_t *kit = kit_with_session("good");

    (void)state;
    kit->rig.open_broken = true;
    assert_int_equal(kit_open(kit), ONEOTA_BROKEN);
    kit->rig.open_broken = false;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_true(kit->tls.resumed);
    kit->rig.cut_end = RIG_RESET; /* the stream, established */
    kit->rig.cut_at = kit->rig.down.taken + 1u;
    assert_int_equal(kit_get(kit, 10), ONEOTA_BROKEN);
    kit->rig.cut_at = 0;
    kit_works(kit);
    assert_true(kit->tls.resumed);
    kit_end(kit);
}

/* ---------------------------------------------------------------- set-up */

static void test_tls_setup_that_lacks_something_is_refused(void **state)
{
    kit_t *kit = kit_begin("good");
    const oneota_mbedtls_setup_t good = kit->setup;
    oneota_net_t lame = kit->rig.port;

    (void)state;
    assert_int_equal(oneota_mbedtls_init(NULL, &good), ONEOTA_PARAM);
    assert_int_equal(oneota_mbedtls_init(&kit->tls, NULL), ONEOTA_PARAM);
    for (int i = 0; i < 7; i++) {
        oneota_mbedtls_setup_t setup = good;
        setup.net = i == 0 ? NULL : setup.net;
        setup.ca = i == 1 ? NULL : setup.ca;
        setup.ca_count = i == 2 ? 0 : setup.ca_count;
        setup.random = i == 3 ? NULL : setup.random;
        setup.pin_count = i == 4 ? 1 : 0;
        lame.send = i == 5 ? NULL : good.net->send;
        lame.close = i == 6 ? NULL : good.net->close;
        setup.net = i >= 5 ? &lame : setup.net;
        assert_int_equal(oneota_mbedtls_init(&kit->tls, &setup), ONEOTA_PARAM);
        assert_string_equal(kit_text(kit), "a member of the set-up is missing");
        oneota_mbedtls_deinit(&kit->tls); /* does no harm */
    }
    rig_free(&kit->rig);
}

static void test_tls_ca_that_is_no_certificate_is_refused(void **state)
{
    static const uint8_t k_junk[] = {0x30, 0x03, 0x02, 0x01, 0x00};
    static const oneota_mbedtls_bytes_t k_cases[] = {
        {k_junk, sizeof k_junk}, {k_junk, 0}, {NULL, 10}, {k_junk, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        kit_t *kit = kit_begin("good");
        kit->ca[1] = k_cases[i];
        kit->setup.ca_count = 2;
        assert_int_equal(oneota_mbedtls_init(&kit->tls, &kit->setup), ONEOTA_PARAM);
        assert_non_null(strstr(kit_text(kit), "CA 2: not a certificate (-0x2"));
        kit->setup.ca_count = 1;
        kit_init(kit);
        kit_works(kit);
        kit_end(kit);
    }
}

static int random_fails(void *ctx, unsigned char *out, size_t length)
{
    (void)ctx;
    memset(out, 0, length);
    return -0x34; /* as MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED */
}

static void test_tls_random_that_fails_is_a_failure(void **state)
{
    kit_t *kit = kit_begin("good");

    (void)state;
    kit->setup.random = random_fails;
    kit_init(kit);
    assert_int_equal(kit_open(kit), ONEOTA_BROKEN);
    assert_int_equal(kit->tls.port.last_error(&kit->tls), -0x34);
    kit_end(kit);
}

static void test_tls_calls_without_a_stream(void **state)
{
    kit_t *kit = kit_ready("good");
    char byte = 'x';
    size_t count = 9;

    (void)state;
    assert_int_equal(kit->tls.port.send(&kit->tls, &byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
    count = 9;
    assert_int_equal(kit->tls.port.recv(&kit->tls, &byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
    assert_non_null(strstr(kit_text(kit), "stream: not open"));
    kit_close(kit);
    kit_works(kit);
    kit_end(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_good_server_whole_exchange),
        cmocka_unit_test(test_tls_request_is_not_readable_on_the_wire),
        cmocka_unit_test(test_tls_sends_the_server_name),
        cmocka_unit_test(test_tls_chain_with_an_intermediate_ca),
        cmocka_unit_test(test_tls_second_ca_serves_too),
#if defined(MBEDTLS_PEM_PARSE_C)
        cmocka_unit_test(test_tls_ca_as_pem_and_as_der_and_as_a_bundle),
#else
        cmocka_unit_test(test_tls_pem_is_told_apart_where_only_der_is_taken),
#endif
#if defined(MBEDTLS_RSA_C)
        cmocka_unit_test(test_tls_rsa_server_and_ca),
#endif
        cmocka_unit_test(test_tls_version_is_1_2),
        cmocka_unit_test(test_tls_bad_certificates_are_refused_with_their_reason),
        cmocka_unit_test(test_tls_expired_ca_is_refused),
        cmocka_unit_test(test_tls_names_are_compared_as_a_whole),
        cmocka_unit_test(test_tls_ip_address_as_a_name),
        cmocka_unit_test(test_tls_no_name_is_refused_before_anything_is_sent),
        cmocka_unit_test(test_tls_dates_with_a_clock),
        cmocka_unit_test(test_tls_dates_to_the_second),
        cmocka_unit_test(test_tls_without_a_clock_port),
        cmocka_unit_test(test_tls_pins),
        cmocka_unit_test(test_tls_pin_is_the_digest_that_openssl_makes),
        cmocka_unit_test(test_tls_session_is_resumed),
        cmocka_unit_test(test_tls_session_is_for_its_name_alone),
        cmocka_unit_test(test_tls_session_that_the_server_forgot_is_a_whole_handshake),
        cmocka_unit_test(test_tls_session_outside_the_certificates_dates_is_not_used),
        cmocka_unit_test(test_tls_session_taken_without_a_clock_is_judged_when_it_is_known),
        cmocka_unit_test(test_tls_session_survives_a_lost_link_and_not_a_corrupted_one),
        cmocka_unit_test(test_tls_session_whose_handshake_does_not_end_is_not_offered_again),
        cmocka_unit_test(test_tls_session_survives_a_server_that_cannot_be_reached),
        cmocka_unit_test(test_tls_setup_that_lacks_something_is_refused),
        cmocka_unit_test(test_tls_ca_that_is_no_certificate_is_refused),
        cmocka_unit_test(test_tls_random_that_fails_is_a_failure),
        cmocka_unit_test(test_tls_calls_without_a_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
