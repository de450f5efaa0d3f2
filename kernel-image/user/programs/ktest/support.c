// What tests need: threads, children, messages, numbers.
#include "ktest.h"

#include "lib/format.h"

#define THREAD_STACK_SIZE 4096
#define MAX_STRINGS 128
#define MAX_LISTED 32

struct thread {
    void (*function)(void *argument);
    void *argument;
    uint8_t stack[THREAD_STACK_SIZE] ALIGNED(16);
};

static struct thread threads[MAX_THREADS];

static void thread_main(void *argument)
{
    struct thread *thread = argument;
    thread->function(thread->argument);
    sys_task_exit(0);
}

int64_t thread_start(size_t number, void (*function)(void *argument), void *argument)
{
    struct thread *thread = &threads[number];
    thread->function = function;
    thread->argument = argument;
    // As after a call: System V AMD64 ABI, 3.2.2.
    return sys_task_create(thread_main, thread->stack + THREAD_STACK_SIZE - sizeof(uint64_t), thread);
}

void thread_join(int64_t thread)
{
    int64_t value;
    CHECK_EQUAL(sys_task_join((uint64_t)thread, &value), 0);
}

struct statistics statistics_now(void)
{
    struct statistics statistics = {0};
    sys_statistics(&statistics);
    return statistics;
}

static void kill_children(void)
{
    struct process_info list[MAX_LISTED];
    int64_t count = sys_process_list(list, ARRAY_LENGTH(list));
    for (int64_t i = 0; i < count; i++) {
        if (list[i].parent == sys_process_id()) {
            sys_kill(list[i].id);
        }
    }
}

void drain(void)
{
    if (test_has_failed()) {
        kill_children();
        for (uint64_t handle = 0; handle < MAX_HANDLES; handle++) {
            sys_handle_close(handle);
        }
    }
    int64_t status;
    while (sys_wait(ANY_PROCESS, &status) > 0) {
    }
}

static size_t append(char *to, size_t at, const char *text)
{
    size_t size = strlen(text) + 1;
    memcpy(to + at, text, size);
    return at + size;
}

int64_t child_start(const struct child *child)
{
    char strings[MAX_STRINGS];
    size_t size = append(strings, 0, "ktest");
    size = append(strings, size, "child");
    size = append(strings, size, child->role);
    if (child->argument != NULL) {
        size = append(strings, size, child->argument);
    }
    if (child->second != NULL) {
        size = append(strings, size, child->second);
    }
    return sys_spawn(&(struct spawn){
        .name = child->role,
        .path = "bin/ktest",
        .arguments = strings,
        .arguments_size = size,
        .handles = child->handles,
        .handle_count = child->handle_count,
    });
}

int64_t child_end(int64_t process)
{
    int64_t status = 0;
    int64_t id = sys_wait((uint64_t)process, &status);
    return id < 0 ? id : status;
}

int64_t child_run(const char *role, const char *argument)
{
    int64_t process = child_start(&(struct child){.role = role, .argument = argument});
    return process < 0 ? process : child_end(process);
}

bool partner_start(struct partner *partner, const char *role, const char *argument)
{
    uint64_t ends[2];
    if (sys_channel_create_pair(ends) != 0) {
        return false;
    }
    partner->channel = ends[0];
    partner->process = child_start(&(struct child){
        .role = role, .argument = argument, .handles = {(uint32_t)ends[1]}, .handle_count = 1});
    struct message hello;
    if (partner->process < 0 || sys_channel_receive_blocking(partner->channel, &hello) != 0) {
        return false;
    }
    memcpy(&partner->task, hello.data, sizeof partner->task);
    return true;
}

int64_t partner_end(struct partner *partner)
{
    sys_handle_close(partner->channel);
    return child_end(partner->process);
}

static bool is_in_state(int64_t process, const char *state)
{
    struct process_info list[MAX_LISTED];
    int64_t count = sys_process_list(list, ARRAY_LENGTH(list));
    for (int64_t i = 0; i < count; i++) {
        if (list[i].id == (uint64_t)process && string_equal(list[i].state, state)) {
            return true;
        }
    }
    return false;
}

bool await_state(int64_t process, const char *state)
{
    for (int tick = 0; tick < PATIENCE_TICKS; tick++) {
        if (is_in_state(process, state)) {
            return true;
        }
        sys_sleep(1);
    }
    return false;
}

struct message message_of(uint32_t size, uint8_t seed)
{
    struct message message = {.size = size};
    for (uint32_t i = 0; i < size && i < MESSAGE_SIZE; i++) {
        message.data[i] = (uint8_t)(seed + i * 7);
    }
    return message;
}

bool message_is(const struct message *message, uint32_t size, uint8_t seed)
{
    struct message expected = message_of(size, seed);
    return message->size == size && memcmp(message->data, expected.data, size) == 0;
}

struct message message_with(uint32_t handle)
{
    struct message message = message_of(1, 1);
    message.handle_count = 1;
    message.handles[0] = handle;
    return message;
}

uint64_t number_in(const char *text)
{
    uint64_t number = 0;
    parse_number(text, INT64_MAX, &number);
    return number;
}

const char *number_text(uint64_t number, char text[NUMBER_SIZE])
{
    format_into(text, NUMBER_SIZE, "%lu", number);
    return text;
}
