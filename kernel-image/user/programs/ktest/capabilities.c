#include "ktest.h"

#define NESTED 40

static uint64_t first[2];
static uint64_t second[2];

static void create_both(void)
{
    CHECK_EQUAL(sys_channel_create_pair(first), 0);
    CHECK_EQUAL(sys_channel_create_pair(second), 0);
}

static void close_all(const uint64_t *handles, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(sys_handle_close(handles[i]), 0);
    }
}

static void a_handle_moves_with_a_message(void)
{
    create_both();
    struct message message = message_with((uint32_t)second[0]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_handle_close(second[0]), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), 0);
    CHECK_EQUAL(message.handle_count, 1);
    struct message through = message_of(20, 6);
    CHECK_EQUAL(sys_channel_send(message.handles[0], &through), 0);
    CHECK_EQUAL(sys_channel_receive(second[1], &through), 0);
    CHECK(message_is(&through, 20, 6));
    close_all((uint64_t[]){message.handles[0], second[1], first[0], first[1]}, 4);
}

static void a_copied_handle_stays(void)
{
    create_both();
    struct message message = message_with((uint32_t)second[0] | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), 0);
    CHECK(message.handles[0] != second[0]);
    // The end is open as long as there is one capability of it.
    CHECK_EQUAL(sys_handle_close(second[0]), 0);
    struct message through = message_of(2, 2);
    CHECK_EQUAL(sys_channel_send(second[1], &through), 0);
    CHECK_EQUAL(sys_channel_receive(message.handles[0], &through), 0);
    close_all((uint64_t[]){message.handles[0], second[1], first[0], first[1]}, 4);
}

static void several_handles_go_or_none(void)
{
    create_both();
    struct message message = message_of(0, 0);
    message.handle_count = 3;
    message.handles[0] = (uint32_t)second[0];
    message.handles[1] = (uint32_t)second[1] | MESSAGE_COPY;
    message.handles[2] = (uint32_t)second[0]; // gone already
    CHECK_EQUAL(sys_channel_send(first[0], &message), -ERROR_BAD_HANDLE);
    message.handles[2] = (uint32_t)second[1];
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), 0);
    CHECK_EQUAL(message.handle_count, 3);
    close_all((uint64_t[]){message.handles[0], message.handles[1], message.handles[2], first[0], first[1]}, 5);
}

static void rights_only_shrink(void)
{
    create_both();
    int64_t sender = sys_handle_duplicate(second[0], RIGHT_SEND | RIGHT_TRANSFER);
    int64_t fixed = sys_handle_duplicate(second[0], RIGHT_RECEIVE);
    CHECK(sender >= 0 && fixed >= 0);
    struct message message = message_of(1, 1);
    CHECK_EQUAL(sys_channel_send((uint64_t)sender, &message), 0);
    CHECK_EQUAL(sys_channel_receive((uint64_t)sender, &message), -ERROR_NO_RIGHT);
    CHECK_EQUAL(sys_channel_receive((uint64_t)fixed, &message), -ERROR_WOULD_BLOCK);
    CHECK_EQUAL(sys_channel_send((uint64_t)fixed, &message), -ERROR_NO_RIGHT);
    CHECK_EQUAL(sys_handle_duplicate((uint64_t)sender, RIGHT_ALL), -ERROR_NO_RIGHT);
    message = message_with((uint32_t)fixed);
    CHECK_EQUAL(sys_channel_send(first[0], &message), -ERROR_NO_RIGHT);
    message = message_with((uint32_t)sender | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(first[0], &message), -ERROR_NO_RIGHT);
    message = message_with((uint32_t)sender);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), 0);
    struct message through = message_of(1, 1);
    CHECK_EQUAL(sys_channel_receive(message.handles[0], &through), -ERROR_NO_RIGHT);
    close_all((uint64_t[]){message.handles[0], (uint64_t)fixed, second[0], second[1], first[0], first[1]}, 6);
}

