/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/memp.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"

#define DNS_PORT      53
#define DNS_HEAD      12
#define DNS_HELD_MAX  4
#define DNS_QUERY_MAX 128
#define STEP_MS       50
#define FORGET_MS     300000u /* TIME_WAIT is 120 s, and a closing peer may be asked for longer */
#define FORGET_STEPS  20
#define PROTOCOL_TCP  6
#define TYPE_A        1
#define TYPE_AAAA     28
#define RCODE_NO_NAME 3

wire_t wire;

typedef struct packet {
    struct packet *next;
    uint16_t length;
    uint8_t bytes[];
} packet_t;

typedef struct {
    ip_addr_t from;
    uint16_t port;
    uint16_t length;
    uint8_t bytes[DNS_QUERY_MAX];
} query_t;

static packet_t *s_first, **s_last = &s_first;
static struct netif s_netif;
static struct udp_pcb *s_dns;
static query_t s_held[DNS_HELD_MAX];
static unsigned s_held_count;
static uint32_t s_now;
static uint32_t s_random = 1;
static mem_size_t s_used[MEMP_MAX];

uint32_t sys_now(void)
{
    return s_now;
}

uint32_t wire_now(void)
{
    return s_now;
}

unsigned wire_random(void)
{
    s_random = s_random * 1664525u + 1013904223u;
    return s_random >> 8;
}

/* ---------------------------------------------------------------- packets */

static uint16_t read_16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* @return false: not TCP */
static bool read_segment(const uint8_t *bytes, uint16_t length, wire_segment_t *segment)
{
    bool is_4 = bytes[0] >> 4 == 4;
    uint16_t head = is_4 ? (uint16_t)((bytes[0] & 15) * 4) : 40;

    memset(segment, 0, sizeof *segment);
    if (bytes[is_4 ? 9 : 6] != PROTOCOL_TCP) {
        return false;
    }
    if (is_4) {
        memcpy(&segment->to, bytes + 16, 4);
    }
    segment->source = read_16(bytes + head);
    segment->destination = read_16(bytes + head + 2);
    segment->flags = bytes[head + 13];
    segment->data_bytes = (uint16_t)(length - head - (bytes[head + 12] >> 4) * 4);
    return true;
}

/* @return true: it is lost */
static bool watch(const packet_t *packet)
{
    wire_segment_t segment;

    wire.packets++;
    if (!read_segment(packet->bytes, packet->length, &segment)) {
        return wire.cut;
    }
    wire.last = segment;
    wire.resets += (segment.flags & WIRE_RST) != 0;
    if ((segment.flags & WIRE_SYN) != 0) {
        wire.syns++;
        wire.last_syn_to = segment.to;
    }
    return wire.cut || (wire.lose != NULL && wire.lose(&segment));
}

static err_t output(struct netif *netif, struct pbuf *p)
{
    packet_t *packet = malloc(sizeof *packet + p->tot_len);

    (void)netif;
    if (packet == NULL) {
        abort();
    }
    packet->next = NULL;
    packet->length = p->tot_len;
    (void)pbuf_copy_partial(p, packet->bytes, p->tot_len, 0);
    *s_last = packet;
    s_last = &packet->next;
    return ERR_OK;
}

static err_t output_4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    (void)to;
    return output(netif, p);
}

static err_t output_6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
    (void)to;
    return output(netif, p);
}

static void deliver(const packet_t *packet)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, packet->length, PBUF_POOL);

    if (p == NULL) {
        wire.pool_empty++;
        return;
    }
    (void)pbuf_take(p, packet->bytes, packet->length);
    if (ip_input(p, &s_netif) != ERR_OK) {
        pbuf_free(p);
    }
}

void wire_run(void)
{
    while (s_first != NULL) {
        packet_t *packet = s_first;

        s_first = packet->next;
        if (s_first == NULL) {
            s_last = &s_first;
        }
        if (!watch(packet)) {
            deliver(packet);
        }
        free(packet);
    }
}

void wire_pass(uint32_t ms)
{
    for (uint32_t left = ms; left > 0;) {
        uint32_t step = left < STEP_MS ? left : STEP_MS;

        wire_run();
        s_now += step;
        left -= step;
        sys_check_timeouts();
    }
    wire_run();
}

/* ---------------------------------------------------------------- DNS */

/* An answer to the only question: "here." and "there." have an address each, "six." an IPv6 one,
 * whatever follows the first dot; "zero." and "loop." what a resolver says that blocks a name. */
