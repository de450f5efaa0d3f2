// The I/O APICs: from the devices' lines to the processors (Intel 82093AA data sheet).
#pragma once

#include "drivers/madt.h"

// Masks all of their pins, and remembers where the lines of the bus arrive.
void io_apic_init(const struct madt *madt);

// A line's interrupt goes to the boot processor.
void io_apic_unmask(unsigned line);
void io_apic_mask(unsigned line);
