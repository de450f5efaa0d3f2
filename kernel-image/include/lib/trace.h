// What the kernel did last: a ring of records that costs a few instructions each, takes no lock, and may be written in every context, the
// middle of a task switch included. Nothing in the kernel reads it: it is for debuggers and emulators, which find it by its symbol.
#pragma once

#include <stdatomic.h>

#include "types.h"

#define TRACE_RECORDS 1024 // a power of two: the index runs freely

enum trace_event {
    TRACE_NONE,
    TRACE_CONTEXT_SWITCH,  // first: the task before, second: the task after (numbers of tasks)
    TRACE_CONTEXT_SAVE,    // first: RIP, second: RSP of the task that stops
    TRACE_CONTEXT_RESTORE, // first: RIP, second: RSP of the task that goes on
    TRACE_LOCK,            // first: the spinlock that was taken, second: its ticket
    TRACE_INTERRUPT,       // first: the vector, second: RIP of the interrupted code
    TRACE_SYSCALL,         // first: the number, second: RIP of the program after the call
    TRACE_IDLE,            // the processor goes to sleep
};

struct trace_record {
    _Atomic uint64_t sequence; // 1 for the first record ever; 0 while the record is written
    _Atomic enum trace_event event;
    _Atomic uint32_t cpu;
    _Atomic uint64_t first;
    _Atomic uint64_t second;
};

struct trace {
    _Atomic uint64_t next; // records written so far: the oldest is at next % TRACE_RECORDS
    struct trace_record records[TRACE_RECORDS];
};

extern struct trace TRACE;

void trace(enum trace_event event, uint64_t first, uint64_t second);
