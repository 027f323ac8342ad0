/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cut.c: a power cut in the middle of one write of flash: LD_PRELOAD it, and name the write in
 * ONEOTA_CUT. Half of it is done, then the process is killed. The port writes its flash with
 * pwrite() alone. ONEOTA_WRITES names a file that gets the number of all writes at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long writes;

static ssize_t write_counted(const char *name, int fd, const void *data, size_t length,
                             off_t offset)
{
    const char *cut = getenv("ONEOTA_CUT");
    ssize_t (*right)(int, const void *, size_t, off_t);
    *(void **)&right = dlsym(RTLD_NEXT, name);
    if (++writes == (cut != NULL ? strtoul(cut, NULL, 10) : 0)) {
        (void)right(fd, data, length / 2u, offset);
        raise(SIGKILL);
    }
    return right(fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    return write_counted("pwrite", fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset)
{
    return write_counted("pwrite64", fd, data, length, offset);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("ONEOTA_WRITES");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%lu\n", writes);
        fclose(file);
    }
}
