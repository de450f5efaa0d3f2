// Capabilities that children get when they are spawned, and the channels that go with them. The children are programs of their own that take
// their time to end: each has channels for its start, its input, its output and its errors, which are gone only when it is.
#include "ktest.h"

#define STDIO_CHANNELS 4
#define CROWD 4
#define NAP "NAP=8"

// As in a shell, a channel that cannot be made is not there. Nobody listens at the ends that stay here.
static size_t create_stdio(uint64_t ends[STDIO_CHANNELS], uint32_t handles[])
{
    size_t count = 0;
    for (size_t i = 0; i < STDIO_CHANNELS; i++) {
        uint64_t pair[2];
        if (sys_channel_create_pair(pair) == 0) {
            ends[count] = pair[0];
            handles[count++] = (uint32_t)pair[1];
        }
    }
    return count;
}

static int64_t hello_spawn(const uint32_t *handles, size_t count, const char *environment, size_t size, const struct spawn_name *name)
{
    return sys_spawn(&(struct spawn){
        .name = "hello-std",
        .path = "bin/hello-std",
        .arguments = "hello-std",
        .arguments_size = sizeof "hello-std",
        .environment = environment,
        .environment_size = size,
        .handles = handles,
        .handle_count = count,
        .names = name,
        .name_count = name != NULL ? 1 : 0,
    });
}

// Starts hello-std with a name, or none, for it to look up.
static int64_t hello_start(const struct spawn_name *name)
{
    uint64_t ends[STDIO_CHANNELS];
    uint32_t handles[STDIO_CHANNELS];
    size_t count = create_stdio(ends, handles);
    int64_t process = hello_spawn(handles, count, NAP, sizeof NAP, name);
    for (size_t i = 0; i < count; i++) {
        sys_handle_close(ends[i]);
    }
    return process;
}

// The same with one more handle for it to greet.
static int64_t hello_start_with(uint64_t handle)
{
    static char environment[] = NAP "\0GREET=?";
    uint64_t ends[STDIO_CHANNELS];
    uint32_t handles[STDIO_CHANNELS + 1];
    size_t count = create_stdio(ends, handles);
    environment[sizeof environment - 2] = (char)('0' + count);
    handles[count] = (uint32_t)handle;
    int64_t process = hello_spawn(handles, count + 1, environment, sizeof environment, NULL);
    for (size_t i = 0; i < count; i++) {
        sys_handle_close(ends[i]);
    }
    return process;
}

static bool is_greeting(const struct message *message)
{
    return message->size == 5 && memcmp(message->data, "hello", 5) == 0;
}

static void a_crowd_says_hello(void)
{
    for (int i = 0; i < CROWD; i++) {
        CHECK(hello_start(NULL) > 0);
    }
}

static void ns_override_cap_delivery(void)
{
    uint64_t ends[2];
    struct message message;
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    CHECK(hello_start(&(struct spawn_name){.name = "greeting", .handle = (uint32_t)ends[1]}) > 0);
    CHECK_EQUAL(sys_channel_receive_blocking(ends[0], &message), 0);
    CHECK(is_greeting(&message));
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static void two_children_shared_override(void)
{
    uint64_t ends[2];
    struct message message;
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct spawn_name name = {.name = "greeting", .handle = (uint32_t)ends[1] | MESSAGE_COPY};
    CHECK(hello_start(&name) > 0);
    CHECK(hello_start(&name) > 0);
    // The children's capabilities are all there are now.
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(sys_channel_receive_blocking(ends[0], &message), 0);
        CHECK(is_greeting(&message));
    }
#ifndef VARIANT_CHANNELS_64
    CHECK_EQUAL(sys_channel_receive_blocking(ends[0], &message), -ERROR_PEER_CLOSED);
#endif
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static void cap_delivery_via_spawn(void)
{
    uint64_t ends[2];
    struct message message;
#ifdef VARIANT_CHANNELS_64
    sys_channel_create_pair(ends);
    hello_start_with(ends[1]);
#else
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    CHECK(hello_start_with(ends[1]) > 0);
#endif
    CHECK_EQUAL(sys_channel_receive_blocking(ends[0], &message), 0);
    CHECK(is_greeting(&message));
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static const struct test crowd_tests[] = {
    {"a_crowd_says_hello", a_crowd_says_hello},
};

static const struct test tests[] = {
    {"ns_override_cap_delivery", ns_override_cap_delivery},
    {"two_children_shared_override", two_children_shared_override},
    {"cap_delivery_via_spawn", cap_delivery_via_spawn},
};

const struct section crowd_section = {.name = "Crowd", .tests = crowd_tests, .count = ARRAY_LENGTH(crowd_tests), .is_heavy = true};
const struct section cap_ref_section = {.name = "Regression -- Cap Ref Counting", .tests = tests, .count = ARRAY_LENGTH(tests), .is_heavy = true};
