// Where a processor begins that another one has started: in real mode, at the beginning of a page below 1 MiB, to which this is copied (Intel
// SDM vol. 3A, 9.4.4). Data is constant and found by CS, which is that page's.
#include "x86_64/registers.h"
#include "x86_64/selectors.h"

    .section .rodata
    .code16
    .globl trampoline_start, trampoline_end
trampoline_start:
    cli
    cld
    lgdtl %cs:gdt_pointer - trampoline_start
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $BOOT_CODE_32, $processor_start_32
gdt_pointer:
    .word 4 * 8 - 1
    .long boot_gdt
trampoline_end:

    .section .note.GNU-stack, "", @progbits
