/* What can go wrong while an event is delivered: gates, stacks, IST, and the double fault (SDM vol. 3A, 6.11 to 6.15). */
#include "layout.h"
#include "snippet.inc"

/* Bits of the second word of a gate's first quadword, and where to find them. */
#define GATE_TYPE(vector) idt + 16 * (vector) + 5
#define GATE_SELECTOR(vector) idt + 16 * (vector) + 2
#define GATE_IST(vector) idt + 16 * (vector) + 4

    .macro gate_absent vector
    andb $0x7f, GATE_TYPE(\vector)
    .endm

/* IST: the stack is switched without a change of privilege (6.14.5). */
snippet ist_same_ring
    movb $1, GATE_IST(6)
at; ud2

snippet ist_of_int_n
    movb $2, GATE_IST(0x80)
at; int $0x80

snippet ist_with_error_code
    movb $3, GATE_IST(13)
    movabs $NON_CANONICAL, %rax
at; mov (%rax), %eax

snippet ist_every_entry
    .irp number, 1, 2, 3, 4, 5, 6, 7
    movb $\number, GATE_IST(0x80)
    on_event_return
    int $0x80
    .endr
at; ret

snippet ist_stack_is_aligned
    movb $1, GATE_IST(6)
    subq $9, tss + 36
at; ud2

/* IST used again while its handler runs: it starts at the top again. */
snippet ist_nested_reuses_top
    movb $1, GATE_IST(0x80)
    on_event_goto 1f
    int $0x80
1:
at; int $0x80

/* The error code names the gate: index * 8 + IDT (2) + EXT (1) when the event was not an INT n (6.13). */
snippet np_gate_absent_int_n
    gate_absent 0x80
at; int $0x80

snippet np_gate_absent_int3
    gate_absent 3
at; int3

snippet np_gate_absent_ud
    gate_absent 6
at; ud2

snippet np_gate_absent_nm
    gate_absent 7
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %rax, %cr0
at; fld1

snippet gp_beyond_idt_limit_int_n
    movw $0x7f * 16 + 15, -16(%rsp)
    movq $idt, -14(%rsp)
    lidt -16(%rsp)
at; int $0x80

snippet gp_beyond_idt_limit_partial_gate
    movw $0x80 * 16 + 14, -16(%rsp)
    movq $idt, -14(%rsp)
    lidt -16(%rsp)
at; int $0x80

snippet gp_gate_type_int_n
    movb $0x85, GATE_TYPE(0x80)     /* a task gate: 64-bit mode has none */
at; int $0x80

snippet gp_gate_type_16_bit
    movb $0xe6, GATE_TYPE(0x80)
at; int $0x80

snippet gp_gate_type_ud
    movb $0x8c, GATE_TYPE(6)
at; ud2

snippet gp_gate_null_selector
    movw $0, GATE_SELECTOR(0x80)
at; int $0x80

snippet gp_gate_null_selector_ud
    movw $0, GATE_SELECTOR(6)
at; ud2

snippet gp_gate_selector_beyond_gdt
    movw $0x1230, GATE_SELECTOR(0x80)
at; int $0x80

snippet gp_gate_selector_is_data
    movw $SEL_KERNEL_DATA, GATE_SELECTOR(0x80)
at; int $0x80

snippet gp_gate_selector_is_32_bit_code
    movw $SEL_CODE32, GATE_SELECTOR(0x80)
at; int $0x80

snippet gp_gate_selector_is_outer_code
    movw $SEL_USER_CODE, GATE_SELECTOR(0x80)
at; int $0x80

snippet np_gate_selector_absent
    movw $SEL_CODE_ABSENT, GATE_SELECTOR(0x80)
at; int $0x80

snippet np_gate_selector_absent_ud
    movw $SEL_CODE_ABSENT, GATE_SELECTOR(6)
at; ud2

/* Through a gate to conforming code the privilege stays; CS gets the gate's selector with RPL = CPL. */
snippet gate_to_conforming_code
    movw $SEL_CONFORMING, GATE_SELECTOR(0x80)
