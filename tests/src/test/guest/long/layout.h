/* Selectors, addresses and control register values of the long-mode image. */
#ifndef LAYOUT_H
#define LAYOUT_H
#include "bits.h"

/* The order from SEL_KERNEL_CODE to SEL_USER_CODE is the one that SYSCALL, SYSRET, SYSENTER and SYSEXIT ask for. */
#define SEL_KERNEL_CODE     0x08
#define SEL_KERNEL_DATA     0x10
#define SEL_USER_CODE32     0x1b
#define SEL_USER_DATA       0x23
#define SEL_USER_CODE       0x2b
#define SEL_CODE32          0x30
#define SEL_CONFORMING      0x38
#define SEL_TSS             0x40
#define SEL_GATE            0x53    /* call gate, DPL 3, to call_gate_target in ring 0 */
#define SEL_DATA_ABSENT     0x60
#define SEL_CODE_ABSENT     0x68
#define SEL_LDT             0x70
#define SEL_DATA_READONLY   0x80
#define SEL_CODE_EXECONLY   0x88
#define SEL_USER_DATA_ABSENT 0x93
#define SEL_CODE_DPL1       0x99
#define SEL_TSS2            0xa0
#define SEL_GATE_ABSENT     0xb3
#define SEL_LONG_AND_32     0xc0    /* code with L and D both set: reserved */
#define SEL_USER_CONFORMING 0xcb
#define SEL_DATA16          0xd0    /* 16-bit data, limit 0xfff, base 0 */
#define SEL_SYSTEM_RESERVED 0xd8    /* system type 0 */
#define SEL_GATE_DPL0       0xe0
#define SEL_LAST            0xf0

/* Addresses that only the tables in `window_pt` map: snippets choose the entries. */
#define WINDOW          0x8000000000
#define WINDOW_LARGE    0x8000200000    /* the 2 MiB behind it, under the second entry of window_pd */
#define WINDOW_GIANT    0x8040000000    /* 1 GiB, under the second entry of window_pdpt */
#define NON_CANONICAL   0x800000000000

#define CR0_INITIAL (CR0_PG | CR0_WP | CR0_NE | 0x10 | CR0_MP | CR0_PE)
#define CR4_INITIAL (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define EFER_INITIAL (EFER_NXE | EFER_LMA | EFER_LME | EFER_SCE)

#define IRQ_BASE 0x20
#endif
