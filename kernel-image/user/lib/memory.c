// First fit over the heap that the kernel gives, whose blocks lie one after the other. Free neighbours are joined while one is searched.
#include "memory.h"

#include "program.h"

#define UNIT 16
#define GROWTH (16 * KIB)

struct block {
    size_t size; // of the memory behind this header
    bool used;
} ALIGNED(UNIT);

static struct block *first;
static struct block *end; // where the heap ends

static struct block *after(struct block *block)
{
    return (struct block *)((char *)(block + 1) + block->size);
}

static void join_free(struct block *block)
{
    while (after(block) < end && !after(block)->used) {
        block->size += sizeof *block + after(block)->size;
    }
}

static struct block *find(size_t size)
{
    for (struct block *block = first; block < end; block = after(block)) {
        if (block->used) {
            continue;
        }
        join_free(block);
        if (block->size >= size) {
            return block;
        }
    }
    return NULL;
}

static bool grow(size_t size)
{
    if (first == NULL) {
        first = end = (struct block *)sys_heap_end(0);
    }
    uint64_t more = ALIGN_UP(size + sizeof(struct block), GROWTH);
    if (more < size || sys_heap_end((uint64_t)end + more) < 0) {
        return false;
    }
    struct block *block = end;
    *block = (struct block){.size = more - sizeof *block};
    end = after(block);
    return true;
}

void *memory_allocate(size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = ALIGN_UP(size > 0 ? size : 1, UNIT);
    struct block *block = find(size);
    if (block == NULL && grow(size)) {
        block = find(size);
    }
    if (block == NULL) {
        return NULL;
    }
    if (block->size >= size + sizeof *block + UNIT) {
        size_t rest = block->size - size - sizeof *block;
        block->size = size;
        *after(block) = (struct block){.size = rest};
    }
    block->used = true;
    return block + 1;
}

void *memory_resize(void *memory, size_t size)
{
    size_t old = memory != NULL ? ((struct block *)memory - 1)->size : 0;
    if (memory != NULL && size <= old) {
        return memory;
    }
    void *larger = memory_allocate(size);
    if (larger != NULL && memory != NULL) {
        memcpy(larger, memory, old);
        memory_free(memory);
    }
    return larger;
}

void memory_free(void *memory)
{
    if (memory != NULL) {
        ((struct block *)memory - 1)->used = false;
    }
}
