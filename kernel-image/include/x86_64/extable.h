// The exception table: instructions that may fault, each with the place where execution goes on if it does, with the vector in RAX and the
// error code in RDX. For a trap (#BP, #DB, INT n) the address is that of the next instruction; for a fetch that faults, that of the
// instruction after the call.
#pragma once

#ifdef __ASSEMBLER__

    .macro RECOVER instruction, continue_at
    .pushsection .extable, "a", @progbits
    .quad \instruction, \continue_at
    .popsection
    .endm

#else

#include "x86_64/trap.h"

// Redirects the frame if the exception table has an entry for it; false if it has none.
bool extable_recover(struct trap_frame *frame);

#endif
