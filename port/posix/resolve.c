/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * resolve.c: getaddrinfo() in a detached thread. The lookup belongs to the thread and to the port
 * together: whoever lets go of it last, frees it.
 */
#define _POSIX_C_SOURCE 200809L

#include "resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oneota_posix.h"

#define NAME_BYTES        256u /* a host name has at most 253 characters */
#define LOOKUP_ERROR_SPAN 1000 /* EAI_* are small; some systems count them down */

struct oneota_posix_lookup {
    pthread_mutex_t lock;
    struct addrinfo *list; /* under lock until done */
    int32_t native;        /* under lock until done */
    bool done;             /* under lock: the thread has let go */
    bool dropped;          /* under lock: the port has let go */
    int done_fd[2];        /* pipe: the thread closes its end when done */
    char name[NAME_BYTES];
    char service[6];
};

static int32_t native_error(int error)
{
    return error == EAI_SYSTEM ? errno : ONEOTA_POSIX_LOOKUP_ERROR - error;
}

static int ask(const struct oneota_posix_lookup *lookup, int flags, struct addrinfo **list)
{
    struct addrinfo hints;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    return getaddrinfo(lookup->name, lookup->service, &hints, list);
}

static void destroy(struct oneota_posix_lookup *lookup)
{
    if (lookup->list != NULL) {
        freeaddrinfo(lookup->list);
    }
    if (lookup->done_fd[0] >= 0) {
        close(lookup->done_fd[0]);
    }
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *run(void *argument)
{
    struct oneota_posix_lookup *lookup = argument;
    struct addrinfo *list = NULL;
    int error = ask(lookup, 0, &list);
    int32_t native = error == 0 ? 0 : native_error(error);

    pthread_mutex_lock(&lookup->lock);
    lookup->list = error == 0 ? list : NULL;
    lookup->native = native;
    lookup->done = true;
    close(lookup->done_fd[1]);
    bool dropped = lookup->dropped;
    pthread_mutex_unlock(&lookup->lock);
    if (dropped) {
        destroy(lookup);
    }
    return NULL;
}

/* The thread takes no signal: they are for whoever waits in poll(2). */
static int start_thread(struct oneota_posix_lookup *lookup)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) {
        pthread_detach(thread);
    }
    return error;
}

static int ask_in_thread(struct oneota_posix_lookup *lookup)
{
    if (pipe(lookup->done_fd) != 0) {
        lookup->done_fd[0] = -1;
        return errno;
    }
    fcntl(lookup->done_fd[0], F_SETFD, FD_CLOEXEC);
    fcntl(lookup->done_fd[1], F_SETFD, FD_CLOEXEC);

    int error = start_thread(lookup);
    if (error != 0) {
        close(lookup->done_fd[1]);
    }
    return error;
}

struct oneota_posix_lookup *resolve_start(const char *name, uint16_t port, int32_t *native)
{
    size_t length = strlen(name);
    struct oneota_posix_lookup *lookup = NULL;

    *native = ENAMETOOLONG;
    if (length < NAME_BYTES) {
        *native = ENOMEM;
        lookup = calloc(1, sizeof *lookup);
    }
    if (lookup == NULL) {
        return NULL;
    }
    memcpy(lookup->name, name, length);
    snprintf(lookup->service, sizeof lookup->service, "%u", (unsigned)port);
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->done_fd[0] = -1;

    *native = 0;
    lookup->done = ask(lookup, AI_NUMERICHOST, &lookup->list) == 0;
    if (!lookup->done) {
        lookup->list = NULL;
        *native = ask_in_thread(lookup);
    }
    if (*native != 0) {
        destroy(lookup);
        return NULL;
    }
    return lookup;
}

oneota_error_t resolve_poll(struct oneota_posix_lookup *lookup, uint8_t *addresses, int32_t *native)
{
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    pthread_mutex_unlock(&lookup->lock);
    if (!done) {
        return ONEOTA_AGAIN;
    }

    *addresses = 0;
    for (const struct addrinfo *at = lookup->list; at != NULL && *addresses < UINT8_MAX;
         at = at->ai_next) {
        ++*addresses;
    }
    *native = lookup->native;
    return *addresses > 0 ? ONEOTA_OK : ONEOTA_BROKEN;
}

socklen_t resolve_address(const struct oneota_posix_lookup *lookup, uint8_t index,
                          struct sockaddr_storage *address)
{
    const struct addrinfo *at = lookup->list;

    while (index-- > 0) {
        at = at->ai_next;
    }
    memset(address, 0, sizeof *address);
    memcpy(address, at->ai_addr, at->ai_addrlen);
    return at->ai_addrlen;
}

int resolve_fd(const struct oneota_posix_lookup *lookup)
{
    return lookup->done_fd[0];
}

void resolve_drop(struct oneota_posix_lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    lookup->dropped = true;
    pthread_mutex_unlock(&lookup->lock);
    if (done) {
        destroy(lookup);
    }
}

const char *resolve_error_text(int32_t native)
{
    if (native <= ONEOTA_POSIX_LOOKUP_ERROR - LOOKUP_ERROR_SPAN ||
        native >= ONEOTA_POSIX_LOOKUP_ERROR + LOOKUP_ERROR_SPAN) {
        return NULL;
    }
    return gai_strerror(ONEOTA_POSIX_LOOKUP_ERROR - (int)native);
}
