#include "x86_64/irq.h"

#include "drivers/pic8259.h"
#include "lib/log.h"
#include "lib/panic.h"

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
        log_debug("irq %u: spurious", line);
        return;
    }
    if (handlers[line] != NULL) {
        handlers[line]();
    } else {
        log_warn("irq %u: nobody handles it", line);
    }
    pic8259_end_of_interrupt(line);
}
