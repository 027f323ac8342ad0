/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Signed packages where something else is missing: memory for the check, a journal or a slot that
 * cannot be read, what another firmware has left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_md5.h"
#include "journal.h"
#include "kit.h"
#include "machine.h"
#include "trust.h"

#define SIZE 3000u

static kit_t kit;

static void begin(uint8_t code)
{
    const kit_options_t options = {.signs = true};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static void run_to(uint8_t code)
{
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, code);
}

/* What was confirmed runs; a reset, and the floor is looked for with an empty journal. */
static void begin_with_lost_journal(void)
{
    static uint8_t blank[8192];
    begin(201);
    kit_start(&kit);
    run_to(201);
    memset(blank, 0xFF, sizeof blank);
    fake_flash_put(&kit.board.journal.flash, 0, blank, sizeof blank);
    kit_start(&kit);
}

typedef struct {
    uint8_t format, next, zeros[2];
    uint8_t digest[4][ONEOTA_DIGEST_BYTES];
} failed_t;

static void write_record(uint8_t type, const void *record, size_t size);

/* One digest is in quarantine, none of the test's. */
static void write_failed(void)
{
    failed_t list = {1, 1, {0}, {{0x11}}};
    write_record(RECORD_FAILED, &list, sizeof list);
}

static uint8_t failed_next(void)
{
    failed_t list = {0, 0, {0}, {{0}}};
    size_t length = 0;
    (void)oneota_journal_read(&kit.ram.client.journal, RECORD_FAILED, &list, sizeof list, &length);
    return list.next;
}

static uint32_t trailers_fetched(void)
{
    uint32_t fetched = 0;
    for (uint32_t n = 0; n < kit.call_count; n++) {
        fetched +=
            kit.calls[n].verb == FAKE_DOWNLOAD && kit.calls[n].first == SIZE - ONEOTA_TRAILER_BYTES
                ? 1u
                : 0u;
    }
    return fetched;
}

static void write_record(uint8_t type, const void *record, size_t size)
{
    oneota_error_t error;
    do {
        error = oneota_journal_write(&kit.ram.client.journal, type, record, size);
    } while (error == ONEOTA_AGAIN);
    assert_int_equal(error, ONEOTA_OK);
}

typedef struct {
    uint8_t format, zeros[3];
    oneota_floor_t floor[ONEOTA_IMAGES_MAX];
} floors_t;

static void write_floor(uint32_t counter)
{
    floors_t record;
    memset(&record, 0, sizeof record);
    record.format = 1;
    record.floor[0].counter = counter;
    write_record(RECORD_FLOOR, &record, sizeof record);
}

static oneota_floor_t floor_now(void)
{
    floors_t record;
    size_t length = 0;
    memset(&record, 0, sizeof record);
    (void)oneota_journal_read(&kit.ram.client.journal, RECORD_FLOOR, &record, sizeof record,
                              &length);
    return record.floor[0];
}

/* ---------------------------------------------------------------- memory that is not there */

/* Another allocator than a sanitizer's: there is no test of this then. */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_CALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_CALLOC 0
#endif
#endif
#ifndef OWN_CALLOC
#define OWN_CALLOC 1
#endif

#if OWN_CALLOC
static bool memory_gone;

extern void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    return memory_gone ? NULL : __libc_calloc(count, size);
}

/* In each state that checks a signature: said, waited for, and then as if nothing had been. */
static void test_api_trust_without_memory_waits_and_goes_on(void **state)
{
    static const char *const k_states[] = {"trailer", "verify", "mark"};
    (void)state;
    for (size_t n = 0; n < sizeof k_states / sizeof k_states[0]; n++) {
        begin(201);
        kit_start(&kit);
        kit_until_state(&kit, k_states[n]);
        memory_gone = true;
        while (kit_count_failed(&kit, ONEOTA_REASON_MEMORY) < 3u) {
            kit_poll(&kit);
        }
        assert_string_equal(oneota_machine_state_text(kit.ram.client.state), k_states[n]);
        assert_int_equal(kit.ram.client.failures, 3);
        memory_gone = false;
        run_to(201);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_MEMORY), 3);
        assert_int_equal(trailers_fetched(), 1);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* What runs is not proven: the floor stays, and the device does its work. */
