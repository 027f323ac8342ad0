/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * kit.h: a client with all that it needs, on the desk: fake board, fake net, the platform in
 * small; and rules by which a test answers a call itself. What the client asks and says is kept as
 * a story.
 *
 *     kit_t kit;
 *     kit_init(&kit, NULL);
 *     kit_rule(&kit, FAKE_TOKEN)->code = 12;        ... once, not the platform's own ...
 *     kit_start(&kit);
 *     kit_run(&kit);                                ... until nothing is left to do ...
 *     assert_string_equal(kit_story(&kit), "V C T C T D 101 | 201 V");
 *     kit_free(&kit);                               ... and checks guards and ports ...
 *
 * In the story: V version, C check (C2: of type 2, where there are two images), T token, D
 * downloads in a row, a number is a report, | is a restart. Progress reports are left out.
 */
#ifndef ONEOTA_KIT_H
#define ONEOTA_KIT_H

#include "fake_board.h"
#include "fake_net.h"
#include "fake_package.h"
#include "fake_platform.h"
#include "fake_signer.h"
#include "oneota/differential.h"
#include "oneota/oneota.h"

#define KIT_RULES_MAX  24u
#define KIT_CALLS_MAX  1024u
#define KIT_EVENTS_MAX 4096u
#define KIT_STORY_MAX  2048u
#define KIT_GUARD      64u
#define KIT_ALWAYS     UINT32_MAX

#define KIT_KEY "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="

typedef struct {
    uint32_t size;         /**< of the package; 0: 3000 */
    uint32_t second_size;  /**< of a package for a second image; 0: there is one image */
    uint32_t slot_size;    /**< 0: 8192 */
    uint32_t unit;         /**< erase unit; 0: 1024 */
    uint16_t program_unit; /**< 0: 8 */
    uint32_t retry, interval;
    uint32_t tasks; /**< 0: each image has one; else bits of images that have; 8: none */
    bool hides_revert;
    bool signs;        /**< packages are signed, counter FAKE_COUNTER, and the client has trust */
    bool differential; /**< the first image's package is: kit.patch makes it of the factory image;
                            with signs all three are signed */
    const char *label; /**< version that the new image says it is; NULL: the target */
} kit_options_t;

/** An answer of the test's own. All but verb may be changed once kit_rule() has made it. */
typedef struct {
    uint8_t verb;        /**< fake_verb_t */
    uint8_t step;        /**< of a report; 0: any */
    uint8_t type;        /**< of a check; 0: any */
    uint16_t status;     /**< 200 */
    uint32_t skip;       /**< so many calls are answered as usual first */
    uint32_t times;      /**< 1 */
    int32_t code;        /**< 0 */
    const char *headers; /**< further lines, each with its end; NULL: none */
    const char *body;    /**< NULL: JSON with the code */
    const char *raw;     /**< NULL; else the whole answer, as it is */
    bool silent;         /**< no answer at all */
    bool close;          /**< and the connection ends behind it (or instead of it) */

    /* of a download, which the platform answers then: */
    uint8_t forms;  /**< bits of oneota_range_form_t that this rule is for; 0: all */
    bool rangeless; /**< as if there were no Range */
    uint32_t clip;  /**< so many bytes at most; 0: all */
} kit_rule_t;

/** A request that the client has made. */
typedef struct {
    uint8_t verb, type, step;
    uint8_t form; /**< oneota_range_form_t of a download */
    uint32_t first, last;
    uint32_t at_ms;
    uint64_t et;
    uint16_t port;
    char address[48]; /**< that was opened for it */
    char handle[65];
} kit_call_t;

typedef enum { KIT_CONFIRM = 0, KIT_REJECT, KIT_SILENT, KIT_CRASH } kit_trial_t;

typedef struct {
    uint8_t before[KIT_GUARD];
    oneota_t client;
    uint8_t between[KIT_GUARD];
    uint64_t work[3072];
    uint8_t behind[KIT_GUARD];
} kit_ram_t;

