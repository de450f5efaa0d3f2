// What each processor has of its own, found through GS.
#pragma once

// Where the assembler finds these.
#define CPU_SCRATCH 8
#define CPU_KERNEL_STACK 16

#ifndef __ASSEMBLER__

#include "types.h"
#include "sched/queue.h"
#include "x86_64/gdt.h"
#include "x86_64/trap.h"

#define MAX_CPUS 16

struct task;

struct cpu {
    struct cpu *self; // first, so that %gs:0 is the address of this structure
    uint64_t scratch;       // for the first instructions of an entry
    virt_addr kernel_stack; // the top of the running task's, for SYSCALL, which does not load RSP
    uint32_t id;
    uint8_t apic_id; // on the bus of the APICs, if those are in use
    uint64_t gdt[GDT_ENTRIES];
    struct task_state_segment task_state;
    // The frame of the last trap that the exception table recovered from: shows on which stack a handler ran.
    const struct trap_frame *last_recovered;
    struct task *current;         // NULL until there are tasks
    struct task *idle;            // runs when nobody else can, and is in no queue
    struct task_queue run_queue;  // the ready tasks
    _Atomic bool need_resched;    // an interrupt found that the turn is over
};

// By processor number; the boot processor is 0. The rest are all zero until their processors start.
extern struct cpu cpus[MAX_CPUS];

// Makes the boot processor's structure the one that this_cpu() gives.
void percpu_init(void);

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

#endif
