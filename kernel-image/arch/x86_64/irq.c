#include "x86_64/irq.h"

#include <stdatomic.h>

#include "drivers/pic8259.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "x86_64/cpu.h"

// For debuggers. Unclaimed interrupts came from a device that had nothing to say any more.
static _Atomic uint64_t irq_spurious;
static _Atomic uint64_t irq_unclaimed;
static irq_handler handlers[IRQ_LINES];

void irq_enable(unsigned line, irq_handler handler)
{
    ASSERT(line < IRQ_LINES && handlers[line] == NULL);
    handlers[line] = handler;
    pic8259_unmask(line);
}

void irq_disable(unsigned line)
{
    pic8259_mask(line);
    handlers[line] = NULL;
}

void irq_dispatch(unsigned line)
{
    if (pic8259_is_spurious(line)) {
        atomic_fetch_add_explicit(&irq_spurious, 1, memory_order_relaxed);
        return;
    }
    if (handlers[line] != NULL) {
#ifdef VARIANT_NESTED_TIMER_STACK
        pic8259_end_of_interrupt(line);
        interrupts_on();
        handlers[line]();
        interrupts_off();
        return;
#endif
        if (!handlers[line]()) {
            atomic_fetch_add_explicit(&irq_unclaimed, 1, memory_order_relaxed);
#ifdef VARIANT_MISSING_EOI
            return;
#endif
        }
    } else {
        // Printed, not logged: the code that was interrupted may hold the log's lock.
        print("%swarn: irq %u: nobody handles it\n", console_at_line_start() ? "" : "\n", line);
    }
    pic8259_end_of_interrupt(line);
}
