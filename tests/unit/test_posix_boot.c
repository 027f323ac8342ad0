/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_posix_boot.c: boot control in files: every transition, damage, a full disk, and power cuts.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- a disk that fails */

static struct {
    int read, write, close, rename; /* errno, once; 0 = as it is */
    size_t write_most;              /* then nothing more; 0 = as it is */
} g_fail;

static int take_error(int *error)
{
    int taken = *error;

    *error = 0;
    errno = taken;
    return taken;
}

static ssize_t fake_read(int fd, void *data, size_t size)
{
    return take_error(&g_fail.read) != 0 ? -1 : read(fd, data, size);
}

static ssize_t fake_write(int fd, const void *data, size_t length)
{
    size_t most = g_fail.write_most != 0 ? g_fail.write_most : length;

    return take_error(&g_fail.write) != 0 ? -1 : write(fd, data, most);
}

static int fake_close(int fd)
{
    int result = close(fd);

    return take_error(&g_fail.close) != 0 ? -1 : result;
}

static int fake_rename(const char *from, const char *to)
{
    return take_error(&g_fail.rename) != 0 ? -1 : rename(from, to);
}

#undef fail /* cmocka has a macro of that name */
#define read   fake_read
#define write  fake_write
#define close  fake_close
#define rename fake_rename
#include "../../port/posix/boot.c"
#undef read
#undef write
#undef close
#undef rename

/* ---------------------------------------------------------------- helpers */

#define SLOT_BYTES 65536u

static const oneota_boot_port_t *const k_boot = &oneota_posix_boot;
static const uint8_t k_digest[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
static const oneota_boot_mark_t k_mark = {1, 1000, "2.0", k_digest, 16};

typedef struct {
    char folder[64];
    char path[80], fresh[96];
    oneota_posix_boot_t boot;
} bench_t;

static int set_up(void **state)
{
    bench_t *bench = calloc(1, sizeof *bench);

    memset(&g_fail, 0, sizeof g_fail);
    strcpy(bench->folder, "/tmp/oneota-boot-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/boot", bench->folder);
    snprintf(bench->fresh, sizeof bench->fresh, "%s.new", bench->path);
    oneota_posix_boot_init(&bench->boot);
    assert_int_equal(oneota_posix_boot_open(&bench->boot, 0, bench->path, SLOT_BYTES),
                     ONEOTA_STATE);
    assert_int_equal(oneota_posix_boot_create(&bench->boot, 0, bench->path, SLOT_BYTES, 500, "1.0"),
                     ONEOTA_OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    bench_t *bench = *state;

    unlink(bench->path);
    unlink(bench->fresh);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static oneota_error_t reopen(bench_t *bench)
{
    oneota_posix_boot_init(&bench->boot);
    return oneota_posix_boot_open(&bench->boot, 0, bench->path, SLOT_BYTES);
}

/* A restart of the device: only the file stays. */
static void restart(bench_t *bench)
{
    assert_int_equal(reopen(bench), ONEOTA_OK);
    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, NULL, NULL), ONEOTA_OK);
}

/* What query() and the file say. */
static void assert_boot(bench_t *bench, uint8_t condition, uint8_t slot, uint8_t attempts)
{
    for (int i = 0; i < 2; i++) {
        oneota_boot_t boot = {9, 9, 9};
        assert_int_equal(k_boot->query(&bench->boot, 0, &boot), ONEOTA_OK);
        assert_int_equal(boot.condition, condition);
        assert_int_equal(boot.slot, slot);
        assert_int_equal(boot.length, slot == 0 ? 500 : 1000);
        assert_string_equal(oneota_posix_boot_running(&bench->boot, 0)->version,
                            slot == 0 ? "1.0" : "2.0");
        assert_int_equal(oneota_posix_boot_record(&bench->boot, 0)->attempts, attempts);
        assert_int_equal(reopen(bench), ONEOTA_OK);
    }
}

static void mark(bench_t *bench)
{
    assert_int_equal(k_boot->mark(&bench->boot, 0, &k_mark), ONEOTA_OK);
}

static void put_file(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    fclose(file);
}

static size_t get_file(const char *path, void *data, size_t size)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t length = fread(data, 1, size, file);
    fclose(file);
    return length;
}

