/* Exceptions of 32-bit protected mode: frames, error codes, gates, limits (SDM vol. 3A, chapters 5 and 6). */
#include "layout.h"
#include "snippet.inc"

    .macro enter_user flags=2
    push $SEL_USER_DATA
    push $user_stack_top
    push $\flags
    push $SEL_USER_CODE
    push $76f
    iret
    user
76:
    .endm

/* Without a change of privilege only EFLAGS, CS and EIP are pushed, and nothing is aligned. */
snippet div_by_zero
at; div %ecx

snippet frame_is_not_aligned RSP
    sub $3, %esp
at; div %ecx

snippet int3
at; int3

snippet int_n
at; int $0x80

snippet int_n_trap_gate_keeps_if
    sti
    nop
at; int $0x81

snippet into
    push $0x802
    popfl
at; into

snippet into_without_overflow
    into
at; ret

snippet bound_below
    xor %eax, %eax
at; bound %eax, user_bounds

snippet bound_at_the_ends
    mov $1, %eax
    bound %eax, user_bounds
    mov $8, %eax
    bound %eax, user_bounds
at; ret

snippet bound_above
    mov $9, %eax
at; bound %eax, user_bounds

snippet ud_bound_of_register
at; .byte 0x62, 0xc0, 0xff, 0xff, 0xff, 0xff

snippet aam_by_zero
at; aam $0

snippet ud2
at; ud2

snippet ud_les_of_register
at; .byte 0xc4, 0xc0

snippet ud_mov_to_cs
    mov $SEL_KERNEL_CODE, %eax
at; .byte 0x8e, 0xc8

snippet gp_instruction_too_long
at; .fill 15, 1, 0x66
    nop

snippet nm_with_ts
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %eax, %cr0
at; fld1

snippet iret_and_back
    on_event_return
    push $0xcd7
    popfl
at; int $0x80
    pushfl
    pop %eax
    push $2
    popfl
    report flags %eax
    ret

snippet popf_sets_nothing_reserved
    push $-1 - FLAG_TF - FLAG_IF - FLAG_NT
    popfl
    pushfl
    pop %eax
    push $2
    popfl
    report flags %eax
at; ret

/* Gates. */
snippet np_gate_absent
    andb $0x7f, idt + 8 * 0x80 + 5
at; int $0x80

snippet np_gate_absent_ud
    andb $0x7f, idt + 8 * 6 + 5
at; ud2

snippet gp_gate_type
    movb $0xec, idt + 8 * 0x80 + 5      /* a call gate */
at; int $0x80

snippet gp_gate_null_selector
    movw $0, idt + 8 * 0x80 + 2
at; int $0x80

snippet gp_gate_to_data
    movw $SEL_KERNEL_DATA, idt + 8 * 0x80 + 2
at; int $0x80

snippet gp_gate_to_outer_code
    movw $SEL_USER_CODE, idt + 8 * 0x80 + 2
at; int $0x80

snippet np_gate_to_absent_code
    movw $SEL_CODE_ABSENT, idt + 8 * 0x80 + 2
at; int $0x80

snippet gp_beyond_idt_limit
    movw $0x80 * 8 + 6, -16(%esp)
    movl $idt, -14(%esp)
    lidt -16(%esp)
at; int $0x80

snippet gate_to_conforming_code
    movw $SEL_CONFORMING, idt + 8 * 0x80 + 2
at; int $0x80

/* A 16-bit gate pushes FLAGS, CS and IP as words and goes to a 16-bit offset. */
snippet gate_286
    mov $SEL_CODE_LOW, %eax
    mov %ax, idt + 8 * 0x80 + 2
    mov $gate_286_offset, %eax
    mov %ax, idt + 8 * 0x80
    movl $0xe600, idt + 8 * 0x80 + 4
    push $(FLAG_AC | 0x402)
    popfl
at; int $0x80

    .globl gate_286_target
gate_286_target:
    mov %esp, %eax
    report frame %eax
    movzwl (%esp), %eax
    sub $77b, %eax
    movzwl %ax, %eax
    report ip_distance %eax
    movzwl 2(%esp), %eax
    report cs %eax
    movzwl 4(%esp), %eax
    report flags %eax
    add $6, %esp
    push $2
    popfl
    ret

/* Double faults. */
snippet benign_then_contributory
    andb $0x7f, idt + 8 * 6 + 5
