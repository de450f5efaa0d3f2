#include "sched/wait.h"

#include "sched/sched.h"

void wait_queue_wait(struct wait_queue *queue, struct spinlock *held)
{
    struct task *self = current_task();
    spin_lock(&sched_lock);
    self->state = TASK_SLEEPING;
    self->waiting_in = queue;
    task_queue_put(&queue->waiting, self);
    spin_unlock(held);
    sched_block();
    spin_unlock(&sched_lock);
    spin_lock(held);
}

// The lock is held.
static bool wake_first(struct wait_queue *queue)
{
    struct task *task = task_queue_take(&queue->waiting);
    if (task != NULL) {
        task->waiting_in = NULL;
        sched_make_ready(task);
    }
    return task != NULL;
}

void wait_queue_wake_one(struct wait_queue *queue)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    wake_first(queue);
    spin_unlock_irqrestore(&sched_lock, flags);
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    while (wake_first(queue)) {
    }
    spin_unlock_irqrestore(&sched_lock, flags);
}
