// What each processor has of its own, found through GS.
#pragma once

#include "types.h"
#include "x86_64/gdt.h"
#include "x86_64/trap.h"

struct cpu {
    struct cpu *self; // first, so that %gs:0 is the address of this structure
    uint32_t id;
    uint64_t gdt[GDT_ENTRIES];
    struct task_state task_state;
    // The frame of the last trap that the exception table recovered from: shows on which stack a handler ran.
    const struct trap_frame *last_recovered;
};

// Makes the boot processor's structure the one that this_cpu() gives.
void percpu_init(void);

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}
