/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_posix_flash.c: flash simulated in a file: its rules, its restarts, and a disk that fails.
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- a disk that fails */

static struct {
    int read, write, fstat; /* errno, once; 0 = as it is */
    size_t write_most;      /* then fails with write; 0 = as it is */
    bool write_nothing;
} g_fail;

static ssize_t fake_pread(int fd, void *data, size_t length, off_t offset)
{
    if (g_fail.read != 0) {
        errno = g_fail.read;
        g_fail.read = 0;
        return -1;
    }
    return pread(fd, data, length, offset);
}

static ssize_t fake_pwrite(int fd, const void *data, size_t length, off_t offset)
{
    if (g_fail.write_most > 0) {
        size_t most = g_fail.write_most < length ? g_fail.write_most : length;
        g_fail.write_most = 0;
        return pwrite(fd, data, most, offset);
    }
    if (g_fail.write_nothing) {
        return 0;
    }
    if (g_fail.write != 0) {
        errno = g_fail.write;
        g_fail.write = 0;
        return -1;
    }
    return pwrite(fd, data, length, offset);
}

static int fake_fstat(int fd, struct stat *file)
{
    if (g_fail.fstat != 0) {
        errno = g_fail.fstat;
        return -1;
    }
    return fstat(fd, file);
}

#undef fail /* cmocka has a macro of that name */
#define pread           fake_pread
#define pwrite          fake_pwrite
#define fstat(fd, file) fake_fstat(fd, file)
#include "../../port/posix/flash.c"
#undef pread
#undef pwrite
#undef fstat

/* ---------------------------------------------------------------- helpers */

static const oneota_posix_geometry_t k_slot = {16u << 20, 4096, 16, 0xFF};
static const oneota_posix_geometry_t k_small = {8192, 2048, 8, 0xFF};

typedef struct {
    char folder[64];
    char path[80];
    oneota_posix_flash_t flash;
} bench_t;

static int set_up(void **state)
{
    bench_t *bench = calloc(1, sizeof *bench);

    memset(&g_fail, 0, sizeof g_fail);
    strcpy(bench->folder, "/tmp/oneota-flash-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/slot", bench->folder);
    bench->flash.fd = -1;
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    bench_t *bench = *state;

    oneota_posix_flash_close(&bench->flash);
    unlink(bench->path);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static void open_flash(bench_t *bench, const oneota_posix_geometry_t *geometry)
{
    assert_int_equal(oneota_posix_flash_open(&bench->flash, bench->path, geometry), ONEOTA_OK);
    assert_string_equal(oneota_posix_flash_error(&bench->flash), "");
}

static oneota_error_t erase(bench_t *bench, uint32_t offset)
{
    return bench->flash.port.erase(&bench->flash, offset);
}

static oneota_error_t program(bench_t *bench, uint32_t offset, const void *data, uint32_t length)
{
    return bench->flash.port.program(&bench->flash, offset, data, length);
}

static oneota_error_t read_back(bench_t *bench, uint32_t offset, void *data, uint32_t length)
{
    return bench->flash.port.read(&bench->flash, offset, data, length);
}

static void assert_filled(bench_t *bench, uint32_t offset, uint32_t length, uint8_t value)
{
    uint8_t data[4096];

    assert_true(length <= sizeof data);
    assert_int_equal(read_back(bench, offset, data, length), ONEOTA_OK);
    for (uint32_t i = 0; i < length; i++) {
        assert_int_equal(data[i], value);
    }
}

static void assert_text(const bench_t *bench, const char *text, int32_t native)
{
    assert_string_equal(oneota_posix_flash_error(&bench->flash), text);
    assert_int_equal(bench->flash.native, native);
}

static long disk_bytes(const bench_t *bench)
{
    struct stat file;

    assert_int_equal(stat(bench->path, &file), 0);
    return (long)file.st_blocks * 512;
}

static void pattern(uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        data[i] = (uint8_t)(i * 31u + 1u);
        data[i] = data[i] == 0 || data[i] == 0xFF ? 0x5A : data[i];
    }
}

/* ---------------------------------------------------------------- open */

static void test_posix_flash_new_region_is_erased_and_sparse(void **state)
{
    bench_t *bench = *state;
    oneota_erase_unit_t unit;

    open_flash(bench, &k_slot);
    assert_int_equal(bench->flash.port.size(&bench->flash), 16u << 20);
    assert_int_equal(bench->flash.port.program_unit, 16);
    assert_int_equal(bench->flash.port.erased_value, 0xFF);
    unit = bench->flash.port.erase_unit(&bench->flash, 8191);
    assert_int_equal(unit.start, 4096);
    assert_int_equal(unit.length, 4096);
    unit = bench->flash.port.erase_unit(&bench->flash, 8192);
    assert_int_equal(unit.start, 8192);
    assert_filled(bench, 0, 4096, 0xFF);
    assert_filled(bench, (16u << 20) - 4096u, 4096, 0xFF);
    assert_int_equal(erase(bench, 4096), ONEOTA_OK);
    assert_true(disk_bytes(bench) < 65536);
}

