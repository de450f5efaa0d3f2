// The one place where the kernel touches the memory of programs.
#pragma once

#include "types.h"

// Copies between the kernel's memory and a range below USER_LIMIT. False if a page of it is not there, or not for programs to use like
// this; then part of the bytes may have been copied.
bool user_copy(void *to, const void *from, size_t size);
