#include "proc/process.h"

#include "abi/errors.h"
#include "ipc/channel.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"

struct process processes[MAX_PROCESSES];
struct spinlock processes_lock = SPINLOCK("processes");
static uint64_t next_id = 1;
static struct wait_queue kernel_waiting = JOIN_QUEUE("kernel's children");

static struct wait_queue *waiters(struct process *parent)
{
    return parent != NULL ? &parent->waiting : &kernel_waiting;
}

static struct process *take_slot(void)
{
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        if (processes[i].state == PROCESS_FREE) {
            return &processes[i];
        }
    }
    return NULL;
}

int64_t process_create(const char *name, struct process *parent, struct process **process)
{
    struct address_space space;
    if (!address_space_create(&space)) {
        return -ERROR_NO_MEMORY;
    }
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    struct process *new = take_slot();
    if (new != NULL) {
        *new = (struct process){
            .state = PROCESS_NEW,
            .parent = parent,
            .space = space,
            .heap_mutex = MUTEX("heap of a process"),
            .waiting = JOIN_QUEUE("children"),
        };
        string_copy(new->name, name, sizeof new->name);
        handle_table_init(&new->handles);
    }
    spin_unlock_irqrestore(&processes_lock, flags);
    if (new == NULL) {
        address_space_destroy(&space);
        return -ERROR_NO_MEMORY;
    }
    *process = new;
    return 0;
}

// Puts all that a process holds but its slot.
static void release(struct process *process)
{
    handle_table_close(&process->handles);
    namespace_close(&process->namespace);
    channels_discharge(&process->handles);
    address_space_destroy(&process->space);
}

static void set_state(struct process *process, enum process_state state)
{
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    process->state = state;
    spin_unlock_irqrestore(&processes_lock, flags);
}

void process_discard(struct process *process)
{
    release(process);
    set_state(process, PROCESS_FREE);
}

int64_t process_start_task(struct process *process, virt_addr entry, virt_addr stack, uint64_t argument, uint64_t *task_id)
{
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    int64_t result = -ERROR_KILLED;
    if (!process->ending) {
        const struct task *task = task_create_in_process(process, entry, stack, argument);
        result = -ERROR_NO_MEMORY;
        if (task != NULL) {
            *task_id = task->id;
            process->task_count++;
            process->id = process->state == PROCESS_NEW ? next_id++ : process->id;
            process->state = PROCESS_RUNNING;
            result = (int64_t)process->id;
        }
    }
    spin_unlock_irqrestore(&processes_lock, flags);
    return result;
}

// The lock is held.
static void tell_to_end(struct process *process, int64_t status)
{
    if (process->state != PROCESS_RUNNING || process->ending) {
        return;
    }
    process->ending = true;
    process->exit_status = status;
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].process == process) {
            task_kill(&tasks[i]);
        }
    }
}

void process_end(struct process *process, int64_t status)
{
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    tell_to_end(process, status);
    spin_unlock_irqrestore(&processes_lock, flags);
}

void process_exit(int64_t status)
{
    process_end(current_process(), status);
    process_leave(0);
}

// The lock is held. Children go to the process that the kernel itself started, which waits for everybody; its own go to the kernel.
static void leave_children(struct process *process)
{
    struct process *first = NULL;
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        if (processes[i].state == PROCESS_RUNNING && processes[i].parent == NULL && &processes[i] != process) {
            first = &processes[i];
        }
    }
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        if (processes[i].state != PROCESS_FREE && processes[i].parent == process) {
            processes[i].parent = first;
            wait_queue_wake_all(waiters(first));
        }
    }
}

