// Runs the sections and counts.
#include "ktest.h"

static const struct section *const sections[] = {
    &memory_section,     &time_section,  &process_section, &spawn_section, &fault_section, &channel_section, &capability_section,
    &rendezvous_section, &futex_section, &pipe_section,    &vfs_section,   &crowd_section, &cap_ref_section, &limit_section,
    &block_section,
};

static struct {
    size_t tests;
    size_t passed;
    size_t failed;
    size_t skipped;
    size_t leaks;
} totals;

static bool failed;
static const char *skip_reason;

// The name of the file is enough, without its folder.
static const char *base_name(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c != '\0'; c++) {
        name = *c == '/' ? c + 1 : name;
    }
    return name;
}

void test_fail(const char *file, int line, const char *what)
{
    failed = true;
    print("\n    %s:%d: not so: %s\n", base_name(file), line, what);
}

void test_fail_numbers(const char *file, int line, const char *what, int64_t actual, int64_t expected)
{
    failed = true;
    print("\n    %s:%d: %s is %ld, expected %ld\n", base_name(file), line, what, actual, expected);
}

bool test_has_failed(void)
{
    return failed;
}

void test_skip(const char *reason)
{
    skip_reason = reason;
}

// Frames come back when tasks and processes have gone, so more in use than before is told, not less.
static void report_leak(const char *what, uint64_t before, uint64_t after)
{
    if (after > before) {
        print("  LEAK %s: %lu more in use than before\n", what, after - before);
        totals.leaks++;
    }
}

static void report_leaks(const struct statistics *before)
{
    struct statistics after = statistics_now();
    report_leak("channels", before->channels, after.channels);
    report_leak("handles", before->handles, after.handles);
    report_leak("frames", before->frames, after.frames);
    report_leak("tasks", before->tasks, after.tasks);
    report_leak("processes", before->processes, after.processes);
    report_leak("heap", before->heap, after.heap);
}

// Lets the children end that a test left behind. Their channels and handles go with them.
static void drain_after(const struct section *section)
{
#ifdef VARIANT_CHANNELS_64
    if (section->is_heavy) {
        return;
    }
#else
    (void)section;
#endif
    drain();
}

// The first pass warms up: what the kernel keeps for the next time, it has then.
static void run_test(const struct section *section, const struct test *test)
{
    failed = false;
    skip_reason = NULL;
    print("  %s ... ", test->name);
    test->run();
    drain_after(section);
    struct statistics before = statistics_now();
    if (!failed && skip_reason == NULL) {
        test->run();
        drain_after(section);
    }
    totals.tests++;
    if (failed) {
        totals.failed++;
        print("  %s: FAILED\n", test->name);
    } else if (skip_reason != NULL) {
        totals.skipped++;
        print("skipped: %s\n", skip_reason);
    } else {
        totals.passed++;
        print("ok\n");
        report_leaks(&before);
    }
}

static bool begins_with(const char *text, const char *beginning)
{
    size_t length = strlen(beginning);
    return strlen(text) >= length && memcmp(text, beginning, length) == 0;
}

//     ktest                                         runs the tests
//     ktest SECTION                                 runs those of the sections whose names begin like this
//     ktest child ROLE [ARGUMENT [SECOND ARGUMENT]] is what they start
int main(int argument_count, char **arguments)
{
    if (argument_count > 2 && string_equal(arguments[1], "child")) {
        return child_main(argument_count - 2, arguments + 2);
    }
    const char *wanted = argument_count > 1 ? arguments[1] : "";
    for (size_t i = 0; i < ARRAY_LENGTH(sections); i++) {
        if (!begins_with(sections[i]->name, wanted)) {
            continue;
        }
        print("=== %s ===\n", sections[i]->name);
        for (size_t j = 0; j < sections[i]->count; j++) {
            run_test(sections[i], &sections[i]->tests[j]);
        }
    }
    print("ktest: %zu tests: %zu passed, %zu failed, %zu skipped; %zu leaks\n", totals.tests, totals.passed, totals.failed,
          totals.skipped, totals.leaks);
    bool well = totals.tests > 0 && totals.failed == 0 && totals.leaks == 0;
    print("=== KTEST: %s ===\n", well ? "PASS" : "FAIL");
    return well ? 0 : 1;
}
