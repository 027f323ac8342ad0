/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_check.h: a bring-up check of ports, for whoever writes them for a new board.
 *
 * Purpose
 *     Calls a port as the client does, and worse, and says in one line what it does not keep of
 *     oneota/port.h and what to do about it. A tool for the desk, not a part of the client: each
 *     call BLOCKS until its check is over (flash: three erases of some units, one of all others).
 *     Link it into a firmware for bring-up, run it once, take it out.
 *
 * Needs
 *     RAM       the object, about 240 bytes; scratch of 512 bytes; 1 KiB of stack
 *     sources   the .c files beside this one, 18 KB of code; of the library oneota_error_text()
 *               alone. No heap, no stdio
 *     threads   none; the context in which oneota_poll() will be called
 *     watchdog  feed it in poll(), which is called between any two calls of the port
 *
 * Use
 *     static uint8_t scratch[512];
 *     static oneota_check_t check = {.line = print_line, .clock = &board_clock,
 *                                    .poll = board_idle, .scratch = scratch,
 *                                    .scratch_bytes = sizeof scratch};
 *
 *     oneota_check_clock(&check, &board_device, NULL, 5);
 *     oneota_check_flash(&check, &board_flash, &journal);      // destroys what it holds
 *     oneota_check_flash(&check, &board_flash, &other_slot);   // never the slot that runs
 *     oneota_check_boot(&check, &board_boot, &boot, 0);        // wants the other slot erased
 *     oneota_check_net(&check, &board_net, &net, "192.0.2.7", 80);
 *     print_line(NULL, check.failed == 0 ? "all in order" : "not ready");
 *
 * Lines
 *     flash: erase took ms=56 longest call ms=56
 *     FAIL flash: erase changes another unit offset=8192 is=0xff wanted=0x3a: erase the ...
 *     WARN flash: not refused: read outside offset=16384 length=1: the client never does this; ...
 *     flash: done failed=1 warned=1
 *
 *     FAIL breaks oneota/port.h, or will break an update; WARN is worth a thought, and may be
 *     right for this board. Before a step that a broken port does not survive (a trap, a hang)
 *     there is a line that names it: it is then the last one.
 *     The first FAIL of a step ends that step; mend it and run again.
 *
 * Errors
 *     Every check returns how many checks failed in it; check.failed counts over all.
 */
#ifndef ONEOTA_CHECK_H
#define ONEOTA_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Least scratch; flash also needs room for two program units and 16 bytes, net for an HTTP
 *  request (64 bytes and the address). More scratch: fewer and longer calls. */
#define ONEOTA_CHECK_SCRATCH_MIN 128u

/** What all checks need. Zero it, fill in the settable fields; reuse it for all checks. */
typedef struct {
    /* settable */
    void (*line)(void *ctx, const char *text); /**< prints a line; text has no line end; borrowed */
    void *line_ctx;
    const oneota_clock_t *clock; /**< must run: check it first */
    void *clock_ctx;
    void (*poll)(void *ctx); /**< feeds the watchdog, lets lwIP or a modem work. NULL: nothing */
    void *poll_ctx;
    uint8_t *scratch; /**< at any address */
    uint32_t scratch_bytes;
    uint32_t limit_ms; /**< how long AGAIN may go on, and a server be silent; 0: 30000 */
    /** true: flash is also called as the client never does: unaligned and outside of the region. A
     *  port that does not refuse that destroys what lies beside it, or traps. For a board that can
     *  be programmed again. */
    bool provoke;

    /* readable */
    uint32_t failed; /**< over all checks */
    uint32_t warned;

    /* private */
    char text[168];
    uint32_t used;
} oneota_check_t;

/**
 * Clock and random numbers. Milliseconds advance, never go back, and keep pace with unix_s where
 * there is one; random numbers differ and use all 32 bits. Prints the first random number: compare
 * it with that of the next start, and of the next board.
 * @param device   NULL: the clock alone
 * @param seconds  how long to watch, at least 3. 5 for a first look; 4400 to see a counter of
 *                 32 bits in microseconds wrap, which shows as a clock that goes back
 * @return number of failed checks
 */
uint32_t oneota_check_clock(oneota_check_t *check, const oneota_device_t *device, void *device_ctx,
                            uint32_t seconds);

/**
 * One region of flash. DESTROYS ALL THAT IT HOLDS; leaves its first unit erased, the others full
 * of a pattern. Erase units fit together; the whole region keeps a pattern (which shows address
 * lines that are not connected, and banks that are not switched); an erase and a program change
 * nothing else; reads of any place and length, data at odd addresses of RAM. Prints how long the
 * longest call took: the longest oneota_poll(), which the watchdog must allow.
 * @return number of failed checks
 */
uint32_t oneota_check_flash(oneota_check_t *check, const oneota_flash_t *flash, void *ctx);

/**
 * A net port, or a TLS port around one, against any HTTP server that answers GET / and closes.
 * Takes a few seconds and about ten connections. Port 1 of the server should refuse.
 * Use a host name, not an address, to check name resolution, too. Run it again with the server
 * unplugged: it must end with lines, and not hang.
 * @param address  host name or IP address; also the server name of a TLS port
 * @param port     1 to 65535
 * @return number of failed checks
 */
uint32_t oneota_check_net(oneota_check_t *check, const oneota_net_t *net, void *ctx,
                          const char *address, uint16_t port);

/**
 * Boot control, as far as it goes without a restart; then prints what to try with restarts.
 * Afterwards the image that runs is confirmed, and nothing is marked. Marks the other slot for
 * a moment: a power cut just then leaves it to the boot loader to refuse an empty slot.
 * Run oneota_check_flash() on the other slot first: inspect() must refuse an erased one.
 * @param image  index of the image in setup.images
 * @return number of failed checks
 */
uint32_t oneota_check_boot(oneota_check_t *check, const oneota_boot_port_t *boot, void *ctx,
                           uint8_t image);

#ifdef __cplusplus
}
#endif
#endif
