/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * A build with ONEOTA_REQUIRE_SIGNATURE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit.h"

#if ONEOTA_REQUIRE_SIGNATURE != 1
#error "this test is of a build that requires signatures"
#endif

static kit_t kit;

static void test_api_required_set_up_without_trust_is_refused(void **state)
{
    oneota_t client;
    (void)state;
    kit_init(&kit, NULL);
    kit.images[0].id.version = "1.0";
    assert_int_equal(oneota_init(&client, &kit.setup), ONEOTA_PARAM);
    kit.trust[0] = fake_signer_trust(1);
    kit.setup.trust = kit.trust;
    assert_int_equal(oneota_init(&client, &kit.setup), ONEOTA_OK);
    kit_start(&kit);
    kit_free(&kit);
}

static void test_api_required_signed_package_is_installed(void **state)
{
    const kit_options_t options = {.signs = true};
    (void)state;
    kit_init(&kit, &options);
    kit.codes[0] = 201;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_required_set_up_without_trust_is_refused),
        cmocka_unit_test(test_api_required_signed_package_is_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
