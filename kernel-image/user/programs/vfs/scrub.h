// Checks of what stays in memory for long.
#pragma once

#include "types.h"

// Takes checksums of memory that nobody writes to from here on.
void scrub_start(const uint8_t *bytes, size_t size);

// Checks the next piece of it, which takes a millisecond or so, and says so if it has changed.
void scrub_next(void);
