#include "page_table.h"

#include "init/boot_info.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/phys_map.h"
#include "x86_64/cpu.h"
#include "x86_64/layout.h"
#include "x86_64/percpu.h"
#include "x86_64/tlb.h"

extern const char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[], __data_end[];

struct address_space kernel_space;
// From then on the kernel's half is in the tables of processes as well: an entry that the topmost table got now would be missing there.
bool kernel_half_shared;
struct spinlock paging_lock = SPINLOCK("page tables");

uint64_t page_leaf_bits(unsigned access)
{
    return PTE_PRESENT | ((access & PAGE_WRITE) != 0 ? PTE_WRITABLE : 0) | ((access & PAGE_EXECUTE) != 0 ? 0 : PTE_NO_EXECUTE)
           | ((access & PAGE_USER) != 0 ? PTE_USER : PTE_GLOBAL) | ((access & PAGE_UNCACHED) != 0 ? PTE_CACHE_DISABLE : 0);
}

// Tables allow everything: the last level decides, but for user access, which every level has to allow.
uint64_t *page_entry(struct address_space *space, virt_addr virt, int level, unsigned access)
{
    uint64_t *table = phys_to_virt(space->root);
    for (int above = LEVELS; above > level; above--) {
        uint64_t *entry = &table[index_at(virt, above)];
        if (*entry == 0) {
            ASSERT(space != &kernel_space || above != LEVELS || !kernel_half_shared);
            phys_addr frame = frame_alloc();
            if (frame == NO_FRAME) {
                return NULL;
            }
            memset(phys_to_virt(frame), 0, PAGE_SIZE);
            *entry = frame | PTE_PRESENT | PTE_WRITABLE;
        }
        ASSERT((*entry & PTE_LARGE) == 0);
        *entry |= (access & PAGE_USER) != 0 ? PTE_USER : 0;
        table = phys_to_virt(*entry & PTE_ADDRESS);
    }
    return &table[index_at(virt, level)];
}

void page_map(struct address_space *space, virt_addr virt, phys_addr phys, uint64_t size, unsigned access)
{
    ASSERT(virt % PAGE_SIZE == 0 && phys % PAGE_SIZE == 0 && size % PAGE_SIZE == 0);
    uint64_t flags = spin_lock_irqsave(&paging_lock);
    for (uint64_t done = 0; done < size;) {
        bool large = (virt + done) % span(LARGE_LEVEL) == 0
                     && (phys + done) % span(LARGE_LEVEL) == 0 && size - done >= span(LARGE_LEVEL);
        int level = large ? LARGE_LEVEL : 1;
        uint64_t *entry = page_entry(space, virt + done, level, access);
        if (entry == NULL) {
            panic("out of memory");
        }
        ASSERT(*entry == 0);
        *entry = (phys + done) | page_leaf_bits(access) | (large ? PTE_LARGE : 0);
        done += span(level);
    }
    spin_unlock_irqrestore(&paging_lock, flags);
}

void page_unmap(struct address_space *space, virt_addr virt, phys_addr frames[], size_t count)
{
    uint64_t flags = spin_lock_irqsave(&paging_lock);
    for (size_t i = 0; i < count; i++) {
        uint64_t *entry = page_entry(space, virt + i * PAGE_SIZE, 1, PAGE_READ);
        ASSERT((*entry & PTE_PRESENT) != 0);
        frames[i] = *entry & PTE_ADDRESS;
        *entry = 0;
    }
#ifdef VARIANT_STALE_TLB
    if (space == &kernel_space)
#endif
    tlb_forget(space, virt, count);
    spin_unlock_irqrestore(&paging_lock, flags);
}

static unsigned access_of(uint64_t entry)
{
    return ((entry & PTE_WRITABLE) != 0 ? PAGE_WRITE : 0) | ((entry & PTE_NO_EXECUTE) != 0 ? 0 : PAGE_EXECUTE)
           | ((entry & PTE_USER) != 0 ? PAGE_USER : 0);
}

// Every level can take a permission away (Intel SDM vol. 3A, 4.6.1).
#define ALL_ACCESS (PAGE_WRITE | PAGE_EXECUTE | PAGE_USER)

