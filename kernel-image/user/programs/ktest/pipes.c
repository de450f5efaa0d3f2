#include "ktest.h"

#define PIPE_SIZE 4096 // ipc/pipe.h
#define LONG_STREAM "20000"

static uint64_t ends[2];

static void bytes_arrive_in_order(void)
{
    char buffer[16] = "";
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    CHECK_EQUAL(sys_pipe_write(ends[1], "hello, ", 7), 7);
    CHECK_EQUAL(sys_pipe_write(ends[1], "pipe", 4), 4);
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer, 3), 3);
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer + 3, sizeof buffer - 4), 8);
    CHECK(string_equal(buffer, "hello, pipe"));
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer, 0), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void the_end_comes_after_the_bytes(void)
{
    char buffer[16];
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    CHECK_EQUAL(sys_pipe_write(ends[1], "last", 4), 4);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer, sizeof buffer), 4);
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer, sizeof buffer), 0);
    CHECK_EQUAL(sys_pipe_read(ends[0], buffer, sizeof buffer), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static void a_pipe_without_reader_is_broken(void)
{
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_pipe_write(ends[1], "nobody", 6), -ERROR_BROKEN_PIPE);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void each_end_has_its_right(void)
{
    char buffer[4];
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    CHECK_EQUAL(sys_pipe_read(ends[1], buffer, 1), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_pipe_write(ends[0], "x", 1), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_pipe_write(HANDLE_NONE, "x", 1), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_pipe_write(ends[1], NULL, 1), -ERROR_BAD_ADDRESS);
    CHECK_EQUAL(sys_pipe_write(ends[1], "x", 1), 1);
    CHECK_EQUAL(sys_pipe_read(ends[0], NULL, 1), -ERROR_BAD_ADDRESS);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static int64_t start_with(const char *role, uint64_t handle)
{
    return child_start(&(struct child){.role = role, .argument = LONG_STREAM, .handles = {(uint32_t)handle}, .handle_count = 1});
}

static void a_stream_goes_from_child_to_child(void)
{
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    int64_t reader = start_with("read", ends[0]);
    int64_t writer = start_with("write", ends[1]);
    CHECK(reader > 0 && writer > 0);
    CHECK_EQUAL(child_end(writer), 0);
    CHECK_EQUAL(child_end(reader), 0);
}

static void a_full_pipe_holds_its_writer(void)
{
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    int64_t writer = start_with("write", ends[1]);
    CHECK(writer > 0);
    CHECK(await_state(writer, "sleeping"));
    uint8_t buffer[512];
    uint64_t total = 0;
    int64_t count;
    while ((count = sys_pipe_read(ends[0], buffer, sizeof buffer)) > 0) {
        total += (uint64_t)count;
    }
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(total, number_in(LONG_STREAM));
    CHECK_EQUAL(child_end(writer), 0);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static void a_blocked_writer_learns_of_the_end(void)
{
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    int64_t writer = start_with("write", ends[1]);
    CHECK(writer > 0);
    CHECK(await_state(writer, "sleeping"));
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(child_end(writer), 100 + ERROR_BROKEN_PIPE);
}

static void who_waits_can_be_killed(void)
{
    CHECK_EQUAL(sys_pipe_create(ends), 0);
    int64_t reader = start_with("read", ends[0]);
    CHECK(reader > 0);
    CHECK(await_state(reader, "sleeping"));
    CHECK_EQUAL(sys_kill((uint64_t)reader), 0);
    CHECK_EQUAL(child_end(reader), STATUS_KILLED);
    CHECK_EQUAL(sys_pipe_write(ends[1], "x", 1), -ERROR_BROKEN_PIPE);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static const struct test tests[] = {
    {"bytes_arrive_in_order", bytes_arrive_in_order},
    {"the_end_comes_after_the_bytes", the_end_comes_after_the_bytes},
    {"a_pipe_without_reader_is_broken", a_pipe_without_reader_is_broken},
    {"each_end_has_its_right", each_end_has_its_right},
    {"a_stream_goes_from_child_to_child", a_stream_goes_from_child_to_child},
    {"a_full_pipe_holds_its_writer", a_full_pipe_holds_its_writer},
    {"a_blocked_writer_learns_of_the_end", a_blocked_writer_learns_of_the_end},
    {"who_waits_can_be_killed", who_waits_can_be_killed},
};

SECTION(pipe_section, "Pipes", tests);
