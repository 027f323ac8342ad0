/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * boot_port.h: the client's boot port, over the control and the images that the boot loader reads.
 *
 * Needs
 *     RAM       a boot_port_t, 904 bytes, for as long as the client lives
 *     blocking  no: a call of the port does one erase or program, or reads 4 KiB, and is AGAIN
 *
 * Use
 *     static boot_port_t boot;
 *
 *     boot_port_open(&boot, &flash_port, flash_control(), flash_slot(0), flash_slot(1), &bsp_log);
 *     boot_port_started(&boot, bsp_handed_over());
 *     setup.boot = &boot_port;
 *     setup.boot_ctx = &boot;
 *
 * Each refusal is one line of log: "boot: image refused why=for another board". mark() refuses the
 * slot that runs, and what the slot cannot hold (PARAM), and everything during a trial (STATE).
 */
#ifndef MPS2_BOOT_PORT_H
#define MPS2_BOOT_PORT_H

#include "control.h"
#include "image.h"

typedef struct {
    control_t control; /**< readable: control.record */
    image_check_t check;
    const oneota_flash_t *flash;
    void *slot_ctx[2];
    const oneota_log_t *log;
    bool readable;
    bool checking;
} boot_port_t;

/** The table; its ctx is a boot_port_t. The board has one image, index 0. */
extern const oneota_boot_port_t boot_port;

/** Reads the control. @param log  its ctx is not used. May be NULL
 *  @return OK; PARAM; STORAGE: every call of the port then says STORAGE */
oneota_error_t boot_port_open(boot_port_t *port, const oneota_flash_t *flash, void *control_ctx,
                              void *slot0_ctx, void *slot1_ctx, const oneota_log_t *log);

/** What the boot loader says that it has started, as control_pack() gives it; from now on query()
 *  says so too. Needed where flash fails: the control may still name a trial that was given up. */
void boot_port_started(boot_port_t *port, uint32_t word);

#endif