void process_leave(int64_t value)
{
    struct task *self = current_task();
    struct process *process = self->process;
    // From here on the task needs nothing of the program, and switches do not load its tables any more.
    uint64_t flags = interrupts_save();
    self->space = NULL;
    switch_to_kernel_page_table();
    interrupts_restore(flags);
    flags = spin_lock_irqsave(&processes_lock);
    bool is_last = --process->task_count == 0;
    process->ending |= is_last;
    spin_unlock_irqrestore(&processes_lock, flags);
    if (is_last) {
        release(process);
        flags = spin_lock_irqsave(&processes_lock);
        leave_children(process);
        process->state = PROCESS_EXITED;
        wait_queue_wake_all(waiters(process->parent));
        spin_unlock_irqrestore(&processes_lock, flags);
    }
    task_exit(value);
}

void process_leave_if_killed(void)
{
    if (current_task()->killed) {
        interrupts_on();
        process_leave(0);
    }
}

// The lock is held. A child that has exited, else one that has not, else NULL.
static struct process *find_child(const struct process *parent, uint64_t id)
{
    struct process *found = NULL;
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        struct process *child = &processes[i];
        bool matches = child->parent == parent && (id == ANY_PROCESS || child->id == id);
        if (matches && child->state == PROCESS_EXITED) {
            return child;
        }
        if (matches && child->state == PROCESS_RUNNING) {
            found = child;
        }
    }
    return found;
}

// Of a process that has exited, whose slot nobody else can have found. The last task may still be on its last steps.
static void reap(struct process *process)
{
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].process == process) {
            task_join(&tasks[i]);
        }
    }
    set_state(process, PROCESS_FREE);
}

int64_t process_wait(struct process *parent, uint64_t id, bool wait, int64_t *status)
{
    int64_t error = 0;
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    struct process *child;
    while ((child = find_child(parent, id)) != NULL && child->state != PROCESS_EXITED && error == 0) {
        if (!wait) {
            error = -ERROR_WOULD_BLOCK;
        } else if (!wait_queue_wait_killable(waiters(parent), &processes_lock)) {
            error = -ERROR_KILLED;
        }
    }
    if (child == NULL) {
        error = -ERROR_NO_PROCESS;
    }
    if (error == 0) {
        // Out of everybody's sight until its slot is free.
        child->state = PROCESS_NEW;
        child->parent = NULL;
    }
    spin_unlock_irqrestore(&processes_lock, flags);
    if (error != 0) {
        return error;
    }
    int64_t child_id = (int64_t)child->id;
    *status = child->exit_status;
    reap(child);
    return child_id;
}

int64_t process_kill(uint64_t id)
{
    int64_t error = -ERROR_NO_PROCESS;
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        if (processes[i].id == id && processes[i].state == PROCESS_RUNNING) {
            tell_to_end(&processes[i], STATUS_KILLED);
            error = 0;
        }
    }
    spin_unlock_irqrestore(&processes_lock, flags);
    return error;
}

static const char *const state_names[] = {
    [TASK_READY] = "ready",        [TASK_RUNNING] = "running",    [TASK_SLEEPING] = "sleeping", [TASK_SEND_BLOCKED] = "sending",
    [TASK_RECV_BLOCKED] = "receiving", [TASK_REPLY_BLOCKED] = "calling", [TASK_JOINING] = "joining", [TASK_EXITED] = "exited",
};

bool process_describe(struct process *process, struct process_info *info)
{
    uint64_t flags = spin_lock_irqsave(&processes_lock);
    bool shown = process->state == PROCESS_RUNNING || process->state == PROCESS_EXITED;
    if (shown) {
        *info = (struct process_info){
            .id = process->id,
            .parent = process->parent != NULL ? process->parent->id : 0,
            .pages = process->space.pages,
            .tasks = process->task_count,
            .handles = process->handles.used,
        };
        string_copy(info->name, process->name, sizeof info->name);
        string_copy(info->state, state_names[TASK_EXITED], sizeof info->state);
        for (size_t i = MAX_TASKS; i-- > 0;) {
            enum task_state state = tasks[i].state;
            if (state != TASK_FREE && tasks[i].process == process) {
                string_copy(info->state, state_names[state], sizeof info->state);
                info->cpu = tasks[i].cpu;
            }
        }
    }
    spin_unlock_irqrestore(&processes_lock, flags);
    return shown;
}
