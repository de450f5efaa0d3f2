// What children do. The roles that are partners begin with their task's id, sent over handle 0.
#include "ktest.h"

#define NOT_MAPPED ((volatile uint8_t *)0x1234000)
#define KERNEL_ADDRESS ((volatile uint8_t *)0xffffffff80200000)

// A child's exit status: what it got, or the number of the error, from 100 on so that the two cannot be mixed up.
static int status_of(int64_t result)
{
    return result < 0 ? (int)(100 - result) : (int)result;
}

static void say_hello(void)
{
    uint64_t task = sys_task_id();
    struct message hello = {.size = sizeof task};
    memcpy(hello.data, &task, sizeof task);
    sys_channel_send(0, &hello);
}

static int exit_with(char **arguments)
{
    return (int)number_in(arguments[1]);
}

static int nap(char **arguments)
{
    sys_sleep(number_in(arguments[1]));
    return 0;
}

static int spin(char **arguments)
{
    static volatile bool forever = true;
    (void)arguments;
    while (forever) {
    }
    return 0;
}

// Each of the ways in which a program can fail that the processor notices.
static int fail(char **arguments)
{
    const char *kind = arguments[1];
    if (string_equal(kind, "read")) {
        return *NOT_MAPPED;
    } else if (string_equal(kind, "write")) {
        *NOT_MAPPED = 1;
    } else if (string_equal(kind, "kernel")) {
        return *KERNEL_ADDRESS;
    } else if (string_equal(kind, "code")) {
        *(volatile uint8_t *)(uintptr_t)fail = 0;
    } else if (string_equal(kind, "execute")) {
        static uint8_t ret[] = {0xc3};
        ((void (*)(void))(uintptr_t)ret)();
    } else if (string_equal(kind, "opcode")) {
        __asm__ volatile("ud2");
    } else if (string_equal(kind, "divide")) {
        __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
    } else if (string_equal(kind, "privileged")) {
        __asm__ volatile("cli");
    } else if (string_equal(kind, "port")) {
        __asm__ volatile("outb %b0, $0xf4" : : "a"(0x10));
    } else if (string_equal(kind, "stack")) {
        __asm__ volatile("1: pushq %rax\n\tjmp 1b");
    } else if (string_equal(kind, "canonical")) {
        return *(volatile uint8_t *)0x0000800000000000;
    } else if (string_equal(kind, "interrupt")) {
        __asm__ volatile("int $0x30");
    }
    return 0;
}

// Sends every message back, with what it carries, until nobody holds the other end.
static int echo(char **arguments)
{
    (void)arguments;
    say_hello();
    struct message message;
    int64_t error;
    while ((error = sys_channel_receive_blocking(0, &message)) == 0) {
        if (sys_channel_send(0, &message) != 0) {
            return 1;
        }
    }
    return error == -ERROR_PEER_CLOSED ? 0 : status_of(error);
}

// Receives a capability over handle 0 and sends a message to what it is for.
static int use_capability(char **arguments)
{
    (void)arguments;
    struct message message;
    int64_t error = sys_channel_receive_blocking(0, &message);
    if (error != 0 || message.handle_count != 1) {
        return 1;
    }
    struct message answer = message_of(5, 42);
    return status_of(sys_channel_send(message.handles[0], &answer));
}

// Sends a message to each handle that it was given.
static int greet_all(char **arguments)
{
    uint64_t count = number_in(arguments[1]);
    for (uint64_t handle = 0; handle < count; handle++) {
        struct message message = message_of((uint32_t)handle + 1, (uint8_t)handle);
        int64_t error = sys_channel_send(handle, &message);
        if (error != 0) {
            return status_of(error);
        }
    }
    return 0;
}

// Looks a name up and sends a message to what it is bound to.
static int greet_name(char **arguments)
{
    int64_t handle = sys_name_lookup(arguments[1]);
    struct message message = message_of(4, 9);
    return status_of(handle < 0 ? handle : sys_channel_send((uint64_t)handle, &message));
}

// Leaves ends of channels in each other's queues, and everything else open.
static int leave_a_mess(char **arguments)
{
    (void)arguments;
    for (int i = 0; i < 8; i++) {
        uint64_t first[2];
        uint64_t second[2];
        if (sys_channel_create_pair(first) != 0 || sys_channel_create_pair(second) != 0) {
            return 1;
        }
        struct message message = message_with((uint32_t)second[1] | MESSAGE_COPY);
        sys_channel_send(first[0], &message);
        message = message_with((uint32_t)first[1] | MESSAGE_COPY);
        sys_channel_send(second[0], &message);
    }
    uint64_t pipe[2];
    return sys_pipe_create(pipe) == 0 ? 0 : 1;
}

