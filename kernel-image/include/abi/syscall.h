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
    SYS_SLEEP,         // (ticks)
    SYS_TICKS,         // (): timer ticks since the start
    SYS_PROCESS_ID,    // (): the caller's
    SYS_CONSOLE_WRITE, // (text, size): how many bytes were written

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
