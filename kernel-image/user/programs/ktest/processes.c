#include "ktest.h"

static void a_status_comes_back(void)
{
    static const char *const texts[] = {"0", "1", "42", "255"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        CHECK_EQUAL(child_run("exit", texts[i]), number_in(texts[i]));
    }
    CHECK_EQUAL(child_run("exit", "256"), 0);
}

static void any_child_can_be_waited_for(void)
{
    int64_t slow = child_start(&(struct child){.role = "nap", .argument = "4"});
    int64_t fast = child_start(&(struct child){.role = "exit", .argument = "7"});
    CHECK(slow > 0 && fast > 0 && slow != fast);
    int64_t status;
    CHECK_EQUAL(sys_wait(ANY_PROCESS, &status), fast);
    CHECK_EQUAL(status, 7);
    CHECK_EQUAL(sys_wait(ANY_PROCESS, &status), slow);
    CHECK_EQUAL(status, 0);
    CHECK_EQUAL(sys_wait(ANY_PROCESS, &status), -ERROR_NO_PROCESS);
}

static void only_children_can_be_waited_for(void)
{
    int64_t status;
    CHECK_EQUAL(sys_wait(sys_process_id(), &status), -ERROR_NO_PROCESS);
    CHECK_EQUAL(sys_wait(UINT64_MAX, &status), -ERROR_NO_PROCESS);
    CHECK_EQUAL(sys_kill(UINT64_MAX), -ERROR_NO_PROCESS);
    int64_t child = child_start(&(struct child){.role = "exit", .argument = "1"});
    CHECK_EQUAL(child_end(child), 1);
    CHECK_EQUAL(child_end(child), -ERROR_NO_PROCESS);
}

static void who_sleeps_or_spins_can_be_killed(void)
{
    int64_t sleeper = child_start(&(struct child){.role = "nap", .argument = "100000"});
    int64_t spinner = child_start(&(struct child){.role = "spin"});
    CHECK(await_state(sleeper, "sleeping"));
    CHECK_EQUAL(sys_kill((uint64_t)sleeper), 0);
    CHECK_EQUAL(sys_kill((uint64_t)spinner), 0);
    CHECK_EQUAL(child_end(sleeper), STATUS_KILLED);
    CHECK_EQUAL(child_end(spinner), STATUS_KILLED);
}

static bool await_processes(uint64_t count)
{
    for (int tick = 0; tick < PATIENCE_TICKS; tick++) {
        if (statistics_now().processes == count) {
            return true;
        }
        sys_sleep(1);
    }
    return false;
}

// For a child, and for a thread. The child of the one that is killed goes to the first process, and ends there.
static void who_waits_for_an_end_is_joining_and_can_be_killed(void)
{
    static const char *const roles[] = {"wait", "join"};
    uint64_t before = statistics_now().processes;
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
        int64_t waiting = child_start(&(struct child){.role = roles[i]});
        CHECK(await_state(waiting, "joining"));
        CHECK_EQUAL(sys_kill((uint64_t)waiting), 0);
        CHECK_EQUAL(child_end(waiting), STATUS_KILLED);
        CHECK(await_processes(before));
    }
}

static void an_exit_ends_all_threads(void)
{
    CHECK_EQUAL(child_run("threads", NULL), 3);
}

static void return_argument(void *argument)
{
    sys_task_exit((int64_t)argument);
}

static void threads_give_their_values(void)
{
    int64_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        threads[i] = thread_start(i, return_argument, (void *)(i * 11));
        CHECK(threads[i] > 0);
    }
    for (size_t i = 0; i < 3; i++) {
        int64_t value;
        CHECK_EQUAL(sys_task_join((uint64_t)threads[i], &value), 0);
        CHECK_EQUAL(value, i * 11);
        CHECK_EQUAL(sys_task_join((uint64_t)threads[i], &value), -ERROR_NO_TASK);
    }
    int64_t value;
    CHECK_EQUAL(sys_task_join(UINT64_MAX, &value), -ERROR_NO_TASK);
}

static void both_ways_into_the_kernel_lead_to_the_same(void)
{
    CHECK_EQUAL(system_call_by_interrupt(SYS_PROCESS_ID, 0, 0, 0, 0, 0, 0), sys_process_id());
    CHECK_EQUAL(system_call_by_interrupt(SYS_HANDLE_CLOSE, HANDLE_NONE, 0, 0, 0, 0, 0), -ERROR_BAD_HANDLE);
    CHECK_EQUAL(system_call_by_interrupt(SYSCALL_COUNT, 0, 0, 0, 0, 0, 0), -ERROR_NO_SYSCALL);
    CHECK_EQUAL(system_call(SYSCALL_COUNT, 0, 0, 0, 0, 0, 0), -ERROR_NO_SYSCALL);
    CHECK_EQUAL(system_call(UINT64_MAX, 0, 0, 0, 0, 0, 0), -ERROR_NO_SYSCALL);
}

static void the_list_shows_who_is_there(void)
{
    int64_t child = child_start(&(struct child){.role = "nap", .argument = "100000"});
    struct process_info list[32];
    int64_t count = sys_process_list(list, ARRAY_LENGTH(list));
    bool found = false;
    for (int64_t i = 0; i < count; i++) {
        if (list[i].id == (uint64_t)child) {
            found = string_equal(list[i].name, "nap") && list[i].parent == sys_process_id() && list[i].tasks == 1 && list[i].pages > 0;
        }
    }
    CHECK_EQUAL(sys_process_list(NULL, 0), count);
    CHECK_EQUAL(sys_kill((uint64_t)child), 0);
    CHECK_EQUAL(child_end(child), STATUS_KILLED);
    CHECK(found);
}

static const struct test tests[] = {
    {"a_status_comes_back", a_status_comes_back},
    {"any_child_can_be_waited_for", any_child_can_be_waited_for},
    {"only_children_can_be_waited_for", only_children_can_be_waited_for},
    {"who_sleeps_or_spins_can_be_killed", who_sleeps_or_spins_can_be_killed},
    {"who_waits_for_an_end_is_joining_and_can_be_killed", who_waits_for_an_end_is_joining_and_can_be_killed},
    {"an_exit_ends_all_threads", an_exit_ends_all_threads},
    {"threads_give_their_values", threads_give_their_values},
    {"both_ways_into_the_kernel_lead_to_the_same", both_ways_into_the_kernel_lead_to_the_same},
    {"the_list_shows_who_is_there", the_list_shows_who_is_there},
};

SECTION(process_section, "Processes", tests);
