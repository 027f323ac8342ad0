/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_client.c: the whole client, with a server and a flash of any kind.
 *
 * Input: flags of the device (FLAG_*), bytes a receive and a send may take, battery, tick at the
 * start, seed, kind of the package (KIND_*), 1 of no use; what the journal holds; then a step for
 * each request. A step says how the server answers (STEP_*), what the application commands, and
 * whether the power goes. When the input has come to its end, the server is OneNET.
 *
 * The fake board and net judge: the running slot is never touched, nothing is marked or inspected
 * that is not the package whole, no port is used out of turn. No secret is in a line of log.
 */
#include "fake_board.h"
#include "fake_md5.h"
#include "fake_net.h"
#include "fake_package.h"
#include "fake_platform.h"
#include "fake_signer.h"
#include "fuzz_record.h"
#include "journal.h"
#include "oneota/differential.h"
#include "oneota/oneota.h"

#define FACTORY_SIZE 500u
#define PACKAGE_SIZE 700u
#define POLLS_MAX    600u
#define BODY_MAX     4096u
#define KEY          "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="

enum {
    FLAG_FUSE = 1,
    FLAG_HIDES_REVERT = 2,
    FLAG_REJECTS = 4,
    FLAG_SILENT = 8, /* says nothing of the image on trial; with REJECTS: it crashes */
    FLAG_ADDRESS = 16,
    FLAG_NO_CLOCK = 32,
    FLAG_RUBBISH = 64 /* in the other slot, where otherwise the package stands */
};

enum { KIND_FULL = 0, KIND_DIFFERENTIAL, KIND_SIGNED, KINDS };

enum {
    STEP_TRUE = 0,
    STEP_RAW,     /* these bytes: length (2) */
    STEP_BODY,    /* this body: status, length */
    STEP_CHANGED, /* OneNET's answer with a byte changed: place, by what; above 127 in its body */
    STEP_CUT,     /* ... with its end missing: place (2) */
    STEP_SILENCE, /* or the end of the connection */
    STEP_CODE,    /* JSON with this code */
    STEP_STATUS   /* OneNET's answer with another status */
};

typedef struct {
    fake_board_t board;
    fake_net_t net;
    fake_platform_t platform;
    oneota_setup_t setup;
    oneota_image_t image;
    oneota_trust_t trust;
    oneota_t *client;
    fuzz_input_t input;
    uint8_t flags;
    uint8_t kind;
    uint8_t command;
    bool restart, true_answer, lied;
    uint8_t factory[FACTORY_SIZE], package[PACKAGE_SIZE], sealed[PACKAGE_SIZE];
    fake_package_t patch;
    struct {
        const uint8_t *image, *sent;
        uint32_t size; /* of what is sent */
        char md5[33];
    } packages[KINDS], *present;
    uint8_t body[BODY_MAX];
} world_t;

static world_t world;

/* ---------------------------------------------------------------- what is true */

static const char *truth_version(void *ctx, uint8_t type)
{
    const world_t *w = ctx;
    return type == ONEOTA_SOTA ? w->board.runs[0]->version : NULL;
}

static bool truth_runs(void *ctx, const fake_task_t *task)
{
    const world_t *w = ctx;
    return w->board.runs[0]->bytes == task->package;
}

static bool truth_holds(void *ctx, const fake_task_t *task)
{
    const world_t *w = ctx;
    const fake_known_t *held = fake_board_content(&w->board, 0, w->board.running[0] ^ 1u);
    return held != NULL && held->bytes == task->package;
}

static bool truth_settled(void *ctx)
{
    const world_t *w = ctx;
    return fake_board_settled(&w->board);
}

static uint64_t truth_unix_s(void *ctx)
{
    const world_t *w = ctx;
    return w->board.unix_s + w->board.now_ms / 1000u;
}

static const fake_truth_t k_truth = {truth_version, truth_runs, truth_holds, truth_settled,
                                     truth_unix_s};

/* ---------------------------------------------------------------- the server */

static uint32_t put_json(world_t *w, int code)
{
    const char *form = (w->flags & FLAG_FUSE) != 0 ? "{\"code\":%d,\"msg\":\"now=1800000000\"}"
                                                   : "{\"errno\":%d,\"error\":\"now=1800000000\"}";
    return (uint32_t)snprintf((char *)w->body, sizeof w->body, form, code);
}

