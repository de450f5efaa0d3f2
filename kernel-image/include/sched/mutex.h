// A lock for which tasks sleep: for what takes long, and outside of interrupt handlers.
#pragma once

#include "lib/spinlock.h"
#include "sched/wait.h"

struct mutex {
    struct spinlock lock; // guards the owner
    struct wait_queue waiting;
    const struct task *owner; // NULL if it is free
};

#define MUTEX(mutex_name) {.lock = SPINLOCK(mutex_name), .waiting = WAIT_QUEUE(mutex_name)}

void mutex_lock(struct mutex *mutex);

// Ends the kernel if another task than the owner calls it.
void mutex_unlock(struct mutex *mutex);
