// What the loader told, copied out of its memory before that is used for something else.
#pragma once

#include "types.h"

#define MAX_COMMAND_LINE 1024
#define MAX_MEMORY_REGIONS 128
#define MAX_MODULES 8

struct memory_region {
    phys_addr start;
    phys_addr end; // the byte after the last
    bool is_ram;
};

struct boot_module {
    phys_addr start;
    phys_addr end;
};

struct boot_info {
    char command_line[MAX_COMMAND_LINE];
    size_t region_count;
    struct memory_region regions[MAX_MEMORY_REGIONS];
    size_t module_count;
    struct boot_module modules[MAX_MODULES];
    phys_addr rsdp; // the root of ACPI's tables; 0: the loader knows of none
};

extern struct boot_info boot_info;

// Reads the start information of the PVH boot protocol into boot_info. Ends the kernel if it cannot be used.
void boot_info_init(phys_addr start_info);

// Logs the memory map and the modules, for which the log level has to be known.
void boot_info_log(void);
