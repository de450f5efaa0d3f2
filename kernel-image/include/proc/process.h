// Processes: an address space, capabilities, a namespace, and the tasks that run in them.
#pragma once

#include "ipc/handles.h"
#include "proc/namespace.h"
#include "sched/task.h"
#include "sched/wait.h"
#include "x86_64/paging.h"

#define MAX_PROCESSES 32
#define PROCESS_NAME_SIZE TASK_NAME_SIZE

enum process_state {
    PROCESS_FREE, // not a process: the slot is for the next one
    PROCESS_RUNNING,
    PROCESS_EXITED, // nothing is left but its status, until somebody waits for it
};

struct process {
    uint64_t id; // from 1 on; never used again
    enum process_state state;
    char name[PROCESS_NAME_SIZE];
    struct process *parent;       // who may wait for it; NULL: the kernel
    struct address_space space;
    struct handle_table handles;
    struct namespace namespace;
    size_t task_count;            // those that have not ended
    _Atomic bool ending;          // its tasks end as soon as they see it
    int64_t exit_status;
    struct wait_queue waiting;    // tasks that wait for a child of this one to exit
};

// Every process there is, for those who look from outside as well.
extern struct process processes[MAX_PROCESSES];

// The process of the running task; NULL in a kernel thread.
static inline struct process *current_process(void)
{
    return current_task()->process;
}
