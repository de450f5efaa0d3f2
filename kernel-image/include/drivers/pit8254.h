// The 8254 interval timer: the timer interrupt, from its counter 0, and a stopwatch, its counter 2.
#pragma once

#include "types.h"

#define TICKS_PER_SECOND 100

// Has the counter tick. The interrupts come when the line is enabled.
void pit8254_init(void);

// The current count of counter 0.
uint16_t pit8254_read_count(void);

// Enables the interrupt.
void pit8254_start(void);

// Has a function called in each interrupt; it returns whether there was anything to do.
void timer_set_handler(bool (*handler)(void));

// Has the interrupt come TICKS_PER_SECOND times a second, the first time after a whole tick.
void timer_start_ticks(void);

// Has the interrupt come once, not before so many nanoseconds have passed; but before 55 ms have.
void timer_start_once(uint64_t nanos);

// Has the interrupt not come any more. One that was on its way still comes.
void timer_stop(void);

// Interrupts since the start.
uint64_t timer_interrupts(void);

// Sleeps for a number of ticks, the first of which may already have begun. Returns how many passed. Not for tasks.
uint64_t timer_wait(uint64_t count);

// Starts counting from 0, and tells how many nanoseconds have passed, up to 54 ms.
void pit8254_start_stopwatch(void);
uint64_t pit8254_read_stopwatch(void);
