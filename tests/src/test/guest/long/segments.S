/* Segment loads, far transfers, LAR and LSL, bases of FS and GS, task register (SDM vol. 2; vol. 3A, chapters 3, 5 and 7). */
#include "layout.h"
#include "snippet.inc"

    .macro load name, segment, selector
snippet \name
    mov $\selector, %eax
at; mov %eax, %\segment
    report selector %rax
    ret
    .endm

    load ds_null ds 0
    load ds_null_with_rpl_3 ds 3
    load gp_ds_beyond_gdt ds 0x1230
    load gp_ds_last_byte_beyond_gdt ds SEL_LAST
    load gp_ds_is_system ds SEL_LDT
    load gp_ds_execute_only_code ds SEL_CODE_EXECONLY
    load ds_readable_code ds SEL_KERNEL_CODE
    load ds_conforming_code_any_rpl ds SEL_CONFORMING+3
    load ds_read_only_data ds SEL_DATA_READONLY
    load gp_ds_rpl_3_of_dpl_0 ds SEL_KERNEL_DATA+3
    load ds_outer_data ds SEL_USER_DATA
    load np_ds_absent ds SEL_DATA_ABSENT
    load np_es_absent es SEL_DATA_ABSENT
    load np_fs_absent fs SEL_DATA_ABSENT
    load np_gs_absent gs SEL_DATA_ABSENT
    load gp_ds_without_ldt ds 4
    load ss_null_in_ring_0 ss 0
    load gp_ss_null_rpl_3 ss 3
    load gp_ss_is_code ss SEL_KERNEL_CODE
    load gp_ss_read_only ss SEL_DATA_READONLY
    load gp_ss_dpl_3 ss SEL_USER_DATA
    load gp_ss_rpl_3 ss SEL_KERNEL_DATA+3
    load gp_ss_beyond_gdt ss 0x1230
    load ss_ss_absent ss SEL_DATA_ABSENT

snippet user_gp_ds_is_kernel_data
    push $SEL_USER_DATA
    push $user_stack_top
    push $2
    push $SEL_USER_CODE
    push $1f
    iretq
    user
1:  mov $SEL_KERNEL_DATA, %eax
at; mov %eax, %ds
    kernel

snippet load_from_ldt
    mov $SEL_LDT, %eax
    lldt %ax
    mov $4, %eax
    mov %eax, %es
    mov %es, %eax
    report es %rax
at; ret

snippet np_absent_in_ldt
    mov $SEL_LDT, %eax
    lldt %ax
    mov $12, %eax
at; mov %eax, %es

snippet gp_beyond_ldt
    mov $SEL_LDT, %eax
    lldt %ax
    mov $0x24, %eax
at; mov %eax, %es

/* A load sets the accessed bit of the descriptor (vol. 3A, 3.4.5.1). */
snippet load_sets_accessed_bit
    andb $~1, gdt + SEL_DATA_READONLY + 5
    mov $SEL_DATA_READONLY, %eax
    mov %eax, %es
    movzbl gdt + SEL_DATA_READONLY + 5, %eax
    report access %rax
at; ret

snippet failed_load_keeps_accessed_bit_clear
    andb $~1, gdt + SEL_DATA_ABSENT + 5
    on_event_kernel 1f
    mov $SEL_DATA_ABSENT, %eax
at; mov %eax, %es
1:  movzbl gdt + SEL_DATA_ABSENT + 5, %eax
    report access %rax
    ret

snippet pop_fs_gp RSP
    push $0x1230
at; pop %fs

    .macro far_jump name, selector
snippet \name
    movl $1f, -16(%rsp)
    movw $\selector, -12(%rsp)
at; ljmp *-16(%rsp)
1:  mov %cs, %eax
    report cs %rax
    ret
    .endm

    far_jump jump_to_conforming SEL_CONFORMING
    far_jump jump_rpl_becomes_cpl SEL_CONFORMING+3
    far_jump gp_jump_null 0
    far_jump gp_jump_null_rpl_1 1
    far_jump gp_jump_beyond_gdt 0x1230
    far_jump gp_jump_to_data SEL_KERNEL_DATA
    far_jump gp_jump_to_outer_code SEL_USER_CODE
    far_jump gp_jump_to_outer_conforming SEL_USER_CONFORMING
    far_jump gp_jump_rpl_above_cpl SEL_KERNEL_CODE+3
    far_jump np_jump_absent SEL_CODE_ABSENT
    far_jump gp_jump_long_and_32 SEL_LONG_AND_32
    far_jump gp_jump_to_tss SEL_TSS2
    far_jump gp_jump_to_ldt SEL_LDT
    far_jump gp_jump_to_system_type_0 SEL_SYSTEM_RESERVED

/* Far calls push CS and RIP with the operand size; far returns take them. */
snippet far_call_32_bit_operand
    movl $1f, -16(%rsp)
    movw $SEL_KERNEL_CODE, -12(%rsp)
at; lcall *-16(%rsp)
1:  mov (%rsp), %rax
    sub $at_far_call, %eax
    report return %rax
    report rsp %rsp
    add $8, %rsp
    ret
    .set at_far_call, 77b

snippet far_call_64_bit_operand
    movq $1f, -24(%rsp)
    movw $SEL_KERNEL_CODE, -16(%rsp)
at; rex.w lcall *-24(%rsp)
1:  mov 8(%rsp), %rax
    report cs %rax
    report rsp %rsp
    add $16, %rsp
    ret

snippet gp_far_return_null_cs
    push $0
    push $0
at; lretq

snippet np_far_return_absent
    push $SEL_CODE_ABSENT
    push $0
at; lretq

