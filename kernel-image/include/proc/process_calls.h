// The system calls of processes and tasks, for the table of proc/syscall.c. What they take is in abi/syscall.h.
#pragma once

#include "proc/syscall.h"

int64_t sys_exit(const uint64_t argument[]);
int64_t sys_yield(const uint64_t argument[]);
int64_t sys_sleep(const uint64_t argument[]);
int64_t sys_ticks(const uint64_t argument[]);
int64_t sys_process_id(const uint64_t argument[]);
int64_t sys_wait(const uint64_t argument[]);
int64_t sys_kill(const uint64_t argument[]);
int64_t sys_archive_read(const uint64_t argument[]);
int64_t sys_heap_end(const uint64_t argument[]);
int64_t sys_task_id(const uint64_t argument[]);
int64_t sys_task_create(const uint64_t argument[]);
int64_t sys_task_exit(const uint64_t argument[]);
int64_t sys_task_join(const uint64_t argument[]);
int64_t sys_task_capability(const uint64_t argument[]);
int64_t sys_task_of(const uint64_t argument[]);
int64_t sys_process_list(const uint64_t argument[]);
int64_t sys_statistics(const uint64_t argument[]);
