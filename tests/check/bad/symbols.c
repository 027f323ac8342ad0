/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

static int counter;

void *helper_run(void)
{
    counter++;
    return malloc((size_t)counter);
}
