// Text to whoever watches.
#pragma once

#include "types.h"

// Prints formatted text as it is. One call is one piece: nothing of other processors or interrupts comes between.
void print(const char *format, ...) PRINTF(1, 2);

// The same for text that is there already.
void console_write(const char *text, size_t length);

// Whether the last character printed ended its line.
bool console_at_line_start(void);

// For a panic: prints from here on whoever was printing.
void console_break_lock(void);
