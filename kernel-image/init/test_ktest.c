// Runs the test program of user mode (user/programs/ktest), whose exit status says how it ended. It gets the phase: where a test has waited
// for a tick, what comes after it does not depend on what was before.
#include "init/tests.h"

#include "drivers/debug_exit.h"
#include "init/options.h"
#include "lib/console.h"
#include "lib/format.h"
#include "lib/panic.h"
#include "proc/process.h"
#include "proc/spawn.h"

void test_ktest(void)
{
    char phase[24];
    format_into(phase, sizeof phase, "%lu", options.phase);
    const char *const arguments[] = {"ktest", "phase", phase, NULL};
    int64_t id = spawn_from_archive("bin/ktest", arguments);
    int64_t status = 0;
    ASSERT(id > 0 && process_wait(NULL, (uint64_t)id, &status) == id);
    if (status != 0) {
        print("Sprout: failed\n");
        debug_exit(DEBUG_EXIT_FAILURE);
    }
}