typedef struct {
    fake_net_t net; /**< first: its address is the kit's */
    fake_board_t board;
    fake_platform_t platform;
    kit_ram_t ram;
    oneota_setup_t setup;
    oneota_image_t images[2];
    oneota_trust_t trust[2];
    const fake_known_t *packages[2];
    fake_package_t *patch; /**< NULL: none; after a change: kit_reseal() */
    uint8_t *bytes;
    char md5[2][33];
    uint8_t codes[4];

    /* how it behaves; may be changed at any time */
    uint8_t trial;    /**< kit_trial_t */
    bool stubborn;    /**< does not restart */
    const char *dead; /**< nobody is at this address; NULL: none */
    void (*listen)(void *ctx,
                   const oneota_event_t *event); /**< from inside the event; NULL: none */
    void *listen_ctx;

    kit_rule_t rules[KIT_RULES_MAX];
    uint32_t rule_count;

    /* what happened */
    kit_call_t calls[KIT_CALLS_MAX];
    uint32_t call_count;
    char request[600]; /**< the last but downloads, as it was sent */
    char version_request[600];
    oneota_event_t events[KIT_EVENTS_MAX];
    uint32_t event_count;
    uint32_t lines;
    bool leaked; /**< a secret was in a line or an event */
    char story[KIT_STORY_MAX];
    uint32_t slept_ms; /**< by the last poll */

    /* private */
    bool restart, crash, scripted;
    char opened[48];
    uint16_t opened_port;
} kit_t;

/** options NULL: all defaults. The setup may be changed until kit_start(). */
void kit_init(kit_t *kit, const kit_options_t *options);

/** The task is for kit.patch as it is now. */
void kit_reseal(kit_t *kit);

/** Checks that no guard, flash, net or board rule was broken. */
void kit_free(kit_t *kit);

/** Signs the package of image n anew; or only tells the platform of its new bytes. Until
 *  kit_start(). */
void kit_sign(kit_t *kit, unsigned n, const char *version, uint32_t counter, unsigned signer);
void kit_changed(kit_t *kit, unsigned n);

/** A rule for the next call of this verb; rules are tried in the order in which they were made. */
kit_rule_t *kit_rule(kit_t *kit, fake_verb_t verb);

/** Power on, or off and on. */
void kit_start(kit_t *kit);

/** One poll, and the time that it says may pass. */
void kit_poll(kit_t *kit);

/** Polls until this type of event comes. @return it, borrowed */
const oneota_event_t *kit_until_event(kit_t *kit, oneota_event_type_t type);

/** Polls until the client is in this state. */
void kit_until_state(kit_t *kit, const char *state);

/** Polls until so many calls of a verb (and a step, 0: any) were made since the kit was made. */
void kit_until_call(kit_t *kit, fake_verb_t verb, uint8_t step, uint32_t count);

/** Polls until the client idles without a task. */
void kit_run(kit_t *kit);

/** Polls for so long. */
void kit_pass(kit_t *kit, uint32_t ms);

uint32_t kit_count_calls(const kit_t *kit, fake_verb_t verb, uint8_t step);

/** The last call of a verb; fails the test if there is none. */
const kit_call_t *kit_last_call(const kit_t *kit, fake_verb_t verb);

/** Events of a type, and of these with a reason. */
uint32_t kit_count_events(const kit_t *kit, oneota_event_type_t type);
uint32_t kit_count_failed(const kit_t *kit, oneota_reason_t reason);
const oneota_event_t *kit_last_event(const kit_t *kit, oneota_event_type_t type);

const char *kit_story(const kit_t *kit);

/** For the kit's server: goes on with the story. */
void kit_tell(kit_t *kit, const char *word);
extern const fake_server_t kit_server;

/** Forgets the story. */
void kit_new_page(kit_t *kit);

void kit_status(const kit_t *kit, oneota_status_t *status);

/** The platform has seen nothing untrue or out of order. For tests whose rules leave it its
 *  senses. */
void kit_judge(const kit_t *kit);

/** How long from the last event IDLE until the next call would be made, ms. */
uint32_t kit_idle_ms(const kit_t *kit);

#endif
