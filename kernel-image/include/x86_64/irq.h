// Interrupts from devices, by the numbers of their lines at the interrupt controller.
#pragma once

#include "types.h"

#define IRQ_LINES 16
#define IRQ_VECTOR_BASE 32

#define IRQ_TIMER 0
#define IRQ_CASCADE 2
#define IRQ_COM1 4

// Returns whether there was anything to do.
typedef bool (*irq_handler)(void);

// Gives a line its handler, which runs with interrupts off, and lets the line through.
void irq_enable(unsigned line, irq_handler handler);
void irq_disable(unsigned line);

// Called for the vectors from IRQ_VECTOR_BASE on.
void irq_dispatch(unsigned line);
