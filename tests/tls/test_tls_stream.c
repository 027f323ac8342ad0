/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_tls_stream.c: the TLS port on a wire that splits, spoils and cuts; and its memory.
 */
#define _DEFAULT_SOURCE /* mallinfo2 */

#include "tls_kit.h"

#include <malloc.h>

#include "mbedtls/ecp.h"
#include "mbedtls/memory_buffer_alloc.h"
#include "mbedtls/platform.h"
#include "mbedtls/version.h"

#define GET 600u /* bytes that most of these ask for */

/* ---------------------------------------------------------------- pieces */

static void test_tls_wire_in_pieces_of_any_size(void **state)
{
    static const size_t k_sizes[] = {1, 2, 3, 5, 16, 17, 100, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof k_sizes / sizeof k_sizes[0]; i++) {
        for (int again = 0; again < 2; again++) {
            kit_t *kit = kit_ready("below between");
            kit->rig.recv_max = kit->rig.send_max = k_sizes[i];
            kit->rig.every_other_again = again == 1;
            assert_int_equal(kit_open(kit), ONEOTA_OK);
            assert_int_equal(kit_get(kit, 5000), ONEOTA_OK);
            assert_int_equal(kit->got_length, 5000);
            kit_close(kit);
            kit_end(kit);
        }
    }
}

static void test_tls_small_receives_bring_every_byte(void **state)
{
    kit_t *kit = kit_ready("good");
    size_t received, count = 0;

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_send(kit, "get 9000\n"), ONEOTA_OK);
    while (count < 9000) {
        uint8_t byte;
        const oneota_error_t error = kit->tls.port.recv(&kit->tls, &byte, 1, &received);
        if (error == ONEOTA_AGAIN) {
            assert_int_equal(kit->tls.port.poll_ms, 1); /* nothing is on its way */
            continue;
        }
        assert_int_equal(error, ONEOTA_OK);
        assert_int_equal(received, 1);
        assert_int_equal(byte, rig_pattern(count));
        count++;
    }
    assert_int_equal(kit->tls.port.recv(&kit->tls, kit->got, 1, &received), ONEOTA_AGAIN);
    assert_int_equal(kit->tls.port.poll_ms, 0);
    kit_end(kit);
}

static void test_tls_poll_ms_is_that_of_the_net_below_unless_there_is_work(void **state)
{
    kit_t *kit = kit_begin("good");
    size_t received;

    (void)state;
    kit->rig.port.poll_ms = 20;
    kit->rig.opens_again = 2;
    kit_init(kit);
    assert_int_equal(kit->tls.port.poll_ms, 20);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kit->tls.port.open(&kit->tls, "a", 443, NAME), ONEOTA_AGAIN);
        assert_int_equal(kit->tls.port.poll_ms, 20); /* the connection is what it waits for */
    }
    assert_int_equal(kit->tls.port.open(&kit->tls, "a", 443, NAME), ONEOTA_AGAIN);
    assert_int_equal(kit->tls.port.poll_ms, 1); /* and now it has work of its own */
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit->tls.port.poll_ms, 20);
    assert_true(kit->opens > 5); /* a step a call */
    assert_int_equal(kit_get(kit, 100), ONEOTA_OK);
    for (int i = 0; i < 10 && kit->tls.port.recv(&kit->tls, kit->got, 1, &received) != 1; i++) {
    }
    assert_int_equal(kit->tls.port.poll_ms, 20);
    kit_close(kit);
    assert_int_equal(kit->tls.port.poll_ms, 20);
    kit_end(kit);
}

/* ---------------------------------------------------------------- ends */

static void test_tls_close_notify_is_an_end_in_order(void **state)
{
    kit_t *kit = kit_ready("good");
    size_t count;

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, 10), ONEOTA_OK);
    assert_int_equal(kit_send(kit, "bye\n"), ONEOTA_OK);
    assert_int_equal(kit_recv(kit, 1), ONEOTA_CLOSED);
    assert_int_equal(kit_recv(kit, 1), ONEOTA_CLOSED);
    assert_int_equal(kit->tls.port.send(&kit->tls, "x", 1, &count), ONEOTA_BROKEN);
    kit_close(kit);
    kit_works(kit);
    kit_end(kit);
}

