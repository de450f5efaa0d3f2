#include "proc/program_trap.h"

#include "lib/log.h"
#include "lib/panic.h"
#include "proc/process.h"
#include "proc/syscall.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/layout.h"

static const char *access_of(uint64_t error)
{
    return (error & PF_FETCH) != 0 ? "fetch" : (error & PF_WRITE) != 0 ? "write" : "read";
}

static _Noreturn void end_by_fault(const struct trap_frame *frame)
{
    // Before interrupts are on and others can run, who may have page faults of their own.
    virt_addr address = read_cr2();
    interrupts_on();
    const struct process *process = current_process();
    struct trap_name name = trap_name(frame->vector);
    if (frame->vector == EXCEPTION_PF) {
        log_info("fault: process %lu (%s): %s (%s), %s of %016lx: %s, rip %016lx", process->id, process->name, name.mnemonic,
                 name.description, access_of(frame->error_code), address,
                 (frame->error_code & PF_PROTECTION) != 0 ? "not allowed" : "no page", frame->rip);
    } else {
        log_info("fault: process %lu (%s): %s (%s), error code 0x%lx, rip %016lx", process->id, process->name, name.mnemonic,
                 name.description, frame->error_code, frame->rip);
    }
    process_exit(STATUS_FAULT + (int64_t)frame->vector);
}

static bool is_syscall(const struct trap_frame *frame)
{
    return frame->vector == SYSCALL_VECTOR || frame->vector == VECTOR_SYSCALL_INSTRUCTION;
}

struct trap_frame *program_trap(struct trap_frame *frame)
{
    if (frame->vector == EXCEPTION_NMI || frame->vector == EXCEPTION_MC) {
        panic_trap(frame);
    }
    if (!is_syscall(frame)) {
        end_by_fault(frame);
    }
    interrupts_on();
    syscall_dispatch(frame);
    interrupts_off();
    process_leave_if_killed();
    // Programs cannot have code there, so that nothing comes back there; trap.S relies on it.
    ASSERT(frame->rip < USER_LIMIT);
    return check_need_resched_and_switch(frame);
}
