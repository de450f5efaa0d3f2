#include "sched/wait.h"

#include "sched/sched.h"

// The scheduler's lock is held instead of the caller's when the task stops, so that nobody wakes it before.
static void sleep_in(struct wait_queue *queue, struct spinlock *held)
{
    struct task *self = current_task();
    self->state = queue->state;
    self->waiting_in = queue;
    task_queue_put(&queue->waiting, self);
    spin_unlock(held);
    sched_block();
    spin_unlock(&sched_lock);
    spin_lock(held);
}

void wait_queue_wait(struct wait_queue *queue, struct spinlock *held)
{
    spin_lock(&sched_lock);
    sleep_in(queue, held);
}

bool wait_queue_wait_killable(struct wait_queue *queue, struct spinlock *held)
{
    spin_lock(&sched_lock);
    if (current_task()->killed) {
        spin_unlock(&sched_lock);
        return false;
    }
    sleep_in(queue, held);
    return !current_task()->killed;
}

void wait_queue_remove(struct task *task)
{
    task_queue_remove(&task->waiting_in->waiting, task);
    task->waiting_in = NULL;
    sched_make_ready(task);
}

// The lock is held.
static bool wake_first(struct wait_queue *queue)
{
    struct task *task = queue->waiting.first;
    if (task != NULL) {
        wait_queue_remove(task);
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
