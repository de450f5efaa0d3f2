// The kernel's command line: words of the form "name" or "name=value", separated by blanks.
#pragma once

#include "types.h"
#include "init/crash.h"

// What runs after the stages.
enum test {
    TEST_SHELL,       // the shell, if somebody is at the console
    TEST_RUN,         // the shell, with the commands of run=
    TEST_BOOT_STAGES, // nothing more
    TEST_KTHREAD,
    TEST_SLEEP,
    TEST_KTEST,       // the program for tests of the kernel
};

struct options {
    enum test test;     // test=, or run=: what to run after the stages
    const char *commands; // run=: what the shell is to run
    const char *section; // section=: which of its sections ktest is to run; NULL: all
    enum crash crash;   // crash=: fail in this way after the stages
    uint8_t exit_code;  // exit=: the code for the debug-exit port
    uint64_t ticks;     // ticks=: how many timer ticks to wait for
    uint64_t echo_lines; // echo=: how many lines of input to repeat
    uint64_t processors; // cpus=: how many to use at most
    bool apic;          // apic: use the APICs, whether there are several processors or not
    bool halt;          // halt: stop the processor instead of leaving
};

extern struct options options;

// Reads the options, loglevel= first of all. Ends the kernel with one line for a word that is no option or a value that does not fit.
void options_init(const char *command_line);
