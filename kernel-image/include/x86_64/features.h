// The processor's abilities that the kernel uses.
#pragma once

#include "types.h"

// Whether supervisor mode may touch user pages only while RFLAGS.AC is set.
extern bool smap_on;

// Checks what is needed and switches on the protections there are. Ends the kernel if something needed is missing.
void features_init(void);
