/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_posix_net.c: the POSIX net port against real sockets on the loopback, and a resolver that
 * answers what the test wants.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
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
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- what fails, and the resolver */

static struct {
    int connect, set_flags, getsockopt, send, recv, thread; /* errno, once; 0 = as it is */
    bool calloc;
    bool connect_at_once; /* does not fail, but waits, as a local connection may */
} g_fail;

static int take(int *error)
{
    int taken = *error;

    *error = 0;
    return taken;
}

static int fake_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int error = take(&g_fail.connect);
    int result = connect(fd, address, length);

    if (error != 0) {
        errno = error;
        return -1;
    }
    if (g_fail.connect_at_once) {
        struct pollfd done = {fd, POLLOUT, 0};
        return poll(&done, 1, -1) == 1 ? 0 : -1;
    }
    return result;
}

static int fake_fcntl(int fd, int command, int value)
{
    int error = command == F_SETFL ? take(&g_fail.set_flags) : 0;

    if (error != 0) {
        errno = error;
        return -1;
    }
    return fcntl(fd, command, value);
}

static int fake_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    int error = take(&g_fail.getsockopt);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return getsockopt(fd, level, name, value, length);
}

static ssize_t fake_send(int fd, const void *data, size_t length, int flags)
{
    int error = take(&g_fail.send);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return send(fd, data, length, flags);
}

static ssize_t fake_recv(int fd, void *data, size_t size, int flags)
{
    int error = take(&g_fail.recv);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return recv(fd, data, size, flags);
}

static int fake_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                               void *(*run)(void *), void *argument)
{
    int error = take(&g_fail.thread);

    return error != 0 ? error : pthread_create(thread, attributes, run, argument);
}

static void *fake_calloc(size_t count, size_t size)
{
    if (g_fail.calloc) {
        g_fail.calloc = false;
        return NULL;
    }
    return calloc(count, size);
}

/* The resolver. A name that is not numeric gets g_list or g_error, once g_gate is open. */
#define LIST_MAX 300

static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t g_change = PTHREAD_COND_INITIALIZER;
static struct {
    bool fake, gate;
    int error;
    int asked, freed;
    bool takes_signals;
    struct addrinfo list[LIST_MAX];
    struct sockaddr_in address[LIST_MAX];
    int count;
} g_names;

