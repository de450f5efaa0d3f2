#include "x86_64/percpu.h"

#include "x86_64/cpu.h"

_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH && offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK
                   && offsetof(struct cpu, current) == CPU_CURRENT && offsetof(struct cpu, id) == CPU_ID,
               "the assembler knows these offsets");

struct cpu cpus[MAX_CPUS];
_Atomic uint32_t cpu_count = 1;

void percpu_init(uint32_t id)
{
    cpus[id].self = &cpus[id];
    cpus[id].id = id;
    wrmsr(MSR_GS_BASE, (uint64_t)&cpus[id]);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
}
