/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * text.h: writing text into memory that may be too small, and reading numbers that may be lies.
 */
#ifndef ONEOTA_SRC_TEXT_H
#define ONEOTA_SRC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Text being written. After an error nothing more is: a caller may look at the end alone. */
typedef struct text text_t;
struct text {
    char *data;
    size_t size;
    size_t length;
    /** Writes what a letter of a form stands for. */
    void (*put)(text_t *text, char letter);
    const void *from; /**< what put() needs */
    uint8_t
        error; /**< oneota_error_t: OK; LIMIT too little room; PARAM set by who refuses a value */
};

text_t oneota_text_begin(char *data, size_t size);
void oneota_text_put_bytes(text_t *text, const void *data, size_t length);
void oneota_text_put_number(text_t *text, uint32_t number);
void oneota_text_put_long(text_t *text, uint64_t number);

/** zero_terminated: NULL is refused. */
void oneota_text_put(text_t *text, const char *zero_terminated);

/** For a part of a path or query: percent-encodes all but A-Z a-z 0-9 _ - .
 *  zero_terminated: NULL is refused, and so is "" */
void oneota_text_put_url(text_t *text, const char *zero_terminated);

/** Writes a form, in which $ and a letter stand for what text->put() writes. form: NULL is
 *  refused */
void oneota_text_put_form(text_t *text, const char *form);

/** Forms of text from outside: so many characters out of a set. Each set holds the next. */
typedef enum {
    TEXT_PRINTABLE, /**< 1 to 255 of 0x20 to 0x7E */
    TEXT_VISIBLE,   /**< 1 to 255 of 0x21 to 0x7E */
    TEXT_ADDRESS,   /**< 1 to 47 of A-Z a-z 0-9 _ - . : */
    TEXT_VERSION,   /**< 1 to 20 of A-Z a-z 0-9 _ - . */
    TEXT_HANDLE,    /**< 1 to 64 of A-Z a-z 0-9 _ - */
    TEXT_MD5,       /**< 32 of 0-9 a-f A-F */
    TEXT_TASK_ID,   /**< 1 to 20 of 0-9 */
    TEXT_FORMS
} text_form_t;

bool oneota_text_is(const char *data, size_t length, text_form_t form);

/** Reads the digits of base 10 or 16 that data begins with. @return how many there are; 0: none, or
 *  the number is beyond UINT32_MAX */
size_t oneota_text_read(const char *data, size_t length, unsigned base, uint32_t *number);

/**
 * Whether data is of a form, all of it. In a form, # stands for the decimal digits of the next of
 * numbers, up to UINT32_MAX, and ? for any character; a letter is taken in any case.
 * @param data  without control characters, where the form has letters
 * @param form  printable, without @ [ ] ^ _ ` { | } ~
 */
bool oneota_text_scan(const char *data, size_t length, const char *form, uint32_t *numbers);

/** The name at index of count names that stand in one string, each with a zero behind it; "?"
 *  beyond. */
const char *oneota_text_pick(const char *names, unsigned count, unsigned index);

#endif