static void test_api_trust_floor_without_memory_is_given_up(void **state)
{
    (void)state;
    begin_with_lost_journal();
    memory_gone = true;
    kit_until_state(&kit, "version");
    memory_gone = false;
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_MEMORY), ONEOTA_ATTEMPTS);
    assert_int_equal(floor_now().counter, 0);
    kit_start(&kit);
    kit_until_state(&kit, "version");
    assert_int_equal(floor_now().counter, FAKE_COUNTER);
    kit_free(&kit);
}

/* A counter that only its trailer names, beside a payload that is not the one signed. */
static void test_api_trust_floor_is_none_of_an_image_that_is_not_proven(void **state)
{
    (void)state;
    begin_with_lost_journal();
    fake_flash_t *flash = &kit.board.slots[0][kit.board.running[0]].flash;
    uint8_t byte = flash->bytes[1000] ^ 1u;
    fake_flash_put(flash, 1000, &byte, 1);
    kit_until_state(&kit, "version");
    assert_int_equal(floor_now().counter, 0);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_free(&kit);
}

static void test_api_trust_floor_waits_for_memory(void **state)
{
    (void)state;
    begin_with_lost_journal();
    memory_gone = true;
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    memory_gone = false;
    kit_until_state(&kit, "version");
    assert_int_equal(floor_now().counter, FAKE_COUNTER);
    assert_int_equal(kit.ram.client.failures, 0);
    kit_free(&kit);
}
#endif

/* ---------------------------------------------------------------- flash that cannot be read */

static uint32_t faults_left; /* of reads of the one region that was broken */
static uint32_t reads_first; /* that go well */
static oneota_error_t (*inner_read)(void *, uint32_t, void *, uint32_t);

static oneota_error_t bad_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    if (reads_first > 0) {
        reads_first--;
    } else if (faults_left > 0) {
        faults_left--;
        return ONEOTA_STORAGE;
    }
    return inner_read(ctx, offset, buffer, length);
}

static oneota_error_t (*inner_program)(void *, uint32_t, const void *, uint32_t);

static oneota_error_t bad_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    (void)ctx;
    (void)offset;
    (void)data;
    (void)length;
    return ONEOTA_STORAGE;
}

static void break_read(fake_region_t *region, uint32_t first, uint32_t count)
{
    inner_read = region->port.read;
    region->port.read = bad_read;
    reads_first = first;
    faults_left = count;
}

/* A record that is there and cannot be read is not one that is missing: it is asked for again,
 * whichever read of the step it is. */