at; ud2

snippet contributory_then_contributory
    andb $0x7f, idt + 5
at; div %ecx

/* Ring 3: SS and ESP come from TSS.SS0 and ESP0; the frame has five words. */
snippet user_int_n
    enter_user
at; int $0x80
    kernel

snippet user_int_n_and_back
    on_event_return
    enter_user FLAG_IF+2
    push $0
    int $0x80
at; ud2
    kernel

snippet user_fault_with_error_code
    enter_user
at; hlt
    kernel

snippet user_gp_gate_dpl_0
    enter_user
at; int $0x82
    kernel

snippet user_stack_pointer_is_not_aligned
    decl tss + 4
    enter_user
at; int $0x80
    kernel

/* The stack that the TSS names is checked: #TS with its selector, and EXT when the event was an exception (6.13). */
snippet ts_ss0_null
    movl $0, tss + 8
    movl $0xe500, idt + 8 * 10 + 4
    movw $SEL_TASK, idt + 8 * 10 + 2
    enter_user
at; int $0x80
    kernel

snippet ts_ss0_is_user_data
    movl $SEL_USER_DATA, tss + 8
    movl $0xe500, idt + 8 * 10 + 4
    movw $SEL_TASK, idt + 8 * 10 + 2
    enter_user
at; int $0x80
    kernel

snippet ts_ss0_read_only_ud
    movl $SEL_DATA_READONLY, tss + 8
    movl $0xe500, idt + 8 * 10 + 4
    movw $SEL_TASK, idt + 8 * 10 + 2
    enter_user
at; ud2
    kernel

snippet ss_ss0_absent
    movl $SEL_DATA_ABSENT, tss + 8
    movl $0xe500, idt + 8 * 12 + 4
    movw $SEL_TASK, idt + 8 * 12 + 2
    movl $0xe500, idt + 8 * 10 + 4
    movw $SEL_TASK, idt + 8 * 10 + 2
    enter_user
at; int $0x80
    kernel

/* Data segments of the kernel are nulled on the way out. */
snippet iret_nulls_data_segments SEGMENTS
    mov $SEL_USER_DATA, %eax
    mov %eax, %fs
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %gs
    enter_user
at; int $0x80
    kernel

snippet user_popf_cannot_change_if
    enter_user
    push $(IOPL_3 | FLAG_IF | 2)
    popfl
at; int $0x80
    kernel

    .macro user_gp name, code:vararg
snippet user_gp_\name
    enter_user
at; \code
    kernel
    .endm

    user_gp cli, cli
    user_gp mov_to_cr3, mov %eax, %cr3
    user_gp lmsw, lmsw %ax
    user_gp in, in $0x81, %al
    user_gp ltr, ltr %ax

snippet user_out_allowed
    enter_user
    out %al, $0x80
at; int $0x80
    kernel

/* Limits and types of segments: #GP(0), by SS #SS(0) (5.3). */
    .macro user_access name, selector, segment, code:vararg
snippet \name
    enter_user
    mov $\selector, %eax
    mov %eax, %\segment
    xor %eax, %eax
at; \code
    int $0x80
    kernel
    .endm

    user_access limit_last_byte, SEL_USER_LIMITED, es, movb %es:0xfff, %al
    user_access gp_limit_first_byte_beyond, SEL_USER_LIMITED, es, movb %es:0x1000, %al
    user_access gp_limit_crossed_by_dword, SEL_USER_LIMITED, es, mov %es:0xffd, %ecx
    user_access gp_limit_write, SEL_USER_LIMITED, es, movl $0, %es:0x2000
    user_access gp_expand_down_below, SEL_USER_EXPAND_DOWN, es, movb %es:0xfff, %al
    user_access expand_down_first_byte, SEL_USER_EXPAND_DOWN, es, movb %es:0x1000, %al
    user_access gp_write_read_only, SEL_USER_READONLY, es, movl $0, %es:user_memory
    user_access gp_null_segment, 0, es, movb %es:user_memory, %al
    user_access gp_write_code_segment, SEL_USER_CODE, es, movl $0, %es:user_memory
    user_access read_code_segment, SEL_USER_CODE, es, movl %es:user_memory, %ecx

snippet user_ss_limit_push
    enter_user
    mov $SEL_USER_STACK_LIMITED, %eax
    mov %eax, %ss
    mov $0x1004, %esp
at; push %eax
    kernel