bool page_lookup(const struct address_space *space, virt_addr virt, struct mapping *mapping)
{
    unsigned access = ALL_ACCESS;
    const uint64_t *table = phys_to_virt(space->root);
    for (int level = LEVELS;; level--) {
        uint64_t entry = table[index_at(virt, level)];
        if ((entry & PTE_PRESENT) == 0) {
            return false;
        }
        access &= access_of(entry);
        if (level == 1 || (entry & PTE_LARGE) != 0) {
            *mapping = (struct mapping){
                ALIGN_DOWN(virt, span(level)), entry & PTE_ADDRESS & ~(span(level) - 1), span(level), access};
            return true;
        }
        table = phys_to_virt(entry & PTE_ADDRESS);
    }
}

static bool walk_table(phys_addr table_phys, int level, virt_addr base, unsigned access,
                       bool (*visit)(const struct mapping *, void *), void *context)
{
    const uint64_t *table = phys_to_virt(table_phys);
    for (size_t i = 0; i < ENTRIES; i++) {
        uint64_t entry = table[i];
        if ((entry & PTE_PRESENT) == 0) {
            continue;
        }
        virt_addr virt = base + i * span(level);
        if (level == LEVELS && (virt & TOP_HALF_SIGN) != 0) {
            virt |= ~(2 * TOP_HALF_SIGN - 1);
        }
        unsigned here = access & access_of(entry);
        bool go_on;
        if (level == 1 || (entry & PTE_LARGE) != 0) {
            struct mapping mapping = {virt, entry & PTE_ADDRESS & ~(span(level) - 1), span(level), here};
            go_on = visit(&mapping, context);
        } else {
            go_on = walk_table(entry & PTE_ADDRESS, level - 1, virt, here, visit, context);
        }
        if (!go_on) {
            return false;
        }
    }
    return true;
}

bool page_walk(const struct address_space *space, bool (*visit)(const struct mapping *, void *), void *context)
{
    return walk_table(space->root, LEVELS, 0, ALL_ACCESS, visit, context);
}

static void map_image(const char *start, const char *end, unsigned access)
{
    page_map(&kernel_space, (virt_addr)start, (virt_addr)start - KERNEL_BASE, (uint64_t)(end - start), access);
}

static void map_physical(phys_addr start, phys_addr end, unsigned access)
{
    if (start < end) {
        page_map(&kernel_space, PHYS_MAP_BASE + start, start, end - start, access);
    }
}

static phys_addr clamp(phys_addr value, phys_addr low, phys_addr high)
{
    return value < low ? low : value > high ? high : value;
}

// RAM is writable there, except where it holds the kernel's code and constants: a second way in would make their protection void.
static void map_ram(const struct memory_region *region)
{
    phys_addr start = ALIGN_UP(region->start, PAGE_SIZE);
    phys_addr end = ALIGN_DOWN(region->end, PAGE_SIZE);
    if (start >= end) {
        return;
    }
    phys_addr fixed_start = clamp((virt_addr)__text_start - KERNEL_BASE, start, end);
    phys_addr fixed_end = clamp((virt_addr)__rodata_end - KERNEL_BASE, start, end);
    map_physical(start, fixed_start, PAGE_WRITE);
    map_physical(fixed_start, fixed_end, PAGE_READ);
    map_physical(fixed_end, end, PAGE_WRITE);
}

void paging_init(void)
{
    kernel_space.root = frame_alloc_zeroed();
    map_image(__text_start, __text_end, PAGE_EXECUTE);
    map_image(__rodata_start, __rodata_end, PAGE_READ);
    map_image(__data_start, __data_end, PAGE_WRITE);
    for (size_t i = 0; i < boot_info.region_count; i++) {
        if (boot_info.regions[i].is_ram) {
            map_ram(&boot_info.regions[i]);
        }
    }
    static const virt_addr parts[] = {PHYS_MAP_BASE, KERNEL_STACKS_BASE, KERNEL_HEAP_BASE};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        page_entry(&kernel_space, parts[i], LEVELS - 1, PAGE_READ);
    }
    // Global pages only from here on: the load of CR3 has to drop what the boot page tables left (Intel SDM vol. 3A, 4.10.4.1).
    write_cr3(kernel_space.root);
    phys_map_base = PHYS_MAP_BASE;
    paging_init_processor();
}

void paging_init_processor(void)
{
    this_cpu()->page_table = kernel_space.root;
    write_cr4(read_cr4() | CR4_PGE);
}
