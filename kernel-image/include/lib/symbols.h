// Names of the kernel's functions, from the table that the build puts into the image.
#pragma once

#include "types.h"

struct symbol {
    const char *name;
    virt_addr address;
};

// Finds the function that an address of the kernel's code lies in.
bool symbol_find(virt_addr address, struct symbol *symbol);
