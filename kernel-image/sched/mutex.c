#include "sched/mutex.h"

#include "lib/panic.h"
#include "sched/task.h"

void mutex_lock(struct mutex *mutex)
{
    uint64_t flags = spin_lock_irqsave(&mutex->lock);
    ASSERT(mutex->owner != current_task());
    while (mutex->owner != NULL) {
        wait_queue_wait(&mutex->waiting, &mutex->lock);
    }
    mutex->owner = current_task();
    spin_unlock_irqrestore(&mutex->lock, flags);
}

void mutex_unlock(struct mutex *mutex)
{
    uint64_t flags = spin_lock_irqsave(&mutex->lock);
    ASSERT(mutex->owner == current_task());
    mutex->owner = NULL;
    wait_queue_wake_one(&mutex->waiting);
    spin_unlock_irqrestore(&mutex->lock, flags);
}
