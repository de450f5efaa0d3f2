#include "lib/panic.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "drivers/debug_exit.h"
#include "lib/console.h"
#include "lib/format.h"
#include "x86_64/backtrace.h"
#include "x86_64/cpu.h"
#include "x86_64/percpu.h"
#include "x86_64/processors.h"
#include "x86_64/trap.h"

#define MAX_MESSAGE 256

// A panic inside a panic has nothing more to say, and one on another processor waits in vain.
static void enter_panic(void)
{
    static _Atomic uint32_t panicking; // the processor's number and 1

    interrupts_off();
    uint32_t before = 0;
    if (!atomic_compare_exchange_strong(&panicking, &before, cpu_id() + 1)) {
        if (before != cpu_id() + 1) {
            halt_forever();
        }
        debug_exit(DEBUG_EXIT_FAILURE);
    }
    processors_stop_others();
    console_break_lock();
}

void panic(const char *format, ...)
{
    enter_panic();
    char message[MAX_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    format_text(message, sizeof message, format, arguments);
    va_end(arguments);

    print("%spanic: %s\n", console_at_line_start() ? "" : "\n", message);
    const uint64_t *frame = __builtin_frame_address(0);
    backtrace_print(frame[1], frame[0]);
    print("Sprout: failed\n");
    debug_exit(DEBUG_EXIT_FAILURE);
}

void panic_trap(const struct trap_frame *frame)
{
    enter_panic();
    trap_dump(frame);
    print("Sprout: failed\n");
    debug_exit(DEBUG_EXIT_FAILURE);
}