static void put_head(world_t *w, fake_answer_t *answer, unsigned status, uint32_t length)
{
    answer->head_length =
        (uint32_t)snprintf(answer->head, sizeof answer->head,
                           "HTTP/1.1 %u \r\nContent-Length: %u\r\n\r\n", status, (unsigned)length);
    answer->body = w->body;
    answer->body_length = length;
}

static uint32_t take_body(world_t *w, size_t wanted)
{
    size_t length;
    const uint8_t *bytes = fuzz_take(&w->input, wanted < BODY_MAX ? wanted : BODY_MAX, &length);
    if (length > 0) {
        memcpy(w->body, bytes, length);
    }
    return (uint32_t)length;
}

static void change(world_t *w, fake_answer_t *answer)
{
    const uint32_t at = fuzz_u8(&w->input);
    const uint8_t by = fuzz_u8(&w->input);
    if (by < 128u && answer->head_length > 0) {
        answer->head[at % answer->head_length] ^= (char)by;
    } else if (answer->body_length > 0 && answer->body_length <= BODY_MAX) {
        memmove(w->body, answer->body, answer->body_length);
        w->body[at % answer->body_length] ^= by;
        answer->body = w->body;
    }
}

static void cut(world_t *w, fake_answer_t *answer)
{
    const uint32_t at = fuzz_u16(&w->input) % (answer->head_length + answer->body_length + 1u);
    answer->close = true;
    if (at < answer->head_length) {
        answer->head_length = at;
        answer->body_length = 0;
    } else {
        answer->body_length = at - answer->head_length;
    }
}

static void lie(world_t *w, uint8_t kind, fake_answer_t *answer)
{
    static const uint16_t k_statuses[] = {200, 206, 204, 302, 401, 403, 404, 416, 429, 500, 503};
    const size_t count = sizeof k_statuses / sizeof k_statuses[0];
    uint16_t status;
    switch (kind) {
    case STEP_RAW:
        answer->head_length = 0;
        answer->body_length = take_body(w, fuzz_u16(&w->input));
        answer->body = w->body;
        break;
    case STEP_BODY:
        status = k_statuses[fuzz_u8(&w->input) % count];
        put_head(w, answer, status, take_body(w, fuzz_u8(&w->input)));
        break;
    case STEP_CHANGED:
        change(w, answer);
        break;
    case STEP_CUT:
        cut(w, answer);
        break;
    case STEP_SILENCE:
        answer->head_length = answer->body_length = 0;
        answer->close = (fuzz_u8(&w->input) & 1u) == 0;
        break;
    case STEP_CODE:
        put_head(w, answer, 200, put_json(w, fuzz_u8(&w->input)));
        break;
    default:
        status = k_statuses[fuzz_u8(&w->input) % count];
        if (answer->head_length > 12u) {
            answer->head[9] = (char)('0' + status / 100u);
            answer->head[10] = (char)('0' + status / 10u % 10u);
            answer->head[11] = (char)('0' + status % 10u);
        }
        break;
    }
}

static uint32_t serve(void *ctx, const char *request, uint32_t length, fake_answer_t *answer)
{
    world_t *w = ctx;
    const fake_server_t *server = (w->flags & FLAG_FUSE) != 0 ? &fake_fuse : &fake_south;
    const uint32_t used = server->serve(&w->platform, request, length, answer);
    if (used > 0) {
        const uint8_t step = fuzz_u8(&w->input);
        w->command = step >> 3;
        w->true_answer = step % 8u == STEP_TRUE;
        if (!w->true_answer) {
            w->lied = true;
            lie(w, step % 8u, answer);
        }
    }
    return used;
}

static void delivered(void *ctx, uint32_t body_bytes, bool whole)
{
    world_t *w = ctx;
    if (w->true_answer) {
        fake_platform_delivered(&w->platform, body_bytes, whole);
    }
}

static const fake_server_t k_server = {serve, delivered};

/* ---------------------------------------------------------------- the application */

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    const world_t *w = ctx;
    const char *text = line->text != NULL ? line->text : "";
    /* a server that lies can say such words itself, and the first of its own are shown */
    FUZZ_CHECK(w->lied || (strstr(text, KEY) == NULL && strstr(text, "sign=") == NULL));
    for (; *text != '\0'; text++) {
        FUZZ_CHECK(*text >= ' ' && *text <= '~');
    }
}

