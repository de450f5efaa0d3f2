// Segments and the task state segment (Intel SDM vol. 3A, 3.4.5 and 8.7).
#pragma once

#include "types.h"

// Null, kernel code, kernel data, user data, user code, and the task state segment's descriptor of two entries.
#define GDT_ENTRIES 7

// Interrupt stack table entries (Intel SDM vol. 3A, 6.14.5). Each of these can come while the stack in use is not to be trusted.
#define IST_NONE 0
#define IST_NMI 1
#define IST_DOUBLE_FAULT 2
#define IST_MACHINE_CHECK 3
#define IST_DEBUG 4
#define IST_COUNT 4

struct task_state_segment {
    uint32_t reserved_0;
    uint64_t rsp[3];
    uint64_t reserved_1;
    uint64_t ist[7]; // ist[0] is IST1
    uint64_t reserved_2;
    uint16_t reserved_3;
    uint16_t io_map_base;
} PACKED;

// Loads this processor's descriptor table in place of the one that booted.
void gdt_init(void);

// Fills this processor's task state segment with stacks and loads it. From here on traps may use the interrupt stack table.
void task_state_init(void);

// The stack that a trap from a program starts on.
void task_state_set_kernel_stack(virt_addr top);
