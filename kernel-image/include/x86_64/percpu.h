// What each processor has of its own, found through GS.
#pragma once

// Where the assembler finds these.
#define CPU_SCRATCH 8
#define CPU_KERNEL_STACK 16
#define CPU_CURRENT 24
#define CPU_ID 32

#ifndef __ASSEMBLER__

#include <stdatomic.h>

#include "sched/queue.h"
#include "types.h"
#include "x86_64/gdt.h"
#include "x86_64/trap.h"

#define MAX_CPUS 16

struct task;

// When the processor's timer interrupts. The scheduler's lock guards it.
struct cpu_timer {
    enum { TIMER_OFF, TIMER_ONCE, TIMER_TICKS } mode;
    uint64_t alarm;        // TIMER_ONCE: for what time
    struct task *sleepers; // that fell asleep here; the next to wake first
};

struct cpu {
    struct cpu *self; // first, so that %gs:0 is the address of this structure
    uint64_t scratch;       // for the first instructions of an entry
    virt_addr kernel_stack; // the top of the running task's, for SYSCALL, which does not load RSP
    struct task *current;   // NULL until there are tasks
    uint32_t id;
    uint8_t apic_id;              // on the bus of the APICs, if those are in use
    _Atomic phys_addr page_table; // what CR3 is loaded with
    uint64_t gdt[GDT_ENTRIES];
    struct task_state_segment task_state;
    // The frame of the last trap that the exception table recovered from: shows on which stack a handler ran.
    const struct trap_frame *last_recovered;
    struct task *idle;            // runs when nobody else can, and is in no queue
    struct task_queue run_queue;  // the ready tasks
    _Atomic bool need_resched;    // an interrupt found that the turn is over
    struct cpu_timer timer;
};

// By processor number; the boot processor is 0. The rest are all zero until their processors start.
extern struct cpu cpus[MAX_CPUS];

// Those that run tasks.
extern _Atomic uint32_t cpu_count;

// Makes a structure the one that this_cpu() gives on the running processor.
void percpu_init(uint32_t id);

// With interrupts off, or before there are tasks: else the task may go on on another processor at any time.
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

static inline uint32_t cpu_id(void)
{
    uint32_t id;
    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(CPU_ID));
    return id;
}

// The running task; NULL until there are tasks. One instruction, and the same on whichever processor the task goes on.
static inline struct task *current_task(void)
{
    struct task *task;
    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(task) : "i"(CPU_CURRENT));
    return task;
}

#endif
