/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "exchange_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void xrig_init(xrig_t *rig, uint32_t now_ms)
{
    memset(rig, 0, sizeof *rig);
    script_net_init(&rig->net);
    rig->now_ms = now_ms;
    oneota_exchange_init(&rig->x, &rig->net.port, &rig->net, (uint8_t *)rig->work,
                         EXCHANGE_WORK_MIN);
}

void xrig_start(xrig_t *rig, bool stream)
{
    size_t size = 0;
    char *room = oneota_exchange_room(&rig->x, &size);
    uint32_t length = (uint32_t)strlen(XRIG_REQUEST);
    assert_true(size >= length);
    memcpy(room, XRIG_REQUEST, length);
    rig->text_length = 0;
    rig->heads = 0;
    oneota_exchange_start(&rig->x, "server", 80, "name", length, stream, rig->now_ms);
}

exchange_event_t xrig_step(xrig_t *rig)
{
    uint32_t calls = rig->net.total;
    exchange_event_t event = oneota_exchange_step(&rig->x, rig->now_ms, &rig->body);
    assert_true(rig->net.total - calls <= 1u);
    if (event == EXCHANGE_HEAD) {
        rig->heads++;
    }
    return event;
}

exchange_event_t xrig_go(xrig_t *rig)
{
    for (uint32_t n = 0; n < 10000u; n++) {
        exchange_event_t event = xrig_step(rig);
        if (event == EXCHANGE_BODY) {
            size_t length = rig->body.length;
            length = rig->take_max != 0 && rig->take_max < length ? rig->take_max : length;
            assert_true(rig->text_length + length < sizeof rig->text);
            memcpy(rig->text + rig->text_length, rig->body.data, length);
            rig->text_length += length;
            rig->text[rig->text_length] = '\0';
            oneota_exchange_take(&rig->x, length, rig->now_ms);
        } else if (event != EXCHANGE_BUSY && event != EXCHANGE_HEAD) {
            return event;
        }
    }
    fail_msg("an exchange without end");
    return EXCHANGE_FAILED;
}
