#include "lib/spinlock.h"

#include "lib/trace.h"
#include "sched/task.h"
#include "x86_64/cpu.h"
#include "x86_64/percpu.h"
#include "x86_64/tlb.h"

// A lock that leaves interrupts on may be held by a task that lost its turn: to spin would keep it from going on. With interrupts off another
// processor, which may hold the lock, cannot interrupt this one.
static void wait_a_little(void)
{
    if ((read_rflags() & RFLAGS_IF) != 0 && current_task() != NULL) {
        task_yield();
    } else {
        tlb_look();
        pause();
    }
}

void spin_lock(struct spinlock *lock)
{
    uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket) {
        wait_a_little();
    }
    lock->owner = cpu_id();
    lock->holder = current_task();
    trace(TRACE_LOCK, (uint64_t)lock, ticket);
}

void spin_unlock(struct spinlock *lock)
{
    lock->owner = SPINLOCK_NO_OWNER;
    lock->holder = NULL;
    uint32_t ticket = atomic_load_explicit(&lock->serving, memory_order_relaxed);
    atomic_store_explicit(&lock->serving, ticket + 1, memory_order_release);
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
    uint64_t flags = interrupts_save();
    spin_lock(lock);
    return flags;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t flags)
{
    spin_unlock(lock);
    interrupts_restore(flags);
}

void spin_break(struct spinlock *lock)
{
    lock->owner = SPINLOCK_NO_OWNER;
    lock->holder = NULL;
    atomic_store(&lock->serving, atomic_load(&lock->next));
}
