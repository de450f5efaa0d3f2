/* Selectors, addresses and control register values of the 32-bit image. */
#ifndef LAYOUT_H
#define LAYOUT_H
#include "bits.h"

#define SEL_KERNEL_CODE     0x08
#define SEL_KERNEL_DATA     0x10
#define SEL_USER_CODE       0x1b
#define SEL_USER_DATA       0x23
#define SEL_TSS             0x28
#define SEL_TASK            0x30    /* the TSS of another task, whose code is task_entry */
#define SEL_GATE            0x3b    /* 32-bit call gate, DPL 3, two parameters, to call_gate_target */
#define SEL_DATA_ABSENT     0x40
#define SEL_CODE_ABSENT     0x48
#define SEL_LDT             0x50
#define SEL_DATA_READONLY   0x58
#define SEL_CODE_EXECONLY   0x60
#define SEL_USER_LIMITED    0x6b    /* data, limit 0xfff */
#define SEL_USER_EXPAND_DOWN 0x73   /* 32-bit data, expand-down, limit 0xfff: valid from 0x1000 up */
#define SEL_CONFORMING      0x78
#define SEL_CODE16          0x80    /* the real-mode code's place, for the way into real mode */
#define SEL_DATA16          0x88
#define SEL_GATE_286        0x93    /* 16-bit call gate, DPL 3, to call_gate_286_target */
#define SEL_TSS_ABSENT      0x98
#define SEL_TASK_GATE       0xa3    /* DPL 3, to SEL_TASK */
#define SEL_USER_READONLY   0xab
#define SEL_LIMITED         0xb0    /* data, limit 0xfff, ring 0 */
#define SEL_CODE_LOW        0xb8    /* code with the base LOW_CODE, 32-bit: what 16-bit gates can reach */
#define SEL_USER_STACK_LIMITED 0xc3
#define SEL_TSS_SHORT       0xc8    /* limit 0x66: one byte too few */
#define SEL_CODE_DPL1       0xd1
#define SEL_DATA_DPL1       0xd9
#define SEL_GATE_TO_DPL1    0xe3
#define SEL_LAST            0xe8

#define LOW_CODE            0x20000 /* where the section .low, 16-bit code mostly, is copied */
#define LOW_SEGMENT         0x2000

/* Linear addresses that the page tables of paging.S map as each snippet says. */
#define WINDOW              0x40000000
#define WINDOW_LARGE        0x40800000

#define CR0_INITIAL (CR0_WP | CR0_NE | 0x10 | CR0_MP | CR0_PE)
#define CR4_INITIAL (CR4_OSFXSR | CR4_OSXMMEXCPT)
#endif
