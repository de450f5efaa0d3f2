// What the files that write page tables share.
#pragma once

#include "lib/spinlock.h"
#include "x86_64/paging.h"

// Bits of an entry (Intel SDM vol. 3A, tables 4-15 to 4-20).
#define PTE_PRESENT (1ULL << 0)
#define PTE_WRITABLE (1ULL << 1)
#define PTE_USER (1ULL << 2)
#define PTE_CACHE_DISABLE (1ULL << 4)
#define PTE_LARGE (1ULL << 7)
#define PTE_GLOBAL (1ULL << 8)
#define PTE_NO_EXECUTE (1ULL << 63)
#define PTE_ADDRESS 0x000ffffffffff000ULL

#define ENTRIES 512
#define LEVELS 4      // level 1 is the page table, level 4 the page map level 4
#define LARGE_LEVEL 2 // a page directory entry can be a 2 MiB page
#define TOP_HALF_SIGN (1ULL << 47)

extern bool kernel_half_shared;

// Guards the tables of all address spaces.
extern struct spinlock paging_lock;

static inline uint64_t span(int level)
{
    return PAGE_SIZE << 9 * (level - 1);
}

static inline size_t index_at(virt_addr virt, int level)
{
    return virt >> (12 + 9 * (level - 1)) & (ENTRIES - 1);
}

// The bits of an entry that maps a page.
uint64_t page_leaf_bits(unsigned access);

// The entry of a level for an address, through tables that are made where they are missing; NULL if there is no frame for one. The lock is
// held.
uint64_t *page_entry(struct address_space *space, virt_addr virt, int level, unsigned access);