static void test_api_trust_journal_unreadable_is_read_again(void **state)
{
    static const char *const k_states[] = {"floor", "trailer", "verify", "mark"};
    (void)state;
    for (size_t n = 0; n < sizeof k_states / sizeof k_states[0]; n++) {
        for (uint32_t first = 0; first < 8u; first++) {
            begin(201);
            kit_start(&kit);
            if (n > 0) {
                kit_until_state(&kit, "version");
                write_floor(1);
                write_failed();
            }
            kit_until_state(&kit, k_states[n]);
            break_read(&kit.board.journal, first, 1 + first % 3u);
            run_to(201);
            assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 1);
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

/* Differential packages ask the journal and the slots for more. */
static void begin_differential(uint8_t code)
{
    const kit_options_t options = {.size = 5000, .signs = true, .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static void test_api_trust_differential_journal_unreadable_is_read_again(void **state)
{
    static const char *const k_states[] = {"trailer", "prefix", "download", "verify", "mark"};
    (void)state;
    for (size_t n = 0; n < sizeof k_states / sizeof k_states[0]; n++) {
        for (uint32_t fault = 0; fault < 18u; fault++) {
            begin_differential(201);
            kit_start(&kit);
            kit_until_state(&kit, "version");
            write_floor(1);
            write_failed();
            kit_until_state(&kit, k_states[n]);
            break_read(&kit.board.journal, fault / 3u, 1u + fault % 3u);
            (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
            faults_left = 0;
            run_to(201);
            assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 1);
            kit_free(&kit);
        }
    }
}

/* What was kept of it cannot be read after a reset: it is fetched again, or read again. */
static void test_api_trust_kept_trailer_that_cannot_be_read_is_had_again(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 12u; first++) {
        begin(201);
        kit_start(&kit);
        kit_until_state(&kit, "version");
        write_floor(1);
        write_failed();
        kit_until_state(&kit, "prefix");
        kit_start(&kit);
        kit_until_state(&kit, "trailer");
        break_read(&kit.board.journal, first, 1 + first % 2u);
        run_to(201);
        assert_in_range(trailers_fetched(), 1, 2);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* The trailer that was kept is of another task since: what the header names is not proven. */
static void test_api_trust_differential_header_without_its_trailer_205(void **state)
{
    static const uint8_t k_none[200] = {1};
    (void)state;
    begin_differential(205);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    write_record(RECORD_TRAILER, k_none, sizeof k_none);
    run_to(205);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_free(&kit);
}

/* A day long: nothing is installed by a floor or a quarantine that is not known, and the platform
 * is not asked again and again. */
static void test_api_trust_journal_that_stays_unreadable_costs_few_requests(void **state)
{
    static const char *const k_states[] = {"trailer", "verify", "mark"};
    (void)state;
    for (size_t n = 0; n < sizeof k_states / sizeof k_states[0]; n++) {
        begin(201);
        kit_start(&kit);
        kit_until_state(&kit, "version");
        write_floor(1);
        kit_until_state(&kit, k_states[n]);
        uint32_t calls = kit.call_count;
        break_read(&kit.board.journal, 0, UINT32_MAX);
        kit_pass(&kit, 70000u * 1000u);
        assert_in_range(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 10, 100);
        assert_in_range(kit.call_count - calls, 0, 4);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        assert_string_equal(kit.board.runs[0]->version, "1.0");
        kit.board.journal.port.read = inner_read;
        run_to(201);
        kit_free(&kit);
    }
}

/* Likewise where the trailer cannot be kept. */
static void test_api_trust_journal_that_cannot_be_written_costs_few_requests(void **state)
{
    (void)state;
    begin(201);
    kit_start(&kit);
    kit_until_state(&kit, "trailer");
    uint32_t calls = kit.call_count;
    inner_program = kit.board.journal.port.program;
    kit.board.journal.port.program = bad_program;
    kit_pass(&kit, 70000u * 1000u);
    assert_in_range(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 10, 100);
    assert_int_equal(kit.call_count - calls, 1);
    kit.board.journal.port.program = inner_program;
    run_to(201);
    assert_int_equal(trailers_fetched(), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Nor is the floor left where it was for one read that failed. */
static void test_api_trust_floor_is_raised_when_the_journal_can_be_read_again(void **state)
{
    (void)state;
    for (uint32_t failures = 1; failures <= ONEOTA_ATTEMPTS; failures++) {
        begin_with_lost_journal();
        kit_until_state(&kit, "version");
        write_floor(1);
        kit_start(&kit);
        kit_until_state(&kit, "floor");
        break_read(&kit.board.journal, 0, UINT32_MAX);
        while (kit_count_failed(&kit, ONEOTA_REASON_STORAGE) < failures) {
            kit_poll(&kit);
        }
        faults_left = 0;
        kit_until_state(&kit, "version");
        assert_int_equal(floor_now().counter, FAKE_COUNTER);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), failures);
        kit.board.journal.port.read = inner_read;
        kit_free(&kit);
    }
}

/* Nor for a journal that cannot be written for a while. */
static void test_api_trust_floor_is_raised_when_the_journal_can_be_written_again(void **state)
{
    (void)state;
    begin_with_lost_journal();
    kit.board.fault_call = FAKE_CALL_JOURNAL_ERASE;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = kit.board.calls[FAKE_CALL_JOURNAL_ERASE] + 1u;
    kit.board.fault_count = FAKE_FLASH_FOR_EVER;
    while (kit_count_failed(&kit, ONEOTA_REASON_STORAGE) < ONEOTA_ATTEMPTS - 1u) {
        kit_poll(&kit);
    }
    kit.board.fault_at = 0;
    kit_until_state(&kit, "version");
    assert_int_equal(floor_now().counter, FAKE_COUNTER);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), ONEOTA_ATTEMPTS - 1u);
    kit_free(&kit);
}

/* That is given up, too: the floor is looked for at the next start. */
static void test_api_trust_floor_that_cannot_be_written_lets_the_device_work(void **state)
{
    (void)state;
    begin_with_lost_journal();
    kit.board.fault_call = FAKE_CALL_JOURNAL_ERASE;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = kit.board.calls[FAKE_CALL_JOURNAL_ERASE] + 1u;
    kit.board.fault_count = FAKE_FLASH_FOR_EVER;
    kit_until_state(&kit, "version");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), ONEOTA_ATTEMPTS);
    kit_free(&kit);
}

/* To read all of it is the longest part of a start. */
static void test_api_trust_floor_that_is_known_reads_a_trailer_alone(void **state)
{
    (void)state;
    begin_with_lost_journal();
    kit_until_state(&kit, "version");
    kit_start(&kit);
    const fake_flash_t *flash = &kit.board.slots[0][kit.board.running[0]].flash;
    const uint32_t reads = flash->calls[FAKE_READ];
    kit_until_state(&kit, "version");
    assert_int_equal(flash->calls[FAKE_READ], reads + 1u);
    assert_int_equal(floor_now().counter, FAKE_COUNTER);
    kit_free(&kit);
}

/* To read is given up as well: what needs it later asks again. */
static void test_api_trust_floor_that_stays_unreadable_lets_the_device_work(void **state)
{
    (void)state;
    begin_with_lost_journal();
    kit_until_state(&kit, "version");
    write_floor(1);
    kit_start(&kit);
    kit_until_state(&kit, "floor");
    break_read(&kit.board.journal, 0, UINT32_MAX);
    kit_until_state(&kit, "version");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), ONEOTA_ATTEMPTS);
    kit.board.journal.port.read = inner_read;
    kit_free(&kit);
}

