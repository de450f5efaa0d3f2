#include "sched/task.h"

#include "ipc/rendezvous.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "x86_64/context.h"
#include "x86_64/cpu.h"
#include "x86_64/stack.h"

struct task tasks[MAX_TASKS];
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

static void set_name(struct task *task, const char *name)
{
    size_t length = strlen(name);
    length = length < TASK_NAME_SIZE ? length : TASK_NAME_SIZE - 1;
    memcpy(task->name, name, length);
    task->name[length] = '\0';
}

struct task *task_create(const char *name, task_function function, void *argument)
{
#ifdef VARIANT_IRQ_UNSAFE_LOCK
    uint64_t flags = read_rflags();
    spin_lock(&sched_lock);
#else
    uint64_t flags = spin_lock_irqsave(&sched_lock);
#endif
    struct task *task = find_free_slot();
    if (task != NULL) {
        const struct stack *stack = task->stack != NULL ? task->stack : stack_create(task->name);
        *task = (struct task){.id = next_id++, .cpu = this_cpu()->id, .stack = stack, .function = function, .argument = argument};
        set_name(task, name);
        context_init(task);
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
        if (task->waiting_in != NULL) {
            wait_queue_remove(task);
        } else {
            sched_end_sleep(task);
        }
        break;
    case TASK_SEND_BLOCKED:
    case TASK_RECV_BLOCKED:
    case TASK_REPLY_BLOCKED:
        rendezvous_interrupt(task);
        break;
    default: // it runs or will, or waits for one that does
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
    if (self->joiner != NULL) {
        sched_make_ready(self->joiner);
    }
    sched_block();
    panic("task %lu (%s) ran after its exit", self->id, self->name);
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
    int64_t value = task->exit_value;
    task->joiner = NULL;
    task->state = TASK_FREE;
    spin_unlock_irqrestore(&sched_lock, flags);
    return value;
}
