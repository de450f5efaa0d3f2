// The boot stages, in order. Each prints "[stage N] name ... ok" or ends the kernel.
#pragma once

#include "types.h"

struct stage {
    const char *name;
    void (*run)(void);
};

// Runs the stages of a list; the numbers go on from list to list.
void stages_run(const struct stage *stages, size_t count);
