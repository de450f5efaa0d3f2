// The 8254 interval timer: the kernel's clock tick, from its counter 0.
#pragma once

#include "types.h"

#define TICKS_PER_SECOND 100

// Programs the counter. Ticks come when the line is enabled.
void pit8254_init(void);

// The current count of counter 0.
uint16_t pit8254_read_count(void);

// Enables the interrupt.
void pit8254_start(void);

// Has a function called in each tick's interrupt, with the ticks since the start.
void timer_set_tick_handler(void (*handler)(uint64_t ticks));

// Ticks since the start.
uint64_t timer_ticks(void);

// Sleeps for a number of ticks, the first of which may already have begun. Returns how many passed.
uint64_t timer_wait(uint64_t count);
