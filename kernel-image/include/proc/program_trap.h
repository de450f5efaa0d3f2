// What programs cause: system calls, and faults, which end them.
#pragma once

#include "x86_64/trap.h"

// A trap that came from a program, but no interrupt from a device. Returns the frame to go back from. Called with interrupts off, on the
// kernel stack of the running task, which holds no lock.
struct trap_frame *program_trap(struct trap_frame *frame);
