#include "drivers/debug_exit.h"

#include "x86_64/cpu.h"

#define DEBUG_EXIT_PORT 0xf4

void debug_exit(uint8_t code)
{
    outb(DEBUG_EXIT_PORT, code);
    halt_forever();
}
