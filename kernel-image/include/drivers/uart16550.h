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

// Received bytes that found the buffer full or the FIFO overrun.
uint64_t uart16550_lost(void);

// Asks for the "transmitter empty" interrupt and tells whether it arrives. The receive interrupt and the timer are on.
bool uart16550_interrupt_works(void);
