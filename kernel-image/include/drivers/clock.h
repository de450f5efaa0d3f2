// The time, in nanoseconds, from the processor's time-stamp counter. It does not need the timer's interrupt, which does not always come.
#pragma once

#include "types.h"

#define MICROSECOND 1000UL
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)

// Measures the counter's frequency against the 8254, which takes some milliseconds.
void clock_init(void);

// Nanoseconds since clock_init().
uint64_t clock_nanos(void);
