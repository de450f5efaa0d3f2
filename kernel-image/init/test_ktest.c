// Runs the test program of user mode (user/programs/ktest), whose exit status says how it ended.
#include "init/tests.h"

#include "drivers/debug_exit.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "proc/process.h"
#include "proc/spawn.h"

void test_ktest(void)
{
    static const char *const arguments[] = {"ktest", NULL};
    int64_t id = spawn_from_archive("bin/ktest", arguments);
    int64_t status = 0;
    ASSERT(id > 0 && process_wait(NULL, (uint64_t)id, &status) == id);
    if (status != 0) {
        print("Sprout: failed\n");
        debug_exit(DEBUG_EXIT_FAILURE);
    }
}
