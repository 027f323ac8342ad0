/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * ethernet.h: the board's network: lwIP (NO_SYS=1) over the LAN9118, with an address from DHCP.
 *
 * Needs
 *     RAM       lwIP's, as lwipopts.h says, and 60 bytes
 *     threads   the main loop; ethernet_on_interrupt() is the one handler
 *     blocking  none
 *
 * Use
 *     BSP_VECTORS(ethernet_on_interrupt);
 *
 *     ethernet_start();                              once; enables the interrupt
 *     for (;;) {
 *         ethernet_poll();
 *         uint32_t ms = oneota_poll(&client);
 *         uint32_t timer_ms = ethernet_sleep_ms();
 *         bsp_sleep(ms < timer_ms ? ms : timer_ms);  a frame ends it
 *     }
 */
#ifndef MPS2_ETHERNET_H
#define MPS2_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>

/** Starts the controller, lwIP and DHCP. Logs one line, and another when there is an address.
 *  @return false: the controller does not answer (QEMU without `-nic ...,model=lan9118`) */
bool ethernet_start(void);

/** One pass: gives frames that arrived to lwIP, 16 at most, and runs lwIP's timers. */
void ethernet_poll(void);

/** Longest sleep, in ms, until ethernet_poll() has a timer to run, or frames that the
 *  last pass has left; others wake by interrupt. */
uint32_t ethernet_sleep_ms(void);

/** There is an address: connections can be opened. */
bool ethernet_is_up(void);

/** Asks this DNS server instead of the one that DHCP names. Text "10.0.2.2" and port, for a network
 *  where port 53 cannot be had. @return false: not an address */
bool ethernet_set_dns(const char *address, uint16_t port);

/** A bad link, for tests: of the frames received every nth is dropped; 0: none. Any time. */
void ethernet_drop_every(uint32_t nth);

/** Handler of BSP_IRQ_ETHERNET. */
void ethernet_on_interrupt(void);

/** What lwIP sends DNS queries to; lwipopts.h has it as DNS_SERVER_PORT. */
extern uint16_t ethernet_dns_port;

#endif
