#include "ktest.h"

#define MAX_CHANNELS_OF_PROCESS 64 // ipc/channel.h
#define CARRIERS 4

// Moves both ends of a channel into the queue of another one, so that the process has the channel but no handles of it.
static void hide(uint64_t carrier, const uint64_t ends[2])
{
    struct message message = message_of(0, 0);
    message.handle_count = 2;
    message.handles[0] = (uint32_t)ends[0];
    message.handles[1] = (uint32_t)ends[1];
    CHECK_EQUAL(sys_channel_send(carrier, &message), 0);
}

static void a_process_has_a_limit_of_channels(void)
{
    uint64_t carriers[CARRIERS][2];
    uint64_t before = statistics_now().channels;
    for (size_t i = 0; i < CARRIERS; i++) {
        CHECK_EQUAL(sys_channel_create_pair(carriers[i]), 0);
    }
    uint64_t ends[2];
    for (size_t i = CARRIERS; i < MAX_CHANNELS_OF_PROCESS; i++) {
        CHECK_EQUAL(sys_channel_create_pair(ends), 0);
        hide(carriers[i % CARRIERS][0], ends);
    }
    CHECK_EQUAL(sys_channel_create_pair(ends), -ERROR_CHANNEL_LIMIT);
    CHECK(ends[0] == HANDLE_NONE && ends[1] == HANDLE_NONE);
    // Others have their own.
    CHECK_EQUAL(child_run("mess", NULL), 0);
    CHECK_EQUAL(statistics_now().channels, before + MAX_CHANNELS_OF_PROCESS);
    for (size_t i = 0; i < CARRIERS; i++) {
        CHECK_EQUAL(sys_handle_close(carriers[i][0]), 0);
        CHECK_EQUAL(sys_handle_close(carriers[i][1]), 0);
    }
    CHECK_EQUAL(statistics_now().channels, before);
}

static void nothing_comes_from_no_channel(void)
{
    static const uint64_t none[] = {HANDLE_NONE, 63, 64, 1ULL << 32};
    struct message message;
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
        CHECK_EQUAL(sys_channel_receive_blocking(none[i], &message), -ERROR_BAD_HANDLE);
    }
}

static const struct test tests[] = {
    {"a_process_has_a_limit_of_channels", a_process_has_a_limit_of_channels},
    {"nothing_comes_from_no_channel", nothing_comes_from_no_channel},
};

SECTION(limit_section, "Channel Limits", tests);
