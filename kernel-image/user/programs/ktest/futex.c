#include "ktest.h"

#define LOCKERS 4
#define ADDITIONS 200
#define FREE 0
#define TAKEN 1
#define TAKEN_AND_WAITED_FOR 2

static _Atomic uint32_t word;
static _Atomic uint32_t woken;
static _Atomic uint32_t lock_word;
static uint64_t sum;

static void a_changed_value_does_not_wait(void)
{
    word = 5;
    CHECK_EQUAL(sys_futex_wait(&word, 4), -ERROR_VALUE_CHANGED);
    CHECK_EQUAL(sys_futex_wake(&word, 10), 0);
}

static void bad_addresses_are_refused(void)
{
    CHECK_EQUAL(sys_futex_wait((_Atomic uint32_t *)((uintptr_t)&word + 2), 0), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_futex_wait(NULL, 0), -ERROR_BAD_ADDRESS);
    CHECK_EQUAL(sys_futex_wait((_Atomic uint32_t *)0xffffffff80200000, 0), -ERROR_BAD_ADDRESS);
}

static void wait_until_woken(void *argument)
{
    (void)argument;
    CHECK_EQUAL(sys_futex_wait(&word, 1), 0);
    woken++;
}

static void as_many_wake_as_are_told(void)
{
    word = 1;
    woken = 0;
    int64_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        threads[i] = thread_start(i, wait_until_woken, NULL);
        CHECK(threads[i] > 0);
    }
    sys_sleep(2);
    CHECK_EQUAL(sys_futex_wake(&lock_word, 10), 0);
    CHECK_EQUAL(sys_futex_wake(&word, 1), 1);
    sys_sleep(2);
    CHECK_EQUAL(woken, 1);
    CHECK_EQUAL(sys_futex_wake(&word, 2), 2);
    sys_sleep(2);
    CHECK_EQUAL(woken, 3);
    CHECK_EQUAL(sys_futex_wake(&word, 10), 1);
    for (size_t i = 0; i < 4; i++) {
        thread_join(threads[i]);
    }
    CHECK_EQUAL(woken, 4);
}

// Drepper, "Futexes Are Tricky": the mutex of three states.
static void lock(void)
{
    uint32_t expected = FREE;
    if (__atomic_compare_exchange_n((uint32_t *)&lock_word, &expected, TAKEN, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    while (__atomic_exchange_n((uint32_t *)&lock_word, TAKEN_AND_WAITED_FOR, __ATOMIC_ACQUIRE) != FREE) {
        sys_futex_wait(&lock_word, TAKEN_AND_WAITED_FOR);
    }
}

static void unlock(void)
{
    if (__atomic_exchange_n((uint32_t *)&lock_word, FREE, __ATOMIC_RELEASE) == TAKEN_AND_WAITED_FOR) {
        sys_futex_wake(&lock_word, 1);
    }
}

static void add_often(void *argument)
{
    (void)argument;
    for (int i = 0; i < ADDITIONS; i++) {
        lock();
        uint64_t seen = *(volatile uint64_t *)&sum;
        if (i % 8 == 0) {
            sys_yield();
        }
        *(volatile uint64_t *)&sum = seen + 1;
        unlock();
    }
}

static void a_lock_excludes(void)
{
    sum = 0;
    lock_word = FREE;
    int64_t threads[LOCKERS];
    for (size_t i = 0; i < LOCKERS; i++) {
        threads[i] = thread_start(i, add_often, NULL);
        CHECK(threads[i] > 0);
    }
    for (size_t i = 0; i < LOCKERS; i++) {
        thread_join(threads[i]);
    }
    CHECK_EQUAL(sum, LOCKERS * ADDITIONS);
    CHECK_EQUAL(lock_word, FREE);
}

static void a_process_has_its_own_words(void)
{
    struct partner child;
    CHECK(partner_start(&child, "futex", NULL));
    CHECK(await_state(child.process, "sleeping"));
    // The same program, but another address space: nobody is woken at any address of this one.
    for (uintptr_t address = (uintptr_t)&word & ~0xfffUL; address < ((uintptr_t)&word | 0xfff); address += 4) {
        CHECK_EQUAL(sys_futex_wake((_Atomic uint32_t *)address, 10), 0);
    }
    CHECK_EQUAL(sys_kill((uint64_t)child.process), 0);
    CHECK_EQUAL(partner_end(&child), STATUS_KILLED);
}

static const struct test tests[] = {
    {"a_changed_value_does_not_wait", a_changed_value_does_not_wait},
    {"bad_addresses_are_refused", bad_addresses_are_refused},
    {"as_many_wake_as_are_told", as_many_wake_as_are_told},
    {"a_lock_excludes", a_lock_excludes},
    {"a_process_has_its_own_words", a_process_has_its_own_words},
};

SECTION(futex_section, "Futex", tests);
