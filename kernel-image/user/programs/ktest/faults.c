#include "ktest.h"

// Vectors: Intel SDM vol. 3A, table 6-1.
#define DIVIDE_ERROR 0
#define INVALID_OPCODE 6
#define GENERAL_PROTECTION 13
#define PAGE_FAULT 14

static void expect_fault(const char *kind, int vector)
{
    CHECK_EQUAL(child_run("fail", kind), STATUS_FAULT + vector);
}

static void forbidden_memory_ends_the_process(void)
{
    expect_fault("read", PAGE_FAULT);
    expect_fault("write", PAGE_FAULT);
    expect_fault("kernel", PAGE_FAULT);
    expect_fault("code", PAGE_FAULT);
    expect_fault("execute", PAGE_FAULT);
    expect_fault("canonical", GENERAL_PROTECTION);
}

static void forbidden_instructions_end_the_process(void)
{
    expect_fault("opcode", INVALID_OPCODE);
    expect_fault("divide", DIVIDE_ERROR);
    expect_fault("privileged", GENERAL_PROTECTION);
    expect_fault("port", GENERAL_PROTECTION);
    expect_fault("interrupt", GENERAL_PROTECTION);
}

static void a_stack_that_overflows_ends_the_process(void)
{
    expect_fault("stack", PAGE_FAULT);
}

static const struct test tests[] = {
    {"forbidden_memory_ends_the_process", forbidden_memory_ends_the_process},
    {"forbidden_instructions_end_the_process", forbidden_instructions_end_the_process},
    {"a_stack_that_overflows_ends_the_process", a_stack_that_overflows_ends_the_process},
};

SECTION(fault_section, "Faults", tests);
