// Tasks: kernel threads, each with a stack of its own, that the timer makes take turns.
#pragma once

#include "types.h"
#include "x86_64/percpu.h"

#define MAX_TASKS 64
#define TASK_NAME_SIZE 16

// What a task does or waits for. Only the three that send, receive and reply have to do with messages.
enum task_state {
    TASK_FREE, // not a task: the slot is for the next one created
    TASK_READY,
    TASK_RUNNING,
    TASK_SLEEPING, // until a tick, or in a wait queue
    TASK_SEND_BLOCKED,
    TASK_RECV_BLOCKED,
    TASK_REPLY_BLOCKED,
    TASK_JOINING, // until another task exits
    TASK_EXITED,  // its exit value waits for a join
};

typedef int64_t (*task_function)(void *argument);

struct wait_queue;

struct task {
    uint64_t id; // 0 for the first; never used again
    enum task_state state;
    uint32_t cpu; // a task stays on its processor
    char name[TASK_NAME_SIZE];
    struct trap_frame *context; // on its stack: where it goes on. Of no meaning while it runs
    const struct stack *stack;  // stays with the slot
    task_function function;
    void *argument;
    int64_t exit_value;
    struct task *joiner;                 // who waits for this one to exit
    const struct wait_queue *waiting_in; // NULL if in none
    uint64_t wake_tick;                  // of a sleep
    struct task *next;                   // in the run queue, the wait queue or the list of sleepers, whichever it is in
};

// Every task there is, for those who look from outside as well.
extern struct task tasks[MAX_TASKS];

// The running task; NULL until there are tasks.
static inline struct task *current_task(void)
{
    return this_cpu()->current;
}

// Makes a task that runs function and exits with what it returns. The name is cut to fit. NULL if there is no slot.
struct task *task_create(const char *name, task_function function, void *argument);

// Waits until a task exits, returns its exit value and frees its slot. Every task is to be joined, by one other task, once.
int64_t task_join(struct task *task);

// Ends the running task.
_Noreturn void task_exit(int64_t value);

// Lets the other ready tasks run first.
void task_yield(void);

// Stops the running task for a number of ticks, the first of which may already have begun.
void task_sleep(uint64_t ticks);
