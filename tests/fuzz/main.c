/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: gives files to a harness without a fuzzer: corpora, and what a fuzzer found.
 *
 *     fuzz_http FILE|FOLDER...
 */
#include <dirent.h>

#include "fuzz.h"

#define INPUT_MAX 65536u

static unsigned count;

static bool run_file(const char *path)
{
    static uint8_t data[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(data, 1, sizeof data, file);
    bool good = ferror(file) == 0;
    (void)fclose(file);
    if (good) {
        uint8_t *copy = fuzz_copy(data, size);
        fprintf(stderr, "%s\n", path);
        (void)LLVMFuzzerTestOneInput(copy, size);
        free(copy);
        count++;
    }
    return good;
}

static bool run_folder(DIR *folder, const char *path)
{
    char name[1024];
    bool good = true;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            good = run_file(name) && good;
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    bool good = true;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        good = (folder != NULL ? run_folder(folder, argv[i]) : run_file(argv[i])) && good;
        if (folder != NULL) {
            (void)closedir(folder);
        }
    }
    printf("%u inputs\n", count);
    return good && count > 0 ? 0 : 1;
}
