// The kernel's own part in running programs: it starts the first one.
#pragma once

// Runs a program of the initial archive, which may start others, and waits for its end. Its arguments begin with its name and end with NULL.
// Ends the kernel if it was not started, or did not exit with 0.
void run_program(const char *path, const char *const arguments[]);