static const oneota_log_t k_log = {on_line};

static void on_event(void *ctx, const oneota_event_t *event)
{
    world_t *w = ctx;
    FUZZ_CHECK(event->reason < ONEOTA_REASON_COUNT && event->percent <= 100u);
    if (event->type == ONEOTA_EVENT_RESTART) {
        w->restart = true;
    } else if (event->type == ONEOTA_EVENT_TRIAL && (w->flags & FLAG_SILENT) == 0) {
        (void)((w->flags & FLAG_REJECTS) != 0 ? oneota_reject(w->client)
                                              : oneota_confirm(w->client));
    } else if (event->type == ONEOTA_EVENT_TRIAL) {
        w->restart = (w->flags & FLAG_REJECTS) != 0;
    } else if (event->type == ONEOTA_EVENT_UPDATED) {
        FUZZ_CHECK(fake_board_settled(&w->board));
    }
}

static void obey(world_t *w)
{
    static oneota_error_t (*const k_commands[])(oneota_t *) = {
        NULL,          oneota_check_now,     oneota_pause,         oneota_resume,
        oneota_cancel, oneota_defer_install, oneota_allow_install, oneota_forget};
    const uint8_t command = w->command;
    w->command = 0;
    if (command % 8u != 0) {
        (void)k_commands[command % 8u](w->client);
    }
    w->restart = w->restart || (command & 8u) != 0;
    w->board.battery = (command & 16u) != 0 ? 1 : w->board.battery;
}

/* ---------------------------------------------------------------- set-up */

static void make_setup(world_t *w)
{
    oneota_setup_t *setup = &w->setup;
    memset(setup, 0, sizeof *setup);
    setup->dialect = (w->flags & FLAG_FUSE) != 0 ? &oneota_fuse : &oneota_south;
    setup->identity =
        (w->flags & FLAG_FUSE) != 0
            ? (oneota_identity_t){.product = "Xy12Zz34Aa",
                                  .device = "pump-7",
                                  .key = KEY,
                                  .auth_version = "2022-05-01",
                                  .scope = ONEOTA_RES_DEVICE,
                                  .sign = ONEOTA_SIGN_SHA256}
            : (oneota_identity_t){.product = "33704", .device = "527776559", .key = KEY};
    setup->address = (w->flags & FLAG_FUSE) != 0 ? "iot-api.heclouds.com" : "ota.heclouds.com";
    setup->images = &w->image;
    setup->image_count = 1;
    setup->net = &w->net.port;
    setup->net_ctx = &w->net;
    setup->boot = &fake_boot;
    setup->boot_ctx = &w->board;
    setup->journal = &w->board.journal.port;
    setup->journal_ctx = &w->board.journal;
    setup->clock = &fake_clock;
    setup->clock_ctx = &w->board;
    setup->device = &fake_device;
    setup->device_ctx = &w->board;
    setup->log = &k_log;
    setup->log_ctx = w;
    setup->event = on_event;
    setup->event_ctx = w;
    setup->check_at_once = true;
    setup->use_address = setup->use_private_address = (w->flags & FLAG_ADDRESS) != 0;
    setup->work_bytes = ONEOTA_WORK_BYTES;
    if (w->kind == KIND_DIFFERENTIAL) {
        setup->delta = &oneota_differential;
        setup->work_bytes = ONEOTA_WORK_DELTA_BYTES(1024);
    } else if (w->kind == KIND_SIGNED) {
        setup->trust = &w->trust;
    }
    for (unsigned slot = 0; slot < 2u; slot++) {
        w->image.slot[slot] = &w->board.slots[0][slot].port;
        w->image.slot_ctx[slot] = &w->board.slots[0][slot];
    }
    w->image.id.type = ONEOTA_SOTA;
}

static void make_package(world_t *w, unsigned kind, const uint8_t *image, const uint8_t *sent,
                         uint32_t size)
{
    w->packages[kind].image = image;
    w->packages[kind].sent = sent;
    w->packages[kind].size = size;
    fake_md5_hex(sent, size, w->packages[kind].md5);
}

