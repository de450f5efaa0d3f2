// Tasks: kernel threads and the threads of processes, each with a kernel stack of its own, that the timer makes take turns.
#pragma once

#include "sched/queue.h"
#include "types.h"
#include "x86_64/percpu.h"

#define MAX_TASKS 64
// Behind them come the idle tasks of the processors that start later.
#define ALL_TASKS (MAX_TASKS + MAX_CPUS - 1)
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
    TASK_JOINING, // until another task exits, or a child of the process
    TASK_EXITED,  // its exit value waits for a join
};

typedef int64_t (*task_function)(void *argument);

struct address_space;
struct message;
struct process;
struct wait_queue;

// What a task has to do with messages between tasks (ipc/rendezvous.h).
struct rendezvous {
    struct task_queue senders; // who waits until this task receives
    struct message *message;   // while it is blocked: what it sends, or where to put what it receives; for a call both
    struct task *partner;      // while it is blocked: the other one; NULL: it receives from anybody
    bool calls;                // it sends, or has sent, and wants a reply that has not come
    int64_t result;            // what the wait ended with
};

struct task {
    uint64_t id; // 0 for the first; never used again
    enum task_state state;
    uint32_t cpu; // its processor: where it runs, waits for its turn, or ran last
    char name[TASK_NAME_SIZE];
    struct trap_frame *context; // on its stack: where it goes on. Of no meaning while it runs
    const struct stack *stack;
    task_function function;
    void *argument;
    int64_t exit_value;
    struct task *joiner;                 // who waits for this one to exit
    struct wait_queue *waiting_in;       // NULL if in none
    uint64_t wake_time;                  // of a sleep: of the clock, in nanoseconds
    _Atomic bool killed;                 // it is to end: its waits are over, and it goes back to no program
    struct rendezvous rendezvous;
    struct task *next;                   // in the run queue, the wait queue or the list of sleepers, whichever it is in
    struct process *process;             // NULL for a kernel thread
    const struct address_space *space;   // what it needs besides the kernel's own; NULL if nothing
};

// Every task there is, for those who look from outside as well.
extern struct task tasks[ALL_TASKS];

// Makes a task that runs function and exits with what it returns. The name is cut to fit. NULL if there is no slot or no memory.
struct task *task_create(const char *name, task_function function, void *argument);

// Makes a task that begins at an address of a process's program, with a stack there and an argument in RDI. NULL if there is no slot or no memory.
struct task *task_create_in_process(struct process *process, virt_addr entry, virt_addr stack, uint64_t argument);

// Makes the idle task of a processor that is about to start, and its current one.
void task_create_idle(struct cpu *cpu);

// Waits until a task exits, returns its exit value and frees its slot. Every task is to be joined, by one other task, once.
int64_t task_join(struct task *task);

// The same for another task of the running task's process, by its id. ERROR_NO_TASK if there is no such task or another one joins it already,
// ERROR_KILLED.
int64_t task_join_in_process(uint64_t id, int64_t *value);

// Tells a task that it is to end. If it sleeps, or waits for a message or for somebody to take its own, the wait is over; a wait
// that cannot be killed begins again. The task exits by itself.
void task_kill(struct task *task);

// Ends the running task.
_Noreturn void task_exit(int64_t value);

// Lets the other ready tasks run first.
void task_yield(void);

// Stops the running task for at least so many nanoseconds. It wakes at that time while the processor is idle, else at the next tick.
void task_sleep(uint64_t nanos);
