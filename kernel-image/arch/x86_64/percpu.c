#include "x86_64/percpu.h"

#include "x86_64/cpu.h"

static struct cpu boot_cpu;

void percpu_init(void)
{
    boot_cpu.self = &boot_cpu;
    wrmsr(MSR_GS_BASE, (uint64_t)&boot_cpu);
}
