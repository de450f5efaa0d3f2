#include "x86_64/features.h"

#include "lib/log.h"
#include "lib/panic.h"
#include "x86_64/cpu.h"

#define LEAF_FEATURES 1
#define LEAF_STRUCTURED_FEATURES 7

bool smap_on;

void features_init(void)
{
    // Long mode and no-execute pages were checked before the kernel could run at all.
    if ((cpuid(LEAF_FEATURES, 0).edx & CPUID_PGE) == 0) {
        panic("the processor has no global pages");
    }
    uint64_t protections = 0;
    if (cpuid(0, 0).eax >= LEAF_STRUCTURED_FEATURES) {
        struct cpuid leaf = cpuid(LEAF_STRUCTURED_FEATURES, 0);
        protections |= (leaf.ebx & CPUID_7_SMEP) != 0 ? CR4_SMEP : 0;
        protections |= (leaf.ebx & CPUID_7_SMAP) != 0 ? CR4_SMAP : 0;
        protections |= (leaf.ecx & CPUID_7_UMIP) != 0 ? CR4_UMIP : 0;
    }
    write_cr4(read_cr4() | protections);
    // Nothing saves the state of x87, MMX and SSE: with CR0.EM set and CR4.OSFXSR clear their instructions are invalid, in programs as well
    // (Intel SDM vol. 3A, 2.5).
    write_cr0(read_cr0() | CR0_EM);
    ASSERT((read_cr0() & CR0_WP) != 0 && (rdmsr(MSR_EFER) & EFER_NXE) != 0 && (read_cr4() & protections) == protections);
    smap_on = (protections & CR4_SMAP) != 0;
    log_debug("cr4: %lx", read_cr4());
}
