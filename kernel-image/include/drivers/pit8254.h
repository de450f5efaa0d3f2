// The 8254 interval timer: the timer interrupt, from its counter 0, and a stopwatch, its counter 2.
#pragma once

#include "types.h"

// Makes it the timer, and has it tick. The interrupts come when the line is enabled.
void pit8254_init(void);

// The current count of counter 0.
uint16_t pit8254_read_count(void);

// Enables the interrupt.
void pit8254_start(void);

// Starts counting from 0, and tells how many nanoseconds have passed, up to 54 ms.
void pit8254_start_stopwatch(void);
uint64_t pit8254_read_stopwatch(void);