/* ---------------------------------------------------------------- transitions */

static void test_posix_boot_created_is_confirmed_factory_image(void **state)
{
    bench_t *bench = *state;

    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
    assert_int_equal(oneota_posix_boot_running(&bench->boot, 0)->digest_length, 0);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
}

static void test_posix_boot_marked_is_pending_then_on_trial_then_confirmed(void **state)
{
    bench_t *bench = *state;

    mark(bench);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, 3);
    const oneota_posix_boot_slot_t *slot = oneota_posix_boot_running(&bench->boot, 0);
    assert_int_equal(slot->digest_length, 16);
    assert_memory_equal(slot->digest, k_digest, 16);

    assert_int_equal(k_boot->confirm(&bench->boot, 0), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 1, 0);
    assert_int_equal(k_boot->confirm(&bench->boot, 0), ONEOTA_OK);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 1, 0);

    /* the other way round, with a SHA-256 */
    oneota_boot_mark_t back = {0, 500, "1.0", k_digest, 32};
    assert_int_equal(k_boot->mark(&bench->boot, 0, &back), ONEOTA_OK);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 0, 3);
    assert_memory_equal(oneota_posix_boot_running(&bench->boot, 0)->digest, k_digest, 32);
}

static void test_posix_boot_trial_not_confirmed_in_three_starts_is_reverted(void **state)
{
    bench_t *bench = *state;

    mark(bench);
    for (uint8_t attempts = 3; attempts > 0; attempts--) {
        restart(bench);
        assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, attempts);
    }
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_REVERTED, 0, 0);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_REVERTED, 0, 0);
    assert_int_equal(k_boot->confirm(&bench->boot, 0), ONEOTA_OK);
    assert_int_equal(k_boot->revert(&bench->boot, 0), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_REVERTED, 0, 0);
    mark(bench);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
}

static void test_posix_boot_trial_reverted_runs_old_image_next(void **state)
{
    bench_t *bench = *state;

    mark(bench);
    restart(bench);
    assert_int_equal(k_boot->revert(&bench->boot, 0), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, 0);
    assert_int_equal(k_boot->revert(&bench->boot, 0), ONEOTA_OK);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_REVERTED, 0, 0);
}

static void test_posix_boot_pending_reverted_is_taken_back(void **state)
{
    bench_t *bench = *state;

    mark(bench);
    assert_int_equal(k_boot->confirm(&bench->boot, 0), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
    assert_int_equal(k_boot->revert(&bench->boot, 0), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
    assert_int_equal(k_boot->revert(&bench->boot, 0), ONEOTA_OK);
    restart(bench);
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
}

typedef struct {
    bool answer;
    int calls;
} proof_t;

static bool proven(void *ctx, uint8_t image, uint8_t slot, uint32_t size, const uint8_t *digest,
                   uint8_t digest_length)
{
    proof_t *proof = ctx;

    proof->calls++;
    assert_int_equal(image, 0);
    assert_int_equal(slot, 1);
    assert_int_equal(size, 1000);
    assert_int_equal(digest_length, 16);
    assert_memory_equal(digest, k_digest, 16);
    return proof->answer;
}

static void test_posix_boot_pending_not_proven_is_not_started(void **state)
{
    bench_t *bench = *state;
    proof_t proof = {false, 0};

    mark(bench);
    assert_int_equal(reopen(bench), ONEOTA_OK);
    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, proven, &proof), ONEOTA_OK);
    assert_int_equal(proof.calls, 1);
    assert_boot(bench, ONEOTA_BOOT_REVERTED, 0, 0);
}

static void test_posix_boot_pending_proven_is_started(void **state)
{
    bench_t *bench = *state;
    proof_t proof = {true, 0};

    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, proven, &proof), ONEOTA_OK);
    mark(bench);
    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, proven, &proof), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, 3);
    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, proven, &proof), ONEOTA_OK);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, 2);
    assert_int_equal(proof.calls, 1);
}

