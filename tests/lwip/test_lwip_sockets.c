/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_lwip_sockets.c: the POSIX net port over lwIP's sockets, with resolve_lwip.c: compiled,
 * linked, and spoken through. Servers are threads on the same lwIP, in real time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lwip/dns.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "oneota_posix.h"

#undef close /* lwIP's macros would take the port's members for its own functions */
#undef send
#undef recv

#define PORT        8080
#define DNS_PORT    53
#define BULK_BYTES  50000u
#define PATIENCE_MS 30000u
#define LOCALHOST   "127.0.0.1"

static uint8_t g_bulk[BULK_BYTES];
static oneota_posix_net_t g_net;
static const oneota_net_t *const k_net = &oneota_posix_net;
static sys_sem_t g_ready;
static sys_sem_t g_answer; /* the DNS server answers "late." when it is given */

/* ---------------------------------------------------------------- servers */

static void write_all(int fd, const uint8_t *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = lwip_write(fd, data + done, length - done);
        if (count <= 0) {
            return;
        }
        done += (size_t)count;
    }
}

/* One byte says what the client wants: 'b' the bulk, 'e' that byte again, others nothing. A
 * byte more that is still unread in the end makes it a reset. */
static void serve(int fd)
{
    char wish = 0;

    while (lwip_read(fd, &wish, 1) == 1 && wish == 'e') {
        write_all(fd, (const uint8_t *)&wish, 1);
    }
    if (wish == 'b') {
        write_all(fd, g_bulk, sizeof g_bulk);
    }
    lwip_close(fd);
}

static int bind_socket(int type, uint16_t port)
{
    struct sockaddr_in address;
    int fd = lwip_socket(AF_INET, type, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = lwip_htons(port);
    return lwip_bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static void run_server(void *arg)
{
    int listener = bind_socket(SOCK_STREAM, PORT);

    (void)arg;
    (void)lwip_listen(listener, 4);
    sys_sem_signal(&g_ready);
    for (;;) {
        int fd = lwip_accept(listener, NULL, NULL);
        if (fd >= 0) {
            serve(fd);
        }
    }
}

/* "denied." is no name, "late." has an address when the test says so, all others at once. */
static void run_dns(void *arg)
{
    static const uint8_t k_record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1};
    uint8_t bytes[512];
    struct sockaddr_in from;
    int fd = bind_socket(SOCK_DGRAM, DNS_PORT);

    (void)arg;
    sys_sem_signal(&g_ready);
    for (;;) {
        socklen_t size = sizeof from;
        ssize_t length = lwip_recvfrom(fd, bytes, 256, 0, (struct sockaddr *)&from, &size);
        if (length < 17) {
            continue;
        }
        bool denied = memcmp(bytes + 12, "\6denied", 7) == 0;
        if (memcmp(bytes + 12, "\4late", 5) == 0) {
            sys_sem_wait(&g_answer);
        }
        bytes[2] = 0x81;
        bytes[3] = denied ? 3 : 0;
        bytes[7] = denied ? 0 : 1;
        memcpy(bytes + length, k_record, sizeof k_record);
        size_t answer = (size_t)length + (denied ? 0 : sizeof k_record);
        (void)lwip_sendto(fd, bytes, answer, 0, (struct sockaddr *)&from, size);
    }
}

static void on_started(void *arg)
{
    ip_addr_t server;

    (void)arg;
    (void)ipaddr_aton(LOCALHOST, &server);
    dns_setserver(0, &server);
    sys_sem_signal(&g_ready);
}

static int start_lwip(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof g_bulk; n++) {
        g_bulk[n] = (uint8_t)(n * 7u + (n >> 8));
    }
    if (sys_sem_new(&g_ready, 0) != ERR_OK || sys_sem_new(&g_answer, 0) != ERR_OK) {
        return -1;
    }
    tcpip_init(on_started, NULL);
    sys_sem_wait(&g_ready);
    sys_thread_new("server", run_server, NULL, 0, 0);
    sys_sem_wait(&g_ready);
    sys_thread_new("dns", run_dns, NULL, 0, 0);
    sys_sem_wait(&g_ready);
    return 0;
}

/* ---------------------------------------------------------------- the client's side */

static int set_up(void **state)
{
    (void)state;
    oneota_posix_net_init(&g_net);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    k_net->close(&g_net);
    return 0;
}

static oneota_error_t open_to(const char *name, uint16_t port)
{
    uint32_t since = sys_now();
    oneota_error_t error;

    while ((error = k_net->open(&g_net, name, port, name)) == ONEOTA_AGAIN &&
           sys_now() - since < PATIENCE_MS) {
        (void)oneota_posix_wait(&g_net, 100);
    }
    return error;
}

