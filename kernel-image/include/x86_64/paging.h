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
    phys_addr root; // the page map level 4; 0: there is none
    size_t pages;   // of a program, without the tables
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

// The rest of it, for another processor, which has the kernel's page tables loaded.
void paging_init_processor(void);

// Loads CR3 with the kernel's page tables if others are loaded. Interrupts are off.
void switch_to_kernel_page_table(void);

// The same with those of a process.
void switch_to_page_table(const struct address_space *space);

// Maps whole pages to physical memory, in large pages where both addresses allow it. Ends the kernel if a page is mapped already.
void page_map(struct address_space *space, virt_addr virt, phys_addr phys, uint64_t size, unsigned access);

// Takes pages of 4 KiB away and gives what they were mapped to. No processor knows them any more afterwards.
void page_unmap(struct address_space *space, virt_addr virt, phys_addr frames[], size_t count);

// Makes an address space for a program: nothing in the lower half, in the upper half the kernel. False if memory is short.
bool address_space_create(struct address_space *space);

// Adds a page of zeros below USER_LIMIT for the program to use. False if there is one already, or memory is short.
bool address_space_add(struct address_space *space, virt_addr virt, unsigned access);

// Takes a page that was added away and frees its frame. The space is the running program's.
void address_space_remove(struct address_space *space, virt_addr virt);

// Where the kernel finds a byte of a page that was added, whether the space is the current one or not; NULL if there is no such page. Good
// up to the end of the page.
void *address_space_at(const struct address_space *space, virt_addr virt);

// Frees everything in the lower half, and the tables. No processor has them loaded.
void address_space_destroy(struct address_space *space);

// Finds what an address is mapped to; false if to nothing.
bool page_lookup(const struct address_space *space, virt_addr virt, struct mapping *mapping);

// Calls visit for every mapping in ascending order until it returns false. Returns whether it never did.
bool page_walk(const struct address_space *space, bool (*visit)(const struct mapping *mapping, void *context), void *context);
