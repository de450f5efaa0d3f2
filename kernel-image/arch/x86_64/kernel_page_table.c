// The way back to the kernel's own page tables, for kernel threads: whatever process ran before, its tables may go away at any time.
#include "lib/log.h"
#include "x86_64/cpu.h"
#include "x86_64/paging.h"
#include "x86_64/percpu.h"

// The switch of tasks comes through here, often in an interrupt: this must not log. The log's lock may be held by the very task that the
// interrupt stopped.
static NOINLINE phys_addr master_kernel_pml4(void)
{
#ifdef VARIANT_LOG_IN_SWITCH
    log_debug("master_kernel_pml4: %lx", kernel_space.root);
#endif
    return kernel_space.root;
}

// A load of CR3 empties the TLB of all that is not global, so it is not done for nothing.
static void load(phys_addr root)
{
    if (read_cr3() != root) {
        // First told, then done: who unmaps a page meanwhile asks one processor too many rather than one too few.
        this_cpu()->page_table = root;
        write_cr3(root);
    }
}

NOINLINE void switch_to_kernel_page_table(void)
{
    load(master_kernel_pml4());
}

// The kernel's half of these tables is the kernel's own.
void switch_to_page_table(const struct address_space *space)
{
    load(space->root);
}
