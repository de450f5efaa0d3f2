// A ticket lock: processors get it in the order in which they asked. Interrupts are off on the processor that holds it, so an interrupt
// handler never waits for the code that it interrupted.
#pragma once

#include <stdatomic.h>

#include "types.h"

#define SPINLOCK_NO_OWNER UINT32_MAX

struct spinlock {
    _Atomic uint32_t next;    // the ticket that the next one to ask gets
    _Atomic uint32_t serving; // the ticket that holds the lock
    uint32_t owner;           // the processor's number, for those who look for the cause of a hang
    const char *name;
};

#define SPINLOCK(lock_name) {.owner = SPINLOCK_NO_OWNER, .name = (lock_name)}

// Takes the lock. Returns the flags to give to spin_unlock.
uint64_t spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock, uint64_t flags);

// Makes the lock free whoever holds it: for a panic, which prints though the lock's owner may never go on.
void spin_break(struct spinlock *lock);
