// The processors besides the one that boots.
#pragma once

#include "types.h"
#include "x86_64/percpu.h"

// Starts all that the machine has, or is to use. They take tasks as soon as this returns.
void processors_start(void);

// Has another processor look at its run queue, or at whether its task is to end.
void processor_wake(const struct cpu *cpu);

// Has another processor look at what it is to forget (x86_64/tlb.h).
void processor_interrupt_tlb(const struct cpu *cpu);

// Stops the other processors for good, wherever they are.
void processors_stop_others(void);

// Whether that has been done, so that an NMI means to stop.
bool processors_stopping(void);