static void what_waits_in_a_queue_goes_with_it(void)
{
    create_both();
    uint64_t pipe[2];
    CHECK_EQUAL(sys_pipe_create(pipe), 0);
    struct message message = message_with((uint32_t)second[0]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    message = message_with((uint32_t)pipe[0]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_handle_close(first[1]), 0);
    CHECK_EQUAL(sys_channel_receive(second[1], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_pipe_write(pipe[1], "x", 1), -ERROR_BROKEN_PIPE);
    close_all((uint64_t[]){first[0], second[1], pipe[1]}, 3);
}

static void an_end_sent_to_itself_closes(void)
{
    CHECK_EQUAL(sys_channel_create_pair(first), 0);
    struct message message = message_with((uint32_t)first[1]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive(first[0], &message), -ERROR_PEER_CLOSED);
    message = message_of(1, 1);
    CHECK_EQUAL(sys_channel_send(first[0], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_handle_close(first[0]), 0);
}

static void a_circle_of_queues_closes(void)
{
    create_both();
    struct message message = message_with((uint32_t)second[1] | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    message = message_with((uint32_t)first[1] | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(second[0], &message), 0);
    CHECK_EQUAL(sys_handle_close(first[1]), 0);
    // From the second channel's end the first one's can be reached still.
    CHECK_EQUAL(sys_channel_send(first[0], &message), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_handle_close(second[1]), 0);
    CHECK_EQUAL(sys_channel_receive(first[0], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_channel_receive(second[0], &message), -ERROR_PEER_CLOSED);
    close_all((uint64_t[]){first[0], second[0]}, 2);
}

// Of the second channel's end one capability lies in its own queue, and one in a queue that somebody can reach, until that one goes.
static void a_circle_behind_a_queue_closes(void)
{
    create_both();
    struct message message = message_with((uint32_t)second[1] | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(second[0], &message), 0);
    message = message_with((uint32_t)second[1]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    message = message_of(1, 1);
    CHECK_EQUAL(sys_channel_send(second[0], &message), 0);
    CHECK_EQUAL(sys_handle_close(first[1]), 0);
    CHECK_EQUAL(sys_channel_send(second[0], &message), -ERROR_PEER_CLOSED);
    close_all((uint64_t[]){first[0], second[0]}, 2);
}

static void nested_queues_go_at_once(void)
{
    uint64_t inner[2];
    CHECK_EQUAL(sys_channel_create_pair(inner), 0);
    uint64_t before = statistics_now().channels;
    for (int i = 0; i < NESTED; i++) {
        uint64_t outer[2];
        CHECK_EQUAL(sys_channel_create_pair(outer), 0);
        struct message message = message_with((uint32_t)inner[0]);
        CHECK_EQUAL(sys_channel_send(outer[0], &message), 0);
        message = message_with((uint32_t)inner[1]);
        CHECK_EQUAL(sys_channel_send(outer[0], &message), 0);
        memcpy(inner, outer, sizeof inner);
    }
    CHECK_EQUAL(statistics_now().channels, before + NESTED);
    close_all(inner, 2);
    CHECK_EQUAL(statistics_now().channels, before - 1);
}

static void a_full_table_leaves_the_message(void)
{
    create_both();
    struct message message = message_with((uint32_t)second[1] | MESSAGE_COPY);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    uint64_t extra[MAX_HANDLES];
    size_t count = 0;
    int64_t handle;
    while ((handle = sys_handle_duplicate(first[0], RIGHT_SEND)) >= 0) {
        CHECK(count < MAX_HANDLES);
        extra[count++] = (uint64_t)handle;
    }
    CHECK_EQUAL(handle, -ERROR_NO_HANDLES);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), -ERROR_NO_HANDLES);
    uint64_t unused[2];
    CHECK_EQUAL(sys_channel_create_pair(unused), -ERROR_NO_HANDLES);
    CHECK_EQUAL(sys_handle_close(extra[0]), 0);
    CHECK_EQUAL(sys_channel_receive(first[1], &message), 0);
    close_all(&extra[1], count - 1);
    close_all((uint64_t[]){message.handles[0], first[0], first[1], second[0], second[1]}, 5);
}

static void a_child_uses_what_it_is_sent(void)
{
    create_both();
    int64_t child = child_start(&(struct child){.role = "use", .handles = {(uint32_t)first[1]}, .handle_count = 1});
    CHECK(child > 0);
    struct message message = message_with((uint32_t)second[1]);
    CHECK_EQUAL(sys_channel_send(first[0], &message), 0);
    CHECK_EQUAL(sys_channel_receive_blocking(second[0], &message), 0);
    CHECK(message_is(&message, 5, 42));
    CHECK_EQUAL(child_end(child), 0);
    // The child held the last capabilities of the two other ends.
    CHECK_EQUAL(sys_channel_receive_blocking(second[0], &message), -ERROR_PEER_CLOSED);
    close_all((uint64_t[]){first[0], second[0]}, 2);
}

static void nothing_of_a_child_is_left(void)
{
    uint64_t before = statistics_now().channels;
    CHECK_EQUAL(child_run("mess", NULL), 0);
    CHECK_EQUAL(statistics_now().channels, before);
}

static const struct test tests[] = {
    {"a_handle_moves_with_a_message", a_handle_moves_with_a_message},
    {"a_copied_handle_stays", a_copied_handle_stays},
    {"several_handles_go_or_none", several_handles_go_or_none},
    {"rights_only_shrink", rights_only_shrink},
    {"what_waits_in_a_queue_goes_with_it", what_waits_in_a_queue_goes_with_it},
    {"an_end_sent_to_itself_closes", an_end_sent_to_itself_closes},
    {"a_circle_of_queues_closes", a_circle_of_queues_closes},
    {"a_circle_behind_a_queue_closes", a_circle_behind_a_queue_closes},
    {"nested_queues_go_at_once", nested_queues_go_at_once},
    {"a_full_table_leaves_the_message", a_full_table_leaves_the_message},
    {"a_child_uses_what_it_is_sent", a_child_uses_what_it_is_sent},
    {"nothing_of_a_child_is_left", nothing_of_a_child_is_left},
};

SECTION(capability_section, "Capabilities", tests);
