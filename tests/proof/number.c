/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * number.c: digits from outside are the number that they say, or are refused, for all texts of up
 * to DIGITS characters; and a number of 64 bits is written as what it is, for all numbers.
 */
#include "proof.h"

#include "text.c"

#define DIGITS 11u
#define RANGE  7u

typedef struct {
    uint64_t value;
    size_t count; /* of digits that the text begins with */
} reference_t;

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10u;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10u : 99u;
}

static reference_t reference_of(const char *text, size_t length, unsigned base)
{
    reference_t r = {0, 0};
    while (r.count < length && digit_of(text[r.count]) < base) {
        r.value = r.value * base + digit_of(text[r.count]);
        r.count++;
    }
    return r;
}

static void check_read(unsigned base)
{
    char text[DIGITS];
    size_t length = nondet_u8();
    uint32_t number;
    ASSUME(length <= DIGITS);
    __CPROVER_havoc_slice(text, sizeof text);
    const reference_t r = reference_of(text, length, base);
    const size_t used = oneota_text_read(text, length, base, &number);
    PROVE(used == (r.value <= UINT32_MAX ? r.count : 0));
    PROVE(used == 0 || number == r.value);
}

void prove_read_decimal(void)
{
    check_read(10);
}

void prove_read_hex(void)
{
    check_read(16);
}

/* "#-#/#", as Content-Range has it. */
void prove_scan(void)
{
    char text[RANGE];
    uint32_t numbers[3];
    size_t length = nondet_u8();
    ASSUME(length <= RANGE);
    __CPROVER_havoc_slice(text, sizeof text);
    const bool found = oneota_text_scan(text, length, "#-#/#", numbers);
    size_t at = 0;
    for (unsigned n = 0; n < 3u; n++) {
        const reference_t r = reference_of(text + at, length - at, 10);
        at += r.count;
        if (r.count == 0 || (n < 2u ? at == length || text[at] != "-/"[n] : at != length)) {
            PROVE(!found);
            return;
        }
        PROVE(!found || r.value == numbers[n]);
        at++;
    }
    PROVE(found);
}

/* The only quotient and rest that there are. */
void prove_tenth(void)
{
    const uint64_t number = nondet_u64();
    char digit;
    const uint64_t tenth = tenth_of(number, &digit);
    PROVE(digit >= '0' && digit <= '9' && tenth <= UINT64_MAX / 10u);
    PROVE(tenth * 10u + (unsigned)(digit - '0') == number);
}

/* Digits alone, as many as there is room for, and none too many. */
void prove_put(void)
{
    char data[20];
    const size_t size = nondet_u8();
    ASSUME(size <= sizeof data);
    text_t text = oneota_text_begin(data, size);
    oneota_text_put_long(&text, nondet_u64());
    PROVE(text.error == ONEOTA_OK ? text.length >= 1u && text.length <= size
                                  : text.error == ONEOTA_LIMIT && text.length == 0 && size < 20u);
    for (size_t i = 0; i < text.length; i++) {
        PROVE(data[i] >= '0' && data[i] <= '9');
    }
    PROVE(text.length <= 1u || data[0] != '0');
}