// Answers as many calls as it is told, each with every byte one higher.
static int serve(char **arguments)
{
    uint64_t count = number_in(arguments[1]);
    say_hello();
    for (uint64_t i = 0; i < count; i++) {
        struct message message;
        int64_t caller = sys_recv(FROM_ANYBODY, &message);
        if (caller < 0) {
            return status_of(caller);
        }
        for (uint32_t j = 0; j < message.size; j++) {
            message.data[j]++;
        }
        sys_reply((uint64_t)caller, &message);
    }
    return 0;
}

// Receives once and ends without a word.
static int receive_once(char **arguments)
{
    uint64_t from = arguments[1] != NULL ? number_in(arguments[1]) : FROM_ANYBODY;
    say_hello();
    struct message message;
    int64_t sender = sys_recv(from, &message);
    return sender < 0 ? status_of(sender) : 0;
}

static int send_to(char **arguments)
{
    say_hello();
    struct message message = message_of(3, 5);
    return status_of(sys_send(number_in(arguments[1]), &message));
}

static int call_to(char **arguments)
{
    say_hello();
    struct message message = message_of(1, 0);
    int64_t error = sys_call(number_in(arguments[1]), &message);
    return error != 0 ? status_of(error) : message.data[0];
}

static int wait_for_word(char **arguments)
{
    (void)arguments;
    static _Atomic uint32_t word = 7;
    say_hello();
    return status_of(sys_futex_wait(&word, 7));
}

// Reads to the end and checks that each byte follows from the one before it.
static int read_pipe(char **arguments)
{
    uint64_t expected = number_in(arguments[1]);
    uint64_t total = 0;
    uint8_t buffer[700];
    int64_t count;
    while ((count = sys_pipe_read(0, buffer, sizeof buffer)) > 0) {
        for (int64_t i = 0; i < count; i++, total++) {
            if (buffer[i] != (uint8_t)(total * 31)) {
                return 1;
            }
        }
    }
    return count < 0 ? status_of(count) : total == expected ? 0 : 2;
}

static int write_pipe(char **arguments)
{
    uint64_t total = number_in(arguments[1]);
    uint8_t buffer[700];
    for (uint64_t done = 0; done < total;) {
        uint64_t size = total - done < sizeof buffer ? total - done : sizeof buffer;
        for (uint64_t i = 0; i < size; i++) {
            buffer[i] = (uint8_t)((done + i) * 31);
        }
        int64_t count = sys_pipe_write(0, buffer, size);
        if (count < 0) {
            return status_of(count);
        }
        done += (uint64_t)count;
    }
    return 0;
}

static int use_file(char **arguments)
{
    return write_and_compare(arguments[1]);
}

static int compare(char **arguments)
{
    return arguments[1] != NULL && arguments[2] != NULL && string_equal(arguments[1], arguments[2]) ? 0 : 1;
}

// Whether a variable of the environment has a value.
static int compare_variable(char **arguments)
{
    const char *value = environment_get(arguments[1]);
    return value != NULL && string_equal(value, arguments[2]) ? 0 : 1;
}

static void spin_in_thread(void *argument)
{
    spin(argument);
}

static int wait_for_child(char **arguments)
{
    (void)arguments;
    return (int)child_run("nap", "8");
}

static int join_thread(char **arguments)
{
    (void)arguments;
    thread_join(thread_start(0, spin_in_thread, NULL));
    return 0;
}

// Threads that never end by themselves, and a first one that exits.
static int end_with_threads(char **arguments)
{
    (void)arguments;
    for (size_t i = 0; i < 3; i++) {
        thread_start(i, spin_in_thread, NULL);
    }
    sys_sleep(2);
    return 3;
}

static const struct {
    const char *name;
    int (*run)(char **arguments);
} roles[] = {
    {"exit", exit_with},       {"nap", nap},         {"spin", spin},           {"fail", fail},
    {"echo", echo},            {"use", use_capability}, {"greet", greet_all},  {"greet-name", greet_name},
    {"mess", leave_a_mess},    {"serve", serve},     {"receive", receive_once}, {"send", send_to},
    {"call", call_to},         {"futex", wait_for_word}, {"read", read_pipe},  {"write", write_pipe},
    {"compare", compare},      {"variable", compare_variable}, {"threads", end_with_threads}, {"file", use_file},
    {"wait", wait_for_child},  {"join", join_thread},
};

int child_main(int argument_count, char **arguments)
{
    (void)argument_count;
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
        if (string_equal(roles[i].name, arguments[0])) {
            return roles[i].run(arguments);
        }
    }
    return 99;
}