static void test_posix_boot_images_are_independent(void **state)
{
    bench_t *bench = *state;
    oneota_boot_t boot;
    char path[96];

    snprintf(path, sizeof path, "%s.1", bench->path);
    assert_int_equal(oneota_posix_boot_create(&bench->boot, 1, path, 100, 7, "5"), ONEOTA_OK);
    mark(bench);
    assert_int_equal(k_boot->query(&bench->boot, 1, &boot), ONEOTA_OK);
    assert_int_equal(boot.condition, ONEOTA_BOOT_CONFIRMED);
    assert_int_equal(boot.length, 7);
    assert_int_equal(k_boot->inspect(&bench->boot, 1, 1, 101), ONEOTA_VERIFY);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
    unlink(path);
}

/* ---------------------------------------------------------------- arguments */

static void test_posix_boot_inspect_takes_what_fits(void **state)
{
    bench_t *bench = *state;

    assert_int_equal(k_boot->inspect(&bench->boot, 0, 1, 0), ONEOTA_VERIFY);
    assert_int_equal(k_boot->inspect(&bench->boot, 0, 1, 1), ONEOTA_OK);
    assert_int_equal(k_boot->inspect(&bench->boot, 0, 1, SLOT_BYTES), ONEOTA_OK);
    assert_int_equal(k_boot->inspect(&bench->boot, 0, 1, SLOT_BYTES + 1), ONEOTA_VERIFY);
    assert_int_equal(k_boot->inspect(&bench->boot, 0, 2, 1), ONEOTA_PARAM);
}

static void test_posix_boot_wrong_mark_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        oneota_boot_mark_t mark;
        oneota_error_t error;
    } k_wrong[] = {
        {{0, 1000, "2.0", k_digest, 16}, ONEOTA_PARAM},
        {{2, 1000, "2.0", k_digest, 16}, ONEOTA_PARAM},
        {{1, 0, "2.0", k_digest, 16}, ONEOTA_PARAM},
        {{1, SLOT_BYTES + 1, "2.0", k_digest, 16}, ONEOTA_PARAM},
        {{1, 1000, "2.0", k_digest, 20}, ONEOTA_PARAM},
        {{1, 1000, "123456789012345678901", k_digest, 16}, ONEOTA_LIMIT},
    };
    bench_t *bench = *state;

    for (size_t i = 0; i < sizeof k_wrong / sizeof k_wrong[0]; i++) {
        assert_int_equal(k_boot->mark(&bench->boot, 0, &k_wrong[i].mark), k_wrong[i].error);
        assert_string_not_equal(oneota_posix_boot_error(&bench->boot), "");
        assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
    }
    mark(bench);
    restart(bench);
    oneota_boot_mark_t other = {0, 500, "1.0", k_digest, 16};
    assert_int_equal(k_boot->mark(&bench->boot, 0, &other), ONEOTA_STATE);
    assert_boot(bench, ONEOTA_BOOT_TRIAL, 1, 3);
}

static void test_posix_boot_wrong_create_is_refused(void **state)
{
    bench_t *bench = *state;
    oneota_posix_boot_t *boot = &bench->boot;
    static char path[1100];

    assert_int_equal(oneota_posix_boot_create(boot, ONEOTA_IMAGES_MAX, bench->path, 9, 1, ""),
                     ONEOTA_PARAM);
    assert_int_equal(oneota_posix_boot_create(boot, 1, bench->path, 9, 10, "1"), ONEOTA_PARAM);
    assert_int_equal(oneota_posix_boot_create(boot, 1, bench->path, 9, 9, "123456789012345678901"),
                     ONEOTA_LIMIT);
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(oneota_posix_boot_create(boot, 1, path, 9, 9, "1"), ONEOTA_STORAGE);
    assert_null(oneota_posix_boot_record(boot, 1));
    assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
}

static void assert_all_calls(oneota_posix_boot_t *boot, uint8_t image, oneota_error_t error)
{
    oneota_boot_t answer;

    assert_int_equal(k_boot->query(boot, image, &answer), error);
    assert_int_equal(k_boot->inspect(boot, image, 1, 1), error);
    assert_int_equal(k_boot->mark(boot, image, &k_mark), error);
    assert_int_equal(k_boot->confirm(boot, image), error);
    assert_int_equal(k_boot->revert(boot, image), error);
    assert_int_equal(oneota_posix_boot_start(boot, image, NULL, NULL), error);
    assert_null(oneota_posix_boot_record(boot, image));
    assert_null(oneota_posix_boot_running(boot, image));
}

