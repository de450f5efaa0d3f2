#include "x86_64/percpu.h"

#include "x86_64/cpu.h"

struct cpu cpus[MAX_CPUS];

void percpu_init(void)
{
    cpus[0].self = &cpus[0];
    wrmsr(MSR_GS_BASE, (uint64_t)&cpus[0]);
}
