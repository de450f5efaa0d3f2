// Interrupts from devices: those of the lines of a PC's bus, by their numbers, and behind them those that come as messages.
#pragma once

#include "types.h"

#define IRQ_LINES 16
#define IRQ_MESSAGES 8
#define IRQ_COUNT (IRQ_LINES + IRQ_MESSAGES)
#define IRQ_VECTOR_BASE 32

#define IRQ_TIMER 0
#define IRQ_CASCADE 2
#define IRQ_COM1 4

// What a device writes, and where, to interrupt (PCI Local Bus Specification 3.0, 6.8).
struct irq_message {
    uint64_t address;
    uint32_t data;
};

// Who brings the interrupts to a processor: the 8259s, or the APICs.
struct interrupt_controller {
    void (*unmask)(unsigned line);
    void (*mask)(unsigned line);
    // Whether an interrupt on the line came from no device. Such an interrupt gets no end of interrupt.
    bool (*is_spurious)(unsigned line);
    void (*end_of_interrupt)(unsigned line);
    struct irq_message (*message)(uint8_t vector); // NULL: messages do not arrive
};

// Has another controller than the 8259s bring the interrupts. No line is enabled yet.
void irq_use_controller(const struct interrupt_controller *controller);

// Returns whether there was anything to do.
typedef bool (*irq_handler)(void);

// Gives a line its handler, which runs with interrupts off, and lets the line through.
void irq_enable(unsigned line, irq_handler handler);
void irq_disable(unsigned line);

// The same for an interrupt that comes as a message, which is what a device is to be told. False if messages do not arrive here.
bool irq_enable_message(irq_handler handler, struct irq_message *message);

// Called for the IRQ_COUNT vectors from IRQ_VECTOR_BASE on.
void irq_dispatch(unsigned irq);
