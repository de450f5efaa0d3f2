// Rounds of threads that all sleep, and are all to wake within so short a time that many do while another one is just being woken, or just goes
// to sleep again.
#include "init/tests.h"

#include "drivers/clock.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "lib/random.h"
#include "sched/task.h"

#define MAX_NAPPERS 60
#define CROWDS 4
#define CROWD_RANGE (150 * MICROSECOND)
#define PAIRS 5
#define PAIR_RANGE (60 * MICROSECOND)
#define TIME_TO_CREATE (50 * MICROSECOND) // a thread

struct nap {
    uint64_t start; // all are asleep by then
    uint64_t range; // and wake within so many nanoseconds
};

static int64_t nap(void *argument)
{
    const struct nap *nap = argument;
    uint64_t now = clock_nanos();
    uint64_t wake_time = nap->start + random_number() % nap->range;
    if (now < wake_time) {
        task_sleep(wake_time - now);
    }
    ASSERT(clock_nanos() >= wake_time);
    return 0;
}

static void nap_together(size_t count, uint64_t range)
{
    struct task *nappers[MAX_NAPPERS];
    struct nap together = {.start = clock_nanos() + count * TIME_TO_CREATE, .range = range};
    for (size_t i = 0; i < count; i++) {
        nappers[i] = task_create("napper", nap, &together);
        ASSERT(nappers[i] != NULL);
    }
    for (size_t i = 0; i < count; i++) {
        ASSERT(task_join(nappers[i]) == 0);
    }
}

void test_sleep(void)
{
    for (int i = 0; i < CROWDS; i++) {
        nap_together(MAX_NAPPERS, CROWD_RANGE);
    }
    for (int i = 0; i < PAIRS; i++) {
        nap_together(2, PAIR_RANGE);
    }
    print("=== SLEEP TEST: PASS ===\n");
}
