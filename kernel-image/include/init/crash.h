// Failing on purpose: to see a trap dump, and to test those who look at kernels that fail.
#pragma once

#include "types.h"

enum crash {
    CRASH_NONE,
    CRASH_PAGE_FAULT,
    CRASH_INVALID_OPCODE,
    CRASH_GENERAL_PROTECTION,
    CRASH_DOUBLE_FAULT,
    CRASH_STACK_OVERFLOW,
    CRASH_DIVIDE,
    CRASH_ASSERT,
    CRASH_HANG,
};

// Finds a crash by the name that crash= takes; false if there is none of that name.
bool crash_parse(const char *name, enum crash *crash);

// Fails in the given way; returns only from CRASH_NONE.
void crash_now(enum crash crash);
