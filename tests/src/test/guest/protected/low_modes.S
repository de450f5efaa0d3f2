/* Real mode (SDM vol. 3A, chapter 21) and virtual-8086 mode (chapter 21.2 to 21.3). */
#include "layout.h"
#include "snippet.inc"
#include "low.inc"

/* What follows, up to `protected`, runs in real mode at segment LOW_SEGMENT, with SS:SP = LOW_SEGMENT:F000. */
    .macro real_mode
    lidt real_idtr
    mov $(76f - low_code), %ebx
    ljmp $SEL_CODE16, $(enter_real_mode - low_code)
    .section .low
    .code16
76:
    .endm

    .macro protected
    int $0xff
    .text
    .code32
    .endm

/* The same in virtual-8086 mode. */
    .macro vm86 flags=2
    push $0x3333
    push $0x4444
    push $0x5555
    push $LOW_SEGMENT
    push $LOW_SEGMENT
    push $0xf000
    push $(FLAG_VM | \flags)
    push $LOW_SEGMENT
    push $(76f - low_code)
    iret
    .section .low
    .code16
76:
    .endm

/* Real-mode delivery: FLAGS, CS, IP as words; IF and TF cleared. A fault's IP is the instruction. */
snippet real_int_n
    real_mode
    movl $0x12345678, %eax
at; int $0x60
    protected

snippet real_int_n_clears_if
    real_mode
    sti
    nop
at; int $0x60
    protected

snippet real_div_by_zero
    real_mode
    xorw %cx, %cx
at; divw %cx
    protected

snippet real_int3
    real_mode
at; int3
    protected

snippet real_into
    real_mode
    pushw $0x802
    popfw
at; into
    protected

snippet real_bound
    real_mode
    movw $9, %ax
at; boundw %ax, real_bounds - low_code
real_bounds:
    .word 1, 8
    protected

snippet real_ud2
    real_mode
at; ud2
    protected

/* Instructions that only protected mode has are #UD. */
snippet real_ud_sldt
    real_mode
at; sldt %ax
    protected

snippet real_ud_ltr
    real_mode
at; ltr %ax
    protected

snippet real_ud_lar
    real_mode
at; larw %ax, %ax
    protected

snippet real_ud_arpl
    real_mode
at; arpl %ax, %ax
    protected

snippet real_gp_word_at_segment_end
    real_mode
    movw $0xffff, %bx
at; movw (%bx), %ax
    protected

snippet real_gp_above_segment_limit
    real_mode
    movl $0x10000, %ebx
at; movb (%ebx), %al
    protected

snippet real_ss_word_at_segment_end
    real_mode
    movw $0xffff, %bp
at; movw (%bp), %ax
    protected

snippet real_byte_at_segment_end
    real_mode
    movb $0x42, 0xffff
    xorl %eax, %eax
    movw $0xffff, %bx
    movb (%bx), %al
at; int $0x60
    protected

/* Loads of segment registers take any value: base = value * 16. */
snippet real_segment_load
    real_mode
    movw $0x2100, %ax
    movw %ax, %es
    movl $0x89abcdef, %es:0x10
    movl 0x1010, %eax
at; int $0x60
    protected

snippet real_iret
    real_mode
    pushw $0x402
    pushw $LOW_SEGMENT
    pushw $(1f - low_code)
    iretw
1:
at; int $0x60
    protected

snippet real_far_call_and_return
    real_mode
    lcallw $LOW_SEGMENT, $(1f - low_code)
at; int $0x60
1:  movw %sp, %ax
    lretw
    protected

snippet real_stack_wraps
    real_mode
    xorw %sp, %sp
    pushw $0x5a5a
    movzwl 0xfffe, %eax
at; int $0x60
    protected

snippet real_single_step
    real_mode
    pushw $0x102
    popfw
at; nop
    nop
    protected

snippet real_mov_ss_shadow
    real_mode
    movw $LOW_SEGMENT, %ax
    pushw $0x102
    popfw
at; movw %ax, %ss
    nop
    nop
    protected

/* The table's place and limit are in IDTR. An entry beyond the limit is #GP, whose entry is there. */
snippet real_gp_beyond_idt_limit
    real_mode
    movw $0x7f, real_small_idtr - low_code
    lidtl real_small_idtr - low_code
at; int $0x60
real_small_idtr:
    .word 0
    .long 0
    protected

snippet real_idt_elsewhere
    real_mode
    movw $0x3ff, real_moved_idtr - low_code
    movw $(1f - low_code), 0xc000
    movw $LOW_SEGMENT, 0xc002
    lidtl real_moved_idtr - low_code
    xorl %eax, %eax
    int $0
1:  movl $7, %eax
    lidtl real_default_idtr - low_code
at; int $0x60
real_moved_idtr:
    .word 0
    .long LOW_CODE + 0xc000
real_default_idtr:
    .word 0x3ff
    .long 0
    protected

snippet real_nm_with_ts
    real_mode
    mov %cr0, %eax
    orb $CR0_TS, %al
    mov %eax, %cr0
at; fld1
    protected

