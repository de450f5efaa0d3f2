#include "ktest.h"

#define QUEUE_LENGTH 16 // of an end: ipc/channel.h

static uint64_t ends[2];

static void create_and_close(void)
{
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    CHECK(ends[0] != ends[1]);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void close_both(void)
{
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void messages_arrive_in_order(void)
{
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    for (uint8_t i = 0; i < 10; i++) {
        struct message message = message_of(i * 50U, i);
        CHECK_EQUAL(sys_channel_send(ends[i % 2], &message), 0);
    }
    for (uint8_t i = 0; i < 10; i++) {
        struct message message;
        CHECK_EQUAL(sys_channel_receive(ends[1 - i % 2], &message), 0);
        CHECK(message_is(&message, i * 50U, i));
        CHECK_EQUAL(message.handle_count, 0);
    }
    close_both();
}

static void messages_have_a_limit(void)
{
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct message message = message_of(MESSAGE_SIZE, 3);
    CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive(ends[1], &message), 0);
    CHECK(message_is(&message, MESSAGE_SIZE, 3));
    message.size = MESSAGE_SIZE + 1;
    CHECK_EQUAL(sys_channel_send(ends[0], &message), -ERROR_TOO_LONG);
    message.size = UINT32_MAX;
    CHECK_EQUAL(sys_channel_send(ends[0], &message), -ERROR_TOO_LONG);
    message.size = 0;
    message.handle_count = MESSAGE_HANDLES + 1;
    CHECK_EQUAL(sys_channel_send(ends[0], &message), -ERROR_TOO_LONG);
    CHECK_EQUAL(sys_channel_receive(ends[1], &message), -ERROR_WOULD_BLOCK);
    close_both();
}

static void a_full_queue_refuses(void)
{
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct message message = message_of(8, 0);
    for (int i = 0; i < QUEUE_LENGTH; i++) {
        CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    }
    CHECK_EQUAL(sys_channel_send(ends[0], &message), -ERROR_WOULD_BLOCK);
    CHECK_EQUAL(sys_channel_receive(ends[1], &message), 0);
    CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    close_both();
}

static void a_closed_peer_is_told_after_its_messages(void)
{
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct message message = message_of(8, 1);
    CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_channel_send(ends[1], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_channel_receive(ends[1], &message), 0);
    CHECK(message_is(&message, 8, 1));
    CHECK_EQUAL(sys_channel_receive(ends[1], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_channel_receive_blocking(ends[1], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void bad_handles_are_refused(void)
{
    static const uint64_t bad[] = {HANDLE_NONE, 1000, UINT64_MAX / 2, 1ULL << 32};
    struct message message = message_of(1, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        CHECK_EQUAL(sys_channel_send(bad[i], &message), -ERROR_BAD_HANDLE);
        CHECK_EQUAL(sys_channel_receive(bad[i], &message), -ERROR_BAD_HANDLE);
        CHECK_EQUAL(sys_handle_close(bad[i]), -ERROR_BAD_HANDLE);
        CHECK_EQUAL(sys_handle_duplicate(bad[i], RIGHT_ALL), -ERROR_BAD_HANDLE);
    }
    uint64_t pipe[2];
    CHECK_EQUAL(sys_pipe_create(pipe), 0);
    CHECK_EQUAL(sys_channel_send(pipe[1], &message), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_handle_close(pipe[0]), 0);
    CHECK_EQUAL(sys_handle_close(pipe[1]), 0);
}

static void bad_memory_is_refused(void)
{
    static const uint64_t bad[] = {0, 0x1234000, 0x00007ffffffffff8, 0xffffffff80200000, UINT64_MAX - 7};
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct message message = message_of(1, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        CHECK_EQUAL(sys_channel_send(ends[0], (struct message *)bad[i]), -ERROR_BAD_ADDRESS);
        CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
        CHECK_EQUAL(sys_channel_receive(ends[1], (struct message *)bad[i]), -ERROR_BAD_ADDRESS);
        CHECK_EQUAL(sys_channel_create_pair((uint64_t *)bad[i]), -ERROR_BAD_ADDRESS);
    }
    close_both();
}

struct blocked_receive {
    int64_t result;
    struct message message;
};

static void receive_blocking(void *argument)
{
    struct blocked_receive *receive = argument;
    receive->result = sys_channel_receive_blocking(ends[1], &receive->message);
}

static void a_message_wakes_a_receiver(void)
{
    static struct blocked_receive receive;
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    int64_t thread = thread_start(0, receive_blocking, &receive);
    CHECK(thread > 0);
    sys_sleep(2);
    struct message message = message_of(100, 4);
    CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    thread_join(thread);
    CHECK_EQUAL(receive.result, 0);
    CHECK(message_is(&receive.message, 100, 4));
    close_both();
}

static void every_message_wakes_one_receiver(void)
{
    static struct blocked_receive receives[4];
    int64_t threads[4];
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    for (size_t i = 0; i < 4; i++) {
        threads[i] = thread_start(i, receive_blocking, &receives[i]);
        CHECK(threads[i] > 0);
    }
    sys_sleep(2);
    uint32_t sizes = 0;
    for (uint32_t i = 1; i <= 4; i++) {
        struct message message = message_of(i, (uint8_t)i);
        CHECK_EQUAL(sys_channel_send(ends[0], &message), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        thread_join(threads[i]);
        CHECK_EQUAL(receives[i].result, 0);
        sizes += receives[i].message.size;
    }
    CHECK_EQUAL(sizes, 1 + 2 + 3 + 4);
    close_both();
}

static void a_close_wakes_all_receivers(void)
{
    static struct blocked_receive receives[3];
    int64_t threads[3];
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    for (size_t i = 0; i < 3; i++) {
        threads[i] = thread_start(i, receive_blocking, &receives[i]);
        CHECK(threads[i] > 0);
    }
    sys_sleep(2);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    for (size_t i = 0; i < 3; i++) {
        thread_join(threads[i]);
        CHECK_EQUAL(receives[i].result, -ERROR_PEER_CLOSED);
    }
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void a_close_of_the_own_end_wakes_its_receiver(void)
{
    static struct blocked_receive receive;
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    int64_t thread = thread_start(0, receive_blocking, &receive);
    CHECK(thread > 0);
    sys_sleep(2);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
    thread_join(thread);
    CHECK_EQUAL(receive.result, -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static void a_child_answers(void)
{
    struct partner partner;
    CHECK(partner_start(&partner, "echo", NULL));
    for (uint8_t i = 0; i < 50; i++) {
        struct message message = message_of(i, i);
        CHECK_EQUAL(sys_channel_send(partner.channel, &message), 0);
        CHECK_EQUAL(sys_channel_receive_blocking(partner.channel, &message), 0);
        CHECK(message_is(&message, i, i));
    }
    CHECK_EQUAL(partner_end(&partner), 0);
}

static void a_child_that_waits_can_be_killed(void)
{
    struct partner partner;
    CHECK(partner_start(&partner, "echo", NULL));
    CHECK(await_state(partner.process, "sleeping"));
    CHECK_EQUAL(sys_kill((uint64_t)partner.process), 0);
    struct message message;
    CHECK_EQUAL(sys_channel_receive_blocking(partner.channel, &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(partner_end(&partner), STATUS_KILLED);
}

static const struct test tests[] = {
    {"create_and_close", create_and_close},
    {"messages_arrive_in_order", messages_arrive_in_order},
    {"messages_have_a_limit", messages_have_a_limit},
    {"a_full_queue_refuses", a_full_queue_refuses},
    {"a_closed_peer_is_told_after_its_messages", a_closed_peer_is_told_after_its_messages},
    {"bad_handles_are_refused", bad_handles_are_refused},
    {"bad_memory_is_refused", bad_memory_is_refused},
    {"a_message_wakes_a_receiver", a_message_wakes_a_receiver},
    {"every_message_wakes_one_receiver", every_message_wakes_one_receiver},
    {"a_close_wakes_all_receivers", a_close_wakes_all_receivers},
    {"a_close_of_the_own_end_wakes_its_receiver", a_close_of_the_own_end_wakes_its_receiver},
    {"a_child_answers", a_child_answers},
    {"a_child_that_waits_can_be_killed", a_child_that_waits_can_be_killed},
};

SECTION(channel_section, "Channels", tests);
