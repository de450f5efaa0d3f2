// The errors of system calls. A call that fails returns one of these, negated. Included by the kernel and by user programs.
#pragma once

enum error {
    ERROR_NO_SYSCALL = 1,     // there is no system call of this number
    ERROR_BAD_ARGUMENT = 2,   // a value that the call does not take
    ERROR_BAD_ADDRESS = 3,    // memory that the caller may not use in this way
    ERROR_NO_MEMORY = 4,      // no frame, no heap, or no slot in one of the kernel's tables
    ERROR_BAD_HANDLE = 5,     // no capability of the kind that the call takes has this number
    ERROR_NO_RIGHT = 6,       // the capability does not allow this
    ERROR_NO_HANDLES = 7,     // the process's handle table is full
    ERROR_NO_CHANNELS = 8,    // every channel of the pool is in use
    ERROR_CHANNEL_LIMIT = 9,  // the process has as many channels as one process may have
    ERROR_PEER_CLOSED = 10,   // nobody holds the other end of the channel
    ERROR_WOULD_BLOCK = 11,   // there is nothing to receive, or no room to send
    ERROR_TOO_LONG = 12,      // a message, a name or a piece of data beyond the limit
    ERROR_NO_TASK = 13,       // there is no such task, or it ended while the caller waited for it
    ERROR_NOT_WAITING = 14,   // the task does not wait for a reply from the caller
    ERROR_KILLED = 15,        // the caller is to end: programs never see this one
    ERROR_BROKEN_PIPE = 16,   // nobody holds the reading end of the pipe
    ERROR_VALUE_CHANGED = 17, // the word of a futex does not have the expected value
    ERROR_NOT_FOUND = 18,     // there is no file of this name
    ERROR_EXISTS = 19,        // there is a file of this name already
    ERROR_NOT_A_FOLDER = 20,
    ERROR_IS_A_FOLDER = 21,
    ERROR_NO_SPACE = 22,      // the file system is full
    ERROR_READ_ONLY = 23,     // the file system cannot be written
    ERROR_BAD_PROGRAM = 24,   // a file that is no program for this kernel
    ERROR_NO_DEVICE = 25,     // the machine does not have this device
    ERROR_DEVICE = 26,        // the device failed
    ERROR_NO_PROCESS = 27,    // there is no such process, or it is none that the caller may wait for
    ERROR_NOT_EMPTY = 28,     // the folder holds something
};