static void wish(char what)
{
    size_t sent = 0;

    assert_int_equal(k_net->send(&g_net, &what, 1, &sent), ONEOTA_OK);
    assert_int_equal(sent, 1);
}

static oneota_error_t receive(uint8_t *to, size_t size, size_t *received)
{
    uint32_t since = sys_now();
    oneota_error_t error;

    while ((error = k_net->recv(&g_net, to, size, received)) == ONEOTA_AGAIN &&
           sys_now() - since < PATIENCE_MS) {
        (void)oneota_posix_wait(&g_net, 1000);
    }
    return error;
}

static void assert_receive_bulk(void)
{
    static uint8_t s_bytes[BULK_BYTES];
    size_t count = 0;

    wish('b');
    for (size_t done = 0; done < BULK_BYTES; done += count) {
        assert_int_equal(receive(s_bytes + done, 777, &count), ONEOTA_OK);
        assert_true(done + count <= BULK_BYTES);
    }
    assert_memory_equal(s_bytes, g_bulk, BULK_BYTES);
    assert_int_equal(receive(s_bytes, 1, &count), ONEOTA_CLOSED);
}

static void test_lwip_sockets_by_address_and_by_name(void **state)
{
    static const char *const k_names[] = {LOCALHOST, "here.one", "here.one"};

    (void)state;
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        assert_int_equal(open_to(k_names[n], PORT), ONEOTA_OK);
        assert_receive_bulk();
        k_net->close(&g_net);
    }
}

static void test_lwip_sockets_nothing_yet_is_again_and_wait_is_woken(void **state)
{
    uint8_t byte = 0;
    size_t count = 1;

    (void)state;
    assert_int_equal(open_to(LOCALHOST, PORT), ONEOTA_OK);
    assert_int_equal(k_net->recv(&g_net, &byte, 1, &count), ONEOTA_AGAIN);
    assert_int_equal(count, 0);
    assert_false(oneota_posix_wait(&g_net, 20));
    wish('e');
    assert_true(oneota_posix_wait(&g_net, PATIENCE_MS));
    assert_int_equal(k_net->recv(&g_net, &byte, 1, &count), ONEOTA_OK);
    assert_int_equal(byte, 'e');
}

static void test_lwip_sockets_reset_is_broken(void **state)
{
    uint8_t byte;
    size_t count;

    (void)state;
    assert_int_equal(open_to(LOCALHOST, PORT), ONEOTA_OK);
    assert_int_equal(k_net->send(&g_net, "rr", 2, &count), ONEOTA_OK);
    assert_int_equal(receive(&byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ECONNRESET);
}

static void test_lwip_sockets_refused_is_broken(void **state)
{
    (void)state;
    assert_int_equal(open_to(LOCALHOST, PORT + 1), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ECONNRESET);
}

static void test_lwip_sockets_no_such_name_is_broken(void **state)
{
    (void)state;
    assert_int_equal(open_to("denied.one", PORT), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ONEOTA_POSIX_LOOKUP_ERROR);
    assert_non_null(strstr(oneota_posix_net_error_text(ONEOTA_POSIX_LOOKUP_ERROR), "no such name"));
}

static void test_lwip_sockets_bad_name_is_broken(void **state)
{
    (void)state;
    assert_int_equal(open_to("", PORT), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), EIO);
}

static void test_lwip_sockets_late_answer_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(k_net->open(&g_net, "late.one", PORT, ""), ONEOTA_AGAIN);
    k_net->close(&g_net);
    assert_int_equal(k_net->open(&g_net, "late.two", PORT, ""), ONEOTA_AGAIN);
    uint32_t since = sys_now();
    oneota_error_t error = ONEOTA_AGAIN;
    while (error == ONEOTA_AGAIN && sys_now() - since < PATIENCE_MS) {
        sys_sem_signal(&g_answer); /* lwIP repeats its queries */
        (void)oneota_posix_wait(&g_net, 10);
        error = k_net->open(&g_net, "late.two", PORT, "");
    }
    assert_int_equal(error, ONEOTA_OK);
    assert_receive_bulk();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_lwip_sockets_by_address_and_by_name),
        TEST(test_lwip_sockets_nothing_yet_is_again_and_wait_is_woken),
        TEST(test_lwip_sockets_reset_is_broken),
        TEST(test_lwip_sockets_refused_is_broken),
        TEST(test_lwip_sockets_no_such_name_is_broken),
        TEST(test_lwip_sockets_bad_name_is_broken),
        TEST(test_lwip_sockets_late_answer_is_dropped),
    };

    return cmocka_run_group_tests(k_tests, start_lwip, NULL);
}
