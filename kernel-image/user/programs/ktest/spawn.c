#include "ktest.h"

#define MANY 8

static void many_children_run_at_once(void)
{
    int64_t children[MANY];
    for (size_t i = 0; i < MANY; i++) {
        children[i] = child_start(&(struct child){.role = "nap", .argument = "2"});
        CHECK(children[i] > 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        CHECK_EQUAL(child_end(children[i]), 0);
    }
}

static void a_child_gets_its_handles_in_order(void)
{
    uint64_t ends[3][2];
    struct child child = {.role = "greet", .argument = "3", .handle_count = 3};
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQUAL(sys_channel_create_pair(ends[i]), 0);
        child.handles[i] = (uint32_t)ends[i][1];
    }
    CHECK_EQUAL(child_end(child_start(&child)), 0);
    for (size_t i = 0; i < 3; i++) {
        struct message message;
        CHECK_EQUAL(sys_channel_receive(ends[i][0], &message), 0);
        CHECK(message_is(&message, (uint32_t)i + 1, (uint8_t)i));
        CHECK_EQUAL(sys_handle_close(ends[i][1]), -ERROR_BAD_HANDLE);
        CHECK_EQUAL(sys_handle_close(ends[i][0]), 0);
    }
}

static int64_t spawn_with_strings(const char *arguments, size_t arguments_size, const char *environment, size_t environment_size)
{
    int64_t child = sys_spawn(&(struct spawn){
        .name = "strings",
        .path = "bin/ktest",
        .arguments = arguments,
        .arguments_size = arguments_size,
        .environment = environment,
        .environment_size = environment_size,
    });
    return child < 0 ? child : child_end(child);
}

static void arguments_and_environment_arrive(void)
{
    static const char same[] = "ktest\0child\0compare\0some text with blanks\0some text with blanks";
    static const char other[] = "ktest\0child\0compare\0some text\0other text";
    static const char variable[] = "ktest\0child\0variable\0COLOUR\0green";
    static const char environment[] = "SIZE=12\0COLOUR=green";
    CHECK_EQUAL(spawn_with_strings(same, sizeof same, NULL, 0), 0);
    CHECK_EQUAL(spawn_with_strings(other, sizeof other, NULL, 0), 1);
    CHECK_EQUAL(spawn_with_strings(variable, sizeof variable, environment, sizeof environment), 0);
    CHECK_EQUAL(spawn_with_strings(variable, sizeof variable, NULL, 0), 1);
}

static void what_is_no_program_is_refused(void)
{
    static const uint8_t nonsense[100] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    CHECK_EQUAL(sys_spawn(&(struct spawn){.name = "none", .path = "bin/there-is-none"}), -ERROR_NOT_FOUND);
    CHECK_EQUAL(sys_spawn(&(struct spawn){.name = "text", .path = "hello.txt"}), -ERROR_BAD_PROGRAM);
    CHECK_EQUAL(sys_spawn(&(struct spawn){.name = "nonsense", .image = nonsense, .image_size = sizeof nonsense}), -ERROR_BAD_PROGRAM);
    CHECK_EQUAL(sys_spawn(&(struct spawn){.name = "empty", .image = nonsense, .image_size = 0}), -ERROR_BAD_PROGRAM);
    CHECK_EQUAL(sys_spawn(&(struct spawn){.name = "wild", .image = (void *)0x1234000, .image_size = 4096}), -ERROR_BAD_ADDRESS);
    CHECK_EQUAL(sys_spawn(NULL), -ERROR_BAD_ADDRESS);
}

static void a_spawn_that_fails_keeps_the_handles(void)
{
    uint64_t ends[2];
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    uint32_t handles[] = {(uint32_t)ends[0], (uint32_t)ends[1] | MESSAGE_COPY};
    struct spawn spawn = {.name = "none", .path = "bin/there-is-none", .handles = handles, .handle_count = 2};
    CHECK_EQUAL(sys_spawn(&spawn), -ERROR_NOT_FOUND);
    spawn.path = "hello.txt";
    CHECK_EQUAL(sys_spawn(&spawn), -ERROR_BAD_PROGRAM);
    spawn.path = "bin/ktest";
    handles[1] = 63;
    CHECK_EQUAL(sys_spawn(&spawn), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
    CHECK_EQUAL(sys_handle_close(ends[1]), 0);
}

static void a_name_can_be_replaced_for_a_child(void)
{
    static const char arguments[] = "ktest\0child\0greet-name\0ktest";
    uint64_t ends[2];
    CHECK_EQUAL(sys_channel_create_pair(ends), 0);
    struct spawn_name name = {.name = "ktest", .handle = (uint32_t)ends[1]};
    struct spawn spawn = {.name = "named", .path = "bin/ktest", .arguments = arguments, .arguments_size = sizeof arguments};
    CHECK_EQUAL(child_end(sys_spawn(&spawn)), 100 + ERROR_NOT_FOUND);
    spawn.names = &name;
    spawn.name_count = 1;
    CHECK_EQUAL(child_end(sys_spawn(&spawn)), 0);
    struct message message;
    CHECK_EQUAL(sys_channel_receive(ends[0], &message), 0);
    CHECK(message_is(&message, 4, 9));
    CHECK_EQUAL(sys_channel_receive(ends[0], &message), -ERROR_PEER_CLOSED);
    CHECK_EQUAL(sys_name_lookup("ktest"), -ERROR_NOT_FOUND);
    CHECK_EQUAL(sys_handle_close(ends[0]), 0);
}

static const struct test tests[] = {
    {"many_children_run_at_once", many_children_run_at_once},
    {"a_child_gets_its_handles_in_order", a_child_gets_its_handles_in_order},
    {"arguments_and_environment_arrive", arguments_and_environment_arrive},
    {"what_is_no_program_is_refused", what_is_no_program_is_refused},
    {"a_spawn_that_fails_keeps_the_handles", a_spawn_that_fails_keeps_the_handles},
    {"a_name_can_be_replaced_for_a_child", a_name_can_be_replaced_for_a_child},
};

SECTION(spawn_section, "Spawn", tests);
