#include "ipc/futex.h"

#include "abi/errors.h"
#include "lib/spinlock.h"
#include "proc/user_memory.h"
#include "sched/wait.h"

#define BUCKETS 16

// On the waiting task's stack.
struct waiter {
    const struct address_space *space;
    virt_addr address;
    bool woken;
    struct wait_queue queue; // of this task alone
    struct waiter *next;
};

// Those who wait for any of the words that share the bucket, oldest first.
struct bucket {
    struct spinlock lock;
    struct waiter *first;
};

static struct bucket buckets[BUCKETS] = {[0 ... BUCKETS - 1] = {.lock = SPINLOCK("futex")}};

static struct bucket *bucket_of(virt_addr address)
{
    return &buckets[address / sizeof(uint32_t) % BUCKETS];
}

static void enqueue(struct bucket *bucket, struct waiter *waiter)
{
    uint64_t flags = spin_lock_irqsave(&bucket->lock);
    struct waiter **place = &bucket->first;
    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = waiter;
    spin_unlock_irqrestore(&bucket->lock, flags);
}

// The lock is held.
static void dequeue(struct bucket *bucket, struct waiter *waiter)
{
    struct waiter **place = &bucket->first;
    while (*place != waiter) {
        place = &(*place)->next;
    }
    *place = waiter->next;
}

// Sleeps unless the value is another one, or somebody has woken the waiter before it came here. Leaves it out of the bucket.
static int64_t wait_in(struct bucket *bucket, struct waiter *waiter, int64_t error)
{
    uint64_t flags = spin_lock_irqsave(&bucket->lock);
    while (error == 0 && !waiter->woken) {
        error = wait_queue_wait_killable(&waiter->queue, &bucket->lock) ? 0 : -ERROR_KILLED;
    }
    if (waiter->woken) {
        error = 0;
    } else {
        dequeue(bucket, waiter);
    }
    spin_unlock_irqrestore(&bucket->lock, flags);
    return error;
}

int64_t futex_wait(const struct address_space *space, virt_addr address, uint32_t expected)
{
    if (address % sizeof(uint32_t) != 0) {
        return -ERROR_BAD_ARGUMENT;
    }
    struct bucket *bucket = bucket_of(address);
    struct waiter waiter = {.space = space, .address = address, .queue = WAIT_QUEUE("futex")};
    // First in the bucket, then the look at the word: who changes it afterwards finds somebody to wake.
    enqueue(bucket, &waiter);
    uint32_t value;
    int64_t error = copy_from_user(&value, address, sizeof value);
    if (error == 0 && value != expected) {
        error = -ERROR_VALUE_CHANGED;
    }
    return wait_in(bucket, &waiter, error);
}

int64_t futex_wake(const struct address_space *space, virt_addr address, uint64_t count)
{
    struct bucket *bucket = bucket_of(address);
    uint64_t woken = 0;
    uint64_t flags = spin_lock_irqsave(&bucket->lock);
    struct waiter **place = &bucket->first;
    while (*place != NULL && woken < count) {
        struct waiter *waiter = *place;
        if (waiter->space != space || waiter->address != address) {
            place = &waiter->next;
            continue;
        }
        *place = waiter->next;
        waiter->woken = true;
        wait_queue_wake_one(&waiter->queue);
        woken++;
    }
    spin_unlock_irqrestore(&bucket->lock, flags);
    return (int64_t)woken;
}
