// The standard input and output of a program: the console, or what the variables STDIN and STDOUT of its environment name. What is written to a
// file goes to its end.
#pragma once

#include "types.h"

// Reads up to size bytes, as many as there are, and waits for the first. Returns how many, 0 at the end, or a negative error.
int64_t stream_read(void *to, size_t size);

// Writes all of the bytes, or returns a negative error.
int64_t stream_write(const void *from, size_t size);
