// Rounds of threads that take turns with each other in every way there is: they pass a token through semaphores, move amounts between
// accounts under mutexes, share an object that the last one frees, log, exit, and are joined in the order of their creation.
#include "init/tests.h"

#include <stdatomic.h>

#include "drivers/clock.h"
#include "lib/console.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/heap.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"
#include "sched/task.h"

#define ROUNDS 100
#define WORKERS 8
#define TRANSFERS 4
#define PASSES 4
#define WORK_STEPS 100
#define BRIEF_THREADS 4
#define NAP (1 * MILLISECOND)
#define OPENING_BALANCE 1000000

struct account {
    struct mutex mutex;
    uint64_t balance;
};

// What the threads of a round share. It lives until the last of them, or the one that made it, lets go of it.
struct round {
    _Atomic uint64_t references;
    uint64_t number;
};

struct worker {
    uint64_t number;
    struct round *round;
    struct task *task;
};

static struct account accounts[] = {
    {MUTEX("account 0"), OPENING_BALANCE},
    {MUTEX("account 1"), OPENING_BALANCE},
};
static struct semaphore token_there = SEMAPHORE("token there", 0);
static struct semaphore token_back = SEMAPHORE("token back", 0);

// Time spent, with a result that can be known: from small numbers the steps of Collatz's sequence end in the circle 4, 2, 1.
static uint64_t work(uint64_t seed)
{
    uint64_t value = seed;
    for (int i = 0; i < WORK_STEPS; i++) {
        value = value % 2 == 0 ? value / 2 : 3 * value + 1;
    }
    return value;
}

static void round_get(struct round *round)
{
    atomic_fetch_add(&round->references, 1);
}

static void round_put(struct round *round)
{
#ifdef VARIANT_REFCOUNT_RACE
    round->references = round->references - 1;
    log_debug("kthread: a thread dropped a reference");
    if (round->references == 0) {
        kfree(round);
    }
#else
    uint64_t before = atomic_fetch_sub(&round->references, 1);
    log_debug("kthread: a thread dropped one of %lu references", before);
    if (before == 1) {
        kfree(round);
    }
#endif
}

// Of two mutexes the one at the lower address is locked first, whichever way the amount goes.
static void transfer(struct account *from, struct account *to, uint64_t amount)
{
#ifdef VARIANT_ABBA
    struct account *first = amount == 4 || from < to ? from : to;
#else
    struct account *first = from < to ? from : to;
#endif
    struct account *second = first == from ? to : from;
    mutex_lock(&first->mutex);
    ASSERT(work(amount) <= 4);
    mutex_lock(&second->mutex);
    from->balance -= amount;
    to->balance += amount;
    mutex_unlock(&second->mutex);
    mutex_unlock(&first->mutex);
}

static int64_t worker_main(void *argument)
{
    const struct worker *worker = argument;
    size_t from = worker->number % ARRAY_LENGTH(accounts);
    for (int i = 0; i < TRANSFERS; i++) {
        transfer(&accounts[from], &accounts[1 - from], worker->number + 1);
    }
    int64_t value = (int64_t)(worker->round->number * WORKERS + worker->number);
    round_put(worker->round);
    return value;
}

static int64_t partner_main(void *argument)
{
    (void)argument;
    for (int i = 0; i < PASSES; i++) {
        semaphore_down(&token_there);
        semaphore_up(&token_back);
    }
    return 0;
}

static struct task *create(const char *name, task_function function, void *argument)
{
    struct task *task = task_create(name, function, argument);
    ASSERT(task != NULL);
    return task;
}

static void pass_token(void)
{
    struct task *partner = create("partner", partner_main, NULL);
    for (int i = 0; i < PASSES; i++) {
        semaphore_up(&token_there);
        semaphore_down(&token_back);
    }
    ASSERT(task_join(partner) == 0);
}

static int64_t brief_main(void *argument)
{
    return (int64_t)(uint64_t)argument;
}

// Each exits at about the time at which it is joined.
static void join_brief_threads(uint64_t number)
{
    for (uint64_t i = 0; i < BRIEF_THREADS; i++) {
        struct task *brief = create("brief", brief_main, (void *)(number + i));
        ASSERT(task_join(brief) == (int64_t)(number + i));
    }
}

static void run_workers(uint64_t number)
{
    struct worker workers[WORKERS];
    struct round *round = kmalloc(sizeof *round);
    ASSERT(round != NULL);
    *round = (struct round){.references = 1, .number = number};
    for (uint64_t i = 0; i < WORKERS; i++) {
        round_get(round);
        workers[i] = (struct worker){.number = i, .round = round};
        workers[i].task = create("worker", worker_main, &workers[i]);
    }
    round_put(round);
    for (uint64_t i = 0; i < WORKERS; i++) {
        ASSERT(task_join(workers[i].task) == (int64_t)(number * WORKERS + i));
    }
}

void test_kthread(void)
{
    size_t used = heap_used();
    for (uint64_t number = 0; number < ROUNDS; number++) {
        pass_token();
        join_brief_threads(number);
        run_workers(number);
    }
    // After all that the timer has to be alive.
    task_sleep(NAP);
    // A pair of workers moves one more from account 1 to account 0 than back.
    uint64_t moved = ROUNDS * TRANSFERS * WORKERS / 2;
    ASSERT(accounts[0].balance == OPENING_BALANCE + moved && accounts[1].balance == OPENING_BALANCE - moved);
    if (heap_used() != used) {
        panic("kthread: %lu bytes of the heap were not freed", heap_used() - used);
    }
    print("=== KTHREAD JOIN TEST: PASS ===\n");
}
