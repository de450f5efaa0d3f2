#include "x86_64/irq.h"

#include <stdatomic.h>

#include "drivers/pic8259.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "x86_64/cpu.h"

static const struct interrupt_controller pic8259 = {pic8259_unmask, pic8259_mask, pic8259_is_spurious, pic8259_end_of_interrupt, NULL};

// For debuggers. Unclaimed interrupts came from a device that had nothing to say any more.
static _Atomic uint64_t irq_spurious;
static _Atomic uint64_t irq_unclaimed;
static irq_handler handlers[IRQ_COUNT];
static const struct interrupt_controller *controller = &pic8259;

void irq_use_controller(const struct interrupt_controller *new_controller)
{
    controller = new_controller;
}

void irq_enable(unsigned line, irq_handler handler)
{
    ASSERT(line < IRQ_LINES && handlers[line] == NULL);
    handlers[line] = handler;
    controller->unmask(line);
}

void irq_disable(unsigned line)
{
    controller->mask(line);
    handlers[line] = NULL;
}

bool irq_enable_message(irq_handler handler, struct irq_message *message)
{
    if (controller->message == NULL) {
        return false;
    }
    for (unsigned irq = IRQ_LINES; irq < IRQ_COUNT; irq++) {
        if (handlers[irq] == NULL) {
            handlers[irq] = handler;
            *message = controller->message((uint8_t)(IRQ_VECTOR_BASE + irq));
            return true;
        }
    }
    return false;
}

void irq_dispatch(unsigned irq)
{
    if (controller->is_spurious(irq)) {
        atomic_fetch_add_explicit(&irq_spurious, 1, memory_order_relaxed);
        return;
    }
    if (handlers[irq] != NULL) {
#ifdef VARIANT_NESTED_TIMER_STACK
        controller->end_of_interrupt(irq);
        interrupts_on();
        handlers[irq]();
        interrupts_off();
        return;
#endif
        if (!handlers[irq]()) {
            atomic_fetch_add_explicit(&irq_unclaimed, 1, memory_order_relaxed);
#ifdef VARIANT_MISSING_EOI
            return;
#endif
        }
    } else {
        // Printed, not logged: the code that was interrupted may hold the log's lock.
        print("%swarn: irq %u: nobody handles it\n", console_at_line_start() ? "" : "\n", irq);
    }
    controller->end_of_interrupt(irq);
}
