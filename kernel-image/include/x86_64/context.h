// From one task to another, on the way back from a trap. What a task was doing is in the trap frame on its stack, whether an interrupt
// stopped it or it stopped itself with the vector below: to switch is to go back from another frame than the one that came in.
#pragma once

#include "sched/task.h"
#include "x86_64/trap.h"

// The software interrupt of a task that gives up the processor.
#define RESCHEDULE_VECTOR 64

// Gives up the processor. The scheduler's lock is held, so that interrupts are off; afterwards it is not.
static inline void reschedule(void)
{
    __asm__ volatile("int %0" : : "i"(RESCHEDULE_VECTOR) : "memory");
}

// Prepares a new task's stack so that its first turn begins in task_main(), with interrupts on.
void context_init(struct task *task);

// The same so that it begins at an address of a program, with a stack there and an argument in RDI.
void context_init_program(struct task *task, virt_addr entry, virt_addr stack, uint64_t argument);

// After an interrupt: the frame to go back from. Switches if the interrupt asked for it.
struct trap_frame *check_need_resched_and_switch(struct trap_frame *frame);

// Leaves one task, whose frame is given, for another. Returns the frame to go back from.
struct trap_frame *switch_to_thread(struct task *from, struct task *to, struct trap_frame *frame);

// Where the first turn of a task begins (context.S), and what it calls (sched/task.c).
void task_entry(void);
_Noreturn void task_main(void);
