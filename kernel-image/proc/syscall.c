#include "proc/syscall.h"

#include "ipc/calls.h"
#include "lib/console.h"
#include "lib/trace.h"
#include "proc/process_calls.h"
#include "proc/spawn.h"
#include "proc/user_memory.h"

#define CONSOLE_PIECE 128

static int64_t sys_console_write(const uint64_t argument[])
{
    char piece[CONSOLE_PIECE];
    uint64_t size = argument[1];
    if (!is_user_range(argument[0], size)) {
        return -ERROR_BAD_ADDRESS;
    }
    for (uint64_t done = 0; done < size;) {
        size_t length = size - done < CONSOLE_PIECE ? size - done : CONSOLE_PIECE;
        int64_t error = copy_from_user(piece, argument[0] + done, length);
        if (error != 0) {
            return done > 0 ? (int64_t)done : error;
        }
        console_write(piece, length);
        done += length;
    }
    return (int64_t)size;
}

static const syscall_function functions[SYSCALL_COUNT] = {
    [SYS_EXIT] = sys_exit,
    [SYS_YIELD] = sys_yield,
    [SYS_SLEEP] = sys_sleep,
    [SYS_TICKS] = sys_ticks,
    [SYS_PROCESS_ID] = sys_process_id,
    [SYS_CONSOLE_WRITE] = sys_console_write,
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