snippet gp_far_return_non_canonical
    movabs $NON_CANONICAL, %rax
    push $SEL_KERNEL_CODE
    push %rax
at; lretq

/* LAR, LSL, VERR, VERW: ZF says whether the descriptor is visible; nothing faults (vol. 2). */
    .macro lar_lsl name, selector
snippet \name
    mov $\selector, %ecx
    mov $0x1111, %eax
    lar %ecx, %eax
    setz %bl
    movzbl %bl, %ebx
    report lar %rax
    report zf %rbx
    mov $0x2222, %eax
    lsl %ecx, %eax
    setz %bl
    movzbl %bl, %ebx
    report lsl %rax
    report zf %rbx
    verr %cx
    setz %bl
    movzbl %bl, %ebx
    report verr %rbx
    verw %cx
    setz %bl
    movzbl %bl, %ebx
    report verw %rbx
at; ret
    .endm

    lar_lsl lar_kernel_code SEL_KERNEL_CODE
    lar_lsl lar_kernel_data SEL_KERNEL_DATA
    lar_lsl lar_user_data SEL_USER_DATA
    lar_lsl lar_null 0
    lar_lsl lar_beyond_gdt 0x1230
    lar_lsl lar_tss SEL_TSS
    lar_lsl lar_ldt SEL_LDT
    lar_lsl lar_call_gate SEL_GATE
    lar_lsl lar_absent_data SEL_DATA_ABSENT
    lar_lsl lar_execute_only SEL_CODE_EXECONLY
    lar_lsl lar_conforming SEL_CONFORMING
    lar_lsl lar_16_bit_data SEL_DATA16
    lar_lsl lar_rpl_3_of_dpl_0 SEL_KERNEL_DATA+3
    lar_lsl lar_system_type_0 SEL_SYSTEM_RESERVED

/* The task register. LTR marks the TSS busy, and wants one that is not. */
snippet ltr_marks_busy
    mov $SEL_TSS2, %eax
    ltr %ax
    movzbl gdt + SEL_TSS2 + 5, %eax
    report access %rax
    str %eax
    report tr %rax
at; ret

    .macro load_task name, instruction, selector
snippet \name
    mov $\selector, %eax
at; \instruction %ax
    ret
    .endm

    load_task gp_ltr_busy ltr SEL_TSS
    load_task gp_ltr_null ltr 0
    load_task gp_ltr_in_ldt ltr 4
    load_task gp_ltr_is_data ltr SEL_KERNEL_DATA
    load_task gp_ltr_beyond_gdt ltr 0x1230
    load_task gp_lldt_is_tss lldt SEL_TSS2
    load_task gp_lldt_is_data lldt SEL_KERNEL_DATA
    load_task gp_lldt_in_ldt lldt 0x74
    load_task lldt_null lldt 0

snippet np_ltr_absent
    andb $0x7f, gdt + SEL_TSS2 + 5
    mov $SEL_TSS2, %eax
at; ltr %ax

snippet np_lldt_absent
    andb $0x7f, gdt + SEL_LDT + 5
    mov $SEL_LDT, %eax
at; lldt %ax

/* Bases of FS and GS: MSRs, SWAPGS, and what a selector load does to them. */
snippet fs_base_msr RAX
    mov $MSR_FS_BASE, %ecx
    mov $user_data, %eax
    xor %edx, %edx
    wrmsr
    movl $0x1234, user_data + 8
    mov %fs:8, %eax
    movl $0, user_data + 8
at; int $0x80

snippet gs_base_has_64_bits RAX
    movl $0x4321, frames + 0x10
    movq $frames + PTE_P, window_pt
    mov $MSR_GS_BASE, %ecx
    mov $WINDOW & 0xffffffff, %eax
    mov $WINDOW >> 32, %edx
    wrmsr
    mov %gs:0x10, %eax
at; int $0x80

snippet swapgs RAX|RDX|RSI|RDI
    mov $MSR_GS_BASE, %ecx
    mov $0x11111111, %eax
    mov $0x1111, %edx
    wrmsr
    mov $MSR_KERNEL_GS_BASE, %ecx
    mov $0x22222222, %eax
    mov $0xffffffff, %edx
    wrmsr
    swapgs
    rdmsr
    mov %eax, %esi
    mov %edx, %edi
    mov $MSR_GS_BASE, %ecx
    rdmsr
at; int $0x80

snippet selector_load_sets_fs_base RAX|RDX
    mov $MSR_FS_BASE, %ecx
    mov $0x1000, %eax
    mov $0x10, %edx
    wrmsr
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %fs
    rdmsr
at; int $0x80

/* In 64-bit mode DS, ES and SS have base 0 and no limit, whatever their descriptors say. */
snippet limits_are_ignored_in_64_bit_mode
    mov $SEL_DATA16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov user_data, %eax
at; ret

snippet read_only_segments_are_ignored_in_64_bit_mode
    mov $SEL_DATA_READONLY, %eax
    mov %eax, %ds
    movl $0, user_data
at; ret

snippet sgdt_stores_ten_bytes RAX|RCX
    movq $-1, -16(%rsp)
    movq $-1, -24(%rsp)
    sgdt -24(%rsp)
    movzwl -24(%rsp), %eax
    mov -22(%rsp), %rcx
    sub $gdt, %rcx
    cmpw $-1, -14(%rsp)
    jne 1f
    cmpl $-1, -12(%rsp)
    jne 1f
at; int $0x80
1:  ud2

snippet lgdt_keeps_cached_segments
    movw $7, -16(%rsp)
    movq $0, -14(%rsp)
    mov %ds, %eax
    lgdt -16(%rsp)
    movl $0, user_data
    lgdt gdtr
    report ds %rax
at; ret

    snippets_end
