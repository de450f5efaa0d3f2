// The memory of devices, in the kernel's address space.
#pragma once

#include "types.h"

// Maps registers, which need not begin on a page, so that every access goes to the device. They stay mapped.
volatile void *device_map(phys_addr start, size_t size);