/* Once for all inputs. */
static void make_board(world_t *w)
{
    fake_board_config_t config = {.images = 1};
    config.slot =
        (fake_flash_config_t){.size = 2048, .unit = 512, .program_unit = 8, .erased = 0xFF};
    config.journal =
        (fake_flash_config_t){.size = 6144, .unit = 2048, .program_unit = 8, .erased = 0xFF};
    FUZZ_CHECK(fake_board_init(&w->board, &config));
    for (uint32_t n = 0; n < PACKAGE_SIZE; n++) {
        w->package[n] = (uint8_t)(n * n >> 3);
        w->factory[n % FACTORY_SIZE] = (uint8_t)(n * 7u);
    }
    (void)fake_board_know(&w->board, 0, w->factory, FACTORY_SIZE, "1.0");
    memcpy(w->sealed, w->package, PACKAGE_SIZE);
    fake_signer_seal(w->sealed, PACKAGE_SIZE, "1.1", FAKE_COUNTER, 0);
    w->trust = fake_signer_trust(1);
    fake_package_make(&w->patch, w->factory, FACTORY_SIZE, w->package, PACKAGE_SIZE);
    (void)fake_board_know(&w->board, 0, w->package, PACKAGE_SIZE, "1.1");
    (void)fake_board_know(&w->board, 0, w->sealed, PACKAGE_SIZE, "1.1");
    make_package(w, KIND_FULL, w->package, w->package, PACKAGE_SIZE);
    make_package(w, KIND_DIFFERENTIAL, w->package, w->patch.bytes, w->patch.length);
    make_package(w, KIND_SIGNED, w->sealed, w->sealed, PACKAGE_SIZE);
}

static void make_device(world_t *w)
{
    uint8_t front[8];
    fuzz_fill(&w->input, front, sizeof front);
    w->flags = front[0];
    w->kind = front[6] % KINDS;
    w->present = &w->packages[w->kind];
    fake_board_reset(&w->board, 2u + 2u * front[5]);
    w->board.config.hides_revert = (w->flags & FLAG_HIDES_REVERT) != 0;
    w->board.clock_known = (w->flags & FLAG_NO_CLOCK) == 0;
    w->board.battery = front[3] != 0 ? front[3] % 101 : 80;
    w->board.now_ms = (uint32_t)front[4] << 24;
    if ((w->flags & FLAG_RUBBISH) == 0) {
        fake_flash_put(&w->board.slots[0][1].flash, 0, w->present->image, PACKAGE_SIZE);
    }
    fake_net_init(&w->net, &k_server, w);
    w->net.recv_max = front[1];
    w->net.send_max = front[2];
    fake_platform_init(&w->platform, &k_truth, w);
    w->platform.announces = (w->flags & FLAG_FUSE) != 0;
    w->platform.handles = (w->flags & FLAG_FUSE) != 0 ? "9007199254741000" : w->platform.handles;
    w->platform.trailers = w->kind == KIND_SIGNED;
    fake_task_t *task = fake_platform_add(&w->platform, ONEOTA_SOTA, "1.1", w->present->image,
                                          w->present->size, w->present->md5);
    task->served = w->present->sent;
    task->differential = w->kind == KIND_DIFFERENTIAL;
    make_setup(w);
}

/* ---------------------------------------------------------------- what the journal holds */

static void write_record(oneota_journal_t *journal, uint8_t type, const void *data, size_t length)
{
    oneota_error_t error = ONEOTA_AGAIN;
    while (error == ONEOTA_AGAIN) {
        error = oneota_journal_write(journal, type, data, length);
    }
    FUZZ_CHECK(error == ONEOTA_OK);
}

static void write_records(world_t *w, const oneota_record_t *record)
{
    oneota_journal_t journal;
    uint8_t scratch[256];
    FUZZ_CHECK(oneota_journal_init(&journal, w->setup.journal, w->setup.journal_ctx, scratch) ==
               ONEOTA_OK);
    write_record(&journal, RECORD_ORDER, &record->order, sizeof record->order);
    write_record(&journal, RECORD_PROGRESS, &record->at, sizeof record->at);
}