/* The running image cannot be read once: it is read again. Always: no floor is taken from it. */
static void test_api_trust_floor_of_a_slot_that_cannot_be_read_stays(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 3u; first++) { /* its trailer; twice; its bytes */
        begin_with_lost_journal();
        break_read(&kit.board.slots[0][kit.board.running[0]], first, 1);
        kit_until_state(&kit, "version");
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 1);
        assert_int_equal(floor_now().counter, FAKE_COUNTER);
        kit.board.slots[0][kit.board.running[0]].port.read = inner_read;
        kit_free(&kit);

        begin_with_lost_journal();
        break_read(&kit.board.slots[0][kit.board.running[0]], first, UINT32_MAX);
        kit_until_state(&kit, "version");
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), ONEOTA_ATTEMPTS);
        assert_int_equal(floor_now().counter, 0);
        kit.board.slots[0][kit.board.running[0]].port.read = inner_read;
        kit_start(&kit);
        kit_until_state(&kit, "version");
        assert_int_equal(floor_now().counter, FAKE_COUNTER);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- boot control */

static oneota_boot_t told; /* what query() says */
static oneota_error_t told_error;

static oneota_error_t tell(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    (void)ctx;
    (void)image;
    *boot = told;
    return told_error;
}

/* A floor is taken only from what is confirmed and lies within its slot, as the boot control says
 * at that moment. */