static void test_posix_flash_wrong_geometry_is_parameter_error(void **state)
{
    static const oneota_posix_geometry_t k_wrong[] = {
        {8192, 2048, 0, 0xFF},     {8192, 2048, 3, 0xFF}, {8192, 2048, 512, 0xFF},
        {8192, 0, 8, 0xFF},        {8192, 2044, 8, 0xFF}, {0, 2048, 8, 0xFF},
        {0x80000000u, 2048, 8, 0}, {8192, 2048, 8, 0x7F}, {8192 + 8, 2048, 8, 0xFF},
    };
    bench_t *bench = *state;

    for (size_t i = 0; i < sizeof k_wrong / sizeof k_wrong[0]; i++) {
        assert_int_equal(oneota_posix_flash_open(&bench->flash, bench->path, &k_wrong[i]),
                         ONEOTA_PARAM);
        assert_text(bench, "open at 0: no such geometry", 0);
        assert_int_equal(access(bench->path, F_OK), -1);
    }
}

static void test_posix_flash_path_cannot_be_opened_is_storage_error(void **state)
{
    bench_t *bench = *state;

    assert_int_equal(oneota_posix_flash_open(&bench->flash, bench->folder, &k_small),
                     ONEOTA_STORAGE);
    assert_int_equal(bench->flash.native, EISDIR);
    assert_int_equal(oneota_posix_flash_open(&bench->flash, "/dev/full", &k_small), ONEOTA_STORAGE);
    assert_text(bench, "open at 0: not a file", 0);
    g_fail.fstat = EIO;
    assert_int_equal(oneota_posix_flash_open(&bench->flash, bench->path, &k_small), ONEOTA_STORAGE);
    assert_int_equal(bench->flash.native, EIO);
    assert_int_equal(bench->flash.fd, -1);
}

static void test_posix_flash_file_of_other_size_is_refused_and_kept(void **state)
{
    bench_t *bench = *state;

    open_flash(bench, &k_small);
    assert_int_equal(program(bench, 0, "12345678", 8), ONEOTA_OK);
    oneota_posix_flash_close(&bench->flash);
    assert_int_equal(oneota_posix_flash_open(&bench->flash, bench->path, &k_slot), ONEOTA_STORAGE);
    assert_text(bench, "open at 0: the file has another size", 0);

    uint8_t data[8];
    open_flash(bench, &k_small);
    assert_int_equal(read_back(bench, 0, data, 8), ONEOTA_OK);
    assert_memory_equal(data, "12345678", 8);
}

static void test_posix_flash_cut_within_creation_is_made_whole(void **state)
{
    bench_t *bench = *state;
    int fd = open(bench->path, O_WRONLY | O_CREAT, 0666);

    assert_true(fd >= 0);
    close(fd);
    open_flash(bench, &k_small);
    assert_filled(bench, 0, 4096, 0xFF);
}

/* ---------------------------------------------------------------- the rules of flash */

static void test_posix_flash_program_reads_back_for_each_kind(void **state)
{
    static const uint8_t k_erased[] = {0xFF, 0x00};
    static const uint16_t k_units[] = {1, 2, 8, 16, 256};
    bench_t *bench = *state;
    uint8_t data[1280], back[1280];

    pattern(data, sizeof data);
    for (size_t i = 0; i < 10; i++) {
        oneota_posix_geometry_t geometry = {8192, 2048, k_units[i / 2], k_erased[i % 2]};
        open_flash(bench, &geometry);
        assert_int_equal(program(bench, 256, data, sizeof data), ONEOTA_OK);
        assert_int_equal(read_back(bench, 256, back, sizeof back), ONEOTA_OK);
        assert_memory_equal(back, data, sizeof data);
        assert_filled(bench, 0, 256, geometry.erased_value);
        assert_filled(bench, 1536, 2048, geometry.erased_value);
        oneota_posix_flash_close(&bench->flash);
        assert_int_equal(unlink(bench->path), 0);
    }
}

static void test_posix_flash_restart_keeps_data(void **state)
{
    bench_t *bench = *state;
    uint8_t data[64], back[64];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    assert_int_equal(program(bench, 2048, data, sizeof data), ONEOTA_OK);
    oneota_posix_flash_close(&bench->flash);
    oneota_posix_flash_close(&bench->flash);
    open_flash(bench, &k_small);
    assert_int_equal(read_back(bench, 2048, back, sizeof back), ONEOTA_OK);
    assert_memory_equal(back, data, sizeof data);
    assert_int_equal(program(bench, 2048, data, 8), ONEOTA_STORAGE);
}

