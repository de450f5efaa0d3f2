#include "x86_64/percpu.h"

#include "x86_64/cpu.h"

_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH && offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK,
               "the assembler knows these offsets");

struct cpu cpus[MAX_CPUS];

void percpu_init(void)
{
    cpus[0].self = &cpus[0];
    wrmsr(MSR_GS_BASE, (uint64_t)&cpus[0]);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
}
