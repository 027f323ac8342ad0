/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * server.c: the stand-in on a loopback socket, for as long as a command runs:
 *
 *     bench_server SIZE COMMAND...
 *
 * SIZE is that of the package; the command finds the port in BENCH_PORT. Each answer comes 2 ms
 * after its request, so that a client waits for it once, as on any network, and its work is the
 * same each time.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stand_in.h"

static void need(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = { 0 };
    socklen_t length = sizeof address;
    char port[8];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    need(fd, "socket");
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    need(listen(fd, 8), "listen");
    need(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
    need(fcntl(fd, F_SETFD, FD_CLOEXEC), "fcntl");
    snprintf(port, sizeof port, "%u", (unsigned)ntohs(address.sin_port));
    need(setenv("BENCH_PORT", port, 1), "setenv");
    return fd;
}

/* Header and body in one call, so that they arrive as one. */
static int send_answer(int fd, stand_in_answer_t *answer)
{
    const struct timespec delay = { 0, 2000000 };
    struct iovec parts[2] = { { answer->head, answer->head_length },
                              { (void *)(uintptr_t)answer->body, answer->body_length } };
    size_t left = parts[0].iov_len + parts[1].iov_len;
    nanosleep(&delay, NULL);
    while (left > 0) {
        ssize_t sent = writev(fd, parts, 2);
        if (sent <= 0) {
            return -1;
        }
        left -= (size_t)sent;
        for (int n = 0; n < 2; n++) {
            size_t part = (size_t)sent < parts[n].iov_len ? (size_t)sent : parts[n].iov_len;
            parts[n].iov_base = (char *)parts[n].iov_base + part;
            parts[n].iov_len -= part;
            sent -= (ssize_t)part;
        }
    }
    return 0;
}

static void serve(const stand_in_t *platform, int fd)
{
    static char text[2048];
    static stand_in_answer_t answer;
    size_t length = 0;
    int on = 1;
    need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
    for (;;) {
        ssize_t count = recv(fd, text + length, sizeof text - 1u - length, 0);
        if (count <= 0) {
            break;
        }
        length += (size_t)count;
        size_t used = stand_in_serve(platform, text, length, &answer);
        if (used > 0 && send_answer(fd, &answer) != 0) {
            break;
        }
        length -= used;
        memmove(text, text + used, length);
    }
    close(fd);
}

int main(int argc, char **argv)
{
    stand_in_t platform;
    int ends[2];
    int status = 0;
    if (argc < 3) {
        fputs("usage: bench_server SIZE COMMAND...\n", stderr);
        return 2;
    }
    stand_in_init(&platform, (uint32_t)strtoul(argv[1], NULL, 10));
    int listener = listen_somewhere();
    need(pipe(ends), "pipe");
    pid_t child = fork();
    need((int)child, "fork");
    if (child == 0) {
        close(ends[0]);
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    close(ends[1]); /* the command has the other one until it ends */
    struct pollfd ready[2] = { { listener, POLLIN, 0 }, { ends[0], POLLIN, 0 } };
    while (poll(ready, 2, -1) > 0 && ready[1].revents == 0) {
        int fd = accept(listener, NULL, NULL);
        need(fd, "accept");
        need(fcntl(fd, F_SETFD, FD_CLOEXEC), "fcntl");
        serve(&platform, fd);
    }
    need((int)waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
