// Instructions tried on purpose. Each returns what the processor answered, by way of the exception table.
#pragma once

#include "types.h"

#define PROBE_NO_TRAP UINT64_MAX

// In RAX and RDX, where the exception table leaves them.
struct probe_result {
    uint64_t vector; // PROBE_NO_TRAP if nothing happened
    uint64_t error_code;
};

struct probe_result probe_read(virt_addr address);
// Writes a byte back with the value that it has, if it can be read.
struct probe_result probe_write(virt_addr address);
// Calls the address. Where that works there has to be a function.
struct probe_result probe_execute(virt_addr address);

struct probe_result probe_divide_by_zero(void);
struct probe_result probe_single_step(void);
struct probe_result probe_nmi(void); // INT 2: the vector, without its masking of further NMIs
struct probe_result probe_breakpoint(void);
struct probe_result probe_invalid_opcode(void);
struct probe_result probe_segment_load(uint16_t selector);
