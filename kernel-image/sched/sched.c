#include "sched/sched.h"

#include "lib/panic.h"
#include "lib/trace.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/percpu.h"
#include "x86_64/processors.h"

struct spinlock sched_lock = SPINLOCK("scheduler");

static bool has_nothing_to_do(const struct cpu *cpu)
{
    return cpu->current == cpu->idle && cpu->run_queue.first == NULL;
}

// The processor on which the task ran last, unless it would have to wait there and another one has nothing to do.
static struct cpu *choose_cpu(const struct task *task)
{
    struct cpu *last = &cpus[task->cpu];
    if (!has_nothing_to_do(last)) {
        for (uint32_t id = 0; id < cpu_count; id++) {
            if (has_nothing_to_do(&cpus[id])) {
                return &cpus[id];
            }
        }
    }
    return last;
}

void sched_make_ready(struct task *task)
{
    struct cpu *cpu = choose_cpu(task);
    task->cpu = cpu->id;
    task->state = TASK_READY;
    task_queue_put(&cpu->run_queue, task);
    if (cpu != this_cpu()) {
        if (cpu->current == cpu->idle || cpu->timer.mode != TIMER_TICKS) {
            processor_wake(cpu);
        }
    } else if (cpu->current != cpu->idle && cpu->current->state == TASK_RUNNING) {
        sched_tick();
    }
}

void sched_wake_interrupt(void)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    struct cpu *cpu = this_cpu();
    if (cpu->current != cpu->idle && cpu->run_queue.first != NULL) {
        sched_tick();
    }
    spin_unlock_irqrestore(&sched_lock, flags);
}

bool sched_anything_waits(void)
{
    bool waits = false;
    for (uint32_t id = 0; id < cpu_count; id++) {
        waits |= *(struct task *volatile *)&cpus[id].run_queue.first != NULL;
    }
    return waits;
}

bool sched_pull(void)
{
    struct cpu *cpu = this_cpu();
    uint32_t count = cpu_count;
    for (uint32_t i = 1; i < count; i++) {
        struct task *task = task_queue_take(&cpus[(cpu->id + i) % count].run_queue);
        if (task != NULL) {
            task->cpu = cpu->id;
            task_queue_put(&cpu->run_queue, task);
            // Somebody may sleep here for whom the timer was not set yet.
            sched_tick();
            return true;
        }
    }
    return false;
}

// The lock's saved flags stay with the caller of this: interrupts are off here, and the trap saves and restores that like every register.
void sched_block(void)
{
    reschedule();
    spin_lock(&sched_lock);
}

// A task that was woken before it came here is ready and in its queue already.
static struct task *choose_next(struct cpu *cpu)
{
    struct task *current = cpu->current;
    if (current->state == TASK_RUNNING) {
        current->state = TASK_READY;
        if (current != cpu->idle) {
            task_queue_put(&cpu->run_queue, current);
        }
    }
    if (cpu->run_queue.first == NULL) {
        sched_pull();
    }
    struct task *next = task_queue_take(&cpu->run_queue);
    if (next == NULL) {
        next = cpu->idle;
    }
    ASSERT(next->state == TASK_READY);
    next->state = TASK_RUNNING;
    return next;
}

struct trap_frame *sched_switch(struct trap_frame *frame)
{
    struct cpu *cpu = this_cpu();
    cpu->need_resched = false;
    struct task *before = cpu->current;
    struct task *next = choose_next(cpu);
    if (next == before) {
        spin_unlock(&sched_lock);
        return frame;
    }
    if (cpu->run_queue.first != NULL) {
        sched_tick();
    }
    sched_lock.holder = next;
    return switch_to_thread(before, next, frame);
}

void sched_finish_switch(void)
{
    spin_unlock(&sched_lock);
}

void task_yield(void)
{
    uint64_t flags = interrupts_save();
    spin_lock(&sched_lock);
    reschedule();
    interrupts_restore(flags);
}

// Looks for work with interrupts off and sleeps in the one instruction that lets them in again. It never loses its turn to an interrupt,
// which may have come after the look: it sleeps only after the next one.
static _Noreturn int64_t idle(void *argument)
{
    (void)argument;
    interrupts_off();
    for (;;) {
        if (sched_prepare_idle()) {
#ifdef VARIANT_STI_HLT_GAP
            interrupts_on();
            trace(TRACE_IDLE, 0, 0);
            halt();
            interrupts_off();
#else
            trace(TRACE_IDLE, 0, 0);
            wait_for_interrupt();
#endif
        } else {
            task_yield();
        }
    }
}

_Noreturn void sched_start_processor(void)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    cpu_count++;
    spin_unlock_irqrestore(&sched_lock, flags);
    idle(NULL);
}

void sched_init(const struct stack *stack)
{
    struct cpu *cpu = this_cpu();
    struct task *first = &tasks[0];
    *first = (struct task){.state = TASK_RUNNING, .cpu = cpu->id, .name = "main", .stack = stack};
    cpu->current = first;
    sched_timer_init();
    // A tick in between would give the idle task a turn, and put it into the queue behind that, like any other.
    uint64_t flags = interrupts_save();
    cpu->idle = task_create("idle", idle, NULL);
    ASSERT(cpu->idle != NULL && task_queue_take(&cpu->run_queue) == cpu->idle);
    interrupts_restore(flags);
}