at; int $0x80

/* The handler's CS has RPL = CPL whatever the gate's selector says. */
snippet gate_selector_rpl_is_ignored
    movw $SEL_KERNEL_CODE + 3, GATE_SELECTOR(0x80)
at; int $0x80

snippet gp_gate_non_canonical_target
    movw $0x8000, idt + 16 * 0x80 + 8
at; int $0x80

/* The IST pointer is checked before the stack is used: #SS with EXT, and no selector (vol. 2A, INT n). */
snippet ss_ist_non_canonical
    movb $1, GATE_IST(0x80)
    movabs $NON_CANONICAL, %rax
    mov %rax, tss + 36
at; int $0x80

snippet ss_ist_non_canonical_ud
    movb $1, GATE_IST(6)
    movabs $NON_CANONICAL, %rax
    mov %rax, tss + 36
at; ud2

/* #TS when the TSS is too short to hold the IST pointer. */
snippet ts_tss_too_short_for_ist
    movb $7, GATE_IST(0x80)
    movw $83, gdt + SEL_TSS
    andb $~2, gdt + SEL_TSS + 5
    mov $SEL_TSS, %eax
    ltr %ax
at; int $0x80

/*
 * Double fault conditions (table 6-5). #DF pushes error code 0; vector 8 has IST 7 in this image. First column of the
 * table: benign. The second event is delivered by itself.
 */
snippet benign_then_contributory
    gate_absent 6
at; ud2

snippet benign_then_page_fault
    movb $1, GATE_IST(6)
    movabs $WINDOW + 0x1000, %rax
    mov %rax, tss + 36
at; ud2

snippet contributory_then_contributory
    gate_absent 0
at; div %ecx

snippet contributory_then_page_fault
    movb $1, GATE_IST(0)
    movabs $WINDOW + 0x1000, %rax
    mov %rax, tss + 36
at; div %ecx

snippet page_fault_then_contributory
    gate_absent 14
    movabs $WINDOW, %rax
at; mov (%rax), %eax

snippet page_fault_then_page_fault
    movb $1, GATE_IST(14)
    movabs $WINDOW + 0x2000, %rax
    mov %rax, tss + 36
    movabs $WINDOW + 8, %rax
at; mov (%rax), %eax

/* CR2 is the second fault's: it is written before the event is decided to be a double fault. */
snippet double_fault_keeps_second_cr2
    movb $1, GATE_IST(14)
    movabs $WINDOW + 0x2000, %rax
    mov %rax, tss + 36
    movabs $WINDOW + 8, %rax
    on_event_kernel 1f
at; mov (%rax), %eax
1:  mov %cr2, %rax
    report cr2 %rax
    ret

snippet gp_then_absent_gp_gate
    gate_absent 13
    movabs $NON_CANONICAL, %rax
at; mov (%rax), %eax

snippet ss_then_absent_ss_gate
    gate_absent 12
    movabs $NON_CANONICAL, %rbp
at; mov 0(%rbp), %eax

snippet np_on_absent_np_gate
    gate_absent 0x80
    gate_absent 11
at; int $0x80

snippet gp_on_int_n_with_absent_gp_gate
    movb $0x8c, GATE_TYPE(0x80)
    gate_absent 13
at; int $0x80

/* A stack that is not there: the push of the frame faults, and the #PF handler's push faults too. */
snippet stack_absent_gives_double_fault
    movabs $WINDOW + 0x3000, %rsp
at; ud2

snippet stack_absent_with_ist_for_page_fault
    movb $4, GATE_IST(14)
    movabs $WINDOW + 0x3000, %rsp
at; push %rax

snippet stack_read_only_with_ist_for_page_fault
    movb $4, GATE_IST(14)
    movq $frames + PTE_P, window_pt + 16
    movabs $WINDOW + 0x3000, %rsp
at; ud2

