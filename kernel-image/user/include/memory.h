// The program's heap. For one task: programs with several lock around it.
#pragma once

#include "types.h"

// Memory of any size, aligned to 16 bytes; NULL if there is none.
void *memory_allocate(size_t size);

// The same with what a block held, which is freed; if there is none, the block stays. NULL is a block of no bytes.
void *memory_resize(void *memory, size_t size);

void memory_free(void *memory);
