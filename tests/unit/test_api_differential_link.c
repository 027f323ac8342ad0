/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Differential packages over links that break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit.h"

static kit_t kit;

static void begin(void)
{
    const kit_options_t options = {.size = 5000, .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = 201;
    kit_start(&kit);
}

static void test_api_differential_link_lost_at_every_byte_changes_nothing(void **state)
{
    (void)state;
    begin();
    kit_run(&kit);
    fake_net_t clean = kit.net;
    kit_free(&kit);
    for (uint32_t answer = 1; answer <= clean.answers; answer++) {
        for (uint32_t byte = 1; byte < clean.lengths[answer - 1u]; byte++) {
            begin();
            const fake_task_t *task = &kit.platform.tasks[0];
            kit.net.fault = FAKE_NET_RESET;
            kit.net.fault_answer = answer;
            kit.net.fault_at = byte;
            for (unsigned n = 0; n < 3u && task->result == 0; n++) {
                kit_run(&kit);
            }
            assert_int_equal(task->result, 201);
            assert_in_range(task->downloads, kit.patch->length, kit.patch->length + 2048u);
            kit_free(&kit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_differential_link_lost_at_every_byte_changes_nothing),
    };
    return cmocka_run_group_tests_name("api differential link", tests, NULL, NULL);
}
