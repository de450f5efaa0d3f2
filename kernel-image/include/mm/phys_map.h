// Physical memory by its address: at first the window of the boot page tables, from paging_init() on the map of all RAM.
#pragma once

#include "types.h"

extern virt_addr phys_map_base;

static inline void *phys_to_virt(phys_addr address)
{
    return (void *)(phys_map_base + address);
}