static void test_api_trust_floor_believes_no_impossible_boot_control(void **state)
{
    static const struct {
        oneota_error_t error;
        oneota_boot_t boot;
        uint32_t counter;
        uint32_t failures; /* told of it */
    } k_rows[] = {
        {ONEOTA_OK, {1, SIZE, ONEOTA_BOOT_CONFIRMED}, FAKE_COUNTER, 0},
        {ONEOTA_OK, {1, SIZE, ONEOTA_BOOT_REVERTED}, FAKE_COUNTER, 0},
        {ONEOTA_STORAGE, {1, SIZE, ONEOTA_BOOT_CONFIRMED}, 0, ONEOTA_ATTEMPTS},
        {ONEOTA_OK, {2, SIZE, ONEOTA_BOOT_CONFIRMED}, 0, 0},
        {ONEOTA_OK, {1, SIZE, ONEOTA_BOOT_TRIAL}, 0, 0},
        {ONEOTA_OK, {1, SIZE, ONEOTA_BOOT_PENDING}, 0, 0},
        {ONEOTA_OK, {1, 0, ONEOTA_BOOT_CONFIRMED}, 0, 1},
        {ONEOTA_OK, {1, ONEOTA_TRAILER_BYTES, ONEOTA_BOOT_CONFIRMED}, 0, 0},
        {ONEOTA_OK, {1, SIZE - 1u, ONEOTA_BOOT_CONFIRMED}, 0, 0},
        {ONEOTA_OK, {1, 8193, ONEOTA_BOOT_CONFIRMED}, 0, 1},
        {ONEOTA_OK, {1, UINT32_MAX, ONEOTA_BOOT_CONFIRMED}, 0, 1},
        {ONEOTA_OK, {0, SIZE, ONEOTA_BOOT_CONFIRMED}, 0, 0}, /* the old image: not signed */
    };
    static oneota_boot_port_t port;
    (void)state;
    port = fake_boot;
    port.query = tell;
    for (size_t n = 0; n < sizeof k_rows / sizeof k_rows[0]; n++) {
        begin_with_lost_journal();
        kit_until_state(&kit, "floor");
        kit.setup.boot = &port;
        told = k_rows[n].boot;
        told_error = k_rows[n].error;
        kit_until_state(&kit, "version");
        assert_int_equal(floor_now().counter, k_rows[n].counter);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), k_rows[n].failures);
        kit.setup.boot = &fake_boot;
        kit_free(&kit);
    }
}

/* The boot control says that more is running than there is: other bytes, read in blocks. */
static void test_api_trust_differential_base_of_another_length_204(void **state)
{
    static oneota_boot_port_t port;
    (void)state;
    port = fake_boot;
    port.query = tell;
    begin_differential(204);
    kit.setup.boot = &port;
    told = (oneota_boot_t){0, 8192, ONEOTA_BOOT_CONFIRMED};
    told_error = ONEOTA_OK;
    kit_start(&kit);
    run_to(204);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_BASE), 1);
    assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_ERASE], 0);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what another one has left */

