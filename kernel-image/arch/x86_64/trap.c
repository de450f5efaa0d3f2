#include "x86_64/trap.h"

#include "drivers/apic.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "lib/symbols.h"
#include "lib/trace.h"
#include "proc/process.h"
#include "proc/program_trap.h"
#include "sched/sched.h"
#include "x86_64/backtrace.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/extable.h"
#include "x86_64/irq.h"
#include "x86_64/processors.h"
#include "x86_64/stack.h"

static const struct trap_name exceptions[EXCEPTION_COUNT] = {
    [EXCEPTION_DE] = {"#DE", "divide error"},
    [EXCEPTION_DB] = {"#DB", "debug"},
    [EXCEPTION_NMI] = {"NMI", "non-maskable interrupt"},
    [EXCEPTION_BP] = {"#BP", "breakpoint"},
    [EXCEPTION_OF] = {"#OF", "overflow"},
    [EXCEPTION_BR] = {"#BR", "bound range exceeded"},
    [EXCEPTION_UD] = {"#UD", "invalid opcode"},
    [EXCEPTION_NM] = {"#NM", "device not available"},
    [EXCEPTION_DF] = {"#DF", "double fault"},
    [EXCEPTION_TS] = {"#TS", "invalid TSS"},
    [EXCEPTION_NP] = {"#NP", "segment not present"},
    [EXCEPTION_SS] = {"#SS", "stack-segment fault"},
    [EXCEPTION_GP] = {"#GP", "general protection"},
    [EXCEPTION_PF] = {"#PF", "page fault"},
    [EXCEPTION_MF] = {"#MF", "x87 floating-point error"},
    [EXCEPTION_AC] = {"#AC", "alignment check"},
    [EXCEPTION_MC] = {"#MC", "machine check"},
    [EXCEPTION_XM] = {"#XM", "SIMD floating-point error"},
    [EXCEPTION_VE] = {"#VE", "virtualization exception"},
    [EXCEPTION_CP] = {"#CP", "control protection"},
};

static void print_page_fault(const struct trap_frame *frame)
{
    uint64_t error = frame->error_code;
    print("  %s of %016lx in %s mode: %s%s\n",
          (error & PF_FETCH) != 0 ? "fetch" : (error & PF_WRITE) != 0 ? "write" : "read", read_cr2(),
          (error & PF_USER) != 0 ? "user" : "supervisor",
          (error & PF_PROTECTION) != 0 ? "not allowed on this page" : "no page",
          (error & PF_RESERVED) != 0 ? ", reserved bit set" : "");
}

// A push below a stack's last page cannot be reported on that stack: it arrives as a double fault, with CR2 in the guard pages.
static void print_stack(const struct trap_frame *frame)
{
    const struct stack *stack = stack_at(frame->rsp);
    if (stack == NULL) {
        print("  stack pointer outside of every stack\n");
        return;
    }
    bool overflow = frame->vector == EXCEPTION_DF && stack_at(read_cr2()) == stack && !stack_contains(read_cr2(), 1);
    print("  on stack \"%s\"%s\n", stack->name, overflow ? ", which overflowed into its guard pages" : "");
}

static void print_registers(const struct trap_frame *frame)
{
    print("  rip %016lx  cs  %016lx  rflags %016lx\n", frame->rip, frame->cs, frame->rflags);
    print("  rsp %016lx  ss  %016lx  cr2    %016lx\n", frame->rsp, frame->ss, read_cr2());
    print("  cr0 %016lx  cr3 %016lx  cr4    %016lx\n", read_cr0(), read_cr3(), read_cr4());
    print("  rax %016lx  rbx %016lx  rcx    %016lx\n", frame->rax, frame->rbx, frame->rcx);
    print("  rdx %016lx  rsi %016lx  rdi    %016lx\n", frame->rdx, frame->rsi, frame->rdi);
    print("  rbp %016lx  r8  %016lx  r9     %016lx\n", frame->rbp, frame->r8, frame->r9);
    print("  r10 %016lx  r11 %016lx  r12    %016lx\n", frame->r10, frame->r11, frame->r12);
    print("  r13 %016lx  r14 %016lx  r15    %016lx\n", frame->r13, frame->r14, frame->r15);
}

struct trap_name trap_name(uint64_t vector)
{
    bool is_exception = vector < EXCEPTION_COUNT && exceptions[vector].mnemonic != NULL;
    return is_exception ? exceptions[vector] : (struct trap_name){"?", "nothing uses this vector"};
}

void trap_dump(const struct trap_frame *frame)
{
    struct trap_name name = trap_name(frame->vector);
    print("\ntrap %lu %s (%s), error code 0x%lx\n", frame->vector, name.mnemonic, name.description, frame->error_code);
    if (frame->vector == EXCEPTION_PF) {
        print_page_fault(frame);
    }
    print_stack(frame);
    print_registers(frame);
    backtrace_print_trap(frame);
}

static bool is_device_interrupt(uint64_t vector)
{
    return vector >= IRQ_VECTOR_BASE && vector < IRQ_VECTOR_BASE + IRQ_COUNT;
}

static bool is_interrupt(uint64_t vector)
{
    return is_device_interrupt(vector) || (vector >= FIRST_APIC_VECTOR && vector < VECTOR_SYSCALL_INSTRUCTION);
}

struct trap_frame *trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector == EXCEPTION_NMI && processors_stopping()) {
        halt_forever();
    }
    if (is_interrupt(frame->vector)) {
        trace(TRACE_INTERRUPT, frame->vector, frame->rip);
        if (is_device_interrupt(frame->vector)) {
            irq_dispatch((unsigned)(frame->vector - IRQ_VECTOR_BASE));
        } else {
            apic_interrupt(frame->vector);
        }
        if (trap_is_from_program(frame)) {
            process_leave_if_killed();
        }
        return check_need_resched_and_switch(frame);
    }
    if (frame->vector == RESCHEDULE_VECTOR) {
        return sched_switch(frame);
    }
    if (trap_is_from_program(frame)) {
        return program_trap(frame);
    }
    if (!extable_recover(frame)) {
        panic_trap(frame);
    }
    return frame;
}
