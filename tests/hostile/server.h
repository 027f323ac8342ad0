/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * server.h: OneNET with one task, honest but for the calls that a row is about; and what its
 * requests say of the device. It knows what is true of the board, not what the client believes.
 */
#ifndef ONEOTA_TEST_HOSTILE_SERVER_H
#define ONEOTA_TEST_HOSTILE_SERVER_H

#include "answer.h"
#include "kit.h"
#include "row.h"

#define SERVER_ENDS_MAX 64u

typedef struct {
    kit_t *kit;
    const row_t *row;
    bool fuse;
    bool always;

    /* what happened */
    uint32_t requests;
    uint32_t lies;
    uint32_t lie_ms, next_ms; /**< when the first lie was told, and the request behind it came */
    uint8_t ends[SERVER_ENDS_MAX]; /**< reports from 101 on, as they came */
    uint32_t end_count;
    const char *problem; /**< what the device must not do, or NULL */

    /* private */
    uint32_t seen[ROW_CALLS];
    uint8_t percent;   /**< last told */
    uint32_t piece_ms; /**< when the last piece of a slow answer came */
    uint32_t ended;    /**< tasks, as the client said */
    bool over;         /**< a failure was reported, or 201 */
    char body[400];
    honest_t honest;
    answer_t answer;
} server_t;

/** kit is made, and not started; its client speaks to this server from now on. */
void server_init(server_t *server, kit_t *kit, const row_t *row, bool fuse, bool always);
void server_free(server_t *server);

#endif
