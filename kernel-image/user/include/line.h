// Lines typed at the console, with what people expect to be able to correct them with: the arrow keys, Home, End, Backspace, Delete, and Ctrl with
// A, B, C, D, E, F, K, N, P, U, W.
#pragma once

#include "types.h"

#define LINE_SIZE 256 // with its zero byte; what is longer is not taken
#define LINE_HISTORY 16

enum line_end {
    LINE_ENTERED,
    LINE_INTERRUPTED, // by Ctrl-C
    LINE_NO_MORE,     // Ctrl-D on an empty line, or the console hung up
};

struct line_editor {
    char text[LINE_SIZE]; // the line, without its end
    size_t length;
    size_t cursor;
    bool was_return; // the last byte was a carriage return: a line feed that follows belongs to it
    char history[LINE_HISTORY][LINE_SIZE];
    size_t entered; // lines ever put into the history
};

// Shows a prompt and takes a line.
enum line_end line_read(struct line_editor *editor, const char *prompt);

// Has the line come back with the arrow keys.
void line_remember(struct line_editor *editor);
