// The port by which a kernel tells its emulator how the run ended (QEMU's isa-debug-exit).
#pragma once

#include "types.h"

#define DEBUG_EXIT_SUCCESS 0x10
#define DEBUG_EXIT_FAILURE 0x01

// Ends the machine with a code; where there is no such port, stops the processor.
_Noreturn void debug_exit(uint8_t code);
