// First fit over one contiguous range that grows upwards. Blocks lie one after the other, each with a header that knows its own size and
// its predecessor; free ones are in a list as well. Two free blocks are never neighbours: kfree joins them.
#include "mm/heap.h"

#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "x86_64/layout.h"
#include "x86_64/paging.h"

#define MAGIC_USED 0x75736564 // "used"
#define MAGIC_FREE 0x66726565 // "free"
#define MAGIC_END 0x656e6421  // "end!"

#define GROW_SIZE (64 * KIB)

struct block {
    uint32_t magic;
    size_t size; // bytes after the header
    struct block *previous;
} ALIGNED(HEAP_ALIGNMENT);

// What a free block keeps in the memory that nobody uses.
struct free_links {
    struct block *next;
    struct block *previous;
};

_Static_assert(sizeof(struct block) % HEAP_ALIGNMENT == 0, "blocks keep the alignment");
_Static_assert(sizeof(struct free_links) <= HEAP_ALIGNMENT, "the smallest block holds the links");

static struct spinlock heap_lock = SPINLOCK("heap");
static struct block *first;
static struct block *end; // a header without memory behind the last block
static struct block *free_list;
static size_t used;

static void *memory_of(struct block *block)
{
    return block + 1;
}

static struct free_links *links(struct block *block)
{
    return memory_of(block);
}

static struct block *after(struct block *block)
{
    return (struct block *)((char *)memory_of(block) + block->size);
}

static void list_add(struct block *block)
{
    block->magic = MAGIC_FREE;
    *links(block) = (struct free_links){.next = free_list, .previous = NULL};
    if (free_list != NULL) {
        links(free_list)->previous = block;
    }
    free_list = block;
}

static void list_remove(struct block *block)
{
    struct free_links *own = links(block);
    if (own->next != NULL) {
        links(own->next)->previous = own->previous;
    }
    if (own->previous != NULL) {
        links(own->previous)->next = own->next;
    } else {
        free_list = own->next;
    }
}

static void join_with_next(struct block *block)
{
    struct block *next = after(block);
    block->size += sizeof *next + next->size;
    after(block)->previous = block;
}

// Puts a block into the free list, joined with its free neighbours.
static void release(struct block *block)
{
    struct block *next = after(block);
    if (next->magic == MAGIC_FREE) {
        list_remove(next);
        join_with_next(block);
    }
    struct block *previous = block->previous;
    if (previous != NULL && previous->magic == MAGIC_FREE) {
        list_remove(previous);
        join_with_next(previous);
        block = previous;
    }
    list_add(block);
}

// The page tables for it take frames as well: one for each 512 pages or part of them, and one on each of the two levels above.
static bool map_more(virt_addr start, size_t size)
{
    size_t pages = size / PAGE_SIZE;
    if (size > KERNEL_HEAP_LIMIT - start || pages + pages / 512 + 4 > frames_available()) {
        return false;
    }
    for (size_t done = 0; done < size; done += PAGE_SIZE) {
        page_map(&kernel_space, start + done, frame_alloc_zeroed(), PAGE_SIZE, PAGE_WRITE);
    }
    return true;
}

// Makes the old end header the header of a new block with at least size bytes.
static bool grow(size_t size)
{
    size_t more = ALIGN_UP(size + sizeof(struct block), GROW_SIZE);
    if (!map_more((virt_addr)memory_of(end), more)) {
        return false;
    }
    struct block *block = end;
    block->size = more - sizeof(struct block);
    end = after(block);
    *end = (struct block){.magic = MAGIC_END, .previous = block};
    release(block);
    return true;
}

// Leaves a block the size that is needed and frees the rest, if that is a block of its own.
static void split(struct block *block, size_t size)
{
    if (block->size < size + sizeof(struct block) + HEAP_ALIGNMENT) {
        return;
    }
    size_t rest_size = block->size - size - sizeof(struct block);
    block->size = size;
    struct block *rest = after(block);
    *rest = (struct block){.size = rest_size, .previous = block};
    after(rest)->previous = rest;
    list_add(rest);
}

static struct block *find_fit(size_t size)
{
    for (struct block *block = free_list; block != NULL; block = links(block)->next) {
        if (block->size >= size) {
            return block;
        }
    }
    return NULL;
}

void heap_init(void)
{
    bool mapped = map_more(KERNEL_HEAP_BASE, PAGE_SIZE);
    ASSERT(mapped);
    first = (struct block *)KERNEL_HEAP_BASE;
    *first = (struct block){.magic = MAGIC_USED, .size = PAGE_SIZE - 2 * sizeof(struct block)};
    end = after(first);
    *end = (struct block){.magic = MAGIC_END, .previous = first};
    release(first);
}

void *kmalloc(size_t size)
{
    if (size == 0 || size > KERNEL_HEAP_LIMIT - KERNEL_HEAP_BASE) {
        return NULL;
    }
    size = ALIGN_UP(size, HEAP_ALIGNMENT);
    uint64_t flags = spin_lock_irqsave(&heap_lock);
    struct block *block = find_fit(size);
    if (block == NULL && grow(size)) {
        block = find_fit(size);
    }
    if (block != NULL) {
        list_remove(block);
        split(block, size);
        block->magic = MAGIC_USED;
        used += block->size;
    }
    spin_unlock_irqrestore(&heap_lock, flags);
    return block != NULL ? memory_of(block) : NULL;
}

void *kcalloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *memory = kmalloc(bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

void kfree(void *memory)
{
    if (memory == NULL) {
        return;
    }
    struct block *block = (struct block *)memory - 1;
    uint64_t flags = spin_lock_irqsave(&heap_lock);
    if (block < first || block >= end || (virt_addr)memory % HEAP_ALIGNMENT != 0 || block->magic != MAGIC_USED) {
        panic("kfree(%p): not in use", memory);
    }
    used -= block->size;
    release(block);
    spin_unlock_irqrestore(&heap_lock, flags);
}

size_t heap_used(void)
{
    return used;
}

size_t heap_check(void)
{
    uint64_t flags = spin_lock_irqsave(&heap_lock);
    size_t free_blocks = 0;
    size_t used_bytes = 0;
    struct block *previous = NULL;
    for (struct block *block = first; block != end; previous = block, block = after(block)) {
        ASSERT(block->magic == MAGIC_USED || block->magic == MAGIC_FREE);
        ASSERT(block->previous == previous);
        if (block->magic == MAGIC_FREE) {
            ASSERT(previous == NULL || previous->magic != MAGIC_FREE);
            free_blocks++;
        } else {
            used_bytes += block->size;
        }
    }
    ASSERT(end->magic == MAGIC_END && end->previous == previous && used_bytes == used);
    size_t listed = 0;
    for (struct block *block = free_list; block != NULL; block = links(block)->next) {
        ASSERT(block->magic == MAGIC_FREE);
        listed++;
    }
    ASSERT(listed == free_blocks);
    spin_unlock_irqrestore(&heap_lock, flags);
    return free_blocks;
}
