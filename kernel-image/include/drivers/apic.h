// The APICs in place of the 8259s: what several processors need, and one can have (the option apic).
#pragma once

#include "types.h"

// The vectors from here on are theirs.
#define FIRST_APIC_VECTOR 0xe0

// Looks for them in the firmware's tables, and takes them into use if there are several processors, of which not more than a number are to be
// used, or if the APICs are wanted. Ends the kernel if they are wanted and not there.
void apic_init(size_t most_processors, bool wanted);

// Whether they are in use.
bool apic_in_use(void);

// The APIC IDs of the processors to use, that of the one that runs among them; none if the APICs are not in use.
size_t apic_processors(const uint8_t **ids);

// If they are in use, makes each processor's own timer the timer.
void apic_timer_init(void);

// Serves an interrupt that a processor's own APIC brought.
void apic_interrupt(uint64_t vector);
