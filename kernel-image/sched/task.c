#include "sched/task.h"

#include "abi/errors.h"
#include "ipc/rendezvous.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/processors.h"
#include "x86_64/stack.h"

struct task tasks[ALL_TASKS];
static uint64_t next_id = 1; // the first task is there from the start

static struct task *find_free_slot(void)
{
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE) {
            return &tasks[i];
        }
    }
    return NULL;
}

// The scheduler's lock is held. A task in its slot that has a stack and nothing to do yet; NULL if there is no slot or no memory. Its state
// says until the end that the slot is free, so that nobody who looks finds half a task.
static struct task *begin(const char *name)
{
    struct task *task = find_free_slot();
    const struct stack *stack = task != NULL ? stack_create(task->name) : NULL;
    if (stack == NULL) {
        return NULL;
    }
    *task = (struct task){.id = next_id++, .cpu = this_cpu()->id, .stack = stack};
    string_copy(task->name, name, sizeof task->name);
    return task;
}

struct task *task_create(const char *name, task_function function, void *argument)
{
#ifdef VARIANT_IRQ_UNSAFE_LOCK
    uint64_t flags = read_rflags();
    spin_lock(&sched_lock);
    interrupts_off();
#else
    uint64_t flags = spin_lock_irqsave(&sched_lock);
#endif
    struct task *task = begin(name);
    if (task != NULL) {
        task->function = function;
        task->argument = argument;
        context_init(task);
        sched_make_ready(task);
    }
    spin_unlock_irqrestore(&sched_lock, flags);
    return task;
}

void task_create_idle(struct cpu *cpu)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    struct task *task = &tasks[MAX_TASKS + cpu->id - 1];
    const struct stack *stack = stack_create(task->name);
    ASSERT(stack != NULL);
    *task = (struct task){.id = next_id++, .state = TASK_RUNNING, .cpu = cpu->id, .stack = stack};
    string_copy(task->name, "idle", sizeof task->name);
    cpu->idle = task;
    cpu->current = task;
    spin_unlock_irqrestore(&sched_lock, flags);
}

struct task *task_create_in_process(struct process *process, virt_addr entry, virt_addr stack, uint64_t argument)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    struct task *task = begin(process->name);
    if (task != NULL) {
        task->process = process;
        task->space = &process->space;
        context_init_program(task, entry, stack, argument);
        sched_make_ready(task);
    }
    spin_unlock_irqrestore(&sched_lock, flags);
    return task;
}

void task_main(void)
{
    struct task *self = current_task();
    task_exit(self->function(self->argument));
}

void task_kill(struct task *task)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    task->killed = true;
    switch (task->state) {
    case TASK_SLEEPING:
    case TASK_JOINING:
        if (task->waiting_in != NULL) {
            wait_queue_remove(task);
        } else if (task->state == TASK_SLEEPING) {
            sched_end_sleep(task);
        } else {
            sched_make_ready(task);
        }
        break;
    case TASK_SEND_BLOCKED:
    case TASK_RECV_BLOCKED:
    case TASK_REPLY_BLOCKED:
        rendezvous_interrupt(task);
        break;
    case TASK_RUNNING:
        if (task->cpu != this_cpu()->id) {
            processor_wake(&cpus[task->cpu]); // out of its program
        }
        break;
    default: // it will run, or waits for one that does
        break;
    }
    spin_unlock_irqrestore(&sched_lock, flags);
}

void task_exit(int64_t value)
{
    struct task *self = current_task();
    spin_lock_irqsave(&sched_lock);
    rendezvous_exit(self);
    self->exit_value = value;
    self->state = TASK_EXITED;
    if (self->joiner != NULL && self->joiner->state == TASK_JOINING) {
        sched_make_ready(self->joiner);
    }
    sched_block();
    panic("task %lu (%s) ran after its exit", self->id, self->name);
}

// The lock is held. Frees the slot and the stack of a task that has exited, and has left its stack as well, or else the lock would not be free.
static int64_t end_join(struct task *task)
{
    stack_destroy(task->stack);
    task->stack = NULL;
    task->joiner = NULL;
    task->state = TASK_FREE;
    return task->exit_value;
}

int64_t task_join(struct task *task)
{
    struct task *self = current_task();
#ifdef VARIANT_JOIN_RACE
    bool has_exited = task->state == TASK_EXITED;
    log_debug("task %s joins task %lu", self->name, task->id);
#endif
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    ASSERT(task != self && task->state != TASK_FREE && task->joiner == NULL);
    task->joiner = self;
#ifdef VARIANT_JOIN_RACE
    if (!has_exited) {
#else
    while (task->state != TASK_EXITED) {
#endif
        self->state = TASK_JOINING;
        sched_block();
    }
    int64_t value = end_join(task);
    spin_unlock_irqrestore(&sched_lock, flags);
    return value;
}

static struct task *find_in_process(const struct process *process, uint64_t id)
{
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].id == id && tasks[i].state != TASK_FREE && tasks[i].process == process) {
            return &tasks[i];
        }
    }
    return NULL;
}

int64_t task_join_in_process(uint64_t id, int64_t *value)
{
    struct task *self = current_task();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    struct task *task = find_in_process(self->process, id);
    int64_t error = task == NULL || task == self || task->joiner != NULL ? -ERROR_NO_TASK : 0;
    if (error == 0) {
        task->joiner = self;
        while (task->state != TASK_EXITED && !self->killed) {
            self->state = TASK_JOINING;
            sched_block();
        }
        if (task->state == TASK_EXITED) {
            *value = end_join(task);
        } else {
            task->joiner = NULL;
            error = -ERROR_KILLED;
        }
    }
    spin_unlock_irqrestore(&sched_lock, flags);
    return error;
}
