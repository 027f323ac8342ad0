/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "script_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const script_line_t *next_line(script_net_t *net, script_call_t call)
{
    net->calls[call]++;
    net->total++;
    if (net->played[call] == net->written[call]) {
        return NULL;
    }
    script_line_t *line = &net->lines[call][net->played[call]];
    if (--line->times == 0) {
        net->played[call]++;
    }
    return line;
}

static void keep(char *to, size_t size, const char *text)
{
    assert_true(strlen(text) < size);
    memcpy(to, text, strlen(text) + 1u);
}

static oneota_error_t on_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    script_net_t *net = ctx;
    const script_line_t *line = next_line(net, SCRIPT_OPEN);
    keep(net->address, sizeof net->address, address);
    keep(net->server_name, sizeof net->server_name, name);
    net->tcp_port = port;
    return line == NULL ? ONEOTA_OK : line->error;
}

static oneota_error_t on_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    script_net_t *net = ctx;
    const script_line_t *line = next_line(net, SCRIPT_SEND);
    *sent = 0;
    assert_true(length >= 1u);
    if (line != NULL && line->error != ONEOTA_OK) {
        return line->error;
    }
    size_t count = line == NULL || line->length > length ? length : line->length;
    assert_true(net->sent_length + count <= SCRIPT_SENT);
    memcpy(net->sent + net->sent_length, data, count);
    net->sent_length += count;
    *sent = line != NULL && line->literal ? line->length : count;
    return ONEOTA_OK;
}

static oneota_error_t on_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    script_net_t *net = ctx;
    const script_line_t *line = next_line(net, SCRIPT_RECV);
    *received = 0;
    net->room = size;
    assert_true(size >= 1u);
    if (line == NULL) {
        return ONEOTA_AGAIN;
    }
    if (line->error != ONEOTA_OK) {
        return line->error;
    }
    *received = line->length;
    if (line->literal) {
        return ONEOTA_OK;
    }
    size_t count = line->length < size ? line->length : size;
    memcpy(buffer, line->data, count);
    *received = count;
    if (count < line->length) { /* the rest comes with the next one */
        script_line_t *rest = &net->lines[SCRIPT_RECV][--net->played[SCRIPT_RECV]];
        rest->times = 1;
        rest->data += count;
        rest->length -= count;
    }
    return ONEOTA_OK;
}

static void on_close(void *ctx)
{
    script_net_t *net = ctx;
    net->closes++;
}

static int32_t on_last_error(void *ctx)
{
    const script_net_t *net = ctx;
    return net->native;
}

void script_net_init(script_net_t *net)
{
    memset(net, 0, sizeof *net);
    net->port.open = on_open;
    net->port.send = on_send;
    net->port.recv = on_recv;
    net->port.close = on_close;
    net->port.last_error = on_last_error;
}

static script_line_t *write_line(script_net_t *net, script_call_t call, oneota_error_t error)
{
    assert_true(net->written[call] < SCRIPT_MAX);
    script_line_t *line = &net->lines[call][net->written[call]++];
    memset(line, 0, sizeof *line);
    line->error = error;
    line->times = 1;
    return line;
}

void script_net_say(script_net_t *net, script_call_t call, oneota_error_t error, uint32_t times)
{
    write_line(net, call, error)->times = times;
}

void script_net_take(script_net_t *net, size_t length)
{
    write_line(net, SCRIPT_SEND, ONEOTA_OK)->length = length;
}

void script_net_hear(script_net_t *net, const char *text)
{
    script_line_t *line = write_line(net, SCRIPT_RECV, ONEOTA_OK);
    line->data = text;
    line->length = strlen(text);
}

void script_net_lie(script_net_t *net, script_call_t call, size_t length)
{
    script_line_t *line = write_line(net, call, ONEOTA_OK);
    line->length = length;
    line->literal = true;
}
