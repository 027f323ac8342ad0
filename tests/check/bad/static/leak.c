/* SPDX-License-Identifier: Apache-2.0: what each of the tools must find. */
#include <stdlib.h>
#include <string.h>

int twice(const char *text);

int twice(const char *text)
{
    char *copy = malloc(strlen(text));

    strcpy(copy, text);
    free(copy);
    free(copy);
    goto end;
end:
    return copy[0];
}
