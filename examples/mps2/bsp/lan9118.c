/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * lan9118.c: SMSC LAN9118, polled FIFOs and one interrupt.
 */
#include "lan9118.h"

#define BASE   0x40200000u
#define REG(x) (*(volatile uint32_t *)(BASE + (x)))

#define RX_DATA      REG(0x00)
#define TX_DATA      REG(0x20)
#define RX_STATUS    REG(0x40)
#define TX_STATUS    REG(0x48)
#define IRQ_CFG      REG(0x54)
#define INT_STS      REG(0x58)
#define INT_EN       REG(0x5C)
#define BYTE_TEST    REG(0x64)
#define FIFO_INT     REG(0x68)
#define TX_CFG       REG(0x70)
#define HW_CFG       REG(0x74)
#define RX_FIFO_INF  REG(0x7C)
#define TX_FIFO_INF  REG(0x80)
#define MAC_CSR_CMD  REG(0xA4)
#define MAC_CSR_DATA REG(0xA8)

#define BYTE_ORDER     0x87654321u
#define SOFT_RESET     1u
#define MUST_BE_ONE    (1u << 20) /* HW_CFG: the data sheet asks for it */
#define TX_ON          2u
#define RX_BAD         (1u << 15) /* RX_STATUS */
#define IRQ_ACTIVE     0x111u     /* enabled, active high, push-pull */
#define INT_FRAME      8u         /* more frames received than FIFO_INT says */
#define ALL_INTERRUPTS 0xFFFFFFFFu
#define FIRST_AND_LAST 0x3000u /* TX command A: the frame is in one piece */
#define COMMAND_BYTES  8u
#define BUSY_SPINS     100000u

/* MAC registers, behind MAC_CSR. */
#define MAC_BUSY  (1u << 31)
#define MAC_READ  (1u << 30)
#define MAC_CR    1u
#define MAC_ADDRH 2u
#define MAC_ADDRL 3u

#define MAC_FULL_DUPLEX (1u << 20)
#define MAC_TX          (1u << 3)
#define MAC_RX          (1u << 2)

static bool is_idle(volatile uint32_t *reg, uint32_t busy)
{
    for (uint32_t spins = 0; spins < BUSY_SPINS; spins++) {
        if ((*reg & busy) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t mac_read(uint32_t index)
{
    MAC_CSR_CMD = MAC_BUSY | MAC_READ | index;
    (void)is_idle(&MAC_CSR_CMD, MAC_BUSY);
    return MAC_CSR_DATA;
}

static void mac_write(uint32_t index, uint32_t value)
{
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_BUSY | index;
    (void)is_idle(&MAC_CSR_CMD, MAC_BUSY);
}

bool lan9118_start(void)
{
    if (BYTE_TEST != BYTE_ORDER) {
        return false;
    }
    HW_CFG = SOFT_RESET;
    if (!is_idle(&HW_CFG, SOFT_RESET)) {
        return false;
    }
    HW_CFG |= MUST_BE_ONE;
    INT_EN = 0;
    INT_STS = ALL_INTERRUPTS;
    IRQ_CFG = IRQ_ACTIVE;
    FIFO_INT = 0;
    TX_CFG = TX_ON;
    mac_write(MAC_CR, MAC_FULL_DUPLEX | MAC_TX | MAC_RX);
    return true;
}

void lan9118_mac(uint8_t mac[6])
{
    uint32_t low = mac_read(MAC_ADDRL), high = mac_read(MAC_ADDRH);

    for (unsigned i = 0; i < 4; i++) {
        mac[i] = (uint8_t)(low >> (8 * i));
    }
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
}

static uint32_t frames_waiting(void)
{
    return (RX_FIFO_INF >> 16) & 0xFF;
}

uint32_t lan9118_receive(void)
{
    while (frames_waiting() > 0) {
        uint32_t status = RX_STATUS;
        uint32_t length = (status >> 16) & 0x3FFF;

        if ((status & RX_BAD) == 0 && length > LAN9118_CRC_BYTES) {
            return length - LAN9118_CRC_BYTES;
        }
        lan9118_skip(length);
    }
    return 0;
}

uint32_t lan9118_read(void)
{
    return RX_DATA;
}

void lan9118_skip(uint32_t bytes)
{
    for (uint32_t done = 0; done < bytes; done += 4) {
        (void)RX_DATA;
    }
}

bool lan9118_send(uint32_t length)
{
    while (((TX_FIFO_INF >> 16) & 0xFF) > 0) {
        (void)TX_STATUS; /* the controller stops when nobody reads how its frames fared */
    }
    if ((TX_FIFO_INF & 0xFFFF) < COMMAND_BYTES + ((length + 3) & ~3u)) {
        return false;
    }
    TX_DATA = FIRST_AND_LAST | length;
    TX_DATA = length << 16 | length;
    return true;
}

void lan9118_write(uint32_t word)
{
    TX_DATA = word;
}

void lan9118_arm(void)
{
    INT_STS = INT_FRAME;
    INT_EN = INT_FRAME;
}

void lan9118_disarm(void)
{
    INT_EN = 0;
}