/* Of another format or another length, they are as if they were not there. */
static void test_api_trust_record_of_another_format_is_none(void **state)
{
    static uint8_t record[200];
    (void)state;
    for (uint8_t type = RECORD_FLOOR; type <= RECORD_FAILED; type++) {
        for (unsigned wrong = 0; wrong < 2u; wrong++) {
            begin(201);
            kit_start(&kit);
            kit_until_state(&kit, "version");
            memset(record, 0xEE, sizeof record);
            record[0] = wrong == 0 ? 2u : 1u;
            write_record(type, record, wrong == 0 ? (type == RECORD_FLOOR ? 148u : 132u) : 100u);
            kit_start(&kit);
            run_to(201);
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

/* The list of four goes round: the fifth takes the place of the first. */
static void test_api_trust_quarantine_holds_the_last_four(void **state)
{
    failed_t list = {1, 4, {0}, {{0}}};
    size_t length = 0;
    (void)state;
    begin(206);
    memset(list.digest, 0x11, sizeof list.digest);
    kit.trial = KIT_REJECT;
    kit_start(&kit);
    kit_until_state(&kit, "version");
    write_record(RECORD_FAILED, &list, sizeof list);
    run_to(206);
    assert_int_equal(
        oneota_journal_read(&kit.ram.client.journal, RECORD_FAILED, &list, sizeof list, &length),
        ONEOTA_OK);
    const oneota_trailer_t *trailer = (const void *)(kit.packages[0]->bytes + SIZE - 192u);
    assert_int_equal(list.next, 1);
    assert_memory_equal(list.digest[0], trailer->digest, ONEOTA_DIGEST_BYTES);
    assert_int_equal(list.digest[1][0], 0x11);
    kit_free(&kit);
}

/* Each start before the result is delivered finds the image in the list already. */
static void test_api_trust_quarantine_has_an_image_once_however_often_it_is_told(void **state)
{
    (void)state;
    begin(206);
    kit.trial = KIT_REJECT;
    kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
    rule->step = 206;
    rule->code = 7;
    rule->times = 5;
    kit_start(&kit);
    for (uint32_t n = 1; n <= 5u; n++) {
        kit_until_call(&kit, FAKE_REPORT, 206, n);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        kit_start(&kit);
    }
    run_to(206);
    assert_int_equal(failed_next(), 1);
    kit_free(&kit);
}

/* Unsigned, loaded by a firmware without trust; the one with trust does not start it. */
static void test_api_trust_task_of_a_firmware_without_trust_205(void **state)
{
    static oneota_trust_t trust[2];
    (void)state;
    kit_init(&kit, NULL);
    kit.codes[0] = 205;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
    trust[0] = fake_signer_trust(1);
    kit.setup.trust = trust;
    kit_start(&kit);
    run_to(205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_SIGNATURE), 1);
    assert_int_equal(trailers_fetched(), 0);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_free(&kit);
}

/* Likewise with a trailer: its proof alone counts, nothing was kept of it. */
static void test_api_trust_signed_task_of_a_firmware_without_trust_is_installed(void **state)
{
    (void)state;
    begin(201);
    kit.setup.trust = NULL;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
    kit.setup.trust = kit.trust;
    kit_start(&kit);
    run_to(201);
    assert_int_equal(trailers_fetched(), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trust_quarantine_is_kept_whichever_read_fails(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 8u; first++) {
        begin(206);
        kit.trial = KIT_REJECT;
        kit_start(&kit);
        kit_until_state(&kit, "version");
        write_failed();
        kit_until_state(&kit, "result");
        break_read(&kit.board.journal, first, 3);
        run_to(206);
        assert_int_equal(failed_next(), 2);
        kit.board.journal.port.read = inner_read;
        kit_free(&kit);
    }
}

/* Read when the trial has failed: what cannot be read then is asked for again, so that the image
 * is not tried a second time. */
static uint32_t pauses_left;

static oneota_error_t slow_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    if (pauses_left > 0) {
        pauses_left--;
        return ONEOTA_AGAIN;
    }
    return inner_program(ctx, offset, data, length);
}

static void test_api_trust_quarantine_is_written_though_it_takes_its_time(void **state)
{
    (void)state;
    begin(206);
    kit.trial = KIT_REJECT;
    kit_start(&kit);
    kit_until_state(&kit, "result");
    inner_program = kit.board.journal.port.program;
    kit.board.journal.port.program = slow_program;
    pauses_left = 3;
    kit_poll(&kit);
    kit_poll(&kit);
    assert_true(pauses_left < 3u);
    run_to(206);
    assert_int_equal(failed_next(), 1);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 0);
    kit.board.journal.port.program = inner_program;
    kit_free(&kit);
}

/* The image that was made is not read: what the package's trailer names is in the list alone. */
static void test_api_trust_quarantine_of_an_image_that_cannot_be_read(void **state)
{
    (void)state;
    for (unsigned broken = 0; broken <= 1u; broken++) {
        begin_differential(206);
        kit.trial = KIT_REJECT;
        kit_start(&kit);
        kit_until_state(&kit, "result");
        break_read(&kit.board.slots[0][1], 0, broken);
        run_to(206);
        assert_int_equal(failed_next(), broken != 0 ? 1 : 2);
        kit.board.slots[0][1].port.read = inner_read;
        kit_free(&kit);
    }
}

/* It failed, but not in a trial. */
static void test_api_trust_slot_that_failed_is_no_quarantine(void **state)
{
    (void)state;
    begin(107);
    kit_start(&kit);
    kit_until_state(&kit, "prefix");
    inner_program = kit.board.slots[0][1].port.program;
    kit.board.slots[0][1].port.program = bad_program;
    run_to(107);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_STORAGE);
    assert_int_equal(failed_next(), 0);
    kit.board.slots[0][1].port.program = inner_program;
    kit_free(&kit);
}

