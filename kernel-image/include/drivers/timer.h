// The timer that interrupts: the 8254, or each processor's own. What is started or stopped is that of the processor that runs.
#pragma once

#include "types.h"

#define TICKS_PER_SECOND 100

struct timer_device {
    void (*start_ticks)(void);
    void (*start_once)(uint64_t nanos);
    void (*stop)(void);
};

// Has a device be the timer from here on.
void timer_use(const struct timer_device *device);

// Has a function called in each interrupt; it returns whether there was anything to do.
void timer_set_handler(bool (*handler)(void));

// Has the interrupt come TICKS_PER_SECOND times a second, the first time after a whole tick.
void timer_start_ticks(void);

// Has the interrupt come once, not before so many nanoseconds have passed, or the most that the device can wait: 54 ms, if not more.
void timer_start_once(uint64_t nanos);

// Has the interrupt not come any more. One that was on its way still comes.
void timer_stop(void);

// For the devices: the interrupt has come. Returns whether there was anything to do.
bool timer_interrupt(void);

// Interrupts since the start, on all processors.
uint64_t timer_interrupts(void);

// Sleeps for a number of ticks, the first of which may already have begun. Returns how many passed. Not for tasks.
uint64_t timer_wait(uint64_t count);