static void test_posix_boot_image_out_of_range_is_parameter_error(void **state)
{
    bench_t *bench = *state;

    assert_all_calls(&bench->boot, ONEOTA_IMAGES_MAX, ONEOTA_PARAM);
    assert_int_equal(oneota_posix_boot_open(&bench->boot, ONEOTA_IMAGES_MAX, bench->path, 1),
                     ONEOTA_PARAM);
    assert_all_calls(&bench->boot, 1, ONEOTA_STORAGE);
}

/* ---------------------------------------------------------------- damage */

static void test_posix_boot_damaged_file_is_unreadable_and_kept(void **state)
{
    bench_t *bench = *state;
    uint8_t whole[512], bad[512];
    size_t length = get_file(bench->path, whole, sizeof whole);

    for (size_t i = 0; i < length; i++) {
        memcpy(bad, whole, length);
        bad[i] ^= (uint8_t)(1u << i % 8);
        put_file(bench->path, bad, length);
        assert_int_equal(reopen(bench), ONEOTA_STORAGE);
        assert_string_equal(oneota_posix_boot_error(&bench->boot),
                            "boot control: read: the file is damaged");
        put_file(bench->path, whole, i);
        assert_int_equal(reopen(bench), ONEOTA_STORAGE);
    }
    assert_all_calls(&bench->boot, 0, ONEOTA_STORAGE);
    assert_int_equal(get_file(bench->path, bad, sizeof bad), length - 1);

    put_file(bench->path, memset(bad, 0, sizeof bad), length);
    assert_int_equal(reopen(bench), ONEOTA_STORAGE);
    memcpy(bad, whole, length);
    put_file(bench->path, bad, length + 1);
    assert_int_equal(reopen(bench), ONEOTA_STORAGE);
    put_file(bench->path, whole, length);
    assert_int_equal(reopen(bench), ONEOTA_OK);
}

/* With a right CRC: what another program, or an older one of ours, might have written. */
static void test_posix_boot_values_out_of_range_are_unreadable(void **state)
{
    bench_t *bench = *state;
    file_t whole, bad;

    assert_int_equal(get_file(bench->path, &whole, sizeof whole), sizeof whole);
    for (int i = 0; i < 7; i++) {
        bad = whole;
        switch (i) {
        case 0:
            bad.record.running = 2;
            break;
        case 1:
            bad.record.condition = ONEOTA_BOOT_CONDITION_COUNT;
            break;
        case 2:
            bad.record.attempts = 4;
            break;
        case 3:
            bad.record.slot[0].digest_length = 33;
            break;
        case 4:
            bad.record.slot[1].digest_length = 1;
            break;
        case 5:
            memset(bad.record.slot[0].version, 'x', ONEOTA_VERSION_MAX + 1);
            break;
        default:
            bad.magic++;
            break;
        }
        bad.crc = crc32(&bad, offsetof(file_t, crc));
        put_file(bench->path, &bad, sizeof bad);
        assert_int_equal(reopen(bench), ONEOTA_STORAGE);
    }
}

static void test_posix_boot_file_cannot_be_read_is_storage_error(void **state)
{
    bench_t *bench = *state;

    g_fail.read = EIO;
    assert_int_equal(reopen(bench), ONEOTA_STORAGE);
    assert_non_null(strstr(oneota_posix_boot_error(&bench->boot), strerror(EIO)));
    assert_int_equal(oneota_posix_boot_open(&bench->boot, 0, bench->folder, 1), ONEOTA_STORAGE);
    assert_int_equal(oneota_posix_boot_open(&bench->boot, 0, "/dev/null/x", 1), ONEOTA_STORAGE);
}

/* ---------------------------------------------------------------- a full disk, and power cuts */