/* The IDT is read with supervisor rights; here vectors from 80h on are on a page that is absent. */
snippet idt_page_absent
    mov $idt, %esi
    mov $frames + 0x800, %edi
    mov $0x800, %ecx
    rep movsb
    movq $frames + PTE_P, window_pt
    movw $0xfff, -16(%rsp)
    movabs $WINDOW + 0x800, %rax
    mov %rax, -14(%rsp)
    lidt -16(%rsp)
at; int $0x80

snippet gdt_page_absent
    mov $gdt, %esi
    mov $frames + 0xff0, %edi
    mov $0x10, %ecx
    rep movsb
    movq $frames + PTE_P + PTE_W, window_pt
    movw $SEL_LAST - 1, -16(%rsp)
    movabs $WINDOW + 0xff0, %rax
    mov %rax, -14(%rsp)
    lgdt -16(%rsp)
    mov $SEL_KERNEL_DATA, %eax
at; mov %eax, %ds

/* Interrupt frames restore what they saved. */
snippet iret_restores_flags
    on_event_return
    push $0xcd7
    popfq
at; int $0x80
    pushfq
    pop %rax
    push $2
    popfq
    report rflags %rax
    ret

snippet iret_restores_unaligned_rsp
    on_event_return
    mov %rsp, %rbx
    sub $3, %rsp
    mov %rsp, %rcx
at; int $0x80
    report rsp_before %rcx
    mov %rsp, %rcx
    report rsp_after %rcx
    mov %rbx, %rsp
    ret

/* IRET with NT set is #GP(0) in long mode (vol. 2A, IRET). */
snippet gp_iret_with_nt
    push $SEL_KERNEL_DATA
    push $0
    push $2
    push $SEL_KERNEL_CODE
    push $0
    push $(FLAG_NT | 2)
    popfq
at; iretq

/* IRETQ pops RSP and SS even to the same ring, and SS may become null in ring 0. */
snippet iret_same_ring_to_null_ss
    mov %rsp, %rbx
    push $0
    push %rbx
    push $2
    push $SEL_KERNEL_CODE
    push $1f
    iretq
1:  mov %ss, %eax
    report ss %rax
at; int $0x80

    .macro iret_to name, cs, ss, flags=2
snippet \name
    push $\ss
    push $user_stack_top
    push $\flags
    push $\cs
    push $1f
at; iretq
    user
1:  int $0x80
    kernel
    .endm

    iret_to gp_iret_null_cs, 0, SEL_KERNEL_DATA
    iret_to gp_iret_cs_beyond_gdt, 0x1003, SEL_USER_DATA
    iret_to gp_iret_cs_is_data, SEL_USER_DATA, SEL_USER_DATA
    iret_to gp_iret_cs_dpl_is_not_rpl, SEL_KERNEL_CODE + 3, SEL_USER_DATA
    iret_to np_iret_cs_absent, SEL_CODE_ABSENT, SEL_KERNEL_DATA
    iret_to gp_iret_cs_l_and_d, SEL_LONG_AND_32, SEL_KERNEL_DATA
    iret_to gp_iret_null_ss_to_ring_3, SEL_USER_CODE, 3
    iret_to gp_iret_ss_rpl_is_not_cpl, SEL_USER_CODE, SEL_KERNEL_DATA
    iret_to gp_iret_ss_dpl_is_not_cpl, SEL_USER_CODE, SEL_KERNEL_DATA + 3
    iret_to ss_iret_ss_absent, SEL_USER_CODE, SEL_USER_DATA_ABSENT
    iret_to gp_iret_ss_is_code, SEL_USER_CODE, SEL_USER_CODE

snippet gp_iret_to_inner_ring
    push $SEL_USER_DATA
    push $user_stack_top
    push $2
    push $SEL_USER_CODE
    push $1f
    iretq
    user
1:  push $SEL_KERNEL_DATA
    push $0
    push $2
    push $SEL_KERNEL_CODE
    push $0
at; iretq
    kernel

    snippets_end
