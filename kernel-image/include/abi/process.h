// Processes, as system calls speak of them. Included by the kernel and by user programs.
#pragma once

#include "types.h"

#define PROCESS_NAME_SIZE 16
#define MAX_SPAWN_STRINGS 4096 // bytes of arguments and environment together
#define MAX_SPAWN_HANDLES 8
#define MAX_SPAWN_NAMES 8
#define MAX_PROGRAM_SIZE (4 * MIB)
#define NAME_SIZE 16

// How a process ended: 0 to 255 is what it gave to exit.
#define EXIT_STATUS_MASK 0xff
#define STATUS_KILLED 0x100
#define STATUS_FAULT 0x200 // and the vector of the fault: STATUS_FAULT + 14 for a page fault

#define ANY_PROCESS 0

// A name of the new process's namespace that replaces its parent's. The handle as in a message: MESSAGE_COPY keeps the caller's own.
struct spawn_name {
    char name[NAME_SIZE];
    uint32_t handle;
    uint32_t removes; // not 0: the new process does not get this name, and there is no handle
};

struct spawn {
    const char *name;     // of the process
    const void *image;    // an ELF file; NULL: the file of the initial archive that path names
    size_t image_size;
    const char *path;
    const char *arguments;   // strings, each with its zero byte, one after the other
    size_t arguments_size;
    const char *environment; // strings of the form NAME=VALUE, likewise
    size_t environment_size;
    const uint32_t *handles; // become the handles 0, 1, ... of the new process; as in a message
    size_t handle_count;
    const struct spawn_name *names;
    size_t name_count;
};

// A line of ps.
struct process_info {
    uint64_t id;
    uint64_t parent; // 0: the kernel
    uint64_t pages;  // of memory, without the page tables
    uint64_t tasks;
    uint64_t handles;
    uint64_t cpu;    // the processor of its first task: where that runs, waits for its turn, or ran last
    char state[12]; // of its first task: "running", "send", ...
    char name[PROCESS_NAME_SIZE];
};
