// The memory of the running process, as system calls may use it: every access can meet an address that is not the program's, or that
// another task of the process takes away meanwhile. Never with a spinlock held.
#pragma once

#include "types.h"

// Whether a range lies where programs have their memory, whatever is there.
bool is_user_range(virt_addr start, size_t size);

// Return 0, or -ERROR_BAD_ADDRESS; then part of the bytes may have been copied.
int64_t copy_from_user(void *to, virt_addr from, size_t size);
int64_t copy_to_user(virt_addr to, const void *from, size_t size);

// Copies a string with its zero byte into a buffer of size bytes. Returns its length, or -ERROR_BAD_ADDRESS, or -ERROR_TOO_LONG if it
// does not fit.
int64_t copy_string_from_user(char *to, virt_addr from, size_t size);
