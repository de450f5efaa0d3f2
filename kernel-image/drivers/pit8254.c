#include "drivers/pit8254.h"

#include <stdatomic.h>

#include "x86_64/cpu.h"
#include "x86_64/irq.h"

#define COUNTER_0 0x40
#define CONTROL 0x43

// Intel 8254 data sheet, "Control Word Format".
#define SELECT_COUNTER_0 0x00
#define LATCH 0x00
#define LOW_THEN_HIGH 0x30
#define MODE_2_RATE_GENERATOR 0x04

#define INPUT_HZ 1193182
#define DIVISOR ((INPUT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND)

static _Atomic uint64_t ticks;
static void (*tick_handler)(uint64_t ticks);

static void tick(void)
{
    uint64_t now = atomic_fetch_add_explicit(&ticks, 1, memory_order_relaxed) + 1;
    if (tick_handler != NULL) {
        tick_handler(now);
    }
}

void pit8254_init(void)
{
    outb(CONTROL, SELECT_COUNTER_0 | LOW_THEN_HIGH | MODE_2_RATE_GENERATOR);
    outb(COUNTER_0, DIVISOR & 0xff);
    outb(COUNTER_0, DIVISOR >> 8);
}

uint16_t pit8254_read_count(void)
{
    outb(CONTROL, SELECT_COUNTER_0 | LATCH);
    uint8_t low = inb(COUNTER_0);
    return (uint16_t)(inb(COUNTER_0) << 8 | low);
}

void pit8254_start(void)
{
    irq_enable(IRQ_TIMER, tick);
}

void timer_set_tick_handler(void (*handler)(uint64_t ticks))
{
    tick_handler = handler;
}

uint64_t timer_ticks(void)
{
    return atomic_load_explicit(&ticks, memory_order_relaxed);
}

uint64_t timer_wait(uint64_t count)
{
    uint64_t flags = interrupts_save();
    uint64_t start = timer_ticks();
    while (timer_ticks() - start < count) {
        wait_for_interrupt();
    }
    uint64_t passed = timer_ticks() - start;
    interrupts_restore(flags);
    return passed;
}
