// From the loader to C: PVH entry, long mode, higher half.
//
// The entry state is that of the PVH boot protocol (Xen, docs/misc/pvh.pandoc): 32-bit protected mode without paging, flat segments,
// interrupts off, EBX = physical address of the start information.
#include "x86_64/layout.h"
#include "x86_64/registers.h"
#include "x86_64/selectors.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define PTE_PRESENT_WRITABLE 0x003
#define PTE_LARGE 0x080
#define LARGE_PAGE_SHIFT 21
#define PAGE_TABLE_ENTRIES 512

#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_FAILURE 0x01
#define COM1_DATA 0x3f8

    .section .note.pvh, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long XEN_ELFNOTE_PHYS32_ENTRY
1:  .asciz "Xen"
2:  .balign 4
3:  .quad pvh_start
4:  .balign 4

    .section .boot.text, "ax", @progbits
    .code32
    .globl pvh_start
    .type pvh_start, @function
pvh_start:
    cld
    movl %ebx, %esi                     // CPUID overwrites EBX

    // Without long mode and no-execute pages there is no safe way to go on.
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb unsupported
    movl $0x80000001, %eax
    cpuid
    andl $(CPUID_EXT_LM | CPUID_EXT_NX), %edx
    cmpl $(CPUID_EXT_LM | CPUID_EXT_NX), %edx
    jne unsupported

    // The first GiB twice, at 0 (this code) and at KERNEL_BASE (the kernel), through one page directory of 2 MiB pages.
    movl $(boot_pdpt_low + PTE_PRESENT_WRITABLE), boot_pml4
    movl $(boot_pdpt_high + PTE_PRESENT_WRITABLE), boot_pml4 + 511 * 8
    movl $(boot_pd + PTE_PRESENT_WRITABLE), boot_pdpt_low
    movl $(boot_pd + PTE_PRESENT_WRITABLE), boot_pdpt_high + 510 * 8
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $LARGE_PAGE_SHIFT, %eax
    orl $(PTE_PRESENT_WRITABLE | PTE_LARGE), %eax
    movl %eax, boot_pd(, %ecx, 8)
    incl %ecx
    cmpl $PAGE_TABLE_ENTRIES, %ecx
    jb 1b

    movl $(higher_half - KERNEL_BASE), %ebp

    // Where other processors come from trampoline.S. EBP says where to go on, relative to KERNEL_BASE.
enter_long_mode:
    // Intel SDM vol. 3A, 10.8.5, "Initializing IA-32e Mode": PAE, CR3, EFER.LME, CR0.PG, then a jump to a 64-bit code segment.
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $boot_pml4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $(EFER_LME | EFER_NXE), %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PG | CR0_WP), %eax
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $KERNEL_CODE, $long_mode

unsupported:
    movl $unsupported_message, %esi
    movl $COM1_DATA, %edx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  movb $DEBUG_EXIT_FAILURE, %al
    outb %al, $DEBUG_EXIT_PORT
3:  cli
    hlt
    jmp 3b

    .globl processor_start_32
    .type processor_start_32, @function
processor_start_32:
    movl $KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %ss
    // INIT switches the caches off (Intel SDM vol. 3A, table 10-1).
    movl %cr0, %eax
    andl $~(CR0_CD | CR0_NW), %eax
    movl %eax, %cr0
    movl $(processor_start - KERNEL_BASE), %ebp
    jmp enter_long_mode

    .code64
long_mode:
    // Of the data segments long mode looks at SS alone.
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl $KERNEL_DATA, %eax
    movl %eax, %ss
    movq $KERNEL_BASE, %rax
    addq %rbp, %rax
    jmp *%rax

    .section .boot.data, "aw", @progbits
    .balign 8
    .globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000            // KERNEL_CODE: 64-bit code, present, accessed
    .quad 0x0000930000000000            // KERNEL_DATA: writable data, present, accessed
    .quad 0x00cf9b000000ffff            // BOOT_CODE_32: 32-bit code, all addresses, present, accessed
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long boot_gdt
unsupported_message:
    .asciz "Sprout needs a processor with long mode and no-execute pages\r\n"

    .section .boot.bss, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt_low:
    .skip 4096
boot_pdpt_high:
    .skip 4096
boot_pd:
    .skip 4096

    .text
    .type higher_half, @function
higher_half:
    .cfi_sections .debug_frame
    .cfi_startproc
    .cfi_undefined rip                  // nobody called
    movq $boot_stack_top, %rsp
    xorl %ebp, %ebp                     // the end of every backtrace
    movl %esi, %edi
    call kernel_main
    ud2
    .cfi_endproc
    .size higher_half, . - higher_half

    // Of another processor: on the kernel's page tables, and the stack that was made for it.
    .globl processor_start
    .type processor_start, @function
processor_start:
    .cfi_startproc
    .cfi_undefined rip
    movq kernel_space, %rax
    movq %rax, %cr3
    movq processor_start_stack, %rsp
    xorl %ebp, %ebp
    call processor_main
    ud2
    .cfi_endproc
    .size processor_start, . - processor_start

    // The stack of the first stages. It has no guard page: the kernel leaves it as soon as it can map one that has.
    .bss
    .balign 16
    .globl boot_stack_bottom, boot_stack_top
boot_stack_bottom:
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
