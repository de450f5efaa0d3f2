// How much of what the kernel has a limited number of is in use. Included by the kernel and by user programs.
#pragma once

#include "types.h"

struct statistics {
    uint64_t channels;
    uint64_t handles; // of all processes together
    uint64_t frames;  // of memory
    uint64_t free_frames;
    uint64_t tasks;
    uint64_t processes;
    uint64_t heap; // bytes of the kernel's heap
};
