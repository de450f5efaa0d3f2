// The address spaces of programs. Their pages are in no other space, so that what is unmapped can be freed.
#include "page_table.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/phys_map.h"
#include "x86_64/cpu.h"
#include "x86_64/layout.h"

// The kernel needs frames as well, most of all to go on when programs have taken all they can.
#define KERNEL_RESERVE 64

#define LOWER_HALF (ENTRIES / 2)

bool address_space_create(struct address_space *space)
{
    *space = (struct address_space){.root = frame_alloc()};
    if (space->root == NO_FRAME) {
        return false;
    }
    kernel_half_shared = true;
    uint64_t *table = phys_to_virt(space->root);
    const uint64_t *kernel = phys_to_virt(kernel_space.root);
    memset(table, 0, LOWER_HALF * sizeof *table);
    memcpy(table + LOWER_HALF, kernel + LOWER_HALF, LOWER_HALF * sizeof *table);
    return true;
}

bool address_space_add(struct address_space *space, virt_addr virt, unsigned access)
{
    ASSERT(virt >= USER_BASE && virt < USER_LIMIT && virt % PAGE_SIZE == 0);
    phys_addr frame = frames_available() > KERNEL_RESERVE ? frame_alloc() : NO_FRAME;
    if (frame == NO_FRAME) {
        return false;
    }
    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    uint64_t flags = spin_lock_irqsave(&paging_lock);
    uint64_t *entry = page_entry(space, virt, 1, access | PAGE_USER);
    bool added = entry != NULL && *entry == 0;
    if (added) {
        *entry = frame | page_leaf_bits(access | PAGE_USER);
        space->pages++;
    }
    spin_unlock_irqrestore(&paging_lock, flags);
    if (!added) {
        frame_free(frame);
    }
    return added;
}

void address_space_remove(struct address_space *space, virt_addr virt)
{
    phys_addr frame;
    page_unmap(space, virt, &frame, 1);
    frame_free(frame);
    space->pages--;
}

void *address_space_at(const struct address_space *space, virt_addr virt)
{
    struct mapping mapping;
    if (!page_lookup(space, virt, &mapping) || (mapping.access & PAGE_USER) == 0) {
        return NULL;
    }
    return (char *)phys_to_virt(mapping.phys) + virt % PAGE_SIZE;
}

static void free_table(phys_addr table_phys, int level)
{
    const uint64_t *table = phys_to_virt(table_phys);
    for (size_t i = 0; i < (level == LEVELS ? LOWER_HALF : ENTRIES); i++) {
        if ((table[i] & PTE_PRESENT) == 0) {
            continue;
        }
        if (level == 1) {
            frame_free(table[i] & PTE_ADDRESS);
        } else {
            free_table(table[i] & PTE_ADDRESS, level - 1);
        }
    }
    frame_free(table_phys);
}

void address_space_destroy(struct address_space *space)
{
    ASSERT(read_cr3() != space->root);
    free_table(space->root, LEVELS);
    *space = (struct address_space){0};
}
