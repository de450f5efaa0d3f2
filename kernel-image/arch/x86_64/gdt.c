#include "x86_64/gdt.h"

#include "lib/panic.h"
#include "x86_64/percpu.h"
#include "x86_64/selectors.h"
#include "x86_64/stack.h"

// Descriptor bits (Intel SDM vol. 3A, figures 3-8 and 8-4). In 64-bit mode bases and limits of code and data segments are ignored.
#define DESCRIPTOR_ACCESSED (1ULL << 40)
#define DESCRIPTOR_WRITABLE (1ULL << 41)
#define DESCRIPTOR_READABLE (1ULL << 41)
#define DESCRIPTOR_CODE (1ULL << 43)
#define DESCRIPTOR_NOT_SYSTEM (1ULL << 44)
#define DESCRIPTOR_DPL_3 (3ULL << 45)
#define DESCRIPTOR_PRESENT (1ULL << 47)
#define DESCRIPTOR_LONG (1ULL << 53)
#define DESCRIPTOR_TSS_AVAILABLE (9ULL << 40)

// Accessed from the start: the processor then never writes to the table.
#define SEGMENT (DESCRIPTOR_PRESENT | DESCRIPTOR_NOT_SYSTEM | DESCRIPTOR_ACCESSED)
#define CODE_SEGMENT (SEGMENT | DESCRIPTOR_CODE | DESCRIPTOR_READABLE | DESCRIPTOR_LONG)
#define DATA_SEGMENT (SEGMENT | DESCRIPTOR_WRITABLE)

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} PACKED;

void gdt_init(void)
{
    uint64_t *gdt = this_cpu()->gdt;
    gdt[KERNEL_CODE / 8] = CODE_SEGMENT;
    gdt[KERNEL_DATA / 8] = DATA_SEGMENT;
    gdt[USER_DATA / 8] = DATA_SEGMENT | DESCRIPTOR_DPL_3;
    gdt[USER_CODE / 8] = CODE_SEGMENT | DESCRIPTOR_DPL_3;

    struct table_pointer pointer = {sizeof this_cpu()->gdt - 1, (uint64_t)gdt};
    // CS is reloaded by a far return. FS and GS are left alone: a load would clear the base that this_cpu() lives by.
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%ss"
                     :
                     : "m"(pointer), "i"(KERNEL_CODE), "r"(KERNEL_DATA)
                     : "rax", "memory");
}

void task_state_init(void)
{
    static const char *const stack_names[IST_COUNT] = {"nmi", "double fault", "machine check", "debug"};

    struct task_state_segment *tss = &this_cpu()->task_state;
    // Beyond the limit: no I/O permission bitmap (Intel SDM vol. 1, 19.5.2).
    tss->io_map_base = sizeof *tss;
    for (int i = 0; i < IST_COUNT; i++) {
        const struct stack *stack = stack_create(stack_names[i]);
        ASSERT(stack != NULL);
        tss->ist[i] = stack->top;
    }

    uint64_t base = (uint64_t)tss;
    uint64_t *descriptor = &this_cpu()->gdt[TASK_STATE / 8];
    descriptor[0] = DESCRIPTOR_PRESENT | DESCRIPTOR_TSS_AVAILABLE | (sizeof *tss - 1) | (base & 0xffffff) << 16
                    | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(TASK_STATE) : "memory");
}

void task_state_set_kernel_stack(virt_addr top)
{
    this_cpu()->task_state.rsp[0] = top;
    this_cpu()->kernel_stack = top;
}
