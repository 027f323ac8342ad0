/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_net.h: a stream to a server in the same process as an oneota_net_t port, which breaks on
 * request.
 *
 * The server is a function: request bytes in, an answer out. Answers and calls are counted from
 * 1; plans name those numbers, may be set between any two calls and hold until fake_net_init().
 * What a client must never do (a request while an answer is on its way, another call after AGAIN,
 * a call without a connection) is a violation.
 */
#ifndef ONEOTA_FAKE_NET_H
#define ONEOTA_FAKE_NET_H

#include "oneota/port.h"

#define FAKE_NET_ANSWERS_MAX 512u
#define FAKE_NET_REQUEST_MAX 2048u
#define FAKE_NET_LEFT_MAX    1024u
#define FAKE_NET_FOR_EVER    UINT32_MAX

typedef struct {
    char head[1024];
    uint32_t head_length;
    const uint8_t *body; /**< borrowed until the next answer */
    uint32_t body_length;
    bool close; /**< the server ends the connection behind it */
} fake_answer_t;

typedef struct {
    /** Reads one request. @return the bytes that it took, 0: it is not whole yet */
    uint32_t (*serve)(void *ctx, const char *request, uint32_t length, fake_answer_t *answer);
    /** Some of the present answer has reached the client: so many bytes of its body; whole: all
     * of it. */
    void (*delivered)(void *ctx, uint32_t body_bytes, bool whole);
} fake_server_t;

/** What happens to an answer instead of its byte fault_at. */
typedef enum {
    FAKE_NET_FINE = 0,
    FAKE_NET_CLOSE,   /**< FIN */
    FAKE_NET_RESET,   /**< BROKEN */
    FAKE_NET_STALL,   /**< nothing comes any more on this connection */
    FAKE_NET_PAUSE,   /**< nothing comes for pause_ms, then it goes on */
    FAKE_NET_SLOW,    /**< from there on each receive has one byte */
    FAKE_NET_EARLY,   /**< behind this byte of the request a refusal comes, and the end */
    FAKE_NET_CORRUPT, /**< bit fault_bit of it is wrong */
    FAKE_NET_TWICE,   /**< what came before it comes once more: fault_bytes, or all there was */
    FAKE_NET_TAIL,    /**< behind the whole answer come fault_bytes of rubbish */
    FAKE_NET_FAULT_COUNT
} fake_net_fault_t;

typedef enum {
    FAKE_NET_OPEN = 0,
    FAKE_NET_SEND,
    FAKE_NET_RECV,
    FAKE_NET_ANY,
    FAKE_NET_CALLS
} fake_net_call_t;

/** How a planned call ends. */
typedef enum {
    FAKE_NET_CALL_BROKEN = 0,
    FAKE_NET_CALL_CLOSED,
    FAKE_NET_CALL_AGAIN,  /**< once, then it is done */
    FAKE_NET_CALL_LOST,   /**< BROKEN, but what was sent did arrive */
    FAKE_NET_CALL_PARTLY, /**< sends or receives one byte */
    FAKE_NET_CALL_LATE,   /**< BROKEN; what was sent arrives behind the next request */
    FAKE_NET_CALL_COUNT,
    FAKE_NET_CALL_ODD = FAKE_NET_CALL_COUNT /**< a code that no port may return */
} fake_net_end_t;

typedef struct {
    oneota_net_t port;
    const fake_server_t *server;
    void *server_ctx;

    /* counters */
    uint32_t answers;
    uint32_t lengths[FAKE_NET_ANSWERS_MAX];  /**< of answer n in [n - 1] */
    uint32_t requests[FAKE_NET_ANSWERS_MAX]; /**< likewise, of what it answers */
    uint32_t calls[FAKE_NET_CALLS];
    uint64_t bytes_down;
    uint32_t losses;       /**< calls that ended the connection, or got none, and waits in vain */
    const char *violation; /**< the first, NULL: none */

    /* plan: how bytes come; 0: as many as fit */
    uint32_t recv_max;
    uint32_t send_max;
    uint32_t split_answer, split_at; /**< one receive ends before this byte */

    /* plan: an answer */
    uint8_t fault; /**< fake_net_fault_t */
    uint32_t fault_answer, fault_at;
    uint8_t fault_bit;
    uint32_t fault_bytes;
    bool fault_stays;       /**< to every answer from that one on */
    uint32_t pause_ms;      /**< by now_ms */
    const uint32_t *now_ms; /**< borrowed; NULL: nothing pauses */

    /* plan: a call */
    uint8_t call;       /**< fake_net_call_t */
    uint8_t call_end;   /**< fake_net_end_t */
    uint32_t call_at;   /**< 0: none */
    uint32_t call_more; /**< so many of them behind it, too; FAKE_NET_FOR_EVER */
    bool *late;         /**< borrowed: set while the server takes what came late */
    bool down;        /**< every open is BROKEN */

    /* plan: the power goes once this call (of any kind) is done; 0: never */
    uint32_t cut_at;
    void (*power_off)(void *ctx);
    void *power_ctx;

    /* private */
    bool open, stalled, early;
    bool paused, resumed;
    bool doubled;                    /**< more comes than the answer has */
    uint32_t extra;                  /**< bytes that have come twice, behind its head */
    uint8_t left[FAKE_NET_LEFT_MAX]; /**< behind an answer, before the next one */
    uint32_t left_length, left_place;
    uint32_t resume_ms;
    bool answering;
    uint32_t place;
    fake_answer_t answer;
    char request[FAKE_NET_REQUEST_MAX];
    uint32_t request_length;
    char delayed[FAKE_NET_REQUEST_MAX];
    uint32_t delayed_length, delayed_behind; /**< arrives behind so many answers */
    const void *again_data; /**< of a send that was AGAIN */
    size_t again_length;
    uint8_t again_call; /**< 1 + fake_net_call_t */
} fake_net_t;

void fake_net_init(fake_net_t *net, const fake_server_t *server, void *server_ctx);

/** How long until something comes; UINT32_MAX: nothing is on its way. */
uint32_t fake_net_left_ms(const fake_net_t *net);

/** The device has lost its power: the connection is gone. Counters and plans stay. */
void fake_net_drop(fake_net_t *net);

#endif
