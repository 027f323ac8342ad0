/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cost_curl.c: libcurl, easy interface, one handle and so one connection, a Range for each request.
 *
 *     cost_curl SIZE FILE
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto.h"
#include "stand_in.h"
#include "store.h"

#define RANGE 4096u

typedef struct {
    store_t store;
    oneota_hash_t hash;
    uint32_t place;
} job_t;

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
    job_t *job = ctx;
    size_t length = size * count;
    oneota_crypto_hash_add(&job->hash, (const uint8_t *)data, length);
    if (store_program(&job->store, job->place, data, (uint32_t)length) != ONEOTA_OK) {
        return 0;
    }
    job->place += (uint32_t)length;
    return length;
}

static CURLcode get_range(CURL *curl, job_t *job, uint32_t end)
{
    char range[32];
    long status = 0;
    snprintf(range, sizeof range, "%lu-%lu", (unsigned long)job->place, (unsigned long)end - 1u);
    curl_easy_setopt(curl, CURLOPT_RANGE, range);
    CURLcode error = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return error != CURLE_OK || (status == 206 && job->place == end) ? error : CURLE_RANGE_ERROR;
}

int main(int argc, char **argv)
{
    static job_t job;
    char url[128];
    CURLcode error = CURLE_OK;
    if (argc != 3) {
        return 2;
    }
    uint32_t size = (uint32_t)strtoul(argv[1], NULL, 10);
    store_open(&job.store, argv[2], size);
    oneota_crypto_hash_begin(&job.hash, CRYPTO_MD5);
    snprintf(url, sizeof url, "http://127.0.0.1:%s/ota/south/download/" STAND_IN_TOKEN,
             getenv("BENCH_PORT"));
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &job);
    while (error == CURLE_OK && job.place < size) {
        error = get_range(curl, &job, job.place + RANGE);
    }
    curl_easy_cleanup(curl);
    if (error != CURLE_OK) {
        fprintf(stderr, "bench: libcurl: %s\n", curl_easy_strerror(error));
    }
    return error == CURLE_OK ? 0 : 1;
}