snippet user_ss_limit_by_ebp
    enter_user
    mov $SEL_USER_STACK_LIMITED, %eax
    mov $0x1000, %ebp
    mov %eax, %ss
at; mov 0(%ebp), %eax
    kernel

    .macro load name, segment, selector
snippet \name
    mov $\selector, %eax
at; mov %eax, %\segment
    report selector %eax
    ret
    .endm

    load ds_null ds 0
    load gp_ss_null ss 0
    load np_ds_absent ds SEL_DATA_ABSENT
    load ss_ss_absent ss SEL_DATA_ABSENT
    load gp_ds_execute_only ds SEL_CODE_EXECONLY
    load gp_ds_beyond_gdt ds 0x1230
    load gp_ds_is_tss ds SEL_TASK
    load gp_ss_read_only ss SEL_DATA_READONLY
    load gp_ss_user ss SEL_USER_DATA
    load gp_ds_in_null_ldt ds 4

snippet lds_loads_both
    movl $0x12345678, user_memory
    movw $SEL_KERNEL_DATA, user_memory + 4
    lds user_memory, %eax
    report eax %eax
at; ret

snippet pop_ss_shadow_blocks_step
    push $SEL_KERNEL_DATA
    pushfl
    orl $FLAG_TF, (%esp)
    popfl
at; pop %ss
    nop
    nop

snippet arpl_raises_rpl
    mov $SEL_KERNEL_DATA, %eax
    mov $3, %ecx
    arpl %cx, %ax
    setz %cl
    movzbl %cl, %ecx
    report selector %eax
    report zf %ecx
at; ret

/* Call gates: parameters are copied to the inner stack (5.8.5). */
    .fill 512
    .globl call_gate_target
call_gate_target:
    mov %esp, %ebp
    report frame %ebp
    mov 0(%ebp), %eax
    report eip %eax
    mov 4(%ebp), %eax
    report cs %eax
    mov 8(%ebp), %eax
    report first %eax
    mov 12(%ebp), %eax
    report second %eax
    testl $3, 4(%ebp)
    jz 1f
    mov 16(%ebp), %eax
    report esp %eax
    mov 20(%ebp), %eax
    report ss %eax
1:  mov %ss, %eax
    report new_ss %eax
    lretl $8

snippet user_call_gate_and_return
    enter_user
    push $0x2222
    push $0x1111
at; lcall $SEL_GATE, $0
    int $0x80
    kernel

snippet user_jump_through_gate
    enter_user
at; ljmp $SEL_GATE, $0
    kernel

snippet call_gate_same_ring
    push $0x2222
    push $0x1111
at; lcall $SEL_GATE, $0
    mov %esp, %eax
    report after %eax
    ret

/* A 16-bit call gate pushes words: IP, CS, one word of parameters, SP, SS. */
snippet user_call_gate_286
    enter_user
    pushw $0x3333
at; lcall $SEL_GATE_286, $0
    kernel

    .globl call_gate_286_target
call_gate_286_target:
    mov %esp, %ebp
    report frame %ebp
    movzwl 2(%ebp), %eax
    report cs %eax
    movzwl 4(%ebp), %eax
    report parameter %eax
    movzwl 8(%ebp), %eax
    report ss %eax
to; int $0x80
    .fill 512

/* SYSENTER and SYSEXIT between flat 32-bit segments. */
snippet sysenter
    mov $MSR_SYSENTER_EIP, %ecx
    mov $1f, %eax
    xor %edx, %edx
    wrmsr
    mov $MSR_SYSENTER_ESP, %ecx
    mov $test_stack_top - 0x80, %eax
    wrmsr
    enter_user FLAG_IF+2
at; sysenter
    kernel
1:
to; int $0x80

snippet sysexit
    mov $1f, %edx
    mov $user_stack_top - 0x20, %ecx
    sysexit
    user
1:
at; int $0x80
    kernel

snippet user_gp_sysexit
    enter_user
at; sysexit
    kernel

snippet ud_syscall_outside_long_mode
at; syscall

/* #AC in ring 3. */
snippet user_ac
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %eax, %cr0
    enter_user FLAG_AC+2
at; mov user_memory + 1, %eax
    kernel

    user
user_bounds:
    .long 1, 8
    .balign 4096
    .globl user_memory
user_memory:
    .fill 4096
    .fill 64
    kernel

    snippets_end
