#include "lib/spinlock.h"

#include "x86_64/cpu.h"
#include "x86_64/percpu.h"

uint64_t spin_lock(struct spinlock *lock)
{
    uint64_t flags = read_rflags();
    interrupts_off();
    uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket) {
        pause();
    }
    lock->owner = this_cpu()->id;
    return flags;
}

void spin_unlock(struct spinlock *lock, uint64_t flags)
{
    lock->owner = SPINLOCK_NO_OWNER;
    uint32_t ticket = atomic_load_explicit(&lock->serving, memory_order_relaxed);
    atomic_store_explicit(&lock->serving, ticket + 1, memory_order_release);
    if ((flags & RFLAGS_IF) != 0) {
        interrupts_on();
    }
}

void spin_break(struct spinlock *lock)
{
    lock->owner = SPINLOCK_NO_OWNER;
    atomic_store(&lock->serving, atomic_load(&lock->next));
}