static void test_tls_close_says_close_notify_and_not_in_the_middle_of_a_call(void **state)
{
    kit_t *kit = kit_ready("good");
    size_t before;

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, 10), ONEOTA_OK);
    before = kit->rig.up.length;
    kit_close(kit);
    assert_int_equal(kit->rig.up.bytes[before], 21); /* a record with an alert */
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_recv(kit, 1), ONEOTA_AGAIN);
    before = kit->rig.up.length;
    kit_close(kit);
    assert_int_equal(kit->rig.up.length, before);
    kit_end(kit); /* and checks that no rule was violated */
}

static size_t whole_length(void)
{
    kit_t *kit = kit_ready("good");

    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, GET), ONEOTA_OK);
    const size_t length = kit->rig.down.length;
    kit_end(kit);
    return length;
}

/* Whatever was there before the cut, the end is not in order, and no byte is wrong. */
static void test_tls_wire_cut_at_any_byte_is_broken(void **state)
{
    const size_t length = whole_length();
    kit_t *kit = kit_ready("good");
    uint32_t opened = 0;

    (void)state;
    kit->rig.native = 104;
    for (size_t at = 1; at <= length; at += STRIDE) {
        kit->rig.cut_at = at;
        kit->rig.cut_end = at / STRIDE % 2 == 0 ? RIG_FIN : RIG_RESET;
        oneota_error_t error = kit_open(kit);
        if (error == ONEOTA_OK) {
            opened++;
            error = kit_get(kit, GET);
        }
        if (at > kit->rig.down.length) {
            break; /* a signature may be a byte shorter this time */
        }
        assert_int_equal(error, ONEOTA_BROKEN);
        assert_int_equal(kit->tls.below, kit->rig.cut_end == RIG_RESET);
        assert_int_equal(kit->tls.port.last_error(&kit->tls),
                         kit->tls.below ? 104 : MBEDTLS_ERR_SSL_CONN_EOF);
        assert_string_equal(kit_text(kit), kit->tls.below
                                               ? "network: failed (104)"
                                               : "stream: cut off, the server ended it without "
                                                 "close_notify (-0x7280)");
        assert_false(kit->rig.open);
    }
    assert_true(opened > 10);
    kit->rig.cut_at = 0;
    kit_works(kit);
    kit_end(kit);
}

static void test_tls_silence_at_any_byte_is_waited_for_and_closed(void **state)
{
    const size_t length = whole_length();
    kit_t *kit = kit_ready("good");

    (void)state;
    kit->rig.cut_end = RIG_SILENCE;
    for (size_t at = 1; at <= length; at += 2 * STRIDE + 1) {
        kit->rig.cut_at = at;
        oneota_error_t error = kit_open(kit);
        if (error == ONEOTA_OK) {
            error = kit_get(kit, GET);
        }
        if (at > kit->rig.down.length) {
            break; /* a signature may be a byte shorter this time */
        }
        assert_int_equal(error, ONEOTA_AGAIN);
        assert_int_equal(kit->tls.port.poll_ms, 0);
        kit_close(kit);
    }
    kit->rig.cut_at = 0;
    kit_works(kit);
    kit_end(kit);
}

/* Nothing proves the version in front of a record that is not encrypted yet: no harm is done. */
static void test_tls_wire_spoilt_at_any_byte_brings_no_wrong_byte(void **state)
{
    const size_t length = whole_length();
    kit_t *kit = kit_ready("good");
    uint32_t broken = 0, harmless = 0;

    (void)state;
    for (size_t at = 1; at <= length; at += STRIDE) {
        kit->rig.spoil_at = at;
        oneota_error_t error = kit_open(kit);
        if (error == ONEOTA_OK) {
            error = kit_get(kit, GET);
        }
        broken += error == ONEOTA_BROKEN;
        harmless += error == ONEOTA_OK;
        kit_close(kit);
    }
    assert_true(broken * 10u > length / STRIDE * 9u);
    assert_true(harmless <= 5u); /* plain records, and a byte at the end that is not there */
    kit->rig.spoil_at = 0;
    kit_works(kit);
    kit_end(kit);
}

static void test_tls_spoilt_data_has_its_reason(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    for (int later = 0; later < 2; later++) {
        assert_int_equal(kit_open(kit), ONEOTA_OK);
        kit->rig.spoil_at = kit->rig.down.length + (later == 1 ? 3000 : 30);
        assert_int_equal(kit_get(kit, 5000), ONEOTA_BROKEN);
        assert_int_equal(kit->tls.port.last_error(&kit->tls), MBEDTLS_ERR_SSL_INVALID_MAC);
        assert_string_equal(kit_text(kit), "record: corrupted, wrong MAC (-0x7180)");
        assert_int_equal(kit->got_length, 0);
        kit->rig.spoil_at = 0;
    }
    kit_end(kit);
}

