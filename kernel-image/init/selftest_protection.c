// Walks the kernel's page tables, and tries what they forbid.
#include "init/selftest.h"

#include "lib/log.h"
#include "lib/panic.h"
#include "x86_64/cpu.h"
#include "x86_64/layout.h"
#include "x86_64/paging.h"
#include "x86_64/probe.h"
#include "x86_64/stack.h"
#include "x86_64/trap.h"

#define RET_OPCODE 0xc3
#define MAX_EXECUTABLE_RANGES 8

extern const char __text_start[], __text_end[], __rodata_start[];

struct phys_range {
    phys_addr start;
    phys_addr end;
};

struct audit {
    size_t range_count;
    struct phys_range executable[MAX_EXECUTABLE_RANGES];
    size_t pages;
};

static bool collect_executable(const struct mapping *mapping, void *context)
{
    struct audit *audit = context;
    audit->pages += mapping->size / PAGE_SIZE;
    if ((mapping->access & PAGE_EXECUTE) == 0) {
        return true;
    }
    struct phys_range *last = audit->range_count > 0 ? &audit->executable[audit->range_count - 1] : NULL;
    if (last != NULL && last->end == mapping->phys) {
        last->end += mapping->size;
        return true;
    }
    ASSERT(audit->range_count < MAX_EXECUTABLE_RANGES);
    audit->executable[audit->range_count++] = (struct phys_range){mapping->phys, mapping->phys + mapping->size};
    return true;
}

// No physical page may be writable through one mapping and executable through the same or another.
static bool refuse_writable_code(const struct mapping *mapping, void *context)
{
    const struct audit *audit = context;
    if ((mapping->access & PAGE_USER) != 0) {
        panic("%016lx is open to user mode", mapping->virt);
    }
    if ((mapping->access & PAGE_WRITE) == 0) {
        return true;
    }
    for (size_t i = 0; i < audit->range_count; i++) {
        if (mapping->phys < audit->executable[i].end && mapping->phys + mapping->size > audit->executable[i].start) {
            panic("%016lx makes executable memory at %lx writable", mapping->virt, mapping->phys);
        }
    }
    return true;
}

static void audit_page_tables(void)
{
    struct audit audit = {0};
    page_walk(&kernel_space, collect_executable, &audit);
    page_walk(&kernel_space, refuse_writable_code, &audit);
    ASSERT(audit.range_count == 1);
    ASSERT(audit.executable[0].start == (virt_addr)__text_start - KERNEL_BASE);
    ASSERT(audit.executable[0].end == (virt_addr)__text_end - KERNEL_BASE);
    log_debug("page tables: %zu pages, nothing writable and executable", audit.pages);
}

static void expect_fault(const char *what, struct probe_result result, virt_addr address, uint64_t error_code)
{
    if (result.vector != EXCEPTION_PF || result.error_code != error_code || read_cr2() != address) {
        panic("%s of %016lx: vector %ld, error code 0x%lx, CR2 %016lx; expected a page fault with 0x%lx", what, address,
              (long)result.vector, result.error_code, read_cr2(), error_code);
    }
}

static void try_what_is_forbidden(void)
{
    static uint8_t data_function = RET_OPCODE;

    virt_addr code = (virt_addr)__text_start;
    virt_addr constants = (virt_addr)__rodata_start;
    virt_addr data = (virt_addr)&data_function;
    virt_addr offset = PHYS_MAP_BASE - KERNEL_BASE;
    virt_addr guard = stack_at((virt_addr)__builtin_frame_address(0))->bottom - 1;

    expect_fault("write", probe_write(code), code, PF_PROTECTION | PF_WRITE);
    expect_fault("write", probe_write(code + offset), code + offset, PF_PROTECTION | PF_WRITE);
    expect_fault("write", probe_write(constants), constants, PF_PROTECTION | PF_WRITE);
    expect_fault("write", probe_write(constants + offset), constants + offset, PF_PROTECTION | PF_WRITE);
    expect_fault("fetch", probe_execute(constants), constants, PF_PROTECTION | PF_FETCH);
    expect_fault("fetch", probe_execute(data), data, PF_PROTECTION | PF_FETCH);
    expect_fault("fetch", probe_execute(data + offset), data + offset, PF_PROTECTION | PF_FETCH);
    expect_fault("fetch", probe_execute(code + offset), code + offset, PF_PROTECTION | PF_FETCH);
    expect_fault("write", probe_write(guard), guard, 0);
    expect_fault("read", probe_read(1 * MIB), 1 * MIB, 0);
    // What is allowed has to work, or the faults above prove nothing.
    ASSERT(probe_write(data).vector == PROBE_NO_TRAP);
    ASSERT(probe_write(data + offset).vector == PROBE_NO_TRAP);
    ASSERT(probe_read(code).vector == PROBE_NO_TRAP);
}

void selftest_protection(void)
{
    audit_page_tables();
    try_what_is_forbidden();
}
