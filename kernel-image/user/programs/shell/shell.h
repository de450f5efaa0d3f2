// The shell's parts.
#pragma once

#include "program.h"

#define MAX_WORDS 32
#define MAX_LINE_BYTES 1024

// A command with its words and where its standard streams go.
struct command {
    int word_count;
    const char *words[MAX_WORDS + 1]; // NULL behind the last
    const char *input;                // NULL: the console
    const char *output;
    bool appends;
    char bytes[MAX_LINE_BYTES]; // what the words are made of
    size_t used;
};

// Parses the command at *line, up to a semicolon or the end, and moves behind it. NULL if all is well, else what is wrong with the line. A
// command may have no words.
const char *command_parse(const char **line, struct command *command);

// What became of a line.
struct outcome {
    bool all_ran; // every command could be run
    bool exits;   // one of them was "exit"
    int status;   // which it exits with
};

// Runs the commands of a line, each when the one before has ended.
struct outcome line_run(const char *line);

// Says what became of children in the background that have ended.
void report_children(void);
