/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * lan9118.h: the board's Ethernet controller, an SMSC LAN9118; frames in and out, word by word. It
 * knows nothing of lwIP.
 *
 * The first byte of a frame is in the low byte of its first word; the last word may have bytes that
 * mean nothing.
 *
 *     while ((length = lan9118_receive()) > 0) {     a frame of length bytes ...
 *         ... (length + 3) / 4 times lan9118_read()
 *         lan9118_skip(LAN9118_CRC_BYTES);           ... which its CRC follows
 *     }
 *     if (lan9118_send(length)) {
 *         ... (length + 3) / 4 times lan9118_write()
 *     }
 *
 * The receive FIFO has 10.5 KB: six full frames. What comes on top is lost without a trace.
 */
#ifndef MPS2_LAN9118_H
#define MPS2_LAN9118_H

#include <stdbool.h>
#include <stdint.h>

#define LAN9118_CRC_BYTES 4u

/** Resets the controller, and starts to send and to receive. @return false: it does not answer */
bool lan9118_start(void);

void lan9118_mac(uint8_t mac[6]);

/** Begins to take the next frame. @return its bytes; 0: there is none */
uint32_t lan9118_receive(void);
uint32_t lan9118_read(void);

/** Instead of lan9118_read() for so many bytes; all but the last call with a multiple of 4. */
void lan9118_skip(uint32_t bytes);

/** Begins a frame of length bytes, at most 1514. @return false: no room in the FIFO now */
bool lan9118_send(uint32_t length);
void lan9118_write(uint32_t word);

/** An interrupt when a frame arrives from now on. Its handler disarms it; the main loop arms it,
 *  and then takes the frames that are there already. */
void lan9118_arm(void);
void lan9118_disarm(void);

#endif