static int fake_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                            struct addrinfo **list)
{
    sigset_t mask;

    pthread_mutex_lock(&g_lock);
    if (!g_names.fake || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        pthread_mutex_unlock(&g_lock);
        return getaddrinfo(name, service, hints, list);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    g_names.takes_signals = sigismember(&mask, SIGINT) != 1 || sigismember(&mask, SIGALRM) != 1;
    g_names.asked++;
    pthread_cond_broadcast(&g_change);
    while (!g_names.gate) {
        pthread_cond_wait(&g_change, &g_lock);
    }
    int error = g_names.error;
    *list = error == 0 ? &g_names.list[0] : NULL;
    errno = EMFILE; /* counts with EAI_SYSTEM alone */
    pthread_mutex_unlock(&g_lock);
    return error;
}

static void fake_freeaddrinfo(struct addrinfo *list)
{
    if (list != &g_names.list[0]) {
        freeaddrinfo(list);
        return;
    }
    pthread_mutex_lock(&g_lock);
    g_names.freed++;
    pthread_cond_broadcast(&g_change);
    pthread_mutex_unlock(&g_lock);
}

#define getaddrinfo                   fake_getaddrinfo
#define freeaddrinfo                  fake_freeaddrinfo
#define pthread_create                fake_pthread_create
#define calloc                        fake_calloc
#define connect                       fake_connect
#define fcntl                         fake_fcntl
#define getsockopt                    fake_getsockopt
#define send(fd, data, length, flags) fake_send(fd, data, length, flags)
#define recv(fd, data, size, flags)   fake_recv(fd, data, size, flags)
#include "../../port/posix/resolve.c"
#undef fail /* cmocka has a macro of that name */
#include "../../port/posix/net.c"
#undef getaddrinfo
#undef freeaddrinfo
#undef pthread_create
#undef calloc
#undef connect
#undef fcntl
#undef getsockopt
#undef send
#undef recv

/* ---------------------------------------------------------------- helpers */

#define PATIENCE_MS 20000

static const oneota_net_t *const k_net = &oneota_posix_net;

typedef struct {
    oneota_posix_net_t net;
    int listener;
    int peer;
    uint16_t port;
} bench_t;

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static int listen_at(const char *address, uint16_t *port, int backlog)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t length = sizeof at;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void add_address(const bench_t *bench, const char *text, int family)
{
    int i = g_names.count++;

    memset(&g_names.list[i], 0, sizeof g_names.list[i]);
    memset(&g_names.address[i], 0, sizeof g_names.address[i]);
    g_names.address[i].sin_family = (sa_family_t)family;
    g_names.address[i].sin_port = htons(bench->port);
    assert_int_equal(inet_pton(AF_INET, text, &g_names.address[i].sin_addr), 1);
    g_names.list[i].ai_addr = (struct sockaddr *)&g_names.address[i];
    g_names.list[i].ai_addrlen = sizeof g_names.address[i];
    if (i > 0) {
        g_names.list[i - 1].ai_next = &g_names.list[i];
    }
}

static void set_gate(bool open)
{
    pthread_mutex_lock(&g_lock);
    g_names.gate = open;
    pthread_cond_broadcast(&g_change);
    pthread_mutex_unlock(&g_lock);
}

/* Waits until *counter, of the resolver's thread, has reached value. */
static void await_count(const int *counter, int value)
{
    pthread_mutex_lock(&g_lock);
    while (*counter < value) {
        pthread_cond_wait(&g_change, &g_lock);
    }
    pthread_mutex_unlock(&g_lock);
}

static int set_up(void **state)
{
    bench_t *bench = calloc(1, sizeof *bench);

    memset(&g_fail, 0, sizeof g_fail);
    memset(&g_names, 0, sizeof g_names);
    g_names.gate = true;
    oneota_posix_net_init(&bench->net);
    bench->peer = -1;
    bench->listener = listen_at("127.0.0.1", &bench->port, 4);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    bench_t *bench = *state;

    k_net->close(&bench->net);
    if (bench->peer >= 0) {
        close(bench->peer);
    }
    close(bench->listener);
    free(bench);
    return 0;
}

/* As the client does: the same call until it is not AGAIN, and a wait in between. */
static oneota_error_t open_to(bench_t *bench, const char *address)
{
    uint64_t start = now_ms();
    oneota_error_t error;

    do {
        error = k_net->open(&bench->net, address, bench->port, "name");
        if (error == ONEOTA_AGAIN) {
            oneota_posix_wait(&bench->net, 1000);
        }
    } while (error == ONEOTA_AGAIN && now_ms() - start < PATIENCE_MS);
    return error;
}

static void connect_pair(bench_t *bench)
{
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_OK);
    bench->peer = accept(bench->listener, NULL, NULL);
    assert_true(bench->peer >= 0);
}

static oneota_error_t receive(bench_t *bench, void *buffer, size_t size, size_t *received)
{
    oneota_error_t error = k_net->recv(&bench->net, buffer, size, received);

    if (error == ONEOTA_AGAIN) {
        assert_true(oneota_posix_wait(&bench->net, PATIENCE_MS));
        error = k_net->recv(&bench->net, buffer, size, received);
    }
    return error;
}

static void reset_peer(bench_t *bench)
{
    struct linger none = {1, 0};

    assert_int_equal(setsockopt(bench->peer, SOL_SOCKET, SO_LINGER, &none, sizeof none), 0);
    close(bench->peer);
    bench->peer = -1;
}

/* ---------------------------------------------------------------- open */

