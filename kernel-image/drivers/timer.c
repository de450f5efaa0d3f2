#include "drivers/timer.h"

#include <stdatomic.h>

#include "x86_64/cpu.h"

static const struct timer_device *timer;
static _Atomic uint64_t interrupts;
static bool (*timer_handler)(void);

void timer_use(const struct timer_device *device)
{
    timer = device;
}

void timer_set_handler(bool (*handler)(void))
{
    timer_handler = handler;
}

void timer_start_ticks(void)
{
    timer->start_ticks();
}

void timer_start_once(uint64_t nanos)
{
    timer->start_once(nanos);
}

void timer_stop(void)
{
    timer->stop();
}

bool timer_interrupt(void)
{
    atomic_fetch_add_explicit(&interrupts, 1, memory_order_relaxed);
    return timer_handler == NULL || timer_handler();
}

uint64_t timer_interrupts(void)
{
    return atomic_load_explicit(&interrupts, memory_order_relaxed);
}

uint64_t timer_wait(uint64_t count)
{
    uint64_t flags = interrupts_save();
    uint64_t start = timer_interrupts();
    while (timer_interrupts() - start < count) {
        wait_for_interrupt();
    }
    uint64_t passed = timer_interrupts() - start;
    interrupts_restore(flags);
    return passed;
}
