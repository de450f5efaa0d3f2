// A ticket lock: whoever waits gets it in the order in which they asked. It comes in two ways. With interrupts off on the processor that
// holds it, an interrupt handler never waits for the code that it interrupted. With interrupts left as they are, the lock is for code
// outside of interrupt handlers only: a handler that asks for it may wait for the task that it interrupted, which is for ever.
#pragma once

#include <stdatomic.h>

#include "types.h"

#define SPINLOCK_NO_OWNER UINT32_MAX

struct task;

struct spinlock {
    _Atomic uint32_t next;     // the ticket that the next one to ask gets
    _Atomic uint32_t serving;  // the ticket that holds the lock
    uint32_t owner;            // the processor's number, for those who look for the cause of a hang
    const struct task *holder; // the task in which it was taken; NULL if it is free, or was taken before there were tasks
    const char *name;
};

#define SPINLOCK(lock_name) {.owner = SPINLOCK_NO_OWNER, .name = (lock_name)}

// Takes the lock and leaves interrupts as they are. With interrupts on, a task that has to wait lets others run.
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

// Switches interrupts off and takes the lock. Returns the flags to give to spin_unlock_irqrestore.
uint64_t spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, uint64_t flags);

// Makes the lock free whoever holds it: for a panic, which prints though the lock's owner may never go on.
void spin_break(struct spinlock *lock);
