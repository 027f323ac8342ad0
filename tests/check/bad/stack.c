/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What scripts/stack.py must refuse: a frame that is too large, one without a fixed size, a function
 * that calls itself, and a call through a pointer that nobody knows.
 */
#include <string.h>

int helper_again(int n, int (*other)(int));
unsigned oneota_poll(volatile char *to, unsigned n);
unsigned oneota_init(volatile char *to, unsigned n);

__attribute__((noinline)) int helper_again(int n, int (*other)(int))
{
    volatile int kept = n;
    return n > 0 ? helper_again(n - 1, other) + other(n) + kept : 0;
}

unsigned oneota_poll(volatile char *to, unsigned n)
{
    char open[n + 1u];
    memset(open, (int)n, n);
    to[0] = open[n / 2u];
    return n;
}

__attribute__((noinline)) unsigned oneota_init(volatile char *to, unsigned n)
{
    volatile char large[4000];
    large[n % 4000u] = to[0];
    return (unsigned)large[n % 2000u];
}

int main(void)
{
    char two[2];
    return (int)(oneota_poll(two, 1) + oneota_init(two, 1)) + helper_again(1, 0);
}
