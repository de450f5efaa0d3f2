// The kernel heap: memory of any size, aligned to 16 bytes.
#pragma once

#include "types.h"

#define HEAP_ALIGNMENT 16

void heap_init(void);

// NULL if the size is 0 or memory is short. The memory is not cleared.
void *kmalloc(size_t size);

// The same, filled with zeros, for an array.
void *kcalloc(size_t count, size_t size);

// Gives memory back. NULL is allowed; a pointer that kmalloc did not return ends the kernel.
void kfree(void *memory);

// Bytes handed out and not yet given back, rounded up to the alignment.
size_t heap_used(void);

// Checks every block of the heap. Ends the kernel if one is damaged. Returns the number of free blocks.
size_t heap_check(void);
