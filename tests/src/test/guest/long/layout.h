/* Selectors, addresses and control register values of the long-mode image. */
#ifndef LAYOUT_H
#define LAYOUT_H

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

#define PTE_P       0x001
#define PTE_W       0x002
#define PTE_U       0x004
#define PTE_A       0x020
#define PTE_D       0x040
#define PTE_PS      0x080
#define PTE_G       0x100

#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_EM 0x4
#define CR0_TS 0x8
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_AM 0x40000
#define CR0_NW 0x20000000
#define CR0_CD 0x40000000
#define CR0_PG 0x80000000
#define CR0_INITIAL (CR0_PG | CR0_WP | CR0_NE | 0x10 | CR0_MP | CR0_PE)

#define CR4_DE 0x8
#define CR4_TSD 0x4
#define CR4_PAE 0x20
#define CR4_PGE 0x80
#define CR4_PCE 0x100
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR4_UMIP 0x800
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000
#define CR4_INITIAL (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)

#define MSR_SYSENTER_CS     0x174
#define MSR_SYSENTER_ESP    0x175
#define MSR_SYSENTER_EIP    0x176
#define MSR_EFER            0xc0000080
#define MSR_STAR            0xc0000081
#define MSR_LSTAR           0xc0000082
#define MSR_CSTAR           0xc0000083
#define MSR_FMASK           0xc0000084
#define MSR_FS_BASE         0xc0000100
#define MSR_GS_BASE         0xc0000101
#define MSR_KERNEL_GS_BASE  0xc0000102
#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_LMA 0x400
#define EFER_NXE 0x800
#define EFER_INITIAL (EFER_NXE | EFER_LMA | EFER_LME | EFER_SCE)

#define FLAG_TF 0x100
#define FLAG_IF 0x200
#define FLAG_NT 0x4000
#define FLAG_RF 0x10000
#define FLAG_AC 0x40000
#define IOPL_3  0x3000

#define IRQ_BASE 0x20
#endif
