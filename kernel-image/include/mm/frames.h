// The physical page frames: which are free.
#pragma once

#include "types.h"

// Frame 0 belongs to the firmware, so its address can mean "none".
#define NO_FRAME 0

// Takes over the RAM of boot_info, but for the first MiB, the kernel and the modules.
void frames_init(void);

// A free frame, the lowest there is. NO_FRAME if there is none.
phys_addr frame_alloc(void);

// A frame filled with zeros. Ends the kernel if there is none.
phys_addr frame_alloc_zeroed(void);

// Neighbouring frames; the first is returned. NO_FRAME if there is no such run.
phys_addr frames_alloc(size_t count);

void frame_free(phys_addr frame);
void frames_free(phys_addr first, size_t count);

size_t frames_available(void);

// Those that are not free, what was never RAM among them.
size_t frames_used(void);
