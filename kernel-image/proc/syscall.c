#include "proc/syscall.h"

#include "ipc/calls.h"
#include "lib/trace.h"
#include "proc/device_calls.h"
#include "proc/process_calls.h"
#include "proc/spawn.h"

static const syscall_function functions[SYSCALL_COUNT] = {
    [SYS_EXIT] = sys_exit,
    [SYS_YIELD] = sys_yield,
    [SYS_SLEEP] = sys_sleep,
    [SYS_TICKS] = sys_ticks,
    [SYS_PROCESS_ID] = sys_process_id,
    [SYS_CONSOLE_WRITE] = sys_console_write,
    [SYS_CONSOLE_READ] = sys_console_read,
    [SYS_CONSOLE_FOREGROUND] = sys_console_foreground,
    [SYS_BLOCK_SECTORS] = sys_block_sectors,
    [SYS_BLOCK_READ] = sys_block_read,
    [SYS_BLOCK_WRITE] = sys_block_write,
    [SYS_SPAWN] = sys_spawn,
    [SYS_WAIT] = sys_wait,
    [SYS_KILL] = sys_kill,
    [SYS_PROCESS_LIST] = sys_process_list,
    [SYS_NAME_LOOKUP] = sys_name_lookup,
    [SYS_STATISTICS] = sys_statistics,
    [SYS_ARCHIVE_READ] = sys_archive_read,
    [SYS_HEAP_END] = sys_heap_end,
    [SYS_TASK_ID] = sys_task_id,
    [SYS_TASK_CREATE] = sys_task_create,
    [SYS_TASK_EXIT] = sys_task_exit,
    [SYS_TASK_JOIN] = sys_task_join,
    [SYS_TASK_CAPABILITY] = sys_task_capability,
    [SYS_TASK_OF] = sys_task_of,
    [SYS_HANDLE_CLOSE] = sys_handle_close,
    [SYS_HANDLE_DUPLICATE] = sys_handle_duplicate,
    [SYS_CHANNEL_CREATE_PAIR] = sys_channel_create_pair,
    [SYS_CHANNEL_SEND] = sys_channel_send,
    [SYS_CHANNEL_RECEIVE] = sys_channel_receive,
    [SYS_CHANNEL_RECEIVE_BLOCKING] = sys_channel_receive_blocking,
    [SYS_PIPE_CREATE] = sys_pipe_create,
    [SYS_PIPE_READ] = sys_pipe_read,
    [SYS_PIPE_WRITE] = sys_pipe_write,
    [SYS_SEND] = sys_send,
    [SYS_RECV] = sys_recv,
    [SYS_CALL] = sys_call,
    [SYS_REPLY] = sys_reply,
    [SYS_FUTEX_WAIT] = sys_futex_wait,
    [SYS_FUTEX_WAKE] = sys_futex_wake,
};

void syscall_dispatch(struct trap_frame *frame)
{
    uint64_t number = frame->rax;
    trace(TRACE_SYSCALL, number, frame->rip);
    const uint64_t arguments[SYSCALL_ARGUMENTS] = {frame->rdi, frame->rsi, frame->rdx, frame->r10, frame->r8, frame->r9};
    bool known = number < SYSCALL_COUNT && functions[number] != NULL;
    frame->rax = (uint64_t)(known ? functions[number](arguments) : -ERROR_NO_SYSCALL);
}
