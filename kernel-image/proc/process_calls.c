// System calls that have to do with processes and their tasks.
#include "proc/process_calls.h"

#include "abi/errors.h"
#include "abi/statistics.h"
#include "drivers/clock.h"
#include "drivers/timer.h"
#include "ipc/channel.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "proc/archive.h"
#include "proc/process.h"
#include "proc/user_memory.h"
#include "sched/sched.h"
#include "x86_64/layout.h"

// What sleeps are counted in.
#define TICK (SECOND / TICKS_PER_SECOND)
// So that the time to wake at cannot be beyond the last number: some hundred years.
#define MAX_SLEEP (UINT64_MAX / 2 / TICK)

int64_t sys_exit(const uint64_t argument[])
{
    process_exit((int64_t)(argument[0] & EXIT_STATUS_MASK));
}

int64_t sys_yield(const uint64_t argument[])
{
    (void)argument;
    task_yield();
    return 0;
}

int64_t sys_sleep(const uint64_t argument[])
{
    task_sleep((argument[0] < MAX_SLEEP ? argument[0] : MAX_SLEEP) * TICK);
    return 0;
}

int64_t sys_ticks(const uint64_t argument[])
{
    (void)argument;
    return (int64_t)(clock_nanos() / TICK);
}

int64_t sys_process_id(const uint64_t argument[])
{
    (void)argument;
    return (int64_t)current_process()->id;
}

int64_t sys_wait(const uint64_t argument[])
{
    int64_t status = 0;
    int64_t id = process_wait(current_process(), argument[0], argument[2] == 0, &status);
    int64_t error = id > 0 && argument[1] != 0 ? copy_to_user(argument[1], &status, sizeof status) : 0;
    return error != 0 ? error : id;
}

int64_t sys_kill(const uint64_t argument[])
{
    return process_kill(argument[0]);
}

int64_t sys_archive_read(const uint64_t argument[])
{
    size_t size = (size_t)(initial_archive_end - initial_archive);
    size_t offset = argument[0] < size ? argument[0] : size;
    if (argument[2] == 0) {
        return (int64_t)(size - offset);
    }
    size_t piece = size - offset < argument[2] ? size - offset : argument[2];
    int64_t error = copy_to_user(argument[1], initial_archive + offset, piece);
    return error != 0 ? error : (int64_t)piece;
}

// The lock is held.
static int64_t move_heap_end(struct process *process, virt_addr end)
{
    virt_addr mapped = ALIGN_UP(process->heap_end, PAGE_SIZE);
    virt_addr wanted = ALIGN_UP(end, PAGE_SIZE);
    virt_addr page = mapped;
    if (wanted > mapped && (wanted - mapped) / PAGE_SIZE > frames_available()) {
        return -ERROR_NO_MEMORY;
    }
    while (page < wanted && address_space_add(&process->space, page, PAGE_WRITE)) {
        page += PAGE_SIZE;
    }
    int64_t error = page < wanted ? -ERROR_NO_MEMORY : 0;
    virt_addr keep = error != 0 ? mapped : wanted;
    while (page > keep) {
        page -= PAGE_SIZE;
        address_space_remove(&process->space, page);
    }
    if (error == 0) {
        process->heap_end = end;
    }
    return error;
}

int64_t sys_heap_end(const uint64_t argument[])
{
    struct process *process = current_process();
    int64_t error = 0;
    mutex_lock(&process->heap_mutex);
    if (argument[0] != 0) {
        bool possible = argument[0] >= process->heap_start && argument[0] <= PROGRAM_LIMIT;
        error = possible ? move_heap_end(process, argument[0]) : -ERROR_BAD_ARGUMENT;
    }
    int64_t end = (int64_t)process->heap_end;
    mutex_unlock(&process->heap_mutex);
    return error != 0 ? error : end;
}

int64_t sys_task_id(const uint64_t argument[])
{
    (void)argument;
    return (int64_t)current_task()->id;
}

// An address that is no program's would fault on the way there, in the kernel.
int64_t sys_task_create(const uint64_t argument[])
{
    if (argument[0] >= USER_LIMIT || argument[1] >= USER_LIMIT) {
        return -ERROR_BAD_ARGUMENT;
    }
    uint64_t id;
    int64_t result = process_start_task(current_process(), argument[0], argument[1], argument[2], &id);
    return result < 0 ? result : (int64_t)id;
}

int64_t sys_task_exit(const uint64_t argument[])
{
    process_leave((int64_t)argument[0]);
}

int64_t sys_task_join(const uint64_t argument[])
{
    int64_t value = 0;
    int64_t error = task_join_in_process(argument[0], &value);
    if (error == 0 && argument[1] != 0) {
        error = copy_to_user(argument[1], &value, sizeof value);
    }
    return error;
}

int64_t sys_process_list(const uint64_t argument[])
{
    size_t count = 0;
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        struct process_info info;
        if (!process_describe(&processes[i], &info)) {
            continue;
        }
        if (count < argument[1]) {
            int64_t error = copy_to_user(argument[0] + count * sizeof info, &info, sizeof info);
            if (error != 0) {
                return error;
            }
        }
        count++;
    }
    return (int64_t)count;
}

int64_t sys_statistics(const uint64_t argument[])
{
    struct statistics statistics = {.channels = channels_used, .frames = frames_used(), .free_frames = frames_available(), .heap = heap_used()};
    for (size_t i = 0; i < MAX_TASKS; i++) {
        statistics.tasks += tasks[i].state != TASK_FREE;
    }
    for (size_t i = 0; i < MAX_PROCESSES; i++) {
        if (processes[i].state != PROCESS_FREE) {
            statistics.processes++;
            statistics.handles += processes[i].handles.used;
        }
    }
    return copy_to_user(argument[0], &statistics, sizeof statistics);
}
