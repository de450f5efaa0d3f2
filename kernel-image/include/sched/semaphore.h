// A counter that tasks take from and wait for while it is 0. It may be given to in interrupt handlers.
#pragma once

#include "lib/spinlock.h"
#include "sched/wait.h"

struct semaphore {
    struct spinlock lock; // guards the count
    struct wait_queue waiting;
    uint64_t count;
};

#define SEMAPHORE(semaphore_name, initial) \
    {.lock = SPINLOCK(semaphore_name), .waiting = WAIT_QUEUE(semaphore_name), .count = (initial)}

void semaphore_down(struct semaphore *semaphore);
void semaphore_up(struct semaphore *semaphore);