/* The platform's task, come as far as the input says. */
static void own_task(world_t *w, oneota_record_t *record)
{
    const char *md5 = w->present->md5;
    oneota_answer_t answer = {.task = {.size = w->present->size, .type = 1, .target = "1.1"}};
    const uint8_t flags = fuzz_u8(&w->input);
    for (size_t n = 0; n < 16u; n++) {
        const char digits[3] = {md5[2u * n], md5[2u * n + 1u], '\0'};
        answer.task.md5[n] = (uint8_t)strtoul(digits, NULL, 16);
    }
    answer.task.type = w->kind == KIND_DIFFERENTIAL ? 2u : 1u;
    answer.task.power = answer.task.signal = -1;
    memcpy(answer.handle, w->platform.tasks[0].token, sizeof w->platform.tasks[0].token);
    oneota_record_accept(record, &answer, (w->flags & FLAG_FUSE) != 0 ? 2u : 1u, 0);
    record->at.stage = fuzz_u8(&w->input) % STAGE_COUNT;
    record->at.percent = fuzz_u8(&w->input) % 100u;
    record->at.result = fuzz_u8(&w->input);
    record->at.reason = fuzz_u8(&w->input);
    record->at.stored = (flags & 1u) != 0 ? PACKAGE_SIZE : flags * 8u;
    record->at.package = record->at.stored;
    record->order.task.retry = flags & 2u;
}

static void make_journal(world_t *w)
{
    oneota_record_t record = {0};
    size_t length;
    const uint8_t kind = fuzz_u8(&w->input) % 4u;
    if (kind == 1u) {
        own_task(w, &record);
        write_records(w, &record);
    } else if (kind == 2u) {
        fuzz_fill(&w->input, &record.order, sizeof record.order);
        fuzz_fill(&w->input, &record.at, sizeof record.at);
        record.order.format = record.at.format = 1;
        record.at.check = fuzz_check_of(&record.order);
        write_records(w, &record);
    } else if (kind == 3u) {
        const uint8_t *bytes = fuzz_take(&w->input, fuzz_u16(&w->input) % 6144u, &length);
        fake_flash_put(&w->board.journal.flash, 0, bytes, (uint32_t)length);
    }
}

/* ---------------------------------------------------------------- a run */

static void start(world_t *w)
{
    w->restart = false;
    fake_net_drop(&w->net);
    fake_board_boot(&w->board);
    FUZZ_CHECK(w->board.violation == NULL);
    w->image.id.version = w->board.runs[0]->version;
    free(w->setup.work);
    free(w->client);
    w->setup.work = malloc(w->setup.work_bytes);
    w->client = malloc(sizeof *w->client);
    FUZZ_CHECK(w->setup.work != NULL && w->client != NULL);
    memset(w->setup.work, 0xA5, w->setup.work_bytes);
    memset(w->client, 0xA5, sizeof *w->client);
    FUZZ_CHECK(oneota_init(w->client, &w->setup) == ONEOTA_OK);
}

static void check(const world_t *w)
{
    const char *const violations[] = {
        w->board.violation, w->net.violation, w->board.journal.flash.violation,
        w->board.slots[0][0].flash.violation, w->board.slots[0][1].flash.violation};
    for (size_t n = 0; n < sizeof violations / sizeof violations[0]; n++) {
        if (violations[n] != NULL) {
            fprintf(stderr, "%s\n", violations[n]);
        }
        FUZZ_CHECK(violations[n] == NULL);
    }
    FUZZ_CHECK(memcmp(w->board.slots[0][w->board.running[0]].flash.bytes, w->board.runs[0]->bytes,
                      w->board.runs[0]->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world_t *w = &world;
    if (w->package[PACKAGE_SIZE - 1u] == 0) {
        make_board(w);
    }
    w->input = (fuzz_input_t){data, size};
    w->command = 0;
    w->lied = false;
    make_device(w);
    make_journal(w);
    start(w);
    uint32_t rests = 0; /* the server has nothing to say any more, and the client waits long */
    for (uint32_t n = 0; n < POLLS_MAX && rests < 3u; n++) {
        const uint32_t sleep_ms = oneota_poll(w->client);
        check(w);
        obey(w);
        w->board.now_ms += sleep_ms;
        rests += w->input.left == 0 && sleep_ms > 1800000u ? 1u : 0u;
        if (w->restart) {
            start(w);
        }
    }
    oneota_deinit(w->client);
    free(w->setup.work);
    free(w->client);
    w->client = NULL;
    w->setup.work = NULL;
    return 0;
}
