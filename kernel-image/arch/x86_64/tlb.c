// Intel SDM vol. 3A, 4.10.5: no processor hears of changes to page tables by itself.
#include "x86_64/tlb.h"

#include <stdatomic.h>

#include "x86_64/cpu.h"
#include "x86_64/paging.h"
#include "x86_64/percpu.h"
#include "x86_64/processors.h"

// What the processors in the mask are to forget. The lock of the page tables is held as long as there are any.
static _Atomic uint32_t asked;
static virt_addr asked_first;
static size_t asked_pages;

static void forget(virt_addr first, size_t pages)
{
    for (size_t i = 0; i < pages; i++) {
        invlpg(first + i * PAGE_SIZE);
    }
}

void tlb_look(void)
{
    uint32_t own = 1U << cpu_id();
    if ((atomic_load_explicit(&asked, memory_order_acquire) & own) != 0) {
        forget(asked_first, asked_pages);
        atomic_fetch_and_explicit(&asked, ~own, memory_order_release);
    }
}

// The kernel's pages are in everybody's tables, a program's only where its tables are loaded: to load others has the TLB forget them.
static bool may_know(const struct cpu *cpu, const struct address_space *space)
{
    return space == &kernel_space || cpu->page_table == space->root;
}

void tlb_forget(const struct address_space *space, virt_addr first, size_t pages)
{
    forget(first, pages);
    if (cpu_count == 1) {
        return;
    }
    // The tables are changed before the look at who has loaded them: who loads them later finds them as they are now.
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t others = 0;
    for (uint32_t id = 0; id < cpu_count; id++) {
        others |= id != cpu_id() && may_know(&cpus[id], space) ? 1U << id : 0;
    }
    asked_first = first;
    asked_pages = pages;
    atomic_store_explicit(&asked, others, memory_order_release);
    for (uint32_t id = 0; id < cpu_count; id++) {
        if ((others >> id & 1) != 0) {
            processor_interrupt_tlb(&cpus[id]);
        }
    }
    while (atomic_load_explicit(&asked, memory_order_acquire) != 0) {
        pause();
    }
}