static void test_posix_net_numeric_address_connects(void **state)
{
    bench_t *bench = *state;
    int value = 0;
    socklen_t length = sizeof value;

    connect_pair(bench);
    assert_null(bench->net.lookup);
    assert_int_equal(g_names.asked, 0);
    assert_int_equal(k_net->last_error(&bench->net), 0);
    assert_int_equal(getsockopt(bench->net.fd, IPPROTO_TCP, TCP_NODELAY, &value, &length), 0);
    assert_int_not_equal(value, 0);
    assert_int_equal(getsockopt(bench->net.fd, SOL_SOCKET, SO_RCVBUF, &value, &length), 0);
    assert_in_range(value, 32768, 65536); /* Linux tells twice what was set */
    assert_true((fcntl(bench->net.fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(bench->net.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_OK);
}

static void test_posix_net_connected_at_once_is_open_after_one_call(void **state)
{
    bench_t *bench = *state;

    g_fail.connect_at_once = true;
    assert_int_equal(k_net->open(&bench->net, "127.0.0.1", bench->port, ""), ONEOTA_OK);
}

static void test_posix_net_receive_buffer_is_settable(void **state)
{
    bench_t *bench = *state;
    int value = 0;
    socklen_t length = sizeof value;

    bench->net.receive_bytes = 8192;
    connect_pair(bench);
    assert_int_equal(getsockopt(bench->net.fd, SOL_SOCKET, SO_RCVBUF, &value, &length), 0);
    assert_in_range(value, 8192, 16384);
}

static void test_posix_net_ipv6_address_connects(void **state)
{
    bench_t *bench = *state;
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET6, SOCK_STREAM, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0) {
        close(listener);
        skip();
    }
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    bench->port = ntohs(at.sin6_port);
    assert_int_equal(open_to(bench, "::1"), ONEOTA_OK);
    close(listener);
}

static void test_posix_net_localhost_connects(void **state)
{
    bench_t *bench = *state;

    assert_int_equal(open_to(bench, "localhost"), ONEOTA_OK);
}

static void test_posix_net_refused_is_broken(void **state)
{
    bench_t *bench = *state;

    close(bench->listener);
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ECONNREFUSED);
    assert_int_equal(bench->net.fd, -1);

    bench->listener = listen_at("127.0.0.1", &bench->port, 4);
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_OK);
    assert_int_equal(k_net->last_error(&bench->net), ECONNREFUSED);
}

static void test_posix_net_unknown_name_is_broken_with_text(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    g_names.error = EAI_NONAME;
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ONEOTA_POSIX_LOOKUP_ERROR - EAI_NONAME);
    assert_string_equal(oneota_posix_net_error_text(k_net->last_error(&bench->net)),
                        gai_strerror(EAI_NONAME));
    assert_false(g_names.takes_signals);
}

/* What a resolver says that blocks a name, or was lied to. */
static void test_posix_net_name_of_this_host_is_refused(void **state)
{
    static const char *const k_addresses[] = {"0.0.0.0", "127.0.0.1"};
    bench_t *bench = *state;

    close(bench->listener);
    g_names.fake = true;
    for (size_t n = 0; n < sizeof k_addresses / sizeof k_addresses[0]; n++) {
        g_names.count = 0;
        add_address(bench, k_addresses[n], AF_INET);
        assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
        assert_int_equal(k_net->last_error(&bench->net), ECONNREFUSED);
    }
    bench->listener = listen_at("127.0.0.1", &bench->port, 4);
}

static void test_posix_net_name_that_has_moved_is_asked_for_anew(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_OK);
    k_net->close(&bench->net);
    g_names.count = 0;
    add_address(bench, "127.0.0.2", AF_INET);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ECONNREFUSED);
    g_names.count = 0;
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_OK);
    assert_int_equal(g_names.asked, 3);
}

static void test_posix_net_resolver_system_error_is_errno(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    g_names.error = EAI_SYSTEM;
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), EMFILE);
}

