#include "sched/semaphore.h"

#include "lib/log.h"
#include "sched/task.h"

void semaphore_down(struct semaphore *semaphore)
{
    uint64_t flags = spin_lock_irqsave(&semaphore->lock);
    while (semaphore->count == 0) {
#ifdef VARIANT_LOST_WAKEUP
        spin_unlock_irqrestore(&semaphore->lock, flags);
        log_debug("task %s waits for semaphore %s", current_task()->name, semaphore->lock.name);
        flags = spin_lock_irqsave(&semaphore->lock);
#endif
        wait_queue_wait(&semaphore->waiting, &semaphore->lock);
    }
    semaphore->count--;
    spin_unlock_irqrestore(&semaphore->lock, flags);
}

void semaphore_up(struct semaphore *semaphore)
{
    uint64_t flags = spin_lock_irqsave(&semaphore->lock);
    semaphore->count++;
    wait_queue_wake_one(&semaphore->waiting);
    spin_unlock_irqrestore(&semaphore->lock, flags);
}
