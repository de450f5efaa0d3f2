// Memory and strings. The compiler itself calls the first four.
#pragma once

#include "types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memchr(const void *memory, int byte, size_t size);

size_t strlen(const char *text);

// Copies as much as fits into a buffer of size bytes, and a zero byte.
void string_copy(char *to, const char *from, size_t size);

bool string_equal(const char *a, const char *b);