static void test_posix_net_first_address_refuses_next_connects(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    add_address(bench, "127.0.0.1", 99);
    add_address(bench, "127.0.0.2", AF_INET);
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_OK);
    assert_int_equal(g_names.freed, 1);
    assert_int_equal(bench->net.start, 2);

    /* the one that answered comes first from now on, also where there are fewer */
    k_net->close(&bench->net);
    g_names.list[1].ai_next = NULL;
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), EAFNOSUPPORT);
}

static void test_posix_net_all_addresses_refuse_first_error_is_told(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    add_address(bench, "127.0.0.2", AF_INET);
    for (int i = 1; i < LIST_MAX; i++) {
        add_address(bench, "127.0.0.1", 99);
    }
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ECONNREFUSED);
    assert_int_equal(bench->net.tried, UINT8_MAX);
}

/* A listener with a full queue answers no SYN. */
static void fill_queue(uint16_t port, int *fds, int count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &at.sin_addr), 1);
    for (int i = 0; i < count; i++) {
        struct pollfd done = {socket(AF_INET, SOCK_STREAM, 0), POLLOUT, 0};
        fds[i] = done.fd;
        assert_int_equal(fcntl(done.fd, F_SETFL, O_NONBLOCK), 0);
        (void)connect(done.fd, (struct sockaddr *)&at, sizeof at);
        if (poll(&done, 1, 100) == 0) {
            return;
        }
    }
}

static void test_posix_net_silent_address_comes_last_next_time(void **state)
{
    bench_t *bench = *state;
    int fds[16];
    int silent = listen_at("127.0.0.2", &bench->port, 0);

    memset(fds, -1, sizeof fds);
    fill_queue(bench->port, fds, 16);
    g_names.fake = true;
    add_address(bench, "127.0.0.2", AF_INET);
    add_address(bench, "127.0.0.1", AF_INET);

    uint64_t start = now_ms();
    oneota_error_t error = ONEOTA_AGAIN;
    while (error == ONEOTA_AGAIN && now_ms() - start < 200) {
        error = k_net->open(&bench->net, "ota.invalid", bench->port, "");
        oneota_posix_wait(&bench->net, 50);
    }
    short events = 0;
    assert_int_equal(error, ONEOTA_AGAIN);
    assert_int_equal(oneota_posix_net_fd(&bench->net, &events), bench->net.fd);
    assert_int_equal(events, POLLOUT);
    k_net->close(&bench->net);
    assert_int_equal(bench->net.fd, -1);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_OK);
    assert_int_equal(bench->net.start, 1);

    for (int i = 0; i < 16 && fds[i] >= 0; i++) {
        close(fds[i]);
    }
    close(silent);
}

static void test_posix_net_close_during_lookup_drops_late_answer(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    g_names.gate = false;
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    await_count(&g_names.asked, 1);
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    assert_false(oneota_posix_wait(&bench->net, 20));
    k_net->close(&bench->net);
    assert_null(bench->net.lookup);

    /* a second one, while the first is still under way */
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    await_count(&g_names.asked, 2);
    set_gate(true);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_OK);
    await_count(&g_names.freed, 2);
}

static void test_posix_net_close_after_answer_frees_it(void **state)
{
    bench_t *bench = *state;

    g_names.fake = true;
    g_names.gate = false;
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    set_gate(true);
    assert_true(oneota_posix_wait(&bench->net, PATIENCE_MS));
    k_net->close(&bench->net);
    assert_int_equal(g_names.freed, 1);
}

static void test_posix_net_lookup_cannot_start_is_broken(void **state)
{
    bench_t *bench = *state;
    char name[300];
    struct rlimit before, none;

    memset(name, 'a', sizeof name);
    name[256] = '\0';
    assert_int_equal(open_to(bench, name), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ENAMETOOLONG);

    g_fail.calloc = true;
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ENOMEM);

    g_fail.thread = EAGAIN;
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), EAGAIN);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    oneota_error_t no_pipe = open_to(bench, "ota.invalid");
    int32_t no_pipe_native = k_net->last_error(&bench->net);
    oneota_error_t no_socket = open_to(bench, "127.0.0.1");
    int32_t no_socket_native = k_net->last_error(&bench->net);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(no_pipe, ONEOTA_BROKEN);
    assert_int_equal(no_pipe_native, EMFILE);
    assert_int_equal(no_socket, ONEOTA_BROKEN);
    assert_int_equal(no_socket_native, EMFILE);
}

