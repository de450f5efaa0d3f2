#include "sched/sched.h"

#include "drivers/pit8254.h"
#include "lib/panic.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/percpu.h"

struct spinlock sched_lock = SPINLOCK("scheduler");
static struct task *sleepers; // the next to wake first

void sched_make_ready(struct task *task)
{
    struct cpu *cpu = &cpus[task->cpu];
    task->state = TASK_READY;
    task_queue_put(&cpu->run_queue, task);
    if (cpu->current == cpu->idle) {
        cpu->need_resched = true;
    }
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

void task_sleep(uint64_t ticks)
{
    if (ticks == 0) {
        task_yield();
        return;
    }
    struct task *task = current_task();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    if (task->killed) {
        spin_unlock_irqrestore(&sched_lock, flags);
        return;
    }
    task->wake_tick = timer_ticks() + ticks;
    struct task **place = &sleepers;
    while (*place != NULL && (*place)->wake_tick <= task->wake_tick) {
        place = &(*place)->next;
    }
    task->next = *place;
    *place = task;
    task->state = TASK_SLEEPING;
    sched_block();
    spin_unlock_irqrestore(&sched_lock, flags);
}

void sched_end_sleep(struct task *task)
{
    struct task **place = &sleepers;
    while (*place != task) {
        place = &(*place)->next;
    }
    *place = task->next;
    sched_make_ready(task);
}

// In the timer's interrupt: wakes those whose time has come, and ends the turn of the running task if another one waits for its own.
static void tick(uint64_t now)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    while (sleepers != NULL && sleepers->wake_tick <= now) {
        struct task *task = sleepers;
        sleepers = task->next;
        sched_make_ready(task);
    }
    if (this_cpu()->run_queue.first != NULL) {
        this_cpu()->need_resched = true;
    }
    spin_unlock_irqrestore(&sched_lock, flags);
}

// Looks for work with interrupts off and sleeps in the one instruction that lets them in again.
static _Noreturn int64_t idle(void *argument)
{
    (void)argument;
    for (;;) {
        interrupts_off();
        if (this_cpu()->run_queue.first == NULL) {
            wait_for_interrupt();
        }
        interrupts_on();
        task_yield();
    }
}

void sched_init(const struct stack *stack)
{
    struct cpu *cpu = this_cpu();
    struct task *first = &tasks[0];
    *first = (struct task){.state = TASK_RUNNING, .cpu = cpu->id, .name = "main", .stack = stack};
    cpu->current = first;
    cpu->idle = task_create("idle", idle, NULL);
    ASSERT(cpu->idle != NULL && task_queue_take(&cpu->run_queue) == cpu->idle);
    timer_set_tick_handler(tick);
}
