/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Every answer must prove its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "download.h"
#include "http.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE         10000u
#define NO_RANGE     UINT32_MAX
#define NO_LENGTH    UINT32_MAX
#define MOST         (UINT32_MAX - 1u)

typedef struct {
    const char *name;
    uint8_t form;
    uint32_t first, end; /* asked for */
    bool form_known;
    uint16_t status;
    int32_t ota_errno;
    uint32_t range_first, range_last, range_total;
    uint32_t length;
    download_kind_t kind;
    uint32_t place, new_end; /* with BODY */
} row_t;

#define BYTES ONEOTA_RANGE_BYTES
#define BARE  ONEOTA_RANGE_BARE
#define WHOLE ONEOTA_RANGE_NONE
#define GOOD  DOWNLOAD_BODY
#define TEXT  DOWNLOAD_TEXT
#define LESS  DOWNLOAD_RANGELESS
#define BAD   DOWNLOAD_BAD

/* clang-format off */
static const row_t k_rows[] = {
    /* 206: as asked, or a shorter end */
    {"as asked", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, 2000, GOOD, 2000, 4000},
    {"bare", BARE, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, 2000, GOOD, 2000, 4000},
    {"no length", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, NO_LENGTH, GOOD, 2000, 4000},
    {"shorter", BYTES, 2000, 4000, false, 206, -1, 2000, 2999, SIZE, 1000, GOOD, 2000, 3000},
    {"one byte", BYTES, 2000, 4000, false, 206, -1, 2000, 2000, SIZE, 1, GOOD, 2000, 2001},
    {"Ota-Errno 0", BYTES, 2000, 4000, false, 206, 0, 2000, 3999, SIZE, 2000, GOOD, 2000, 4000},
    {"to the end", BYTES, 8000, SIZE, false, 206, -1, 8000, 9999, SIZE, 2000, GOOD, 8000, SIZE},
    {"all of it", BYTES, 0, SIZE, false, 206, -1, 0, 9999, SIZE, SIZE, GOOD, 0, SIZE},
    /* 206 that lies */
    {"from zero", BYTES, 2000, 4000, false, 206, -1, 0, 1999, SIZE, 2000, BAD, 0, 0},
    {"earlier", BYTES, 2000, 4000, false, 206, -1, 1999, 3999, SIZE, 2001, BAD, 0, 0},
    {"later", BYTES, 2000, 4000, false, 206, -1, 2001, 3999, SIZE, 1999, BAD, 0, 0},
    {"longer", BYTES, 2000, 4000, false, 206, -1, 2000, 4000, SIZE, 2001, BAD, 0, 0},
    {"much longer", BYTES, 2000, 4000, false, 206, -1, 2000, 9999, SIZE, 8000, BAD, 0, 0},
    {"backwards", BYTES, 2000, 4000, false, 206, -1, 2000, 1999, SIZE, 0, BAD, 0, 0},
    {"smaller total", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE - 1u, 2000, BAD, 0, 0},
    {"larger total", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE + 1u, 2000, BAD, 0, 0},
    {"total 0: none", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, 0, 2000, TEXT, 0, 0},
    {"largest total", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, UINT32_MAX, 2000, BAD, 0, 0},
    {"largest range", BYTES, 2000, 4000, false, 206, -1, MOST, UINT32_MAX, SIZE, 2000, BAD, 0, 0},
    {"largest last", BYTES, 2000, 4000, false, 206, -1, 2000, UINT32_MAX, SIZE, 2000, BAD, 0, 0},
    {"short length", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, 1999, BAD, 0, 0},
    {"long length", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, 2001, BAD, 0, 0},
    {"largest length", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, MOST, BAD, 0, 0},
    {"length 0", BYTES, 2000, 4000, false, 206, -1, 2000, 3999, SIZE, 0, BAD, 0, 0},
    {"nobody asked", WHOLE, 0, SIZE, false, 206, -1, 0, 9999, SIZE, SIZE, BAD, 0, 0},
    {"no Content-Range", BYTES, 2000, 4000, false, 206, -1, NO_RANGE, 0, 0, 2000, TEXT, 0, 0},
    {"no Content-Range, a digit", BYTES, 2000, 4000, false, 206, -1, NO_RANGE, 0, 0, 1, TEXT, 0, 0},
    /* 200: the whole file, and only when it was asked for */
    {"whole", WHOLE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, SIZE, GOOD, 0, SIZE},
    {"range of all", BYTES, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, SIZE, GOOD, 0, SIZE},
    {"bare range of all", BARE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, SIZE, GOOD, 0, SIZE},
    {"instead of a range", BYTES, 2000, 4000, false, 200, -1, NO_RANGE, 0, 0, SIZE, LESS, 0, 0},
    {"instead of the first", BYTES, 0, 4000, false, 200, -1, NO_RANGE, 0, 0, SIZE, LESS, 0, 0},
    {"instead of a bare one", BARE, 2000, 4000, false, 200, -1, NO_RANGE, 0, 0, SIZE, LESS, 0, 0},
    {"all of a sudden", BYTES, 2000, 4000, true, 200, -1, NO_RANGE, 0, 0, SIZE, BAD, 0, 0},
    {"200, of the range", BYTES, 2000, 4000, false, 200, -1, NO_RANGE, 0, 0, 2000, TEXT, 0, 0},
    {"200, one less", WHOLE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, SIZE - 1u, TEXT, 0, 0},
    {"200, one more", WHOLE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, SIZE + 1u, TEXT, 0, 0},
    {"200, largest", WHOLE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, MOST, TEXT, 0, 0},
    {"200, no length", WHOLE, 0, SIZE, false, 200, -1, NO_RANGE, 0, 0, NO_LENGTH, TEXT, 0, 0},
    {"200, with a range", BYTES, 2000, 4000, false, 200, -1, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
    /* an error, whatever else it looks like */
    {"Ota-Errno", BYTES, 2000, 4000, false, 206, 3, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
    {"Ota-Errno, 200", WHOLE, 0, SIZE, false, 200, 1, NO_RANGE, 0, 0, SIZE, TEXT, 0, 0},
    {"204", BYTES, 2000, 4000, false, 204, -1, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
    {"301", BYTES, 2000, 4000, false, 301, -1, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
    {"404", WHOLE, 0, SIZE, false, 404, -1, NO_RANGE, 0, 0, SIZE, TEXT, 0, 0},
    {"416", BYTES, 2000, 4000, false, 416, -1, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
    {"500", BYTES, 2000, 4000, false, 500, -1, 2000, 3999, SIZE, 2000, TEXT, 0, 0},
};
/* clang-format on */

static oneota_head_t head_of(const row_t *row)
{
    oneota_head_t head;
    memset(&head, 0, sizeof head);
    head.status = row->status;
    head.ota_errno = row->ota_errno;
    if (row->range_first != NO_RANGE) {
        const oneota_range_t range = {row->range_first, row->range_last, row->range_total};
        head.range = range;
    }
    head.said = row->length != NO_LENGTH ? HTTP_LENGTH : 0;
    head.content_length = row->length != NO_LENGTH ? row->length : SIZE; /* not said: not seen */
    return head;
}

static void test_download_judge_only_what_proves_its_place_is_body(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        const row_t *row = &k_rows[n];
        oneota_head_t head = head_of(row);
        oneota_download_t d;
        memset(&d, 0, sizeof d);
        d.range_form = row->form;
        d.first = row->first;
        d.end = row->end;
        d.place = d.wanted = row->first;
        d.form_known = row->form_known;
        oneota_download_t before = d;
        download_kind_t kind = oneota_download_judge(&d, &head, SIZE);
        if (kind != row->kind) {
            fail_msg("%s: %d", row->name, (int)kind);
        }
        if (kind == DOWNLOAD_BODY) {
            assert_int_equal(d.place, row->place);
            assert_int_equal(d.end, row->new_end);
            assert_int_equal(d.form_known, row->status == 206u);
        } else {
            assert_memory_equal(&d, &before, sizeof d);
        }
    }
}

/* All but the last byte is there: two are asked for, and first to last come. */
static download_kind_t judge_overlap(oneota_download_t *d, uint32_t first, uint32_t last)
{
    oneota_head_t head;
    memset(d, 0, sizeof *d);
    memset(&head, 0, sizeof head);
    oneota_download_plan(d, SIZE - 1u, SIZE, 90, 8);
    head.status = 206;
    head.ota_errno = -1;
    head.range.first = first;
    head.range.last = last;
    head.range.total = SIZE;
    return oneota_download_judge(d, &head, SIZE);
}

static void test_download_judge_one_byte_overlap_begins_one_earlier(void **state)
{
    oneota_download_t d;
    (void)state;
    assert_int_equal(judge_overlap(&d, SIZE - 2u, SIZE - 1u), DOWNLOAD_BODY);
    assert_int_equal(d.place, SIZE - 2u);
    assert_int_equal(d.wanted, SIZE - 1u);
    assert_int_equal(d.end, SIZE);
}

/* The byte that is there already, and nothing else: no progress. */
static void test_download_judge_one_byte_overlap_alone_is_refused(void **state)
{
    oneota_download_t d;
    (void)state;
    assert_int_equal(judge_overlap(&d, SIZE - 2u, SIZE - 2u), DOWNLOAD_BAD);
    assert_int_equal(d.place, d.wanted);
    assert_false(d.form_known);
}

static void test_download_judge_whole_file_again_skips_what_is_there(void **state)
{
    oneota_download_t d;
    oneota_head_t head;
    (void)state;
    memset(&d, 0, sizeof d);
    memset(&head, 0, sizeof head);
    d.range_form = ONEOTA_RANGE_NONE;
    d.first = 4000; /* of the range before */
    oneota_download_plan(&d, 4000, SIZE, 0, 8);
    head.status = 200;
    head.ota_errno = -1;
    head.said = HTTP_LENGTH;
    head.content_length = SIZE;
    assert_int_equal(oneota_download_judge(&d, &head, SIZE), DOWNLOAD_BODY);
    assert_int_equal(d.place, 0);
    assert_int_equal(d.wanted, 4000);
    assert_int_equal(d.end, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_download_judge_only_what_proves_its_place_is_body),
        cmocka_unit_test(test_download_judge_one_byte_overlap_begins_one_earlier),
        cmocka_unit_test(test_download_judge_one_byte_overlap_alone_is_refused),
        cmocka_unit_test(test_download_judge_whole_file_again_skips_what_is_there),
    };
    return cmocka_run_group_tests_name("download judge", tests, NULL, NULL);
}
