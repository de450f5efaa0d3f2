#include "ktest.h"

#define PAGE 4096UL
#define PAGES 50
#define TICKS_OF_THREADS 3
#define TOO_MUCH (1UL << 40)
#define QUICK_TO_FILL (512UL << 20)

static void the_heap_grows_in_zeros(void)
{
    int64_t end = sys_heap_end(0);
    CHECK(end > 0);
    CHECK_EQUAL(sys_heap_end((uint64_t)end + PAGES * PAGE), end + (int64_t)(PAGES * PAGE));
    uint8_t *memory = (uint8_t *)end;
    for (size_t i = 0; i < PAGES * PAGE; i += 64) {
        CHECK_EQUAL(memory[i], 0);
        memory[i] = (uint8_t)(i / 64);
    }
    for (size_t i = 0; i < PAGES * PAGE; i += 64) {
        CHECK_EQUAL(memory[i], (uint8_t)(i / 64));
    }
    CHECK_EQUAL(sys_heap_end((uint64_t)end), end);
}

// Frames that were used and given back come back empty.
static void memory_comes_back_empty(void)
{
    int64_t end = sys_heap_end(0);
    for (int round = 0; round < 3; round++) {
        CHECK(sys_heap_end((uint64_t)end + 4 * PAGE) > 0);
        uint64_t *words = (uint64_t *)ALIGN_UP((uint64_t)end, PAGE);
        for (size_t i = 0; i < 3 * PAGE / sizeof *words; i++) {
            CHECK_EQUAL(words[i], 0);
            words[i] = UINT64_MAX;
        }
        CHECK_EQUAL(sys_heap_end((uint64_t)end), end);
    }
}

static _Atomic bool stop;

static void do_nothing(void *argument)
{
    (void)argument;
}

static void start_and_join_threads(void *argument)
{
    (void)argument;
    while (!stop) {
        int64_t thread = thread_start(1, do_nothing, NULL);
        CHECK(thread > 0);
        thread_join(thread);
    }
}

static bool is_empty(const uint64_t *page)
{
    for (size_t i = 0; i < PAGE / sizeof *page; i++) {
        if (page[i] != 0) {
            return false;
        }
    }
    return true;
}

// A page goes and comes, and so do threads, whose kernel stacks are made of the same frames.
static void memory_comes_back_empty_beside_threads(void)
{
    int64_t end = sys_heap_end(0);
    uint64_t *page = (uint64_t *)ALIGN_UP((uint64_t)end, PAGE);
    CHECK(sys_heap_end((uint64_t)page + PAGE) > 0);
    stop = false;
    int64_t threads = thread_start(0, start_and_join_threads, NULL);
    bool empty = threads > 0;
    for (uint64_t start = sys_ticks(); empty && sys_ticks() - start < TICKS_OF_THREADS;) {
        empty = is_empty(page);
        memset(page, 0xff, PAGE);
        empty = empty && sys_heap_end((uint64_t)end) == end && sys_heap_end((uint64_t)page + PAGE) > 0;
    }
    stop = true;
    thread_join(threads);
    CHECK(empty);
    CHECK_EQUAL(sys_heap_end((uint64_t)end), end);
}

static void the_heap_has_bounds(void)
{
    int64_t end = sys_heap_end(0);
    CHECK(sys_heap_end((uint64_t)end + TOO_MUCH) < 0);
    CHECK_EQUAL(sys_heap_end(1), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_heap_end(0xffffffff80000000), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_heap_end((uint64_t)main), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_heap_end(0), end);
}

// Takes what there is, and gives it back: the kernel goes on.
static void all_memory_can_be_used_up(void)
{
    if (statistics_now().free_frames > QUICK_TO_FILL / PAGE) {
        test_skip("there is more memory than is quick to fill");
        return;
    }
    int64_t end = sys_heap_end(0);
    uint64_t step = 64 * PAGE;
    uint64_t top = (uint64_t)end;
    int64_t result;
    while ((result = sys_heap_end(top + step)) > 0) {
        top += step;
    }
    CHECK_EQUAL(result, -ERROR_NO_MEMORY);
    while (step > PAGE) {
        step /= 2;
        while (sys_heap_end(top + step) > 0) {
            top += step;
        }
    }
    CHECK_EQUAL(child_start(&(struct child){.role = "exit", .argument = "0"}), -ERROR_NO_MEMORY);
    CHECK_EQUAL(sys_heap_end((uint64_t)end), end);
    CHECK_EQUAL(child_run("exit", "0"), 0);
}

static const struct test tests[] = {
    {"the_heap_grows_in_zeros", the_heap_grows_in_zeros},
    {"memory_comes_back_empty", memory_comes_back_empty},
    {"memory_comes_back_empty_beside_threads", memory_comes_back_empty_beside_threads},
    {"the_heap_has_bounds", the_heap_has_bounds},
    {"all_memory_can_be_used_up", all_memory_can_be_used_up},
};

SECTION(memory_section, "Memory", tests);
