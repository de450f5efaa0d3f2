/* From the PVH entry to 64-bit mode, the exception stubs, and the way into and out of a snippet. */
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
    mov $CR4_INITIAL, %eax
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    mov $(EFER_NXE | EFER_LME | EFER_SCE), %eax
    xor %edx, %edx
    wrmsr
    mov $CR0_INITIAL, %eax
    mov %eax, %cr0
    lgdt boot_gdtr
    ljmp $SEL_KERNEL_CODE, $1f
    .code64
1:  mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    call run_tests

/* Puts everything that a snippet may have changed back, after reset_tables has done so for the tables. */
    .globl load_state
load_state:
    cli
    cld
    mov $0x400, %eax
    mov %rax, %dr7
    xor %eax, %eax
    mov %rax, %dr0
    mov %rax, %dr1
    mov %rax, %dr2
    mov %rax, %dr3
    mov $0xffff0ff0, %eax
    mov %rax, %dr6
    mov $CR0_INITIAL, %eax
    mov %rax, %cr0
    mov $(CR4_INITIAL | CR4_PGE), %eax      /* a change of PGE drops the global translations too */
    mov %rax, %cr4
    mov $CR4_INITIAL, %eax
    mov %rax, %cr4
    mov $pml4, %eax
    mov %rax, %cr3
    xor %eax, %eax
    mov %rax, %cr8
    lgdt gdtr
    lidt idtr
    push $SEL_KERNEL_CODE
    push $1f
    lretq
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
    mov $msr_table, %esi
2:  mov (%rsi), %ecx
    mov 4(%rsi), %eax
    mov 8(%rsi), %edx
    wrmsr
    add $12, %esi
    cmp $msr_table_end, %esi
    jne 2b
    fninit
    ldmxcsr mxcsr_initial
    push $2
    popfq
    ret

    .globl call_test
call_test:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, runner_sp
    mov $test_stack_top, %esp
    push $test_returned
    push %rdi
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %ebx, %ebx
    xor %ebp, %ebp
    xor %esi, %esi
    xor %edi, %edi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    push $2
    popfq
    ret

test_returned:
    mov $1, %eax
    jmp leave_test
test_abandoned:
    xor %eax, %eax
leave_test:
    cli
    mov runner_sp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

#include "stubs.inc"

/* Builds a struct frame. Nothing but the stack is trusted here: data segments and flags are the interrupted code's. */
common_stub:
    pushfq
    sub $16, %rsp
    push %r15
    push %r14
    push %r13
    push %r12
    push %r11
    push %r10
    push %r9
    push %r8
    push %rdi
    push %rsi
    push %rbp
    push %rsp
    push %rbx
    push %rdx
    push %rcx
    push %rax
    xor %eax, %eax
    mov %ss, %eax
    mov %rax, 128(%rsp)
    xor %eax, %eax
    mov %cs, %eax
    mov %rax, 136(%rsp)
    mov 192(%rsp), %rax     /* the interrupted RSP, for the list of general registers */
    mov %rax, 32(%rsp)
    cld
    mov %rsp, %rdi
    mov %dr6, %rsi
    mov %cr2, %rdx
    mov %rsp, %rbx
    and $-16, %rsp
    call trapped
    mov %rbx, %rsp
    cmp $1, %rax
    jb test_abandoned
    jne 1f
    pop %rax
    pop %rcx
    pop %rdx
    pop %rbx
    pop %rbp        /* RSP is restored by IRETQ */
    pop %rbp
    pop %rsi
    pop %rdi
    pop %r8
    pop %r9
    pop %r10
    pop %r11
    pop %r12
    pop %r13
    pop %r14
    pop %r15
    add $40, %rsp
    iretq
1:  mov $SEL_KERNEL_DATA, %ecx
    mov %ecx, %ss
    mov $test_stack_top - 8, %esp
    push $2
    popfq
    jmp *%rax

    .macro save_registers
    pushfq
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    .endm

    .macro restore_registers
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    popfq
    .endm

    .globl report_on_stack, request_on_stack
report_on_stack:
    save_registers
    mov 88(%rsp), %rdi
    mov 96(%rsp), %rsi
    call report_value
    restore_registers
    ret $16
request_on_stack:
    save_registers
    mov 88(%rsp), %rdi
    mov 96(%rsp), %rsi
    call on_event
    restore_registers
    ret $16

    .section .rodata
    .balign 4
msr_table:
    .long MSR_EFER, EFER_INITIAL, 0
    .long MSR_STAR, 0, SEL_USER_CODE32 << 16 | SEL_KERNEL_CODE
    .long MSR_LSTAR, 0, 0
    .long MSR_CSTAR, 0, 0
    .long MSR_FMASK, 0, 0
    .long MSR_SYSENTER_CS, SEL_KERNEL_CODE, 0
    .long MSR_SYSENTER_ESP, 0, 0
    .long MSR_SYSENTER_EIP, 0, 0
    .long MSR_FS_BASE, 0, 0
    .long MSR_GS_BASE, 0, 0
    .long MSR_KERNEL_GS_BASE, 0, 0
msr_table_end:
mxcsr_initial:
    .long 0x1f80
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
boot_gdtr:
    .word boot_gdtr - boot_gdt - 1
    .quad boot_gdt
gdtr:
    .word SEL_LAST - 1
    .quad gdt
    .globl idtr, gdtr
idtr:
    .word 256 * 16 - 1
    .quad idt

    .data
    .balign 8
runner_sp:
    .quad 0

/* The first GiB is identity-mapped in 2 MiB pages; ring 3 gets 2 MiB to 4 MiB of it. */
    .balign 4096
    .globl pml4
pml4:
    .quad pdpt + PTE_P + PTE_W + PTE_U
    .quad window_pdpt + PTE_P + PTE_W + PTE_U
    .fill 510, 8, 0
pdpt:
    .quad pd + PTE_P + PTE_W + PTE_U
    .fill 511, 8, 0
pd:
    .quad PTE_P + PTE_W + PTE_PS
    .quad 0x200000 + PTE_P + PTE_W + PTE_U + PTE_PS
    .set page, 0x400000
    .rept 510
    .quad page + PTE_P + PTE_W + PTE_PS
    .set page, page + 0x200000
    .endr

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
    stack k2
    stack i1
    stack i2
    stack i3
    stack i4
    stack i5
    stack i6
    stack i7
    .skip 4096

    .section .user, "awx"
    stack user_stack
