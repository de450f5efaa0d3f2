// Tasks that take turns, wait, exit and are joined.
#include "init/selftest.h"

#include "drivers/clock.h"
#include "drivers/timer.h"
#include "lib/panic.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"
#include "sched/task.h"

#define COUNTERS 4
#define ADDITIONS 100
#define PASSES 50
#define NAP (1 * MILLISECOND)
#define LONG_NAP_TICKS 4
#define LONG_NAP (LONG_NAP_TICKS * SECOND / TICKS_PER_SECOND)

static struct mutex counter_mutex = MUTEX("selftest counter");
static uint64_t counter;
static struct semaphore there = SEMAPHORE("selftest there", 0);
static struct semaphore back = SEMAPHORE("selftest back", 0);
static _Atomic bool stop_spinning;
static _Atomic uint64_t spins;

// Reads and writes with a switch in between, so that the mutex is what makes the sum right.
static int64_t count(void *argument)
{
    for (int i = 0; i < ADDITIONS; i++) {
        mutex_lock(&counter_mutex);
        uint64_t seen = counter;
        task_yield();
        counter = seen + 1;
        mutex_unlock(&counter_mutex);
    }
    return (int64_t)(uint64_t)argument;
}

static int64_t pass_back(void *argument)
{
    (void)argument;
    for (int i = 0; i < PASSES; i++) {
        semaphore_down(&there);
        semaphore_up(&back);
    }
    return 0;
}

// Never gives the processor up: only a tick can take it away.
static int64_t spin(void *argument)
{
    (void)argument;
    while (!stop_spinning) {
        spins++;
    }
    return 0;
}

static struct task *create(const char *name, task_function function, void *argument)
{
    struct task *task = task_create(name, function, argument);
    ASSERT(task != NULL);
    return task;
}

static void check_mutex(void)
{
    struct task *counters[COUNTERS];
    for (uint64_t i = 0; i < COUNTERS; i++) {
        counters[i] = create("counter", count, (void *)(i + 1));
    }
    for (int64_t i = 0; i < COUNTERS; i++) {
        ASSERT(task_join(counters[i]) == i + 1);
    }
    ASSERT(counter == COUNTERS * ADDITIONS);
}

static void check_semaphores(void)
{
    struct task *passer = create("passer", pass_back, NULL);
    for (int i = 0; i < PASSES; i++) {
        semaphore_up(&there);
        semaphore_down(&back);
    }
    ASSERT(task_join(passer) == 0 && there.count == 0 && back.count == 0);
}

static void check_preemption_and_sleep(void)
{
    struct task *spinner = create("spinner", spin, NULL);
    uint64_t start = clock_nanos();
    // The tick may come before the spinner has had its first turn.
    do {
        task_sleep(NAP);
    } while (spins == 0);
    ASSERT(clock_nanos() - start >= NAP);
    stop_spinning = true;
    ASSERT(task_join(spinner) == 0);
}

// With everybody asleep the timer interrupts once, at the end, and not at each tick. One more interrupt may have been on its way.
static void check_idle(void)
{
    uint64_t start = clock_nanos();
    uint64_t interrupts = timer_interrupts();
    task_sleep(LONG_NAP);
    ASSERT(clock_nanos() - start >= LONG_NAP);
    ASSERT(timer_interrupts() - interrupts < LONG_NAP_TICKS - 1);
}

static void check_slots(void)
{
    struct task *all[MAX_TASKS];
    size_t created = 0;
    for (struct task *task; (task = task_create("slot", pass_back, NULL)) != NULL; created++) {
        all[created] = task;
    }
    ASSERT(created == MAX_TASKS - 2); // "main" and "idle" have the others
    for (size_t i = 0; i < created * PASSES; i++) {
        semaphore_up(&there);
    }
    for (size_t i = 0; i < created; i++) {
        ASSERT(task_join(all[i]) == 0 && all[i]->state == TASK_FREE);
    }
}

void selftest_tasks(void)
{
    check_mutex();
    check_semaphores();
    check_preemption_and_sleep();
    check_slots();
    check_idle();
}