static void test_posix_net_socket_call_fails_is_broken(void **state)
{
    bench_t *bench = *state;

    g_fail.set_flags = EINVAL;
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), EINVAL);

    g_fail.connect = EINTR; /* goes on in the background */
    g_fail.getsockopt = ENOBUFS;
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), ENOBUFS);

    g_fail.connect = EINTR;
    assert_int_equal(open_to(bench, "127.0.0.1"), ONEOTA_OK);
}

/* ---------------------------------------------------------------- stream */

static void test_posix_net_fin_gives_all_bytes_then_closed(void **state)
{
    bench_t *bench = *state;
    char buffer[4];
    size_t count = 9;

    connect_pair(bench);
    assert_int_equal(k_net->recv(&bench->net, buffer, sizeof buffer, &count), ONEOTA_AGAIN);
    assert_int_equal(count, 0);
    assert_int_equal(send(bench->peer, "abcdef", 6, 0), 6);
    close(bench->peer);
    bench->peer = -1;

    assert_int_equal(receive(bench, buffer, sizeof buffer, &count), ONEOTA_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(buffer, "abcd", 4);
    assert_int_equal(receive(bench, buffer, sizeof buffer, &count), ONEOTA_OK);
    assert_int_equal(count, 2);
    assert_int_equal(receive(bench, buffer, sizeof buffer, &count), ONEOTA_CLOSED);
    assert_int_equal(count, 0);
    assert_int_equal(receive(bench, buffer, sizeof buffer, &count), ONEOTA_CLOSED);
}

static void test_posix_net_reset_is_broken(void **state)
{
    bench_t *bench = *state;
    char byte = 0;
    size_t count = 9;

    connect_pair(bench);
    reset_peer(bench);
    assert_int_equal(receive(bench, &byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
    assert_int_equal(k_net->last_error(&bench->net), ECONNRESET);
    assert_int_equal(bench->net.fd, -1);
}

static void test_posix_net_send_to_reset_peer_is_broken_without_signal(void **state)
{
    bench_t *bench = *state;
    size_t count = 9;

    connect_pair(bench);
    reset_peer(bench);
    while (oneota_posix_wait(&bench->net, PATIENCE_MS) == false) {
    }
    assert_int_equal(k_net->send(&bench->net, "x", 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
    assert_int_equal(k_net->last_error(&bench->net), ECONNRESET);

    /* a local end: EPIPE, which would be a SIGPIPE */
    bench->peer = -1;
    connect_pair(bench);
    assert_int_equal(shutdown(bench->net.fd, SHUT_WR), 0);
    assert_int_equal(k_net->send(&bench->net, "x", 1, &count), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&bench->net), EPIPE);
}

static void test_posix_net_peer_does_not_read_send_waits_for_room(void **state)
{
    bench_t *bench = *state;
    static uint8_t data[65536], back[65536];
    size_t total = 0, drained = 0, count = 0;
    oneota_error_t error;

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7u);
    }
    connect_pair(bench);
    assert_int_equal(fcntl(bench->peer, F_SETFL, O_NONBLOCK), 0);
    do {
        error = k_net->send(&bench->net, data + total % 65536u, 65536u - total % 65536u, &count);
        total += count;
    } while (error == ONEOTA_OK || oneota_posix_wait(&bench->net, 100));
    assert_int_equal(error, ONEOTA_AGAIN);
    assert_int_equal(count, 0);
    assert_int_equal(bench->net.events, POLLOUT);

    uint64_t start = now_ms();
    while (drained < total && now_ms() - start < PATIENCE_MS) {
        ssize_t got = recv(bench->peer, back, sizeof back, 0);
        for (ssize_t i = 0; i < got; i++) {
            assert_int_equal(back[i], data[drained++ % 65536u]);
        }
    }
    assert_int_equal(drained, total);
    assert_true(oneota_posix_wait(&bench->net, PATIENCE_MS));
    assert_int_equal(k_net->send(&bench->net, data, 1, &count), ONEOTA_OK);
    assert_int_equal(bench->net.events, POLLIN);
}

static void test_posix_net_interrupted_call_is_again(void **state)
{
    bench_t *bench = *state;
    char byte;
    size_t count = 9;

    connect_pair(bench);
    g_fail.send = EINTR;
    assert_int_equal(k_net->send(&bench->net, "x", 1, &count), ONEOTA_AGAIN);
    assert_int_equal(count, 0);
    g_fail.recv = EINTR;
    assert_int_equal(k_net->recv(&bench->net, &byte, 1, &count), ONEOTA_AGAIN);
    assert_int_equal(count, 0);
}

static void test_posix_net_not_open_is_broken(void **state)
{
    bench_t *bench = *state;
    char byte = 'x';
    size_t count = 9;

    assert_int_equal(k_net->send(&bench->net, &byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
    assert_int_equal(k_net->last_error(&bench->net), ENOTCONN);
    count = 9;
    assert_int_equal(k_net->recv(&bench->net, &byte, 1, &count), ONEOTA_BROKEN);
    assert_int_equal(count, 0);
}

static void test_posix_net_close_in_any_state_can_be_opened_again(void **state)
{
    bench_t *bench = *state;

    k_net->close(&bench->net);
    k_net->close(&bench->net);
    connect_pair(bench);
    k_net->close(&bench->net);
    assert_int_equal(bench->net.fd, -1);
    k_net->close(&bench->net);
    close(bench->peer);
    connect_pair(bench);
}

/* ---------------------------------------------------------------- wait */

static void *write_late(void *argument)
{
    struct timespec pause = {0, 50000000};
    const bench_t *bench = argument;

    nanosleep(&pause, NULL);
    if (bench->peer < 0) {
        set_gate(true);
    } else {
        (void)!write(bench->peer, "x", 1);
    }
    return NULL;
}

static void test_posix_net_wait_wakes_when_data_arrives(void **state)
{
    bench_t *bench = *state;
    pthread_t writer;
    char byte = 0;
    size_t count = 0;

    connect_pair(bench);
    assert_false(oneota_posix_wait(&bench->net, 0));
    assert_int_equal(pthread_create(&writer, NULL, write_late, bench), 0);
    assert_true(oneota_posix_wait(&bench->net, UINT32_MAX));
    assert_int_equal(k_net->recv(&bench->net, &byte, 1, &count), ONEOTA_OK);
    assert_int_equal(byte, 'x');
    pthread_join(writer, NULL);
}

static void test_posix_net_wait_wakes_when_name_is_known(void **state)
{
    bench_t *bench = *state;
    pthread_t writer;

    g_names.fake = true;
    g_names.gate = false;
    add_address(bench, "127.0.0.1", AF_INET);
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    assert_int_equal(pthread_create(&writer, NULL, write_late, bench), 0);
    assert_true(oneota_posix_wait(&bench->net, UINT32_MAX));
    assert_int_not_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_BROKEN);
    pthread_join(writer, NULL);
}

static void test_posix_net_wait_ends_after_its_time(void **state)
{
    bench_t *bench = *state;
    uint64_t start = now_ms();

    assert_false(oneota_posix_wait(&bench->net, 30));
    assert_false(oneota_posix_wait(NULL, 30));
    assert_true(now_ms() - start >= 59);
}

/* As with a resolver that has no descriptor to wait for. */
static void test_posix_net_lookup_without_descriptor_is_asked_often(void **state)
{
    bench_t *bench = *state;
    uint64_t start = now_ms();
    int fd;

    g_names.fake = true;
    g_names.gate = false;
    g_names.error = EAI_AGAIN;
    assert_int_equal(k_net->open(&bench->net, "ota.invalid", bench->port, ""), ONEOTA_AGAIN);
    fd = bench->net.lookup->done_fd[0];
    bench->net.lookup->done_fd[0] = -1;
    assert_false(oneota_posix_wait(&bench->net, PATIENCE_MS));
    assert_true(now_ms() - start < PATIENCE_MS / 2);
    assert_false(oneota_posix_wait(&bench->net, 1));
    bench->net.lookup->done_fd[0] = fd;
    set_gate(true);
    assert_int_equal(open_to(bench, "ota.invalid"), ONEOTA_BROKEN);
}

static void on_alarm(int number)
{
    (void)number;
}

static void test_posix_net_wait_ends_with_a_signal(void **state)
{
    bench_t *bench = *state;
    struct sigaction action, before;
    struct itimerval soon = {{0, 0}, {0, 50000}};
    uint64_t start = now_ms();

    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    connect_pair(bench);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_false(oneota_posix_wait(&bench->net, PATIENCE_MS));
    assert_true(now_ms() - start < PATIENCE_MS / 2);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

/* ---------------------------------------------------------------- text */

static void test_posix_net_error_text_any_value_is_text(void **state)
{
    static const int32_t k_any[] = {INT32_MIN, -1,    4095,  9000,     9001,
                                    10000,     10999, 11000, INT32_MAX};

    (void)state;
    assert_string_equal(oneota_posix_net_error_text(0), "no error");
    assert_string_equal(oneota_posix_net_error_text(ECONNREFUSED), strerror(ECONNREFUSED));
    assert_string_equal(oneota_posix_net_error_text(ONEOTA_POSIX_LOOKUP_ERROR - EAI_AGAIN),
                        gai_strerror(EAI_AGAIN));
    for (size_t i = 0; i < sizeof k_any / sizeof k_any[0]; i++) {
        assert_non_null(oneota_posix_net_error_text(k_any[i]));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_posix_net_numeric_address_connects),
        TEST(test_posix_net_connected_at_once_is_open_after_one_call),
        TEST(test_posix_net_receive_buffer_is_settable),
        TEST(test_posix_net_ipv6_address_connects),
        TEST(test_posix_net_localhost_connects),
        TEST(test_posix_net_refused_is_broken),
        TEST(test_posix_net_unknown_name_is_broken_with_text),
        TEST(test_posix_net_name_of_this_host_is_refused),
        TEST(test_posix_net_name_that_has_moved_is_asked_for_anew),
        TEST(test_posix_net_resolver_system_error_is_errno),
        TEST(test_posix_net_first_address_refuses_next_connects),
        TEST(test_posix_net_all_addresses_refuse_first_error_is_told),
        TEST(test_posix_net_silent_address_comes_last_next_time),
        TEST(test_posix_net_close_during_lookup_drops_late_answer),
        TEST(test_posix_net_close_after_answer_frees_it),
        TEST(test_posix_net_lookup_cannot_start_is_broken),
        TEST(test_posix_net_socket_call_fails_is_broken),
        TEST(test_posix_net_fin_gives_all_bytes_then_closed),
        TEST(test_posix_net_reset_is_broken),
        TEST(test_posix_net_send_to_reset_peer_is_broken_without_signal),
        TEST(test_posix_net_peer_does_not_read_send_waits_for_room),
        TEST(test_posix_net_interrupted_call_is_again),
        TEST(test_posix_net_not_open_is_broken),
        TEST(test_posix_net_close_in_any_state_can_be_opened_again),
        TEST(test_posix_net_wait_wakes_when_data_arrives),
        TEST(test_posix_net_wait_wakes_when_name_is_known),
        TEST(test_posix_net_wait_ends_after_its_time),
        TEST(test_posix_net_lookup_without_descriptor_is_asked_often),
        TEST(test_posix_net_wait_ends_with_a_signal),
        TEST(test_posix_net_error_text_any_value_is_text),
    };

    return cmocka_run_group_tests_name("posix_net", k_tests, NULL, NULL);
}