static void test_api_trust_quarantine_waits_for_a_journal_that_can_be_read(void **state)
{
    (void)state;
    for (uint32_t failures = 1; failures <= ONEOTA_ATTEMPTS + 1u; failures++) {
        begin(206);
        kit.trial = KIT_REJECT;
        kit_start(&kit);
        kit_until_state(&kit, "version");
        write_failed();
        kit_until_state(&kit, "result");
        break_read(&kit.board.journal, 0, UINT32_MAX);
        while (kit_count_failed(&kit, ONEOTA_REASON_STORAGE) < failures &&
               kit.platform.tasks[0].result == 0) {
            kit_poll(&kit);
        }
        faults_left = 0;
        run_to(206);
        assert_int_equal(failed_next(), failures <= ONEOTA_ATTEMPTS ? 2 : 1);
        kit.board.journal.port.read = inner_read;
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- the way of the trailer */

/* Of this task, by its check, and empty: it is not one. */
static void test_api_trust_kept_trailer_that_is_empty_is_fetched(void **state)
{
    struct {
        uint8_t format, zeros[3];
        uint32_t check;
        oneota_trailer_t trailer;
    } kept;
    (void)state;
    begin(201);
    kit_start(&kit);
    kit_until_state(&kit, "trailer");
    memset(&kept, 0, sizeof kept);
    kept.format = 1;
    kept.check = kit.ram.client.record.at.check;
    write_record(RECORD_TRAILER, &kept, sizeof kept);
    run_to(201);
    assert_int_equal(trailers_fetched(), 1);
    kit_free(&kit);
}

static oneota_scheme_t scheme; /* the real one, but for use() */
static uint32_t refusals;

static uint32_t use(oneota_t *m)
{
    uint32_t verdict = oneota_ecdsa_p256.use(m);
    if (refusals > 0) {
        refusals--;
        return ~verdict;
    }
    return verdict;
}

/* The decision is made twice; the second time is a glitch, or the end. */
static void test_api_trust_second_decision_that_differs_is_not_marked(void **state)
{
    (void)state;
    for (uint32_t count = 3; count <= 4u; count++) {
        begin(count == 3u ? 201 : 205);
        scheme = oneota_ecdsa_p256;
        scheme.use = use;
        kit.trust[0].scheme = &scheme;
        refusals = count;
        kit_start(&kit);
        run_to(count == 3u ? 201 : 205);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), count);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], count == 3u ? 1 : 0);
        kit_free(&kit);
    }
}

/* A mark that takes its time is not decided again in the middle. */
static void test_api_trust_mark_that_takes_its_time_is_decided_once(void **state)
{
    (void)state;
    begin(201);
    kit.board.fault_call = FAKE_CALL_MARK;
    kit.board.fault = FAKE_FAULT_SILENT;
    kit.board.fault_at = 1;
    kit.board.fault_count = 3;
    kit_start(&kit);
    run_to(201);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 4);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* No more tables are looked at than there can be. */
static void test_api_trust_of_more_images_than_there_may_be_is_refused(void **state)
{
    static oneota_trust_t trust[ONEOTA_IMAGES_MAX];
    oneota_t client;
    (void)state;
    begin(201);
    for (size_t n = 0; n < ONEOTA_IMAGES_MAX; n++) {
        trust[n] = fake_signer_trust(1);
    }
    kit.setup.trust = trust;
    kit.setup.image_count = ONEOTA_IMAGES_MAX + 1u;
    assert_int_equal(oneota_init(&client, &kit.setup), ONEOTA_PARAM);
    kit.setup.image_count = 1;
    kit_start(&kit);
    kit_free(&kit);
}

static void test_api_trust_package_larger_than_the_slot_102_without_download(void **state)
{
    const kit_options_t options = {.signs = true, .size = 9000, .slot_size = 8192};
    (void)state;
    kit_init(&kit, &options);
    kit.codes[0] = 102;
    kit_start(&kit);
    run_to(102);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 0);
    kit_free(&kit);
}

/* More bytes than the range that the header names: none of them is kept. */
static void test_api_trust_trailer_with_a_byte_too_many_is_asked_for_again(void **state)
{
    char answer[600];
    (void)state;
    begin(201);
    (void)snprintf(answer, sizeof answer,
                   "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2808-2999/3000\r\n"
                   "Transfer-Encoding: chunked\r\n\r\nc1\r\n%0193d\r\n0\r\n\r\n",
                   0);
    kit_rule(&kit, FAKE_DOWNLOAD)->raw = answer;
    kit_start(&kit);
    run_to(201);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PEER), 1);
    assert_int_equal(trailers_fetched(), 2);
    kit_judge(&kit);
    kit_free(&kit);
}

/* A day is over while it is fetched: as with any download. */
static void test_api_trust_trailer_that_takes_a_day_104(void **state)
{
    (void)state;
    begin(104);
    kit_start(&kit);
    kit_until_state(&kit, "trailer");
    kit.ram.client.record.at.spent_s = ONEOTA_TASK_S + 1u;
    run_to(104);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 0);
    kit_free(&kit);
}

