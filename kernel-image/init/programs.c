#include "init/programs.h"

#include "drivers/debug_exit.h"
#include "lib/console.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "proc/device_calls.h"
#include "proc/process.h"
#include "proc/spawn.h"

void run_program(const char *path, const char *const arguments[])
{
    console_calls_init();
    int64_t id = spawn_from_archive(path, arguments);
    if (id < 0) {
        panic("%s could not be started: error %ld", path, -id);
    }
    int64_t status = 0;
    process_wait(NULL, (uint64_t)id, true, &status);
    if (status != 0) {
        log_error("%s ended with status %ld", path, status);
        print("Sprout: failed\n");
        debug_exit(DEBUG_EXIT_FAILURE);
    }
}
