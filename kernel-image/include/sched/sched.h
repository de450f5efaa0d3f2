// The scheduler: round robin, one run queue per processor, a turn of at most one tick if another task waits for its own. A task that becomes
// ready goes to a processor that has nothing to do, if its own has; a processor that runs out of tasks takes one that waits elsewhere.
#pragma once

#include "lib/spinlock.h"
#include "sched/task.h"
#include "x86_64/trap.h"

// Guards the states of the tasks, the run queues, the wait queues, the sleepers and the timer.
extern struct spinlock sched_lock;

// Makes what runs now the first task, on the stack that is given, and begins to switch. The timer and interrupts are on.
void sched_init(const struct stack *stack);

// Puts a task into its run queue. The lock is held.
void sched_make_ready(struct task *task);

// For an interrupt that another processor sent, because it has put a task into the queue of this one.
void sched_wake_interrupt(void);

// Whether a task waits for its turn anywhere. Without the lock, it is a guess.
bool sched_anything_waits(void);

// Takes a task that waits for its turn on another processor into the run queue of this one. False if there is none. The lock is held.
bool sched_pull(void);

// Has a processor that has been started, with its idle task as the current one, run tasks. Interrupts are off.
_Noreturn void sched_start_processor(void);

// Stops the running task, whose state the caller has set to what it waits for, until somebody makes it ready. The lock is held before and
// after, not in between.
void sched_block(void);

// Wakes a task that sleeps for a time. The lock is held.
void sched_end_sleep(struct task *task);

// Ticks from here on, because a task waits for its turn while another one runs. The lock is held.
void sched_tick(void);

// For the idle task, with interrupts off: whether there is nothing to run. The timer then interrupts when the next sleeper is to wake, or not
// at all.
bool sched_prepare_idle(void);

// Takes the timer over from the boot stages.
void sched_timer_init(void);

// Takes the context of the running task and gives that of the one whose turn it is: another task's, or the same. The lock is held, and it is
// let go when the task's stack has been left as well: whoever finds a task stopped, or exited, can do with its stack what he wants, on
// whichever processor. At a switch trap.S calls sched_finish_switch() on the next task's stack.
struct trap_frame *sched_switch(struct trap_frame *frame);
void sched_finish_switch(void);
