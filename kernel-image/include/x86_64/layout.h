// The virtual address space. Included by C and by the assembler.
#pragma once

// Programs have what is below. The last page of the lower half is nobody's: a SYSCALL at its very end would leave a return address that is
// not canonical, and SYSRET faults on such a one in kernel mode with the program's stack (Intel SDM vol. 2B, SYSRET).
#define USER_BASE 0x0000000000010000
#define USER_LIMIT 0x00007ffffffff000
// A program and its heap end below this, the stack of its first task ends there.
#define PROGRAM_LIMIT 0x00007fff00000000
#define PROGRAM_STACK_TOP USER_LIMIT

// The image: physical addresses plus this. Also in link.ld.
#define KERNEL_BASE 0xffffffff80000000
// What boot.S maps there (and at 0) before the kernel's own page tables: one page directory of 2 MiB pages.
#define BOOT_WINDOW_SIZE 0x40000000
// All RAM: physical addresses plus this.
#define PHYS_MAP_BASE 0xffff888000000000
// Kernel stacks, each in a slot of its own with unmapped pages below it.
#define KERNEL_STACKS_BASE 0xffffc90000000000
// The kernel heap grows upwards from here.
#define KERNEL_HEAP_BASE 0xffffd00000000000
#define KERNEL_HEAP_LIMIT 0xffffd00040000000
// Memory of devices, in the same entry of the topmost table as the heap.
#define KERNEL_DEVICES_BASE 0xffffd04000000000
#define KERNEL_DEVICES_LIMIT 0xffffd05000000000
