// The kernel's own test program: sections of tests, each run twice. The second pass is measured: what the kernel has in use after it and did
// not have before it has leaked.
#pragma once

#include "abi/statistics.h"
#include "program.h"

struct test {
    const char *name;
    void (*run)(void);
};

struct section {
    const char *name;
    const struct test *tests;
    size_t count;
    bool is_heavy; // leaves children behind that end by themselves
};

#define SECTION(variable, title, list) const struct section variable = {.name = title, .tests = list, .count = ARRAY_LENGTH(list)}

extern const struct section memory_section, time_section, process_section, spawn_section, fault_section, channel_section, capability_section,
    rendezvous_section, futex_section, pipe_section, vfs_section, crowd_section, cap_ref_section, limit_section, block_section;

// Fails the running test, which goes no further.
#define CHECK(condition)                                 \
    do {                                                 \
        if (!(condition)) {                              \
            test_fail(__FILE__, __LINE__, #condition);   \
            return;                                      \
        }                                                \
    } while (0)

// The same for numbers, which are told.
#define CHECK_EQUAL(actual, expected)                                                            \
    do {                                                                                         \
        int64_t check_actual = (int64_t)(actual);                                                \
        int64_t check_expected = (int64_t)(expected);                                            \
        if (check_actual != check_expected) {                                                    \
            test_fail_numbers(__FILE__, __LINE__, #actual, check_actual, check_expected);        \
            return;                                                                              \
        }                                                                                        \
    } while (0)

void test_fail(const char *file, int line, const char *what);
void test_fail_numbers(const char *file, int line, const char *what, int64_t actual, int64_t expected);
bool test_has_failed(void);

// Ends the running test's wish to be counted as passed: the machine lacks what it needs. Return after it.
void test_skip(const char *reason);

// Waits until no child is left. A test that failed may have left children that wait for what never comes, and handles: those go first, so that
// the next test begins with nothing.
void drain(void);

#define MAX_HANDLES 64 // of a process: ipc/handles.h

// Threads of this process, with stacks of their own.
#define MAX_THREADS 8

// 0 to MAX_THREADS - 1 is free for use by one thread at a time.
int64_t thread_start(size_t number, void (*function)(void *argument), void *argument);
void thread_join(int64_t thread);

// Children. A child runs this program with one of the roles of child.c, and at most two more arguments.
#define MAX_CHILD_HANDLES 4

struct child {
    const char *role;
    const char *argument; // NULL: none
    const char *second;   // NULL: none
    uint32_t handles[MAX_CHILD_HANDLES];
    size_t handle_count;
};

int64_t child_start(const struct child *child);

// Waits for a child to end; returns its status, or a negative error.
int64_t child_end(int64_t process);

// Starts a child and waits for it.
int64_t child_run(const char *role, const char *argument);

// A child at the other end of a channel, which told its task's id over it.
struct partner {
    int64_t process;
    uint64_t channel;
    uint64_t task;
};

bool partner_start(struct partner *partner, const char *role, const char *argument);

// Closes the channel and waits for the child; returns its status.
int64_t partner_end(struct partner *partner);

// How long a test waits for what others do; many times what that takes.
#define PATIENCE_TICKS 300

// Waits until a process's first task is in a state of abi/process.h; false if it never is.
bool await_state(int64_t process, const char *state);

// What a child does; what it returns is its exit status.
int child_main(int argument_count, char **arguments);

// Writes a file and reads it again; 0 if it is the same (vfs.c).
int write_and_compare(const char *path);

// A message of some bytes, which depend on the seed.
struct message message_of(uint32_t size, uint8_t seed);
bool message_is(const struct message *message, uint32_t size, uint8_t seed);

// A message of one byte with a handle.
struct message message_with(uint32_t handle);

// Decimal numbers.
#define NUMBER_SIZE 21
uint64_t number_in(const char *text);
const char *number_text(uint64_t number, char text[NUMBER_SIZE]);

struct statistics statistics_now(void);
