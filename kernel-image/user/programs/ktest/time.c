#include "ktest.h"

static void a_sleep_takes_its_ticks(void)
{
    for (uint64_t ticks = 1; ticks <= 3; ticks++) {
        uint64_t start = sys_ticks();
        sys_sleep(ticks);
        uint64_t passed = sys_ticks() - start;
        CHECK(passed >= ticks && passed <= ticks + 2);
    }
}

static _Atomic uint32_t woken;
static uint32_t order[3];

static void sleep_and_note(void *argument)
{
    uint64_t number = (uint64_t)argument;
    sys_sleep(6 - 2 * number);
    order[woken++] = (uint32_t)number;
}

static void sleepers_wake_in_the_order_of_their_times(void)
{
    woken = 0;
    int64_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        threads[i] = thread_start(i, sleep_and_note, (void *)i);
        CHECK(threads[i] > 0);
    }
    for (size_t i = 0; i < 3; i++) {
        thread_join(threads[i]);
    }
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQUAL(order[i], 2 - i);
    }
}

static void a_child_that_spins_does_not_stop_others(void)
{
    int64_t child = child_start(&(struct child){.role = "spin"});
    CHECK(child > 0);
    uint64_t start = sys_ticks();
    while (sys_ticks() - start < 3) {
    }
    CHECK_EQUAL(sys_kill((uint64_t)child), 0);
    CHECK_EQUAL(child_end(child), STATUS_KILLED);
}

static const struct test tests[] = {
    {"a_sleep_takes_its_ticks", a_sleep_takes_its_ticks},
    {"sleepers_wake_in_the_order_of_their_times", sleepers_wake_in_the_order_of_their_times},
    {"a_child_that_spins_does_not_stop_others", a_child_that_spins_does_not_stop_others},
};

SECTION(time_section, "Time", tests);
