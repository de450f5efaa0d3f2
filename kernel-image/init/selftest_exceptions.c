// Provokes exceptions and compares what arrives with the Intel SDM (vol. 3A, 6.15).
#include "init/selftest.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "x86_64/cpu.h"
#include "x86_64/gdt.h"
#include "x86_64/percpu.h"
#include "x86_64/probe.h"
#include "x86_64/stack.h"
#include "x86_64/trap.h"

#define NON_CANONICAL 0x0000800000000000ULL
#define NOT_MAPPED 0x1000ULL
#define BEYOND_GDT (GDT_ENTRIES * 8)

static void expect(const char *what, struct probe_result result, uint64_t vector, uint64_t error_code)
{
    if (result.vector != vector || result.error_code != error_code) {
        panic("%s: vector %ld, error code 0x%lx; expected %lu, 0x%lx", what, (long)result.vector, result.error_code, vector,
              error_code);
    }
}

static void expect_page_fault(const char *what, struct probe_result result, virt_addr address, uint64_t error_code)
{
    expect(what, result, EXCEPTION_PF, error_code);
    if (read_cr2() != address) {
        panic("%s: CR2 is %016lx; expected %016lx", what, read_cr2(), address);
    }
}

static void expect_handled_on(const char *name)
{
    const struct stack *stack = stack_at((virt_addr)this_cpu()->last_recovered);
    if (stack == NULL || !string_equal(stack->name, name)) {
        panic("a trap ran on stack \"%s\"; expected \"%s\"", stack != NULL ? stack->name : "?", name);
    }
}

void selftest_exceptions(void)
{
    expect("division by zero", probe_divide_by_zero(), EXCEPTION_DE, 0);
    expect("single step", probe_single_step(), EXCEPTION_DB, 0);
    expect("breakpoint", probe_breakpoint(), EXCEPTION_BP, 0);
    expect("invalid opcode", probe_invalid_opcode(), EXCEPTION_UD, 0);
    expect("non-canonical address", probe_read(NON_CANONICAL), EXCEPTION_GP, 0);
    expect("selector beyond the table", probe_segment_load(BEYOND_GDT), EXCEPTION_GP, BEYOND_GDT);
    expect_page_fault("read of nothing", probe_read(NOT_MAPPED), NOT_MAPPED, 0);
    expect_page_fault("write to nothing", probe_write(NOT_MAPPED), NOT_MAPPED, 0);
    expect_page_fault("fetch from nothing", probe_execute(NOT_MAPPED), NOT_MAPPED, PF_FETCH);
    expect_handled_on("main");
    expect("interrupt 2", probe_nmi(), EXCEPTION_NMI, 0);
    expect_handled_on("nmi");
}