static void test_posix_boot_write_fails_leaves_the_old_choice(void **state)
{
    bench_t *bench = *state;

    for (int i = 0; i < 5; i++) {
        memset(&g_fail, 0, sizeof g_fail);
        g_fail.write = i == 0 ? ENOSPC : 0;
        g_fail.write_most = i == 1 ? 20 : 0;
        g_fail.close = i == 0 || i == 2 ? EIO : 0;
        g_fail.rename = i == 3 ? EIO : 0;
        if (i == 4) {
            assert_int_equal(mkdir(bench->fresh, 0777), 0);
        }
        assert_int_equal(k_boot->mark(&bench->boot, 0, &k_mark), ONEOTA_STORAGE);
        assert_non_null(strstr(oneota_posix_boot_error(&bench->boot), "boot control: write: "));
        if (i == 0) { /* the first error is the one that is told */
            assert_non_null(strstr(oneota_posix_boot_error(&bench->boot), strerror(ENOSPC)));
        }
        memset(&g_fail, 0, sizeof g_fail);
        assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
        rmdir(bench->fresh);
        assert_int_equal(access(bench->fresh, F_OK), -1);
    }
    mark(bench);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);

    g_fail.rename = EIO;
    assert_int_equal(oneota_posix_boot_start(&bench->boot, 0, NULL, NULL), ONEOTA_STORAGE);
    assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
}

/* The new file in every length that a cut can leave it, and longer, beside the old one. */
static void test_posix_boot_cut_within_write_leaves_the_old_choice(void **state)
{
    bench_t *bench = *state;
    uint8_t before[512], after[512] = {0};
    size_t length = get_file(bench->path, before, sizeof before);

    mark(bench);
    assert_int_equal(get_file(bench->path, after, sizeof after), length);
    for (size_t cut = 0; cut <= length + 1; cut++) {
        put_file(bench->path, before, length);
        put_file(bench->fresh, after, cut);
        assert_int_equal(reopen(bench), ONEOTA_OK);
        assert_boot(bench, ONEOTA_BOOT_CONFIRMED, 0, 0);
        mark(bench);
        assert_boot(bench, ONEOTA_BOOT_PENDING, 0, 0);
    }
}

static void change_for_ever(const char *path)
{
    static oneota_posix_boot_t boot;

    if (oneota_posix_boot_open(&boot, 0, path, SLOT_BYTES) != ONEOTA_OK) {
        _exit(1);
    }
    for (;;) {
        if (k_boot->mark(&boot, 0, &k_mark) != ONEOTA_OK || k_boot->revert(&boot, 0) != ONEOTA_OK) {
            _exit(1);
        }
    }
}

static void test_posix_boot_killed_while_changing_is_old_or_new(void **state)
{
    bench_t *bench = *state;

    for (int cut = 0; cut < 20; cut++) {
        struct timespec pause = {0, 200000 + cut * 137000};
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            change_for_ever(bench->path);
        }
        nanosleep(&pause, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(reopen(bench), ONEOTA_OK);
        uint8_t condition = oneota_posix_boot_record(&bench->boot, 0)->condition;
        assert_true(condition == ONEOTA_BOOT_CONFIRMED || condition == ONEOTA_BOOT_PENDING);
        assert_boot(bench, condition, 0, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_posix_boot_created_is_confirmed_factory_image),
        TEST(test_posix_boot_marked_is_pending_then_on_trial_then_confirmed),
        TEST(test_posix_boot_trial_not_confirmed_in_three_starts_is_reverted),
        TEST(test_posix_boot_trial_reverted_runs_old_image_next),
        TEST(test_posix_boot_pending_reverted_is_taken_back),
        TEST(test_posix_boot_pending_not_proven_is_not_started),
        TEST(test_posix_boot_pending_proven_is_started),
        TEST(test_posix_boot_images_are_independent),
        TEST(test_posix_boot_inspect_takes_what_fits),
        TEST(test_posix_boot_wrong_mark_is_refused_and_changes_nothing),
        TEST(test_posix_boot_wrong_create_is_refused),
        TEST(test_posix_boot_image_out_of_range_is_parameter_error),
        TEST(test_posix_boot_damaged_file_is_unreadable_and_kept),
        TEST(test_posix_boot_values_out_of_range_are_unreadable),
        TEST(test_posix_boot_file_cannot_be_read_is_storage_error),
        TEST(test_posix_boot_write_fails_leaves_the_old_choice),
        TEST(test_posix_boot_cut_within_write_leaves_the_old_choice),
        TEST(test_posix_boot_killed_while_changing_is_old_or_new),
    };

    return cmocka_run_group_tests_name("posix_boot", k_tests, NULL, NULL);
}
