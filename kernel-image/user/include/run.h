// Starting other programs.
#pragma once

#include "system.h"

// Where the standard streams of a new program go; NULL: to the console.
struct redirection {
    const char *input;
    const char *output;
};

// Starts a program from a file. The arguments begin with its name. Returns the process's id.
int64_t run_file(const char *path, int argument_count, const char *const arguments[], const struct redirection *redirection);