snippet real_smsw
    real_mode
    xorl %eax, %eax
    smsww %ax
at; int $0x60
    protected

snippet real_hlt_wakes
    real_mode
    movb $0xfe, %al
    outb %al, $0x21
    movb $0x30, %al
    outb %al, $0x43
    movb $50, %al
    outb %al, $0x40
    movb $0, %al
    outb %al, $0x40
    xorl %eax, %eax
    sti
at; hlt
    cli
    protected

snippet real_rep_movs_with_16_bit_count
    real_mode
    movl $0x10003, %ecx
    xorl %esi, %esi
    movw $0xd000, %di
    rep movsb
    movl %ecx, %eax
at; int $0x60
    protected

/* "Unreal" mode: limits loaded in protected mode stay (the descriptor caches are not reloaded by clearing CR0.PE). */
snippet real_keeps_4_gib_limit
    lidt real_idtr
    movl $0x13572468, user_memory
    mov $(1f - low_code), %ebx
    ljmp $SEL_CODE16, $(2f - low_code)
    .section .low
    .code16
2:  mov %cr0, %eax
    andb $0xfe, %al
    mov %eax, %cr0
    ljmpw $LOW_SEGMENT, $(1f - low_code)
1:  movl $user_memory, %esi
    movl %ds:(%esi), %eax
    xorl %esi, %esi
    movw $LOW_SEGMENT, %cx
    movw %cx, %ss
    movl $0xf000, %esp
    xorl %ecx, %ecx
at; int $0x60
    protected

/*
 * Virtual-8086 mode. Events leave it for ring 0: the frame has GS, FS, DS and ES too, and the data segments are null in the handler.
 */
snippet vm86_ud2
    vm86
at; ud2
    protected

snippet vm86_div_by_zero
    vm86
    xorw %cx, %cx
at; divw %cx
    protected

snippet vm86_data_segments_in_handler SEGMENTS
    vm86
at; ud2
    protected

/* INT n: with IOPL 3 through the gate (DPL 3); with IOPL below, #GP(0). */
snippet vm86_int_n_iopl_3
    vm86 IOPL_3+2
at; int $0x80
    protected

snippet vm86_int_n_iopl_0
    vm86
at; int $0x80
    protected

snippet vm86_int_n_iopl_3_gate_dpl_0
    vm86 IOPL_3+2
at; int $0x82
    protected

/* INT3 and INTO do not look at IOPL. */
snippet vm86_int3_iopl_0
    vm86
at; int3
    protected

    .macro vm86_gp name, code:vararg
snippet vm86_gp_\name
    vm86
at; \code
    protected
    .endm

    vm86_gp cli, cli
    vm86_gp sti, sti
    vm86_gp pushf, pushfw
    vm86_gp popf, popfw
    vm86_gp iret, iretw
    vm86_gp hlt, hlt
    vm86_gp lgdt, lgdtl 0
    vm86_gp mov_cr0, mov %cr0, %eax
    vm86_gp in_denied, inb $0x81, %al

snippet vm86_out_allowed_by_bitmap
    vm86
    outb %al, $0x80
at; ud2
    protected

/* In virtual-8086 mode I/O looks at the bitmap whatever IOPL is. */
snippet vm86_gp_in_denied_iopl_3
    vm86 IOPL_3+2
at; inb $0x81, %al
    protected

snippet vm86_cli_with_iopl_3
    vm86 IOPL_3+FLAG_IF+2
    cli
at; ud2
    protected

snippet vm86_pushf_with_iopl_3 RAX
    vm86 IOPL_3+2
    pushfw
    popw %ax
at; ud2
    protected

snippet vm86_popf_keeps_iopl
    vm86 IOPL_3+2
    pushw $(FLAG_IF | 2)
    popfw
at; ud2
    protected

snippet vm86_ud_protected_instruction
    vm86
at; sldt %ax
    protected

snippet vm86_segment_load_is_base_times_16 RAX
    vm86
    movw $0x2100, %ax
    movw %ax, %es
    movl $0x55667788, %es:0x10
    movw $LOW_SEGMENT, %ax
    movw %ax, %ds
    movl 0x1010, %eax
at; ud2
    protected

snippet vm86_gp_word_at_segment_end
    vm86
    movw $0xffff, %bx
at; movw (%bx), %ax
    protected

snippet vm86_and_back
    on_event_skip 2
    vm86
    ud2
at; ud2
    protected

snippet vm86_single_step
    vm86 FLAG_TF+2
at; nop
    nop
    protected

/* The code's page and the stack's are ring 3's here; address 55550h is not. */
snippet vm86_page_fault_is_user_access
    orl $PTE_U, identity_table + 4 * (LOW_CODE >> 12)
    orl $PTE_U, identity_table + 4 * (LOW_CODE + 0xe000 >> 12)
    mov $directory, %eax
    mov %eax, %cr3
    mov $CR0_INITIAL | CR0_PG, %eax
    mov %eax, %cr0
    vm86
at; movb 0, %al
    protected

    .section .low
    .balign 16
low_code_end:
    .text
    snippets_end