/* ---------------------------------------------------------------- servers that are none */

static void hear_instead(kit_t *kit, const void *bytes, size_t length, const char *why)
{
    kit->rig.instead = bytes;
    kit->rig.instead_length = length;
    kit_refuses(kit, why);
    kit->rig.instead = NULL;
}

static void test_tls_server_without_tls_is_told(void **state)
{
    static const char k_http[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    static const uint8_t k_alert[] = {21, 3, 3, 0, 2, 2, 40};
    static const uint8_t k_large[] = {22, 3, 3, 0xFF, 0xFF, 1, 2, 3};
    kit_t *kit = kit_ready("good");

    (void)state;
    hear_instead(kit, k_http, sizeof k_http - 1u,
                 "record: not TLS, or larger than this device's buffer (-0x72");
    hear_instead(kit, k_large, sizeof k_large, "larger than this device's buffer");
    hear_instead(kit, k_alert, sizeof k_alert,
                 "server: refuses with an alert, its log says why (-0x7780)");
    hear_instead(kit, k_alert, 3, "stream: cut off");
    kit_works(kit);
    kit_end(kit);
}

static void test_tls_failure_of_the_net_below_keeps_its_code(void **state)
{
    kit_t *kit = kit_ready("good");

    (void)state;
    kit->rig.native = -14;
    kit->rig.open_broken = true;
    kit_refuses(kit, "network: failed (-14)");
    assert_true(kit->tls.below);
    assert_int_equal(kit->tls.port.last_error(&kit->tls), -14);
    kit->rig.open_broken = false;
    kit->rig.send_broken = true;
    kit_refuses(kit, "network: failed (-14)");
    kit->rig.send_broken = false;
    kit_works(kit);
    kit_end(kit);
}

/* ---------------------------------------------------------------- records, and elliptic curves */

#if MBEDTLS_SSL_IN_CONTENT_LEN < 16384
static void test_tls_small_buffers_are_told_to_the_server(void **state)
{
    kit_t *kit = kit_ready("good");
    size_t records = 0, length;

    (void)state;
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, 50000), ONEOTA_OK);
    const rig_wire_t *down = &kit->rig.down;
    for (size_t at = 0; at < down->length; at += 5u + length) {
        length = (size_t)down->bytes[at + 3] << 8 | down->bytes[at + 4];
        assert_true(length <= MBEDTLS_SSL_IN_CONTENT_LEN + 256u);
        records++;
    }
    assert_true(records > 10);
    /* the extension itself: 0x0001, one byte, code 4 */
    bool asked = false;
    for (size_t i = 0; i + 5 <= kit->rig.up.length && i < 400; i++) {
        asked = asked || memcmp(kit->rig.up.bytes + i, "\0\1\0\1\4", 5) == 0;
    }
    assert_true(asked);
    kit_end(kit);
}
#endif

#if defined(MBEDTLS_ECP_RESTARTABLE)
static void test_tls_curve_work_in_small_pieces(void **state)
{
    kit_t *kit = kit_begin("below between");
    uint32_t whole;

    (void)state;
    kit_init(kit);
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    whole = kit->opens;
    kit_close(kit);
    oneota_mbedtls_deinit(&kit->tls);
    kit->setup.ecp_max_ops = 300;
    kit_init(kit);
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    print_message("steps: %u, in pieces %u\n", (unsigned)whole, (unsigned)kit->opens);
    assert_true(kit->opens > whole + 20u);
    assert_true(kit->pauses > whole); /* it asks to be called at once */
    assert_int_equal(kit_get(kit, 100), ONEOTA_OK);
    /* an end in the middle of it gives all memory back */
    for (uint32_t steps = 1; steps < 60; steps += 7) {
        kit_close(kit);
        kit->rig.up.length = 0;
        for (uint32_t i = 0; i < steps; i++) {
            (void)kit->tls.port.open(&kit->tls, "a", 443, NAME);
        }
    }
    kit_close(kit);
    mbedtls_ecp_set_max_ops(0);
    kit_works(kit);
    kit_end(kit);
}
#endif

/* ---------------------------------------------------------------- memory */

#if defined(MBEDTLS_PLATFORM_MEMORY)

