/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * ethernet.c: lwIP's netif over the LAN9118, and DHCP.
 */
#include "ethernet.h"

#include <string.h>

#include "bsp.h"
#include "lan9118.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/timeouts.h"

#define MTU      1500
#define PASS_MAX 16u /* frames in one pass: a flood must not keep the main loop from its watchdog */

uint16_t ethernet_dns_port = 53;

static struct netif s_netif;
static ip_addr_t s_dns;      /* any: as DHCP says */
static uint32_t s_drop_nth;  /* 0: none */
static uint32_t s_drop_left; /* frames until the next that is dropped */
static bool s_more;          /* the last pass left frames, perhaps */

uint32_t sys_now(void)
{
    return bsp_now_ms();
}

/* ---------------------------------------------------------------- out */

static err_t link_output(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    if (!lan9118_send(frame->tot_len)) {
        return ERR_MEM; /* TCP sends it again */
    }
    for (u16_t offset = 0; offset < frame->tot_len; offset = (u16_t)(offset + 4)) {
        uint32_t word = 0;

        (void)pbuf_copy_partial(frame, &word, sizeof word, offset);
        lan9118_write(word);
    }
    return ERR_OK;
}

/* ---------------------------------------------------------------- in */

static bool is_dropped(void)
{
    if (s_drop_nth == 0 || --s_drop_left > 0) {
        return false;
    }
    s_drop_left = s_drop_nth;
    return true;
}

/* Buffers of the pool hold whole words: only the last word of a frame is cut. */
static void take(struct pbuf *frame)
{
    for (struct pbuf *at = frame; at != NULL; at = at->next) {
        uint8_t *to = at->payload;

        for (u16_t left = at->len; left > 0;) {
            uint32_t word = lan9118_read();
            u16_t count = left < sizeof word ? left : (u16_t)sizeof word;

            memcpy(to, &word, count);
            to += count;
            left = (u16_t)(left - count);
        }
    }
}

static void receive(uint32_t length)
{
    struct pbuf *frame = is_dropped() ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);

    if (frame == NULL) {
        lan9118_skip(length); /* to TCP a lost frame, which comes again */
    } else {
        take(frame);
    }
    lan9118_skip(LAN9118_CRC_BYTES);
    if (frame != NULL && s_netif.input(frame, &s_netif) != ERR_OK) {
        pbuf_free(frame);
    }
}

static void receive_some(void)
{
    uint32_t count = 0;

    for (uint32_t length; count < PASS_MAX && (length = lan9118_receive()) > 0; count++) {
        receive(length);
    }
    s_more = count == PASS_MAX;
}

/* ---------------------------------------------------------------- the link */

static err_t init_netif(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = link_output;
    netif->mtu = MTU;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    lan9118_mac(netif->hwaddr);
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* DHCP has set its own DNS server by now. */
static void on_status(struct netif *netif)
{
    if (!ip_addr_isany(&s_dns)) {
        dns_setserver(0, &s_dns);
    }
    if (!ip_addr_isany(&netif->ip_addr)) {
        bsp_log_text(ONEOTA_LOG_INFO, "ethernet: up", "address", ipaddr_ntoa(&netif->ip_addr));
    }
}

bool ethernet_start(void)
{
    if (!lan9118_start()) {
        bsp_log_text(ONEOTA_LOG_ERROR, "ethernet: no LAN9118; is there a -nic?", NULL, NULL);
        return false;
    }
    lwip_init();
    netif_add_noaddr(&s_netif, NULL, init_netif, netif_input);
    netif_set_default(&s_netif);
    netif_set_status_callback(&s_netif, on_status);
    netif_set_up(&s_netif);
    bsp_log_text(ONEOTA_LOG_INFO, "ethernet: asks DHCP for an address", NULL, NULL);
    (void)dhcp_start(&s_netif);
    bsp_interrupt_enable(BSP_IRQ_ETHERNET);
    lan9118_arm();
    return true;
}

void ethernet_poll(void)
{
    lan9118_arm(); /* first: a frame that comes while the others are taken interrupts again */
    receive_some();
    sys_check_timeouts();
}

uint32_t ethernet_sleep_ms(void)
{
    return s_more ? 0 : sys_timeouts_sleeptime();
}

bool ethernet_is_up(void)
{
    return netif_is_up(&s_netif) && !ip_addr_isany(&s_netif.ip_addr);
}

bool ethernet_set_dns(const char *address, uint16_t port)
{
    if (!ipaddr_aton(address, &s_dns)) {
        return false;
    }
    ethernet_dns_port = port;
    dns_setserver(0, &s_dns);
    return true;
}

void ethernet_drop_every(uint32_t nth)
{
    s_drop_nth = nth;
    s_drop_left = nth;
}

void ethernet_on_interrupt(void)
{
    lan9118_disarm();
    bsp_wake();
}
