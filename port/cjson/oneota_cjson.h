/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_cjson.h: cJSON for a firmware without heap and without floating point.
 *
 * Purpose
 *     Compiled as it is, cJSON brings newlib's strtod() and malloc(): 14 KB of code for numbers
 *     with a fraction and for a heap, of which the client uses neither. It reads a number from its
 *     text, and gives cJSON memory of its own for each parse.
 *
 * Use
 *     Compile cJSON.c with `-include oneota_cjson.h`, and cjson.c beside it. What prints
 *     (cJSON_Print*) still needs printf(): link with -Wl,--gc-sections, which drops it.
 *
 * Then, for all users of this cJSON
 *     valuedouble and valueint are 0 for every number
 *     nothing is parsed or created before cJSON_InitHooks() was given an allocator
 *
 * An application that uses cJSON itself leaves this out.
 */
#ifndef ONEOTA_CJSON_H
#define ONEOTA_CJSON_H

#include <stddef.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Finds the end of a number, as strtod() does for what holds nothing but digits, + - . e E.
 *  @return 0 */
double oneota_cjson_strtod(const char *text, char **end);

void *oneota_cjson_malloc(size_t bytes);                /**< @return NULL */
void *oneota_cjson_realloc(void *memory, size_t bytes); /**< @return NULL */
void oneota_cjson_free(void *memory);                   /**< does nothing */

#ifdef __cplusplus
}
#endif

#ifndef ONEOTA_CJSON_DECLARE_ONLY
#define strtod  oneota_cjson_strtod
#define malloc  oneota_cjson_malloc
#define realloc oneota_cjson_realloc
#define free    oneota_cjson_free
#endif

#endif
