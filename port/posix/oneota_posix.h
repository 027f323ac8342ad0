/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_posix.h: the ports for Linux and other POSIX.1-2008 systems.
 *
 * Purpose
 *     net, clock and random are for a product. flash and boot are a simulation in files, for
 *     a device that is a Linux process: killing the process at any instant is a power cut. They are
 *     not flushed to the disk, so a power cut of the machine itself may lose them.
 *
 * Needs
 *     threads   resolve.c looks up a host name in a thread of its own, which lives until the
 *               system's resolver answers or gives up, also after a close(): link with -pthread.
 *     heap      an object of about 400 bytes for each lookup, and what getaddrinfo() takes.
 *     signals   none is raised; the lookup's thread takes none.
 *     files     flash and boot keep no lock: one process at a time.
 *
 * Use
 *     static oneota_posix_net_t net;
 *     static oneota_posix_flash_t slot[2], journal;
 *     static oneota_posix_boot_t boot;
 *     static const oneota_posix_geometry_t k_slot = {16u << 20, 4096, 16, 0xFF};
 *
 *     oneota_posix_net_init(&net);
 *     oneota_posix_flash_open(&slot[0], "state/slot0", &k_slot);      ... and so on ...
 *     oneota_posix_boot_init(&boot);
 *     error = oneota_posix_boot_open(&boot, 0, "state/boot", k_slot.size);
 *     if (error == ONEOTA_STATE) {
 *         error = oneota_posix_boot_create(&boot, 0, "state/boot", k_slot.size, 0, "1.0");
 *     }
 *     oneota_posix_boot_start(&boot, 0, NULL, NULL);
 *     ... setup: .net = &oneota_posix_net, .net_ctx = &net, .journal = &journal.port,
 *                .journal_ctx = &journal, .boot = &oneota_posix_boot, .boot_ctx = &boot,
 *                .clock = &oneota_posix_clock, .device = &oneota_posix_device ...
 *     for (;;) {
 *         oneota_posix_wait(&net, oneota_poll(&client));
 *     }
 *
 * Objects are the caller's, visible so that they can be allocated. Fields are private unless marked
 * readable or settable.
 */
#ifndef ONEOTA_POSIX_H
#define ONEOTA_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "oneota/config.h"
#include "oneota/error.h"
#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- net */

/**
 * A TCP connection, IPv4 or IPv6. The addresses of a name are tried one after the other: one that
 * refuses is followed by the next at once, one that is silent until close() comes last in the next
 * open(). After BROKEN nothing is left to close.
 *
 * Native errors are errno, or that of getaddrinfo(): ONEOTA_POSIX_LOOKUP_ERROR - EAI_*.
 */
typedef struct {
    int32_t receive_bytes; /**< settable after init: SO_RCVBUF, which bounds what is under way */
    int32_t native;
    struct oneota_posix_lookup *lookup; /**< heap, from open() until connected or closed */
    int fd;
    int first_error; /**< of the addresses that failed in this open() */
    uint8_t phase;
    uint8_t addresses; /**< that the name has */
    uint8_t tried;
    uint8_t start; /**< index of the address to begin with, of any name */
    short events;  /**< what the next step waits for */
} oneota_posix_net_t;

#define ONEOTA_POSIX_LOOKUP_ERROR 10000 /**< beyond any errno */

/** The table; its ctx is a oneota_posix_net_t. */
extern const oneota_net_t oneota_posix_net;

/** Must come first. SO_RCVBUF is 32 KiB. */
void oneota_posix_net_init(oneota_posix_net_t *net);

/**
 * Sleeps until the next step of net can be done, a signal is handled, or ms have passed.
 * A signal handled just before the call does not wake it: a program that must end soon after
 * a signal waits for a second at a time.
 * @param net  NULL: only sleeps
 * @return true if net can go on
 */
bool oneota_posix_wait(const oneota_posix_net_t *net, uint32_t ms);

/** What a loop of the application's own has to poll(2) for: see oneota_posix_wait().
 *  @param events  POLLIN or POLLOUT
 *  @return descriptor, which changes with every call of the port; -1 = none now */
int oneota_posix_net_fd(const oneota_posix_net_t *net, short *events);

/** Text of a native error. Valid until the next call of this or of strerror(). */
const char *oneota_posix_net_error_text(int32_t native);

/* ---------------------------------------------------------------- flash */

/** What kind of flash to simulate. */
typedef struct {
    uint32_t size;         /**< a multiple of erase_unit, at most 2 GiB - 1 */
    uint32_t erase_unit;   /**< a multiple of program_unit; all are equal */
    uint16_t program_unit; /**< a power of two, 1 to ONEOTA_PROGRAM_UNIT_MAX */
    uint8_t erased_value;  /**< 0xFF or 0x00 */
} oneota_posix_geometry_t;

/**
 * A region of flash in a file. The file holds every byte XOR the erased value, so a hole reads as
 * erased: a new region of any size takes no room on the disk.
 *
 * Refused, as a flash controller would: a program over a byte that does not have the erased value,
 * anything unaligned, anything outside. After STORAGE from erase or program, or a kill within it,
 * the place may be half done.
 */
