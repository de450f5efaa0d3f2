#include "init/selftest.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/phys_map.h"
#include "x86_64/paging.h"
#include "x86_64/stack.h"

#define RUN_LENGTH 5
#define SLOTS 64
#define ROUNDS 1000
#define MAX_SIZE 3000
#define LARGE_SIZE (300 * KIB)

void selftest_frames(void)
{
    size_t before = frames_available();
    phys_addr one = frame_alloc();
    phys_addr other = frame_alloc();
    phys_addr run = frames_alloc(RUN_LENGTH);
    ASSERT(one != NO_FRAME && other != NO_FRAME && run != NO_FRAME);
    ASSERT(one % PAGE_SIZE == 0 && run % PAGE_SIZE == 0);
    ASSERT(one != other && (one < run || one >= run + RUN_LENGTH * PAGE_SIZE) && (other < run || other >= run + RUN_LENGTH * PAGE_SIZE));
    ASSERT(frames_available() == before - 2 - RUN_LENGTH);

    uint64_t *first_word = phys_to_virt(one);
    uint64_t *second_word = phys_to_virt(other);
    *first_word = 0x1122334455667788;
    *second_word = ~*first_word;
    ASSERT(*first_word == 0x1122334455667788 && *second_word == ~0x1122334455667788ULL);

    frame_free(one);
    ASSERT(frame_alloc() == one); // the lowest comes first
    frame_free(one);
    frame_free(other);
    frames_free(run, RUN_LENGTH);
    ASSERT(frames_available() == before);
    ASSERT(frames_alloc(before + 1) == NO_FRAME);
    ASSERT(frames_available() == before);
}

void selftest_stacks(void)
{
    const struct stack *stack = stack_at((virt_addr)__builtin_frame_address(0));
    struct mapping mapping;
    ASSERT(stack != NULL);
    for (virt_addr page = stack->bottom; page < stack->top; page += PAGE_SIZE) {
        ASSERT(page_lookup(&kernel_space, page, &mapping) && mapping.access == PAGE_WRITE);
    }
    for (virt_addr page = stack->bottom - STACK_SIZE; page < stack->bottom; page += PAGE_SIZE) {
        ASSERT(!page_lookup(&kernel_space, page, &mapping));
    }
}

// Marsaglia's xorshift: the same sequence in every run.
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool is_filled(const uint8_t *memory, size_t size, uint8_t value)
{
    return size == 0 || (memory[0] == value && memcmp(memory, memory + 1, size - 1) == 0);
}

void selftest_heap(void)
{
    static struct {
        uint8_t *memory;
        size_t size;
    } slots[SLOTS];

    ASSERT(kmalloc(0) == NULL && kmalloc(SIZE_MAX) == NULL && kcalloc(SIZE_MAX / 2, 3) == NULL);
    uint64_t random = 0x9e3779b97f4a7c15;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = next_random(&random) % SLOTS;
        if (slots[i].memory != NULL) {
            ASSERT(is_filled(slots[i].memory, slots[i].size, (uint8_t)i));
            kfree(slots[i].memory);
            slots[i].memory = NULL;
        } else {
            slots[i].size = next_random(&random) % MAX_SIZE + 1;
            slots[i].memory = kmalloc(slots[i].size);
            ASSERT(slots[i].memory != NULL && (virt_addr)slots[i].memory % HEAP_ALIGNMENT == 0);
            memset(slots[i].memory, (int)i, slots[i].size);
        }
    }
    heap_check();
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].memory != NULL) {
            ASSERT(is_filled(slots[i].memory, slots[i].size, (uint8_t)i));
            kfree(slots[i].memory);
            slots[i].memory = NULL;
        }
    }
    // All that was split is one block again.
    ASSERT(heap_used() == 0 && heap_check() == 1);

    uint8_t *large = kcalloc(1, LARGE_SIZE);
    ASSERT(large != NULL && is_filled(large, LARGE_SIZE, 0));
    kfree(large);
    ASSERT(heap_check() == 1);
}
