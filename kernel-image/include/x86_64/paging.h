// Page tables of four levels (Intel SDM vol. 3A, 4.5).
#pragma once

#include "types.h"

// What may be done with a page besides reading it.
enum page_access {
    PAGE_READ = 0,
    PAGE_WRITE = 1 << 0,
    PAGE_EXECUTE = 1 << 1,
    PAGE_USER = 1 << 2,
    PAGE_UNCACHED = 1 << 3,
};

struct address_space {
    phys_addr root; // the page map level 4
};

// One entry of the lowest level reached, with the permissions of all levels together.
struct mapping {
    virt_addr virt;
    phys_addr phys;
    uint64_t size;
    unsigned access; // page_access
};

extern struct address_space kernel_space;

// Builds the kernel's page tables and goes over to them: code is read and executed, constants are read, everything else is read and
// written; the first GiB at address 0, which the boot code needed, is gone.
void paging_init(void);

// Loads CR3 with the kernel's page tables if others are loaded.
void switch_to_kernel_page_table(void);

// Maps whole pages to physical memory, in large pages where both addresses allow it. Ends the kernel if a page is mapped already.
void page_map(struct address_space *space, virt_addr virt, phys_addr phys, uint64_t size, unsigned access);

// Takes one 4 KiB page away and returns what it was mapped to.
phys_addr page_unmap(struct address_space *space, virt_addr virt);

// Finds what an address is mapped to; false if to nothing.
bool page_lookup(const struct address_space *space, virt_addr virt, struct mapping *mapping);

// Calls visit for every mapping in ascending order until it returns false. Returns whether it never did.
bool page_walk(const struct address_space *space, bool (*visit)(const struct mapping *mapping, void *context), void *context);
