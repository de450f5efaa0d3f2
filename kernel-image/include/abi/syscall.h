// System calls: their numbers. The number is in RAX, the arguments are in RDI, RSI, RDX, R10, R8 and R9, and the result comes in RAX, negative
// for an error of abi/errors.h. SYSCALL and INT 0x80 lead to the same calls; SYSCALL itself overwrites RCX and R11, everything else stays.
// Included by the kernel, by user programs, and by the assembler.
#pragma once

#define SYSCALL_VECTOR 0x80

#ifndef __ASSEMBLER__

#define SYSCALL_ARGUMENTS 6

enum syscall_number {
    SYS_EXIT,          // (status): ends the process, all of its tasks
    SYS_YIELD,         // (): lets the other ready tasks run first
    SYS_SLEEP,         // (ticks of 10 ms)
    SYS_TICKS,         // (): ticks since the start
    SYS_PROCESS_ID,    // (): the caller's

    // The console.
    SYS_CONSOLE_WRITE,      // (text, size): how many bytes were written
    SYS_CONSOLE_READ,       // (buffer, size): how many bytes were read, as they came; 0 when nobody is at the other end any more
    SYS_CONSOLE_FOREGROUND, // (process or 0): which process Ctrl-C ends

    // Block devices (drivers/block.h), by number.
    SYS_BLOCK_SECTORS, // (device): how many sectors it has
    SYS_BLOCK_READ,    // (device, first sector, buffer, how many sectors)
    SYS_BLOCK_WRITE,   // (device, first sector, buffer, how many sectors)

    // Processes (abi/process.h).
    SYS_SPAWN,        // (const struct spawn *): the new process's id
    SYS_WAIT,         // (child or ANY_PROCESS, int64_t *status, 0 or 1: only look): waits for the child to exit; its id
    SYS_KILL,         // (process)
    SYS_PROCESS_LIST, // (struct process_info *, how many at most): how many there are
    SYS_NAME_LOOKUP,  // (name): a handle of the caller's own for what the name is bound to
    SYS_STATISTICS,   // (struct statistics *): what of the kernel's is in use
    SYS_ARCHIVE_READ, // (offset, buffer, size): how many bytes of the initial archive were read; for size 0, how many there are from there on
    SYS_HEAP_END,     // (address or 0): moves the end of the heap there, if it is not 0; where it is then

    // Tasks of the caller's process.
    SYS_TASK_ID,     // (): the caller's own
    SYS_TASK_CREATE, // (entry, stack pointer, argument for RDI): the new task's id
    SYS_TASK_EXIT,   // (value): ends the calling task; with the last one the process ends, with status 0
    SYS_TASK_JOIN,   // (task, int64_t *value): waits for the task to end

    // Capabilities to send messages to a task.
    SYS_TASK_CAPABILITY, // (): a handle for the calling task
    SYS_TASK_OF,         // (handle): the id of its task

    // Capabilities (abi/message.h tells the rights).
    SYS_HANDLE_CLOSE,     // (handle)
    SYS_HANDLE_DUPLICATE, // (handle, rights): a second handle, with those of the first one's rights

    // Channels. A failed creation puts HANDLE_NONE where the handles would be.
    SYS_CHANNEL_CREATE_PAIR,      // (uint64_t handles[2])
    SYS_CHANNEL_SEND,             // (handle, const struct message *): never waits
    SYS_CHANNEL_RECEIVE,          // (handle, struct message *): never waits
    SYS_CHANNEL_RECEIVE_BLOCKING, // (handle, struct message *)

    // Pipes.
    SYS_PIPE_CREATE, // (uint64_t handles[2]): the reading end and the writing end
    SYS_PIPE_READ,   // (handle, buffer, size): how many bytes were read; 0 at the end
    SYS_PIPE_WRITE,  // (handle, buffer, size): how many bytes were written

    // Messages between tasks, which are named by their ids.
    SYS_SEND,  // (task, const struct message *): waits until the task receives it
    SYS_RECV,  // (task or FROM_ANYBODY, struct message *): the sender's id
    SYS_CALL,  // (task, struct message *): waits for the reply, which takes the message's place
    SYS_REPLY, // (task, const struct message *): to a task that called; never waits

    // Words of memory to wait for.
    SYS_FUTEX_WAIT, // (uint32_t *, expected value)
    SYS_FUTEX_WAKE, // (uint32_t *, how many at most): how many were woken
    SYSCALL_COUNT,
};

#endif
