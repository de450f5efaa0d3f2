// Processes: an address space, capabilities, a namespace, and the tasks that run in them.
#pragma once

#include "abi/process.h"
#include "ipc/handles.h"
#include "lib/spinlock.h"
#include "proc/namespace.h"
#include "sched/mutex.h"
#include "sched/task.h"
#include "sched/wait.h"
#include "x86_64/paging.h"

#define MAX_PROCESSES 32

enum process_state {
    PROCESS_FREE,    // not a process: the slot is for the next one
    PROCESS_NEW,     // is being made, and has no task yet
    PROCESS_RUNNING,
    PROCESS_EXITED,  // nothing is left but its status and its last tasks' slots, until somebody waits for it
};

struct process {
    uint64_t id; // from 1 on, in the order of their starts; never used again
    enum process_state state;
    char name[PROCESS_NAME_SIZE];
    struct process *parent; // who may wait for it; NULL: the kernel
    struct address_space space;
    virt_addr heap_start;
    virt_addr heap_end;
    struct mutex heap_mutex; // guards the end of the heap and the pages before it
    struct handle_table handles;
    struct namespace namespace;
    size_t task_count;         // tasks that have not left
    bool ending;               // all its tasks are told to end, and it gets no more
    int64_t exit_status;
    struct wait_queue waiting; // tasks of this process that wait for one of its children
};

// Every process there is, for those who look from outside as well. The lock guards states, parents, and numbers of tasks.
extern struct process processes[MAX_PROCESSES];
extern struct spinlock processes_lock;

// The process of the running task; NULL in a kernel thread.
static inline struct process *current_process(void)
{
    return current_task()->process;
}

// A process in state PROCESS_NEW, child of another one, with an empty address space and nothing else. ERROR_NO_MEMORY.
int64_t process_create(const char *name, struct process *parent, struct process **process);

// Gives up a process that never ran.
void process_discard(struct process *process);

// Starts a task in a process, and the process if it is new. Returns the process's id, ERROR_NO_MEMORY, or ERROR_KILLED for a process that ends.
int64_t process_start_task(struct process *process, virt_addr entry, virt_addr stack, uint64_t argument, uint64_t *task_id);

// Has a process end with a status, unless it is ending already: its tasks leave as soon as they are on their way back to the program. Also for
// interrupt handlers.
void process_end(struct process *process, int64_t status);

// Ends the running process.
_Noreturn void process_exit(int64_t status);

// The running task leaves its process; the last one to leave frees what the process had.
_Noreturn void process_leave(int64_t value);

// The same if the task's process is to end, else nothing.
void process_leave_if_killed(void);

// Waits, if it is told to, until a child of the process (NULL: of the kernel) exits, the one with the id or ANY_PROCESS, frees it, and gives its
// status. Returns its id, ERROR_NO_PROCESS if there is no such child, ERROR_WOULD_BLOCK if none has exited, or ERROR_KILLED.
int64_t process_wait(struct process *parent, uint64_t id, bool wait, int64_t *status);

// Describes a process for ps; false if the slot holds none.
bool process_describe(struct process *process, struct process_info *info);

// Ends a process by its id. ERROR_NO_PROCESS.
int64_t process_kill(uint64_t id);