static uint16_t write_answer(uint8_t *bytes, uint16_t length)
{
    static const uint8_t k_record[] = {0xC0, DNS_HEAD, 0, 0, 0, 1, 0, 0, 0, 1, 0};
    static const uint8_t k_here[] = {4, 10, 0, 0, 1};
    static const uint8_t k_there[] = {4, 10, 0, 0, 9};
    static const uint8_t k_zero[] = {4, 0, 0, 0, 0};
    static const uint8_t k_loop[] = {4, 127, 0, 0, 1};
    static const uint8_t k_six[] = {16, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    const uint8_t *name = bytes + DNS_HEAD;
    uint8_t type = bytes[length - 3];
    bool is_six = memcmp(name, "\3six", 4) == 0;
    const uint8_t *data = type == TYPE_AAAA && is_six ? k_six : NULL;

    if (type == TYPE_A && wire.dns != WIRE_DNS_DENIES) {
        data = memcmp(name, "\4here", 5) == 0 ? k_here : NULL;
        data = memcmp(name, "\4zero", 5) == 0 ? k_zero : data;
        data = memcmp(name, "\4loop", 5) == 0 ? k_loop : data;
        bool there = wire.dns == WIRE_DNS_MOVED || memcmp(name, "\5there", 6) == 0;
        data = there ? k_there : data;
    }
    bytes[2] = 0x81;
    bytes[3] = data == NULL && !is_six ? RCODE_NO_NAME : 0;
    if (data == NULL) {
        return length;
    }
    bytes[7] = 1;
    memcpy(bytes + length, k_record, sizeof k_record);
    bytes[length + 3] = type;
    memcpy(bytes + length + sizeof k_record, data, data[0] + 1u);
    return (uint16_t)(length + sizeof k_record + data[0] + 1u);
}

static void answer(const query_t *query)
{
    uint8_t bytes[DNS_QUERY_MAX + 32];
    memcpy(bytes, query->bytes, query->length);
    uint16_t length = write_answer(bytes, query->length);
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, length, PBUF_RAM);

    if (p == NULL) {
        abort();
    }
    (void)pbuf_take(p, bytes, length);
    (void)udp_sendto(s_dns, p, &query->from, query->port);
    pbuf_free(p);
}

static void on_query(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     u16_t port)
{
    query_t query = {.from = *from, .port = port, .length = p->tot_len};

    (void)arg;
    (void)pcb;
    if (p->tot_len > DNS_QUERY_MAX) {
        abort();
    }
    (void)pbuf_copy_partial(p, query.bytes, p->tot_len, 0);
    pbuf_free(p);
    wire.queries++;
    if (wire.dns == WIRE_DNS_HOLDS && s_held_count < DNS_HELD_MAX) {
        s_held[s_held_count++] = query;
    } else if (wire.dns != WIRE_DNS_SILENT && wire.dns != WIRE_DNS_HOLDS) {
        answer(&query);
    }
}

void wire_dns_release(void)
{
    wire.dns = WIRE_DNS_ANSWERS;
    for (unsigned n = 0; n < s_held_count; n++) {
        answer(&s_held[n]);
    }
    s_held_count = 0;
}

/* ---------------------------------------------------------------- start and end */

static err_t init_netif(struct netif *netif)
{
    netif->name[0] = 't';
    netif->name[1] = 'e';
    netif->mtu = 1500;
    netif->output = output_4;
    netif->output_ip6 = output_6;
    netif->flags = NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* Of each pool. With malloc() there are none: what is lost there, the sanitizer finds. */
static void count_used(mem_size_t *used)
{
    memset(used, 0, sizeof s_used);
#if !MEMP_MEM_MALLOC
    for (int n = 0; n < MEMP_MAX; n++) {
        used[n] = memp_pools[n]->stats->used;
    }
    used[MEMP_SYS_TIMEOUT] = 0; /* TCP's timer comes and goes */
#endif
}

static void start_once(void)
{
    ip4_addr_t address, mask, gateway;
    ip6_addr_t address_6;
    ip_addr_t dns;
    s8_t index = 0;

    lwip_init();
    (void)ip4addr_aton(WIRE_HERE, &address);
    (void)ip4addr_aton("255.255.255.0", &mask);
    ip4_addr_set_zero(&gateway);
    (void)netif_add(&s_netif, &address, &mask, &gateway, NULL, init_netif, ip_input);
    netif_set_default(&s_netif);
    netif_set_up(&s_netif);
    (void)ip6addr_aton(WIRE_HERE_6, &address_6);
    (void)netif_add_ip6_address(&s_netif, &address_6, &index);
    netif_ip6_addr_set_state(&s_netif, index, IP6_ADDR_PREFERRED);

    s_dns = udp_new_ip_type(IPADDR_TYPE_ANY);
    (void)udp_bind(s_dns, IP_ANY_TYPE, DNS_PORT);
    udp_recv(s_dns, on_query, NULL);
    (void)ipaddr_aton(WIRE_HERE, &dns);
    dns_setserver(0, &dns);
    count_used(s_used);
}

void wire_start(void)
{
    static bool s_started;

    if (!s_started) {
        start_once();
        s_started = true;
    }
    memset(&wire, 0, sizeof wire);
    s_held_count = 0;
}

static const char *missing(void)
{
    if (tcp_active_pcbs != NULL || tcp_tw_pcbs != NULL || tcp_bound_pcbs != NULL) {
        return "a PCB is left";
    }
#if !MEM_LIBC_MALLOC
    if (lwip_stats.mem.used != 0) {
        return "the heap";
    }
#endif
    mem_size_t used[MEMP_MAX];
    count_used(used);
    for (int n = 0; n < MEMP_MAX; n++) {
        if (used[n] != s_used[n]) {
            return memp_pools[n]->desc;
        }
    }
    return NULL;
}

const char *wire_missing(void)
{
    wire.cut = false;
    wire.lose = NULL;
    for (int n = 0; n < FORGET_STEPS && missing() != NULL; n++) {
        wire_pass(FORGET_MS);
    }
    return missing();
}
