#include "init/crash.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "sched/task.h"
#include "x86_64/cpu.h"
#include "x86_64/layout.h"

// Neither half of the address space: bits 63 to 47 differ (Intel SDM vol. 1, 3.3.7.1).
#define NON_CANONICAL 0x0000800000000000ULL

static const char *const names[] = {
    [CRASH_PAGE_FAULT] = "pf",     [CRASH_INVALID_OPCODE] = "ud", [CRASH_GENERAL_PROTECTION] = "gp", [CRASH_DOUBLE_FAULT] = "df",
    [CRASH_STACK_OVERFLOW] = "stack", [CRASH_DIVIDE] = "div",     [CRASH_ASSERT] = "assert",  [CRASH_HANG] = "hang",
};

bool crash_parse(const char *name, enum crash *crash)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (names[i] != NULL && string_equal(name, names[i])) {
            *crash = (enum crash)i;
            return true;
        }
    }
    return false;
}

// A function each, so that the backtrace says what happened.

static NOINLINE void crash_page_fault(void)
{
    *(volatile char *)0x1234 = 1;
}

static NOINLINE void crash_invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

static NOINLINE void crash_general_protection(void)
{
    (void)*(volatile char *)NON_CANONICAL;
}

// A fault whose frame cannot be pushed either. The frame address is named to make the compiler build a frame record: RSP no longer tells
// who called.
static NOINLINE void crash_double_fault(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tpushq %1" : : "r"(KERNEL_STACKS_BASE), "r"(__builtin_frame_address(0)) : "memory");
}

// The end is out of reach; the volatile local keeps the recursion a recursion.
static NOINLINE uint64_t crash_stack_overflow(uint64_t depth)
{
    volatile uint64_t used[32] = {depth};
    return depth == UINT64_MAX ? 0 : crash_stack_overflow(depth + 1) + used[0];
}

static NOINLINE void crash_divide(void)
{
    __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
}

static NOINLINE void crash_assert(enum crash requested)
{
    ASSERT(requested == CRASH_NONE);
}

// Tasks that wait for what nobody does, since the one that should is dead. None of them sleeps: each tick takes the processor from one for the next.
static int64_t wait_for_the_dead(void *argument)
{
    const _Atomic bool *done = argument;
    while (!*done) {
        pause();
    }
    return 0;
}

static NOINLINE void crash_hang(void)
{
    static _Atomic bool done[3];

    ASSERT(task_create("waiter", wait_for_the_dead, &done[1]) != NULL && task_create("waiter", wait_for_the_dead, &done[2]) != NULL);
    wait_for_the_dead(&done[0]);
}

void crash_now(enum crash crash)
{
    switch (crash) {
    case CRASH_NONE:
        break;
    case CRASH_PAGE_FAULT:
        crash_page_fault();
        break;
    case CRASH_INVALID_OPCODE:
        crash_invalid_opcode();
        break;
    case CRASH_GENERAL_PROTECTION:
        crash_general_protection();
        break;
    case CRASH_DOUBLE_FAULT:
        crash_double_fault();
        break;
    case CRASH_STACK_OVERFLOW:
        crash_stack_overflow(0);
        break;
    case CRASH_DIVIDE:
        crash_divide();
        break;
    case CRASH_ASSERT:
        crash_assert(crash);
        break;
    case CRASH_HANG:
        crash_hang();
        break;
    }
}