static void test_posix_flash_program_twice_is_refused_and_changes_nothing(void **state)
{
    bench_t *bench = *state;
    uint8_t data[1536];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    assert_int_equal(program(bench, 1024, data, 8), ONEOTA_OK);
    assert_int_equal(program(bench, 0, data, sizeof data), ONEOTA_STORAGE);
    assert_text(bench, "program at 1024: not erased", 0);
    assert_filled(bench, 0, 1024, 0xFF);
    assert_filled(bench, 1032, 504, 0xFF);
    assert_int_equal(program(bench, 1016, data, 8), ONEOTA_OK);
}

static void test_posix_flash_wrong_place_is_refused(void **state)
{
    static const struct {
        uint32_t offset, length;
        const char *text;
    } k_wrong[] = {
        {4, 8, "program at 4: not aligned to the program unit"},
        {8, 4, "program at 8: not aligned to the program unit"},
        {8192, 8, "program at 8192: outside"},
        {8184, 16, "program at 8184: outside"},
        {0, 8200, "program at 0: outside"},
        {UINT32_MAX - 7u, 16, "program at 4294967288: outside"},
        {16, UINT32_MAX - 7u, "program at 16: outside"},
    };
    bench_t *bench = *state;
    uint8_t data[8200] = {0};

    open_flash(bench, &k_small);
    for (size_t i = 0; i < sizeof k_wrong / sizeof k_wrong[0]; i++) {
        assert_int_equal(program(bench, k_wrong[i].offset, data, k_wrong[i].length),
                         ONEOTA_STORAGE);
        assert_text(bench, k_wrong[i].text, 0);
    }
    assert_int_equal(read_back(bench, 8191, data, 2), ONEOTA_STORAGE);
    assert_text(bench, "read at 8191: outside", 0);
    assert_int_equal(erase(bench, 8), ONEOTA_STORAGE);
    assert_text(bench, "erase at 8: not the start of an erase unit", 0);
    assert_int_equal(erase(bench, 8192), ONEOTA_STORAGE);
    assert_text(bench, "erase at 8192: outside", 0);
    assert_filled(bench, 0, 4096, 0xFF);
    assert_int_equal(program(bench, 8192, data, 0), ONEOTA_OK);
}

static void test_posix_flash_erase_clears_one_unit(void **state)
{
    bench_t *bench = *state;
    uint8_t data[8192], back[2048];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    assert_int_equal(program(bench, 0, data, sizeof data), ONEOTA_OK);
    assert_int_equal(erase(bench, 2048), ONEOTA_OK);
    assert_filled(bench, 2048, 2048, 0xFF);
    assert_int_equal(read_back(bench, 0, back, 2048), ONEOTA_OK);
    assert_memory_equal(back, data, 2048);
    assert_int_equal(read_back(bench, 4096, back, 2048), ONEOTA_OK);
    assert_memory_equal(back, data + 4096, 2048);
    assert_int_equal(program(bench, 2048, data, 2048), ONEOTA_OK);
}

/* ---------------------------------------------------------------- a disk that fails */

static void test_posix_flash_disk_full_is_storage_error(void **state)
{
    bench_t *bench = *state;
    struct rlimit before, limit;
    uint8_t data[512];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    limit = before;
    limit.rlim_cur = 4352;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    oneota_error_t below = program(bench, 3584, data, 512);
    oneota_error_t across = program(bench, 4096, data, 512);
    int32_t native = bench->flash.native;
    oneota_posix_flash_t other;
    char path[96];
    snprintf(path, sizeof path, "%s.other", bench->path);
    oneota_error_t fresh = oneota_posix_flash_open(&other, path, &k_small);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    unlink(path);

    assert_int_equal(below, ONEOTA_OK);
    assert_int_equal(across, ONEOTA_STORAGE);
    assert_int_equal(native, EFBIG);
    assert_non_null(strstr(oneota_posix_flash_error(&bench->flash), "program at 4096: "));
    assert_int_equal(fresh, ONEOTA_STORAGE);
    assert_int_equal(other.native, EFBIG);

    /* after an erase the place is as good as new */
    assert_int_equal(erase(bench, 4096), ONEOTA_OK);
    assert_int_equal(program(bench, 4096, data, 512), ONEOTA_OK);
}

static void test_posix_flash_write_is_short_rest_is_written(void **state)
{
    bench_t *bench = *state;
    uint8_t data[64], back[64];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    g_fail.write_most = 10;
    g_fail.write = EINTR;
    assert_int_equal(program(bench, 0, data, 64), ONEOTA_OK);
    g_fail.read = EINTR;
    assert_int_equal(read_back(bench, 0, back, 64), ONEOTA_OK);
    assert_memory_equal(back, data, 64);
}

