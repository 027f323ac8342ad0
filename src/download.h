/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * download.h: which bytes to ask for, and whether an answer carries them. Pure rules; the steps do
 * the rest.
 *
 * A range grows while the link is good, shrinks when it breaks, and ends where the next progress
 * report is due. It is never one byte long, because a body of one byte is the platform's form of an
 * error code.
 */
#ifndef ONEOTA_SRC_DOWNLOAD_H
#define ONEOTA_SRC_DOWNLOAD_H

#include "oneota/state.h"

/** What an answer's header says about its body. */
typedef enum {
    DOWNLOAD_BODY = 0,  /**< package bytes: [first or 0, end) */
    DOWNLOAD_TEXT,      /**< no package bytes; a small body may say why */
    DOWNLOAD_RANGELESS, /**< the whole file, as if no range had been asked for */
    DOWNLOAD_BAD        /**< bytes of the wrong place: not to be used */
} download_kind_t;

/**
 * Plans the next range: first, end, wanted.
 * @param taken    bytes that are there already, < size
 * @param percent  progress that was reported of them: where the next report is due, the range ends
 * @param unit     program unit of the slot: ranges end at a multiple of it
 */
void oneota_download_plan(oneota_download_t *d, uint32_t taken, uint32_t size, uint8_t percent,
                          uint32_t unit);

/** Judges the header of the answer; with BODY, place and end are set by it. */
download_kind_t oneota_download_judge(oneota_download_t *d, const oneota_head_t *head,
                                      uint32_t size);

/** The form that is tried when this one is answered as if no range were given. */
void oneota_download_next_form(oneota_download_t *d);

/** The range came whole: the next one is longer. It did not: shorter. */
void oneota_download_grow(oneota_download_t *d);
void oneota_download_shrink(oneota_download_t *d);

/** Progress to be reported: 10, 20 ... 90 of size are taken; or reported, if nothing new is. */
uint8_t oneota_download_percent(uint32_t taken, uint32_t size, uint8_t reported);

#endif
