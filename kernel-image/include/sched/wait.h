// Waiting for something that another task, or an interrupt, brings about.
#pragma once

#include "lib/spinlock.h"
#include "sched/queue.h"
#include "sched/task.h"

struct wait_queue {
    struct task_queue waiting;
    enum task_state state; // of who waits
    const char *name;
};

#define WAIT_QUEUE(queue_name) {.state = TASK_SLEEPING, .name = (queue_name)}
// For the end of others.
#define JOIN_QUEUE(queue_name) {.state = TASK_JOINING, .name = (queue_name)}

// Stops the running task until it is woken. The lock guards what the task waits for; it was taken with interrupts off, and is held before
// and after, not in between: between a test of the condition under the lock and the sleep nothing can be missed. The condition is to be
// tested again: somebody else may have been faster.
void wait_queue_wait(struct wait_queue *queue, struct spinlock *held);

// The same, but for a task that is to end: then it returns false, at once or out of the sleep.
bool wait_queue_wait_killable(struct wait_queue *queue, struct spinlock *held);

// Wakes a task out of the queue that it waits in. The lock of the scheduler is held.
void wait_queue_remove(struct task *task);

// Wakes the task that has waited longest, or all of them.
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);
