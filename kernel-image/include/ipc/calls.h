// The system calls of this folder, for the table of proc/syscall.c. What they take is in abi/syscall.h.
#pragma once

#include "proc/syscall.h"

int64_t sys_handle_close(const uint64_t argument[]);
int64_t sys_handle_duplicate(const uint64_t argument[]);
int64_t sys_channel_create_pair(const uint64_t argument[]);
int64_t sys_channel_send(const uint64_t argument[]);
int64_t sys_channel_receive(const uint64_t argument[]);
int64_t sys_channel_receive_blocking(const uint64_t argument[]);
int64_t sys_pipe_create(const uint64_t argument[]);
int64_t sys_pipe_read(const uint64_t argument[]);
int64_t sys_pipe_write(const uint64_t argument[]);
int64_t sys_send(const uint64_t argument[]);
int64_t sys_recv(const uint64_t argument[]);
int64_t sys_call(const uint64_t argument[]);
int64_t sys_reply(const uint64_t argument[]);
int64_t sys_futex_wait(const uint64_t argument[]);
int64_t sys_futex_wake(const uint64_t argument[]);
