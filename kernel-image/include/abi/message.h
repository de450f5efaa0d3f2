// What a message is, for channels and between tasks. Included by the kernel and by user programs.
#pragma once

#include "types.h"

#define MESSAGE_SIZE 512 // bytes of data at most
#define MESSAGE_HANDLES 4

// In a message's list of handles to be sent: this one is copied, which takes RIGHT_DUPLICATE; without it the handle moves.
#define MESSAGE_COPY (1U << 31)

struct message {
    uint32_t size;         // bytes of data
    uint32_t handle_count; // 0 between tasks: capabilities go over channels
    uint32_t handles[MESSAGE_HANDLES];
    uint8_t data[MESSAGE_SIZE];
};

// What may be done with a capability. Which of these mean something depends on what it is for.
enum right {
    RIGHT_SEND = 1 << 0,      // send over a channel, write to a pipe
    RIGHT_RECEIVE = 1 << 1,   // receive from a channel, read from a pipe
    RIGHT_TRANSFER = 1 << 2,  // give it away, in a message or to a new process
    RIGHT_DUPLICATE = 1 << 3, // make a second one of it
    RIGHT_ALL = 0xf,
};

// No handle: what a call that failed leaves where a handle would be.
#define HANDLE_NONE UINT64_MAX

// Instead of a task's id: a message from whoever sends one.
#define FROM_ANYBODY UINT64_MAX
