// The 16550A UART of COM1: the console.
#pragma once

#include "types.h"

// Sets 115200 baud, 8 data bits, no parity, and empties the FIFOs. False if there is no UART, which its own loopback tells.
bool uart16550_init(void);

// Sends a byte, waiting for room.
void uart16550_send(char byte);

// Lets received bytes interrupt. They are kept until they are read.
void uart16550_enable_receive(void);

// Takes the oldest received byte; -1 if there is none.
int uart16550_receive(void);

// Drops the received bytes up to the first of a value, that one included. False, and nothing is dropped, if there is none.
bool uart16550_drop_through(uint8_t byte);

// Whether there are received bytes to take.
bool uart16550_has_received(void);

// Whether the other end is there: DCD, which a modem holds up as long as it is connected.
bool uart16550_carrier(void);

// Who hears of what is received, in the interrupt. take() may keep a byte from the buffer; it must not print. changed() follows when bytes
// have come, or the carrier has changed.
struct uart16550_listener {
    bool (*take)(uint8_t byte);
    void (*changed)(void);
};

void uart16550_listen(const struct uart16550_listener *listener);

// Received bytes that found the FIFO full, from a sender that does not look at RTS.
uint64_t uart16550_lost(void);

// Asks for the "transmitter empty" interrupt and tells whether it arrives. The receive interrupt and the timer are on.
bool uart16550_interrupt_works(void);
