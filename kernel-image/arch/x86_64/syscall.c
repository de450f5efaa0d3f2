#include "x86_64/syscall.h"

#include "x86_64/cpu.h"
#include "x86_64/selectors.h"

// trap.S
void syscall_entry(void);

void syscall_init(void)
{
    // SYSCALL loads CS and SS from bits 47-32 and 8 more; SYSRET SS from bits 63-48 and 8 more, CS and 16 more (Intel SDM vol. 2B).
    _Static_assert(KERNEL_DATA == KERNEL_CODE + 8 && USER_CODE == USER_DATA + 8, "the order that SYSCALL and SYSRET want");
    wrmsr(MSR_STAR, (uint64_t)(USER_DATA - 8 + RPL_MASK) << 48 | (uint64_t)KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    // What a gate would switch off, and what a program could do harm with: direction, nested task, and AC, which suspends SMAP.
    wrmsr(MSR_FMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
}
