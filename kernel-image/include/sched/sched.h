// The scheduler: round robin, one run queue per processor, a turn of at most one tick if another task waits for its own.
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