/* The device's own allocations; the rig's are not counted, and do not fail. */
static struct {
    size_t bytes, most;
    size_t calls;
    size_t fail_at; /* 0: none */
} g_heap;

typedef union {
    struct {
        size_t bytes;
        bool ours;
    } note;
    long double place; /* aligned for anything */
} heap_head_t;

static void *counting_calloc(size_t count, size_t size)
{
    const bool ours = !g_kit.rig.inside;

    if (ours && ++g_heap.calls == g_heap.fail_at) {
        return NULL;
    }
    heap_head_t *head = calloc(1, sizeof *head + count * size);
    if (head == NULL) {
        return NULL;
    }
    head->note.bytes = count * size;
    head->note.ours = ours;
    g_heap.bytes += ours ? count * size : 0;
    g_heap.most = g_heap.bytes > g_heap.most ? g_heap.bytes : g_heap.most;
    return head + 1;
}

static void counting_free(void *memory)
{
    heap_head_t *head = (heap_head_t *)memory - 1;

    if (memory != NULL) {
        g_heap.bytes -= head->note.ours ? head->note.bytes : 0;
        free(head);
    }
}

static void count_memory(void)
{
    (void)mbedtls_platform_set_calloc_free(counting_calloc, counting_free);
}

#define SLACK 0u

static size_t memory_in_use(void)
{
    return g_heap.bytes;
}

/* Each of the first ones; of those of the arithmetic, ever fewer. */
static void test_tls_any_allocation_may_fail(void **state)
{
    kit_t *kit = kit_ready("below between");
    const size_t before = memory_in_use();
    uint32_t failed = 0, told = 0;

    (void)state;
    for (size_t index = 1;; index += 1u + index / 30u) {
        g_heap.calls = 0;
        g_heap.fail_at = index;
        const oneota_error_t error = kit_open(kit);
        g_heap.fail_at = 0;
        if (error == ONEOTA_BROKEN) {
            failed++;
            told += strstr(kit_text(kit), "memory: ") != NULL; /* mbedTLS hides some */
            assert_non_null(strstr(kit_text(kit), " (-0x"));
            assert_false(kit->rig.open);
            assert_int_equal(memory_in_use(), before);
        }
        kit_close(kit);
        oneota_mbedtls_deinit(&kit->tls); /* with the session */
        kit_init(kit);
        if (g_heap.calls < index) {
            assert_int_equal(error, ONEOTA_OK);
            break;
        }
    }
    assert_true(failed > 20 && told > 10);
    kit_works(kit);
    print_message("heap: %u bytes with the CA, %u at most\n", (unsigned)before,
                  (unsigned)g_heap.most);
    kit_end(kit);
    assert_int_equal(memory_in_use(), 0);
}

#else

static void count_memory(void)
{
}

#define SLACK 1000u /* what malloc itself keeps; a byte lost each time is 16, 180 times */

/* 0 where a sanitizer has taken malloc's place: it looks for leaks itself. */
static size_t memory_in_use(void)
{
    return mallinfo2().uordblks;
}

#endif

#define WARM 20u

/* Five ways to fail, 200 times each. */
static void test_tls_1000_failed_handshakes_leave_nothing_behind(void **state)
{
    static const char *const k_names[] = {"name", "untrusted", "expired", "future", "good"};
    size_t steady = 0;

    (void)state;
    for (int server = 0; server < 5; server++) {
        kit_t *kit = kit_begin(k_names[server]);
        rig_keep_sessions(&kit->rig);
        kit_init(kit);
        for (uint32_t i = 0; i < 200; i++) {
            kit->rig.cut_at = server == 4 ? 1 + i * 3 : 0; /* somewhere in the handshake */
            kit->rig.cut_end = i % 2 == 0 ? RIG_FIN : RIG_RESET;
            assert_int_equal(kit_open(kit), ONEOTA_BROKEN);
            if (i == WARM) {
                steady = memory_in_use();
            }
        }
        if (server < 4 || SLACK == 0) { /* at a cut, the rig itself holds now more, now less */
            assert_in_range(memory_in_use(), 0, steady + SLACK);
        }
        kit->rig.cut_at = 0;
        kit_end(kit);
    }
}

