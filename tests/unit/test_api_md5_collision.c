/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Two files of one size and one MD5, and only one of them is the offered one. The blocks are the
 * published pair of Wang, Feng, Lai and Yu, "Collisions for Hash Functions" (2004): both take MD5
 * to the same state, so that what follows, the same in both, keeps their digests equal:
 *
 *     md5sum of either block      79054025255fb1a26e4bc422aef54eb4
 *     sha256sum of one of them    8d12236e5c4ed9f4e790db4d868fd5c399df267e18ff65c1107c328228cffc98
 *     of the other                b9fef2a8fc93b05e7701e97196fda6c4fbeea25ff8e64fdfee7015eca8fa617d
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_md5.h"
#include "kit.h"

#define SIZE  3000u
#define BLOCK 128u

static const char k_block[] = "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
                              "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
                              "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
                              "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70";
static const char k_twin[] = "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89"
                             "55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b"
                             "d8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
                             "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70";

static kit_t kit;
static uint8_t twin[SIZE]; /* of the package: what somebody else serves in its place */

/* The package begins with the one block, its twin with the other; all else is the same, the
 * trailer too. */
static void begin(bool signs, uint8_t code)
{
    const kit_options_t options = {.size = SIZE, .signs = signs};
    char md5[33];
    kit_init(&kit, &options);
    uint8_t *package = kit.bytes + (kit.packages[0]->bytes - kit.bytes);
    signer_read_hex(k_block, package, BLOCK);
    if (signs) {
        kit_sign(&kit, 0, "1.1", FAKE_COUNTER, 0);
    } else {
        kit_changed(&kit, 0);
    }
    memcpy(twin, package, SIZE);
    signer_read_hex(k_twin, twin, BLOCK);
    kit.codes[0] = code;

    assert_memory_not_equal(twin, package, SIZE);
    fake_md5_hex(twin, SIZE, md5);
    assert_string_equal(md5, kit.platform.tasks[0].md5);
    assert_memory_equal(twin + BLOCK, package + BLOCK, SIZE - BLOCK);
}

/* All of the twin was downloaded, twice, and it is no more than refused. */
static void assert_refused(void)
{
    assert_string_equal(kit_story(&kit), "V C T D 205");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
    assert_int_equal(kit.platform.tasks[0].result, 205);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    assert_memory_equal(kit.board.slots[0][1].flash.bytes, twin, SIZE);
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    kit_free(&kit);
}

static void test_api_md5_collision_signed_twin_served_instead_205(void **state)
{
    (void)state;
    begin(true, 205);
    kit.platform.tasks[0].served = twin;
    kit_start(&kit);
    kit_run(&kit);
    assert_refused();
}

static void test_api_md5_collision_signed_twin_after_the_trailer_205(void **state)
{
    (void)state;
    begin(true, 205);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit_until_state(&kit, "download");
    kit.platform.tasks[0].served = twin;
    kit_run(&kit);
    assert_refused();
}

/* The offered file itself, block and all, is as good as any. */
static void test_api_md5_collision_signed_package_itself_is_installed(void **state)
{
    (void)state;
    begin(true, 201);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_ptr_equal(kit.board.runs[0], kit.packages[0]);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Why packages are signed: without, nobody can tell the two apart. */
static void test_api_md5_collision_unsigned_twin_is_installed(void **state)
{
    (void)state;
    begin(false, 201);
    kit.platform.tasks[0].served = twin;
    const fake_known_t *known = fake_board_know(&kit.board, 0, twin, SIZE, "1.1");
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    assert_ptr_equal(kit.board.runs[0], known);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_md5_collision_signed_twin_served_instead_205),
        cmocka_unit_test(test_api_md5_collision_signed_twin_after_the_trailer_205),
        cmocka_unit_test(test_api_md5_collision_signed_package_itself_is_installed),
        cmocka_unit_test(test_api_md5_collision_unsigned_twin_is_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
