// Segment selectors. SYSRET takes SS and CS from consecutive descriptors (Intel SDM vol. 2B, SYSRET), which fixes the order of the two
// user segments. Included by C and by the assembler.
#pragma once

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA 0x18
#define USER_CODE 0x20
#define TASK_STATE 0x28
// In the table that boots: for processors on their way out of real mode.
#define BOOT_CODE_32 0x18
// The privilege level in a selector; all ones for programs.
#define RPL_MASK 3