/* Not of a trial: the image is not put into quarantine. */
static void test_api_trust_download_that_failed_is_no_quarantine(void **state)
{
    uint8_t list[132];
    size_t length = 0;
    (void)state;
    begin(104);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 500;
    rule->body = "no";
    rule->skip = 1; /* the trailer comes */
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    run_to(104);
    assert_int_not_equal(
        oneota_journal_read(&kit.ram.client.journal, RECORD_FAILED, list, sizeof list, &length),
        ONEOTA_OK);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if OWN_CALLOC
        cmocka_unit_test(test_api_trust_without_memory_waits_and_goes_on),
        cmocka_unit_test(test_api_trust_floor_without_memory_is_given_up),
        cmocka_unit_test(test_api_trust_floor_is_none_of_an_image_that_is_not_proven),
        cmocka_unit_test(test_api_trust_floor_waits_for_memory),
#endif
        cmocka_unit_test(test_api_trust_journal_unreadable_is_read_again),
        cmocka_unit_test(test_api_trust_journal_that_stays_unreadable_costs_few_requests),
        cmocka_unit_test(test_api_trust_journal_that_cannot_be_written_costs_few_requests),
        cmocka_unit_test(test_api_trust_floor_is_raised_when_the_journal_can_be_read_again),
        cmocka_unit_test(test_api_trust_floor_is_raised_when_the_journal_can_be_written_again),
        cmocka_unit_test(test_api_trust_floor_that_cannot_be_written_lets_the_device_work),
        cmocka_unit_test(test_api_trust_floor_that_is_known_reads_a_trailer_alone),
        cmocka_unit_test(test_api_trust_floor_that_stays_unreadable_lets_the_device_work),
        cmocka_unit_test(test_api_trust_floor_of_a_slot_that_cannot_be_read_stays),
        cmocka_unit_test(test_api_trust_floor_believes_no_impossible_boot_control),
        cmocka_unit_test(test_api_trust_record_of_another_format_is_none),
        cmocka_unit_test(test_api_trust_quarantine_holds_the_last_four),
        cmocka_unit_test(test_api_trust_quarantine_has_an_image_once_however_often_it_is_told),
        cmocka_unit_test(test_api_trust_differential_journal_unreadable_is_read_again),
        cmocka_unit_test(test_api_trust_kept_trailer_that_cannot_be_read_is_had_again),
        cmocka_unit_test(test_api_trust_differential_header_without_its_trailer_205),
        cmocka_unit_test(test_api_trust_differential_base_of_another_length_204),
        cmocka_unit_test(test_api_trust_quarantine_is_written_though_it_takes_its_time),
        cmocka_unit_test(test_api_trust_quarantine_of_an_image_that_cannot_be_read),
        cmocka_unit_test(test_api_trust_slot_that_failed_is_no_quarantine),
        cmocka_unit_test(test_api_trust_quarantine_is_kept_whichever_read_fails),
        cmocka_unit_test(test_api_trust_quarantine_waits_for_a_journal_that_can_be_read),
        cmocka_unit_test(test_api_trust_kept_trailer_that_is_empty_is_fetched),
        cmocka_unit_test(test_api_trust_second_decision_that_differs_is_not_marked),
        cmocka_unit_test(test_api_trust_mark_that_takes_its_time_is_decided_once),
        cmocka_unit_test(test_api_trust_of_more_images_than_there_may_be_is_refused),
        cmocka_unit_test(test_api_trust_task_of_a_firmware_without_trust_205),
        cmocka_unit_test(test_api_trust_signed_task_of_a_firmware_without_trust_is_installed),
        cmocka_unit_test(test_api_trust_package_larger_than_the_slot_102_without_download),
        cmocka_unit_test(test_api_trust_trailer_with_a_byte_too_many_is_asked_for_again),
        cmocka_unit_test(test_api_trust_trailer_that_takes_a_day_104),
        cmocka_unit_test(test_api_trust_download_that_failed_is_no_quarantine),
    };
    return cmocka_run_group_tests_name("api trust trouble", tests, NULL, NULL);
}
