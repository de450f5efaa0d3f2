// The system calls of the console and of block devices, for the table of proc/syscall.c. What they take is in abi/syscall.h.
#pragma once

#include "proc/syscall.h"

// Gives the console's input to programs from here on.
void console_calls_init(void);

int64_t sys_console_write(const uint64_t argument[]);
int64_t sys_console_read(const uint64_t argument[]);
int64_t sys_console_foreground(const uint64_t argument[]);
int64_t sys_block_sectors(const uint64_t argument[]);
int64_t sys_block_read(const uint64_t argument[]);
int64_t sys_block_write(const uint64_t argument[]);
