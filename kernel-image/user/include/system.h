// The system calls, as functions. What each does is in abi/syscall.h; all return a negative error of abi/errors.h if they fail.
#pragma once

#include "abi/errors.h"
#include "abi/message.h"
#include "abi/process.h"
#include "abi/statistics.h"
#include "abi/syscall.h"
#include "types.h"

int64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
// By INT 0x80 instead of SYSCALL.
int64_t system_call_by_interrupt(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

#define SYSTEM_CALL_0(number) system_call(number, 0, 0, 0, 0, 0, 0)
#define SYSTEM_CALL_1(number, a) system_call(number, (uint64_t)(a), 0, 0, 0, 0, 0)
#define SYSTEM_CALL_2(number, a, b) system_call(number, (uint64_t)(a), (uint64_t)(b), 0, 0, 0, 0)
#define SYSTEM_CALL_3(number, a, b, c) system_call(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)

static inline _Noreturn void sys_exit(int status)
{
    SYSTEM_CALL_1(SYS_EXIT, status);
    __builtin_unreachable();
}

static inline void sys_yield(void)
{
    SYSTEM_CALL_0(SYS_YIELD);
}

static inline void sys_sleep(uint64_t ticks)
{
    SYSTEM_CALL_1(SYS_SLEEP, ticks);
}

static inline uint64_t sys_ticks(void)
{
    return (uint64_t)SYSTEM_CALL_0(SYS_TICKS);
}

static inline uint64_t sys_process_id(void)
{
    return (uint64_t)SYSTEM_CALL_0(SYS_PROCESS_ID);
}

static inline int64_t sys_console_write(const void *text, size_t size)
{
    return SYSTEM_CALL_2(SYS_CONSOLE_WRITE, text, size);
}

// Waits for bytes; 0 at the end of the input.
static inline int64_t sys_console_read(void *buffer, size_t size)
{
    return SYSTEM_CALL_2(SYS_CONSOLE_READ, buffer, size);
}

static inline void sys_console_foreground(uint64_t process)
{
    SYSTEM_CALL_1(SYS_CONSOLE_FOREGROUND, process);
}

static inline int64_t sys_block_sectors(uint64_t device)
{
    return SYSTEM_CALL_1(SYS_BLOCK_SECTORS, device);
}

static inline int64_t sys_block_read(uint64_t device, uint64_t sector, void *buffer, size_t count)
{
    return system_call(SYS_BLOCK_READ, device, sector, (uint64_t)buffer, count, 0, 0);
}

static inline int64_t sys_block_write(uint64_t device, uint64_t sector, const void *buffer, size_t count)
{
    return system_call(SYS_BLOCK_WRITE, device, sector, (uint64_t)buffer, count, 0, 0);
}

static inline int64_t sys_spawn(const struct spawn *spawn)
{
    return SYSTEM_CALL_1(SYS_SPAWN, spawn);
}

static inline int64_t sys_wait(uint64_t process, int64_t *status)
{
    return SYSTEM_CALL_2(SYS_WAIT, process, status);
}

// The same, but does not wait.
static inline int64_t sys_wait_if_exited(uint64_t process, int64_t *status)
{
    return SYSTEM_CALL_3(SYS_WAIT, process, status, true);
}

static inline int64_t sys_kill(uint64_t process)
{
    return SYSTEM_CALL_1(SYS_KILL, process);
}

static inline int64_t sys_process_list(struct process_info *list, size_t limit)
{
    return SYSTEM_CALL_2(SYS_PROCESS_LIST, list, limit);
}

static inline int64_t sys_statistics(struct statistics *statistics)
{
    return SYSTEM_CALL_1(SYS_STATISTICS, statistics);
}

static inline int64_t sys_name_lookup(const char *name)
{
    return SYSTEM_CALL_1(SYS_NAME_LOOKUP, name);
}

static inline int64_t sys_archive_read(uint64_t offset, void *buffer, size_t size)
{
    return SYSTEM_CALL_3(SYS_ARCHIVE_READ, offset, buffer, size);
}

static inline int64_t sys_heap_end(uint64_t address)
{
    return SYSTEM_CALL_1(SYS_HEAP_END, address);
}

static inline uint64_t sys_task_id(void)
{
    return (uint64_t)SYSTEM_CALL_0(SYS_TASK_ID);
}

// The function must not return.
static inline int64_t sys_task_create(void (*function)(void *), void *stack_top, void *argument)
{
    return SYSTEM_CALL_3(SYS_TASK_CREATE, function, stack_top, argument);
}

static inline _Noreturn void sys_task_exit(int64_t value)
{
    SYSTEM_CALL_1(SYS_TASK_EXIT, value);
    __builtin_unreachable();
}

static inline int64_t sys_task_join(uint64_t task, int64_t *value)
{
    return SYSTEM_CALL_2(SYS_TASK_JOIN, task, value);
}

static inline int64_t sys_task_capability(void)
{
    return SYSTEM_CALL_0(SYS_TASK_CAPABILITY);
}

static inline int64_t sys_task_of(uint64_t handle)
{
    return SYSTEM_CALL_1(SYS_TASK_OF, handle);
}

static inline int64_t sys_handle_close(uint64_t handle)
{
    return SYSTEM_CALL_1(SYS_HANDLE_CLOSE, handle);
}

static inline int64_t sys_handle_duplicate(uint64_t handle, uint32_t rights)
{
    return SYSTEM_CALL_2(SYS_HANDLE_DUPLICATE, handle, rights);
}

static inline int64_t sys_channel_create_pair(uint64_t handles[2])
{
    return SYSTEM_CALL_1(SYS_CHANNEL_CREATE_PAIR, handles);
}

static inline int64_t sys_channel_send(uint64_t handle, const struct message *message)
{
    return SYSTEM_CALL_2(SYS_CHANNEL_SEND, handle, message);
}

static inline int64_t sys_channel_receive(uint64_t handle, struct message *message)
{
    return SYSTEM_CALL_2(SYS_CHANNEL_RECEIVE, handle, message);
}

static inline int64_t sys_channel_receive_blocking(uint64_t handle, struct message *message)
{
    return SYSTEM_CALL_2(SYS_CHANNEL_RECEIVE_BLOCKING, handle, message);
}

static inline int64_t sys_pipe_create(uint64_t handles[2])
{
    return SYSTEM_CALL_1(SYS_PIPE_CREATE, handles);
}

static inline int64_t sys_pipe_read(uint64_t handle, void *buffer, size_t size)
{
    return SYSTEM_CALL_3(SYS_PIPE_READ, handle, buffer, size);
}

static inline int64_t sys_pipe_write(uint64_t handle, const void *buffer, size_t size)
{
    return SYSTEM_CALL_3(SYS_PIPE_WRITE, handle, buffer, size);
}

static inline int64_t sys_send(uint64_t task, const struct message *message)
{
    return SYSTEM_CALL_2(SYS_SEND, task, message);
}

static inline int64_t sys_recv(uint64_t task, struct message *message)
{
    return SYSTEM_CALL_2(SYS_RECV, task, message);
}

static inline int64_t sys_call(uint64_t task, struct message *message)
{
    return SYSTEM_CALL_2(SYS_CALL, task, message);
}

static inline int64_t sys_reply(uint64_t task, const struct message *message)
{
    return SYSTEM_CALL_2(SYS_REPLY, task, message);
}

static inline int64_t sys_futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
    return SYSTEM_CALL_2(SYS_FUTEX_WAIT, word, expected);
}

static inline int64_t sys_futex_wake(_Atomic uint32_t *word, uint64_t count)
{
    return SYSTEM_CALL_2(SYS_FUTEX_WAKE, word, count);
}
