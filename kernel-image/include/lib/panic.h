// The end of a kernel that cannot go on: a message, a backtrace, and the failure code on the debug-exit port.
#pragma once

#include "types.h"

struct trap_frame;

_Noreturn void panic(const char *format, ...) PRINTF(1, 2);

// The same for a trap that nobody handles.
_Noreturn void panic_trap(const struct trap_frame *frame);

#define ASSERT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            panic("assertion failed: %s (%s:%d, %s)", #condition, __FILE__, __LINE__, __func__);             \
        }                                                                                                    \
    } while (0)
