// printf's formatting.
#pragma once

#include <stdarg.h>

#include "types.h"

// Takes one character of output.
typedef void (*format_sink)(void *context, char c);

// Understands %c %s %d %u %x %p %%, the lengths l, ll and z, a width, and the flags - and 0.
void format_to(format_sink sink, void *context, const char *format, va_list arguments);

// The same into a buffer, cut where it is full, ended by a zero byte.
void format_text(char *buffer, size_t size, const char *format, va_list arguments);
void format_into(char *buffer, size_t size, const char *format, ...) PRINTF(3, 4);
