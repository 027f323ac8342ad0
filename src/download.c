/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "download.h"

#include "http.h"

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Offset at which percent of size bytes are there. */
static uint32_t mark_of(uint32_t size, uint32_t percent)
{
    return size / 100u * percent + (size % 100u * percent + 99u) / 100u;
}

uint8_t oneota_download_percent(uint32_t taken, uint32_t size, uint8_t reported)
{
    while (reported <= 80u && taken >= mark_of(size, reported + 10u)) {
        reported = (uint8_t)(reported + 10u);
    }
    return reported;
}

/* The next multiple of unit, no further than size. */
static uint32_t round_up(uint32_t place, uint32_t unit, uint32_t size)
{
    uint32_t missing = (unit - place % unit) % unit;
    return place + lesser(missing, size - place);
}

void oneota_download_plan(oneota_download_t *d, uint32_t taken, uint32_t size, uint8_t percent,
                          uint32_t unit)
{
    if (d->range_bytes == 0) {
        d->range_bytes = ONEOTA_RANGE_FIRST;
    }
    d->wanted = taken;
    d->place = taken;
    if (d->range_form == ONEOTA_RANGE_NONE || size == 1u) {
        d->range_form = ONEOTA_RANGE_NONE;
        d->first = 0;
        d->end = size;
        return;
    }
    uint32_t length = lesser(d->range_bytes, size - taken);
    uint32_t end = taken + length;
    if (percent <= 80u) {
        end = lesser(end, mark_of(size, percent + 10u));
    }
    end = round_up(end, unit, size);
    end = end < 2u ? 2u : end;
    d->end = size - end == 1u ? size : end;
    d->first = d->end - taken == 1u ? taken - 1u : taken;
}

static bool proves_place(const oneota_download_t *d, const oneota_head_t *head, uint32_t size)
{
    const oneota_range_t *range = &head->range;
    return range->first == d->first && range->last >= d->wanted && range->last < d->end &&
           range->total == size &&
           ((head->said & HTTP_LENGTH) == 0 ||
            head->content_length == range->last - range->first + 1u);
}

static download_kind_t judge_partial(oneota_download_t *d, const oneota_head_t *head, uint32_t size)
{
    if (head->range.total == 0) {
        return DOWNLOAD_TEXT;
    }
    if (d->range_form == ONEOTA_RANGE_NONE || !proves_place(d, head, size)) {
        return DOWNLOAD_BAD;
    }
    d->form_known = true;
    d->place = d->first;
    d->end = head->range.last + 1u;
    return DOWNLOAD_BODY;
}

static download_kind_t judge_whole(oneota_download_t *d, const oneota_head_t *head, uint32_t size)
{
    bool asked = d->first == 0 && d->end == size; /* without a range, too */
    if ((head->said & HTTP_LENGTH) == 0 || head->content_length != size) {
        return DOWNLOAD_TEXT;
    }
    if (!asked) {
        return d->form_known ? DOWNLOAD_BAD : DOWNLOAD_RANGELESS;
    }
    d->place = 0;
    return DOWNLOAD_BODY;
}

download_kind_t oneota_download_judge(oneota_download_t *d, const oneota_head_t *head,
                                      uint32_t size)
{
    if (head->ota_errno > 0) {
        return DOWNLOAD_TEXT;
    }
    if (head->status == 206u) {
        return judge_partial(d, head, size);
    }
    if (head->status == 200u) {
        return judge_whole(d, head, size);
    }
    return DOWNLOAD_TEXT;
}

void oneota_download_next_form(oneota_download_t *d)
{
    d->range_form = d->range_form == ONEOTA_RANGE_BYTES ? ONEOTA_RANGE_BARE : ONEOTA_RANGE_NONE;
}

void oneota_download_grow(oneota_download_t *d)
{
    d->range_bytes = lesser(d->range_bytes, ONEOTA_RANGE_MAX / 2u) * 2u;
}

void oneota_download_shrink(oneota_download_t *d)
{
    uint32_t half = d->range_bytes / 2u;
    d->range_bytes = half > ONEOTA_RANGE_MIN ? half : ONEOTA_RANGE_MIN;
}
