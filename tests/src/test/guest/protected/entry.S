/* The PVH entry, the exception stubs, and the way into and out of a snippet, in 32-bit protected mode without paging. */
#include "layout.h"
#include "pvh.inc"

    .text
    .code32
    .globl pvh_start
pvh_start:
    cli
    cld
    mov $runner_stack_top, %esp
    mov %ebx, start_info
    lgdt boot_gdtr
    ljmp $SEL_KERNEL_CODE, $1f
1:  mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    call run_tests

    .globl load_state
load_state:
    cli
    cld
    mov $CR0_INITIAL, %eax
    mov %eax, %cr0
    mov $CR4_INITIAL, %eax
    mov %eax, %cr4
    xor %eax, %eax
    mov %eax, %cr3
    mov %eax, %dr0
    mov %eax, %dr1
    mov %eax, %dr2
    mov %eax, %dr3
    mov $0x400, %eax
    mov %eax, %dr7
    mov $0xffff0ff0, %eax
    mov %eax, %dr6
    lgdt gdtr
    lidt idtr
    ljmp $SEL_KERNEL_CODE, $1f
1:  mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lldt %ax
    mov $SEL_TSS, %eax
    ltr %ax
    mov $MSR_EFER, %ecx
    xor %eax, %eax
    xor %edx, %edx
    wrmsr
    mov $MSR_SYSENTER_CS, %ecx
    mov $SEL_KERNEL_CODE, %eax
    wrmsr
    fninit
    push $2
    popfl
    ret

    .globl call_test
call_test:
    mov 4(%esp), %eax
    push %ebx
    push %ebp
    push %esi
    push %edi
    mov %esp, runner_esp
    mov $test_stack_top, %esp
    push $test_returned
    push %eax
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %ebx, %ebx
    xor %ebp, %ebp
    xor %esi, %esi
    xor %edi, %edi
    push $2
    popfl
    ret

test_returned:
    mov $1, %eax
    jmp leave_test
    .globl test_abandoned
test_abandoned:
    xor %eax, %eax
leave_test:
    cli
    mov %cr0, %ecx
    and $~CR0_PG, %ecx      /* the kernel is mapped where it is: the tables can be written again */
    mov %ecx, %cr0
    mov $SEL_KERNEL_DATA, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %ss
    mov runner_esp, %esp
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    ret

#include "stubs.inc"

/* Builds a struct frame. The data segments are the interrupted code's until they are saved. */
common_stub:
    pushfl
    pushl %cs
    pushl %ss
    push %edi
    push %esi
    push %ebp
    push %esp
    push %ebx
    push %edx
    push %ecx
    push %eax
    pushl %gs
    pushl %fs
    pushl %es
    pushl %ds
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    cld
    mov %esp, %ebx
    mov %cr2, %eax
    push %eax
    mov %dr6, %eax
    push %eax
    push %ebx
    call trapped
    add $12, %esp
    cmp $1, %eax
    jb test_abandoned
    jne 1f
    popl %ds
    popl %es
    popl %fs
    popl %gs
    pop %eax
    pop %ecx
    pop %edx
    pop %ebx
    pop %ebp        /* ESP is restored by IRET */
    pop %ebp
    pop %esi
    pop %edi
    add $20, %esp
    iretl
1:  mov $SEL_KERNEL_DATA, %ecx
    mov %ecx, %ss
    mov $test_stack_top - 4, %esp
    push $2
    popfl
    jmp *%eax

    .globl report_on_stack, request_on_stack
report_on_stack:
    pushfl
    pushal
    push 44(%esp)
    push 44(%esp)
    call report_value
    add $8, %esp
    popal
    popfl
    ret $8
request_on_stack:
    pushfl
    pushal
    push 44(%esp)
    push 44(%esp)
    call on_event
    add $8, %esp
    popal
    popfl
    ret $8

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
boot_gdtr:
    .word boot_gdtr - boot_gdt - 1
    .long boot_gdt
    .globl gdtr, idtr, real_idtr
gdtr:
    .word SEL_LAST - 1
    .long gdt
idtr:
    .word 256 * 8 - 1
    .long idt
real_idtr:
    .word 0x3ff
    .long 0

    .data
    .balign 4
runner_esp:
    .long 0

    .bss
    .macro stack name
    .balign 4096
    .fill 4096
    .globl \name\()_top
\name\()_top:
    .endm
    .balign 4096
    .skip 8192
runner_stack_top:
    stack test_stack
    stack k0
    stack k1
    stack t
    .skip 4096

    .section .user, "awx"
    stack user_stack
