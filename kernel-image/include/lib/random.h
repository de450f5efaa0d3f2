// Numbers that differ from run to run, drawn from the times at which interrupts come. Good for spreading things, not for secrets.
#pragma once

#include "types.h"

// Mixes a number into the pool that all numbers come from. Takes some microseconds; for interrupt handlers as well.
void random_stir(uint64_t number);

uint64_t random_number(void);