typedef struct {
    oneota_flash_t port;              /**< readable: the table; its ctx is this object */
    oneota_posix_geometry_t geometry; /**< readable */
    int32_t native; /**< readable: errno of the last STORAGE, 0 = the flash's own rules */
    int fd;
    char text[112];
} oneota_posix_flash_t;

/**
 * Opens the region at path, or creates it erased. Nothing is changed in a file of another size.
 * @return OK; PARAM geometry; STORAGE. oneota_posix_flash_error() says why, after a failure too
 */
oneota_error_t oneota_posix_flash_open(oneota_posix_flash_t *flash, const char *path,
                                       const oneota_posix_geometry_t *geometry);

void oneota_posix_flash_close(oneota_posix_flash_t *flash);

/** Text of the last failure, "" = none: "program at 4096: not erased". Valid until the next one. */
const char *oneota_posix_flash_error(const oneota_posix_flash_t *flash);

/* ---------------------------------------------------------------- boot */

#define ONEOTA_POSIX_TRIALS 3 /**< starts that a new image gets to be confirmed */

/** What a slot holds. */
typedef struct {
    uint32_t size;         /**< bytes of the image, 0 = unknown */
    uint8_t digest[32];    /**< as mark() was told */
    uint8_t digest_length; /**< 16, 32; 0: none, the factory image */
    char version[ONEOTA_VERSION_MAX + 1];
} oneota_posix_boot_slot_t;

/** The boot control of one image, as in its file. */
typedef struct {
    oneota_posix_boot_slot_t slot[2];
    uint8_t running;   /**< slot */
    uint8_t condition; /**< oneota_boot_condition_t */
    uint8_t attempts;  /**< on trial: starts left, this one included; 0 after revert() */
} oneota_posix_boot_record_t;

/**
 * Boot control with a file for each image and a simulated boot loader. Images alternate between
 * two slots. Every change writes path.new and renames it: a kill leaves the old or the new choice.
 * A file that is not whole is an error that stays: nothing is reset silently.
 *
 *                mark()           start             confirm()
 *     CONFIRMED ---------> PENDING -------> TRIAL ------------> CONFIRMED
 *         ^     <--------- /   \              |
 *                revert()       \ not proven  | revert() and start, or the last attempt is used up
 *                                \            v
 *                                 -------> REVERTED            until the next mark()
 */
typedef struct {
    struct {
        const char *path; /**< kept */
        uint32_t slot_bytes;
        bool readable;
        oneota_posix_boot_record_t record;
    } image[ONEOTA_IMAGES_MAX];
    char text[112];
} oneota_posix_boot_t;

/** Has slot of image, in its first size bytes, this digest (16: MD5, 32: SHA-256)? */
typedef bool (*oneota_posix_proven_t)(void *ctx, uint8_t image, uint8_t slot, uint32_t size,
                                      const uint8_t *digest, uint8_t digest_length);

/** The table; its ctx is a oneota_posix_boot_t. inspect() takes any bytes that fit into the slot;
 *  mark() refuses the slot that runs (PARAM), and any during a trial (STATE). */
extern const oneota_boot_port_t oneota_posix_boot;

/** Must come first. */
void oneota_posix_boot_init(oneota_posix_boot_t *boot);

/** Reads the boot control of image. @param path  kept
 *  @return OK; PARAM; STATE there is no such file; STORAGE it cannot be read, or is damaged */
oneota_error_t oneota_posix_boot_open(oneota_posix_boot_t *boot, uint8_t image, const char *path,
                                      uint32_t slot_bytes);

/** Creates it, in place of what there was: slot 0 runs and is confirmed. @param path  kept
 *  @return OK; PARAM; LIMIT version too long; STORAGE */
oneota_error_t oneota_posix_boot_create(oneota_posix_boot_t *boot, uint8_t image, const char *path,
                                        uint32_t slot_bytes, uint32_t size, const char *version);

/** The boot loader: once for every start of the (simulated) device, before the client is made.
 *  A pending image that is not proven is not started. @param proven  NULL: it is trusted
 *  @return OK; PARAM; STORAGE the start did not happen */
oneota_error_t oneota_posix_boot_start(oneota_posix_boot_t *boot, uint8_t image,
                                       oneota_posix_proven_t proven, void *ctx);

/** The boot control of image, to look at; NULL if it is not open or unreadable. */
const oneota_posix_boot_record_t *oneota_posix_boot_record(const oneota_posix_boot_t *boot,
                                                           uint8_t image);

/** What the running image's slot holds; NULL likewise. */
const oneota_posix_boot_slot_t *oneota_posix_boot_running(const oneota_posix_boot_t *boot,
                                                          uint8_t image);

/** Text of the last failure, "" = none. Valid until the next one. */
const char *oneota_posix_boot_error(const oneota_posix_boot_t *boot);

/* ---------------------------------------------------------------- clock, device */

/** CLOCK_MONOTONIC, and CLOCK_REALTIME, which is believed from 2020 on. ctx is not used. */
extern const oneota_clock_t oneota_posix_clock;

/** Random numbers alone. ctx is not used. */
extern const oneota_device_t oneota_posix_device;

/** 32 bits of /dev/urandom, for a device table of the application's own. ctx is not used. */
uint32_t oneota_posix_random(void *ctx);

#ifdef __cplusplus
}
#endif
#endif
