// New processes.
#pragma once

#include "abi/process.h"
#include "proc/elf.h"
#include "proc/process.h"

#define PROGRAM_STACK_SIZE (64 * KIB)

// What a process begins with, all of it in the kernel's memory but the program's file.
struct spawn_plan {
    char name[PROCESS_NAME_SIZE];
    struct program_file file;
    char strings[MAX_SPAWN_STRINGS]; // the arguments, then the environment, each with its zero byte
    size_t arguments_size;
    size_t environment_size;
    size_t handle_count;
    struct capability handles[MAX_SPAWN_HANDLES];
    struct namespace namespace;
};

// Starts a process, and takes the capabilities of the plan if it succeeds. Returns its id, ERROR_BAD_PROGRAM, ERROR_NO_MEMORY, or
// ERROR_BAD_ADDRESS.
int64_t spawn(struct spawn_plan *plan, struct process *parent);

// Finds a program in the initial archive. ERROR_NOT_FOUND.
int64_t archive_program(const char *path, struct program_file *file);

// Starts a program of the initial archive for the kernel itself, with arguments one after the other, the last one NULL.
int64_t spawn_from_archive(const char *path, const char *const arguments[]);

// The system call, and the one that finds names.
int64_t sys_spawn(const uint64_t argument[]);
int64_t sys_name_lookup(const uint64_t argument[]);
