#include "x86_64/context.h"

#include "lib/trace.h"
#include "sched/sched.h"
#include "x86_64/backtrace.h"
#include "x86_64/gdt.h"
#include "x86_64/paging.h"
#include "x86_64/percpu.h"
#include "x86_64/registers.h"
#include "x86_64/selectors.h"
#include "x86_64/stack.h"

void context_init(struct task *task)
{
    struct trap_frame *frame = (struct trap_frame *)task->stack->top - 1;
    // What trap.S has below each frame; backtraces end with it.
    *((struct frame_record *)frame - 1) = (struct frame_record){.caller = NULL, .return_address = (uint64_t)task_entry};
    *frame = (struct trap_frame){
        .rip = (uint64_t)task_entry,
        .cs = KERNEL_CODE,
        .rflags = RFLAGS_ALWAYS_1 | RFLAGS_IF,
        .rsp = task->stack->top,
        .ss = KERNEL_DATA,
    };
    task->context = frame;
}

void context_init_program(struct task *task, virt_addr entry, virt_addr stack, uint64_t argument)
{
    context_init(task);
    task->context->rip = entry;
    task->context->cs = USER_CODE | RPL_MASK;
    task->context->rsp = stack;
    task->context->ss = USER_DATA | RPL_MASK;
    task->context->rdi = argument;
}

struct trap_frame *check_need_resched_and_switch(struct trap_frame *frame)
{
    if (!this_cpu()->need_resched) {
        return frame;
    }
    spin_lock(&sched_lock);
    return sched_switch(frame);
}

// Everything of the processor that belongs to a task and is not in its frame.
static struct trap_frame *setup_return(struct task *task)
{
    task_state_set_kernel_stack(task->stack->top);
    this_cpu()->current = task;
    trace(TRACE_CONTEXT_RESTORE, task->context->rip, task->context->rsp);
    return task->context;
}

static NOINLINE struct trap_frame *setup_kernel_thread_return(struct task *task)
{
    switch_to_kernel_page_table();
    return setup_return(task);
}

static NOINLINE struct trap_frame *setup_program_return(struct task *task)
{
    switch_to_page_table(task->space);
    return setup_return(task);
}

NOINLINE struct trap_frame *switch_to_thread(struct task *from, struct task *to, struct trap_frame *frame)
{
    trace(TRACE_CONTEXT_SWITCH, from->id, to->id);
    trace(TRACE_CONTEXT_SAVE, frame->rip, frame->rsp);
    from->context = frame;
    return to->space == NULL ? setup_kernel_thread_return(to) : setup_program_return(to);
}