static void test_posix_flash_write_fails_is_storage_error(void **state)
{
    bench_t *bench = *state;
    uint8_t data[64];
    char text[112];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    g_fail.write_most = 10;
    g_fail.write = ENOSPC;
    assert_int_equal(program(bench, 0, data, 64), ONEOTA_STORAGE);
    snprintf(text, sizeof text, "program at 0: %s", strerror(ENOSPC));
    assert_text(bench, text, ENOSPC);

    g_fail.write_nothing = true;
    assert_int_equal(erase(bench, 0), ONEOTA_STORAGE);
    snprintf(text, sizeof text, "erase at 0: %s", strerror(EIO));
    assert_text(bench, text, EIO);
}

static void test_posix_flash_read_fails_is_storage_error(void **state)
{
    bench_t *bench = *state;
    uint8_t data[64];

    pattern(data, sizeof data);
    open_flash(bench, &k_small);
    g_fail.read = EIO;
    assert_int_equal(read_back(bench, 8, data, 64), ONEOTA_STORAGE);
    assert_int_equal(bench->flash.native, EIO);
    g_fail.read = EIO;
    assert_int_equal(program(bench, 0, data, 64), ONEOTA_STORAGE);
    g_fail.read = EIO;
    assert_int_equal(erase(bench, 0), ONEOTA_STORAGE);
    assert_filled(bench, 0, 64, 0xFF);
}

static void test_posix_flash_file_was_cut_short_is_storage_error(void **state)
{
    bench_t *bench = *state;
    uint8_t data[64];

    open_flash(bench, &k_small);
    assert_int_equal(truncate(bench->path, 4128), 0);
    assert_int_equal(read_back(bench, 4096, data, 64), ONEOTA_STORAGE);
    assert_text(bench, "read at 4096: the file ends here", 0);
    assert_int_equal(read_back(bench, 4096, data, 32), ONEOTA_OK);
}

/* ---------------------------------------------------------------- power cuts */

static void write_for_ever(const char *path)
{
    static oneota_posix_flash_t flash;
    uint8_t data[2048];

    pattern(data, sizeof data);
    if (oneota_posix_flash_open(&flash, path, &k_small) != ONEOTA_OK) {
        _exit(1);
    }
    for (uint32_t unit = 0;; unit = (unit + 2048u) % 8192u) {
        if (flash.port.erase(&flash, unit) != ONEOTA_OK ||
            flash.port.program(&flash, unit, data, sizeof data) != ONEOTA_OK) {
            _exit(1);
        }
    }
}

static void test_posix_flash_killed_while_writing_is_old_or_new_in_each_byte(void **state)
{
    bench_t *bench = *state;
    uint8_t data[2048], back[8192];

    pattern(data, sizeof data);
    for (int cut = 0; cut < 20; cut++) {
        struct timespec pause = {0, 200000 + cut * 137000};
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_for_ever(bench->path);
        }
        nanosleep(&pause, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        open_flash(bench, &k_small);
        assert_int_equal(read_back(bench, 0, back, sizeof back), ONEOTA_OK);
        for (uint32_t i = 0; i < sizeof back; i++) {
            assert_true(back[i] == 0xFF || back[i] == data[i % 2048u]);
        }
        oneota_posix_flash_close(&bench->flash);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_posix_flash_new_region_is_erased_and_sparse),
        TEST(test_posix_flash_wrong_geometry_is_parameter_error),
        TEST(test_posix_flash_path_cannot_be_opened_is_storage_error),
        TEST(test_posix_flash_file_of_other_size_is_refused_and_kept),
        TEST(test_posix_flash_cut_within_creation_is_made_whole),
        TEST(test_posix_flash_program_reads_back_for_each_kind),
        TEST(test_posix_flash_restart_keeps_data),
        TEST(test_posix_flash_program_twice_is_refused_and_changes_nothing),
        TEST(test_posix_flash_wrong_place_is_refused),
        TEST(test_posix_flash_erase_clears_one_unit),
        TEST(test_posix_flash_disk_full_is_storage_error),
        TEST(test_posix_flash_write_is_short_rest_is_written),
        TEST(test_posix_flash_write_fails_is_storage_error),
        TEST(test_posix_flash_read_fails_is_storage_error),
        TEST(test_posix_flash_file_was_cut_short_is_storage_error),
        TEST(test_posix_flash_killed_while_writing_is_old_or_new_in_each_byte),
    };

    return cmocka_run_group_tests_name("posix_flash", k_tests, NULL, NULL);
}
