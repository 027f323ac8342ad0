/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * range.c: for every size, place and program unit, the range that is asked for behind the last
 * mark lies within the package and begins where bytes are missing; so does one up to a mark, of
 * sizes up to SIZE_MASK; of every header that an answer can have, only one that proves its place is
 * taken for package bytes. No sum or product on the way overflows.
 */
#include "proof.h"

#include "download.c"

#define SIZE_MASK 0xFFu

/* What is planned and asked for; percent: progress that was reported already. */
static oneota_download_t plan(uint32_t taken, uint32_t size, uint8_t percent)
{
    oneota_download_t d = {0};
    uint32_t unit = (uint32_t)1 << (nondet_u8() & 15u);
    d.range_bytes = nondet_u32();
    d.range_form = nondet_u8();
    ASSUME(taken < size && d.range_form <= ONEOTA_RANGE_NONE);
    ASSUME(d.range_bytes == 0 ||
           (d.range_bytes >= ONEOTA_RANGE_MIN && d.range_bytes <= ONEOTA_RANGE_MAX));
    oneota_download_plan(&d, taken, size, percent, unit);
    return d;
}

static void check_plan(const oneota_download_t *d, uint32_t taken, uint32_t size)
{
    PROVE(d->end <= size && d->first < d->end && d->wanted == taken);
    PROVE(d->first <= taken && taken < d->end);
    PROVE(d->first == taken || d->first == taken - 1u || d->range_form == ONEOTA_RANGE_NONE);
    PROVE(d->range_form == ONEOTA_RANGE_NONE || d->end - d->first >= 2u);
    PROVE(d->range_form != ONEOTA_RANGE_NONE || (d->first == 0 && d->end == size));
    PROVE(size - d->end != 1u);
}

void prove_plan(void)
{
    uint32_t size = nondet_u32();
    uint32_t taken = nondet_u32();
    oneota_download_t d = plan(taken, size, 90u);
    check_plan(&d, taken, size);
}

/* Likewise where a range ends at the next mark. */
void prove_plan_to_mark(void)
{
    uint32_t size = nondet_u16() & SIZE_MASK;
    uint32_t taken = nondet_u16() & SIZE_MASK;
    ASSUME(taken < size);
    oneota_download_t d = plan(taken, size, oneota_download_percent(taken, size, 0));
    check_plan(&d, taken, size);
}

void prove_mark(void)
{
    uint32_t size = nondet_u32();
    PROVE(mark_of(size, 90u) <= size);
    PROVE(mark_of(size, 10u) <= size);
}

void prove_judgement(void)
{
    oneota_head_t head;
    oneota_download_t d;
    uint32_t size = nondet_u32();
    ASSUME(d.range_form <= ONEOTA_RANGE_NONE);
    ASSUME(d.first <= d.wanted && d.wanted < d.end && d.end <= size); /* check_plan() */
    ASSUME(d.range_form != ONEOTA_RANGE_NONE || (d.first == 0 && d.end == size));
    const oneota_download_t asked = d;
    bool none = head.range.first == 0 && head.range.last == 0 && head.range.total == 0;
    /* http.c sees to that: the proof `field` */
    ASSUME(none || (head.range.first <= head.range.last && head.range.last < head.range.total));
    if (oneota_download_judge(&d, &head, size) != DOWNLOAD_BODY) {
        return;
    }
    PROVE(head.ota_errno <= 0 && (head.status == 206u || head.status == 200u));
    PROVE(d.place <= d.wanted && d.wanted < d.end && d.end <= size);
    if (head.status == 206u) {
        PROVE(asked.range_form != ONEOTA_RANGE_NONE);
        PROVE(head.range.total == size && head.range.first == asked.first);
        PROVE(d.place == asked.first && d.end == head.range.last + 1u && d.end <= asked.end);
        PROVE((head.said & HTTP_LENGTH) == 0 || head.content_length == d.end - d.place);
    } else {
        PROVE(asked.first == 0 && asked.end == size);
        PROVE((head.said & HTTP_LENGTH) != 0 && head.content_length == size);
        PROVE(d.place == 0 && d.end == size);
    }
}

void prove_lengths(void)
{
    oneota_download_t d;
    ASSUME(d.range_bytes >= ONEOTA_RANGE_MIN && d.range_bytes <= ONEOTA_RANGE_MAX);
    oneota_download_grow(&d);
    PROVE(d.range_bytes >= ONEOTA_RANGE_MIN && d.range_bytes <= ONEOTA_RANGE_MAX);
    oneota_download_shrink(&d);
    PROVE(d.range_bytes >= ONEOTA_RANGE_MIN && d.range_bytes <= ONEOTA_RANGE_MAX);
}

/* Each mark is reached with the first byte of which it is true. */
void prove_percent(void)
{
    uint32_t size = nondet_u16() & SIZE_MASK;
    uint32_t taken = nondet_u16() & SIZE_MASK;
    ASSUME(taken <= size && size > 0);
    uint8_t percent = oneota_download_percent(taken, size, 0);
    PROVE(percent % 10u == 0 && percent <= 90u);
    PROVE(taken * 100u >= size * percent);
    PROVE(percent == 90u || taken * 100u < size * (percent + 10u));
}