static void test_tls_deinit_in_any_state_gives_all_back(void **state)
{
    (void)state;
    for (uint32_t steps = 0; steps < 30; steps++) {
        kit_t *kit = kit_begin("good");
        rig_keep_sessions(&kit->rig);
        const size_t before = memory_in_use();
        kit_init(kit);
        for (uint32_t i = 0; i < steps; i++) {
            (void)kit->tls.port.open(&kit->tls, "a", 443, NAME);
        }
        oneota_mbedtls_deinit(&kit->tls);
        if (steps < 2 || SLACK == 0) { /* else the server has begun to allocate */
            assert_in_range(memory_in_use(), 0, before + SLACK);
        }
        rig_free(&kit->rig);
    }
}

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)

static void test_tls_pool_is_what_mbedtls_lives_on(void **state)
{
    static uint64_t pool[262144 / sizeof(uint64_t)];

    (void)state;
    assert_int_equal(oneota_mbedtls_pool(NULL, 20000), ONEOTA_PARAM);
    assert_int_equal(oneota_mbedtls_pool(pool, 100), ONEOTA_PARAM);
    assert_int_equal(oneota_mbedtls_pool((uint8_t *)pool + 1, 20000), ONEOTA_PARAM);
    assert_int_equal(oneota_mbedtls_pool_peak(), 0);
    assert_int_equal(oneota_mbedtls_pool(pool, sizeof pool), ONEOTA_OK);
    kit_t *kit = kit_ready("good");
    const size_t idle = oneota_mbedtls_pool_peak();
    kit_works(kit);
    const size_t busy = oneota_mbedtls_pool_peak();
    print_message("pool: %u bytes idle, %u at most, server included\n", (unsigned)idle,
                  (unsigned)busy);
    assert_true(idle > 1000 && busy > idle + 8192 && busy < 100000);
    kit_works(kit);
    assert_true(oneota_mbedtls_pool_peak() < busy + 2000);

    void *hog[64];
    size_t hogs = 0;
    while (hogs < 64 && (hog[hogs] = mbedtls_calloc(1, 4096)) != NULL) {
        hogs++;
    }
    mbedtls_free(hog[--hogs]);
    kit_refuses(kit, "memory: the heap or pool is too small (-0x7F00)");
    while (hogs > 0) {
        mbedtls_free(hog[--hogs]);
    }
    kit_works(kit);
    kit_end(kit);
    mbedtls_memory_buffer_alloc_free();
    count_memory();
}

#else

static void test_tls_pool_is_unsupported_here(void **state)
{
    static uint64_t pool[4096];

    (void)state;
    assert_int_equal(oneota_mbedtls_pool(pool, sizeof pool), ONEOTA_UNSUPPORTED);
    assert_int_equal(oneota_mbedtls_pool_peak(), 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_wire_in_pieces_of_any_size),
        cmocka_unit_test(test_tls_small_receives_bring_every_byte),
        cmocka_unit_test(test_tls_poll_ms_is_that_of_the_net_below_unless_there_is_work),
        cmocka_unit_test(test_tls_close_notify_is_an_end_in_order),
        cmocka_unit_test(test_tls_close_says_close_notify_and_not_in_the_middle_of_a_call),
        cmocka_unit_test(test_tls_wire_cut_at_any_byte_is_broken),
        cmocka_unit_test(test_tls_silence_at_any_byte_is_waited_for_and_closed),
        cmocka_unit_test(test_tls_wire_spoilt_at_any_byte_brings_no_wrong_byte),
        cmocka_unit_test(test_tls_spoilt_data_has_its_reason),
        cmocka_unit_test(test_tls_server_without_tls_is_told),
        cmocka_unit_test(test_tls_failure_of_the_net_below_keeps_its_code),
#if MBEDTLS_SSL_IN_CONTENT_LEN < 16384
        cmocka_unit_test(test_tls_small_buffers_are_told_to_the_server),
#endif
#if defined(MBEDTLS_ECP_RESTARTABLE)
        cmocka_unit_test(test_tls_curve_work_in_small_pieces),
#endif
#if defined(MBEDTLS_PLATFORM_MEMORY)
        cmocka_unit_test(test_tls_any_allocation_may_fail),
#endif
        cmocka_unit_test(test_tls_1000_failed_handshakes_leave_nothing_behind),
        cmocka_unit_test(test_tls_deinit_in_any_state_gives_all_back),
#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
        cmocka_unit_test(test_tls_pool_is_what_mbedtls_lives_on),
#else
        cmocka_unit_test(test_tls_pool_is_unsupported_here),
#endif
    };

    count_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
