/* Ring 3: what it may not do, and every way out of it and into it (SDM vol. 3A, chapters 5 and 6; vol. 2). */
#include "layout.h"
#include "snippet.inc"
#include "user.inc"

    .macro set_msr msr, low, high=0
    mov $\msr, %ecx
    mov $\low, %eax
    mov $\high, %edx
    wrmsr
    .endm

/* INT n out of ring 3: RSP from TSS.RSP0, SS null, gate DPL 3 (vol. 3A, 6.14.4). */
snippet user_int_n
    enter_user
at; int $0x80
    kernel

snippet user_int_n_interrupt_gate_clears_if
    enter_user FLAG_IF+2
at; int $0x80
    kernel

snippet user_int_n_trap_gate_keeps_if
    enter_user FLAG_IF+2
at; int $0x81
    kernel

snippet user_int_n_and_back
    on_event_return
    enter_user
    push $0
    int $0x80
at; ud2
    kernel

snippet user_int3
    enter_user
at; int3
    kernel

snippet user_int_n_gate_dpl_0
    enter_user
at; int $0x82
    kernel

snippet user_int_n_exception_vector
    enter_user
at; int $13
    kernel

snippet user_int_n_nmi_vector
    enter_user
at; int $2
    kernel

/* INT1 (ICEBP) needs no gate DPL and sets no bit of DR6. */
snippet user_int1
    enter_user
at; .byte 0xf1
    kernel

snippet user_ud2
    enter_user
at; ud2
    kernel

snippet user_div_by_zero
    enter_user
at; div %ecx
    kernel

snippet user_unaligned_kernel_stack
    subq $5, tss + 4
    enter_user
at; int $0x80
    kernel

snippet user_ist_wins_over_rsp0
    movb $5, idt + 16 * 0x80 + 4
    enter_user
at; int $0x80
    kernel

snippet user_rsp0_non_canonical
    movabs $NON_CANONICAL, %rax
    mov %rax, tss + 4
    movb $1, idt + 16 * 12 + 4
    enter_user
at; int $0x80
    kernel

snippet user_rsp0_not_mapped
    movabs $WINDOW + 0x1000, %rax
    mov %rax, tss + 4
    movb $1, idt + 16 * 14 + 4
    enter_user
at; int $0x80
    kernel

snippet user_gate_absent
    andb $0x7f, idt + 16 * 0x80 + 5
    enter_user
at; int $0x80
    kernel

/* The gate's DPL is checked before its P bit (vol. 2A, INT n, operation). */
snippet user_gate_absent_and_dpl_0
    andb $0x7f, idt + 16 * 0x82 + 5
    enter_user
at; int $0x82
    kernel

/* Through a gate to conforming code ring 3 stays ring 3. Its handler cannot touch the log: #PF on its first push. */
snippet user_gate_to_conforming_code
    movw $SEL_CONFORMING, idt + 16 * 0x80 + 2
    enter_user
at; int $0x80
    kernel

/* A gate to ring 1 code uses TSS.RSP1; SS becomes null with RPL 1. */
snippet user_gate_to_ring_1
    movw $SEL_CODE_DPL1, idt + 16 * 0x80 + 2
    movq $1f, %rax
    movw %ax, idt + 16 * 0x80
    shr $16, %eax
    movw %ax, idt + 16 * 0x80 + 6
    movq $user_stack_top - 0x200, tss + 12
    enter_user
    int $0x80
    .balign 16
1:
at; int $0x81
    kernel

/* Instructions for ring 0 only: #GP(0), and nothing happens. */
    .macro user_gp name, code:vararg
snippet user_gp_\name
    enter_user
at; \code
    kernel
    .endm

    user_gp hlt, hlt
    user_gp cli, cli
    user_gp sti, sti
    user_gp lgdt, lgdt user_area
    user_gp lidt, lidt user_area
    user_gp lldt, lldt %ax
    user_gp ltr, ltr %ax
    user_gp lmsw, lmsw %ax
    user_gp clts, clts
    user_gp invd, invd
    user_gp wbinvd, wbinvd
    user_gp invlpg, invlpg user_area
    user_gp rdmsr, rdmsr
    user_gp wrmsr, wrmsr
    user_gp mov_from_cr0, mov %cr0, %rax
    user_gp mov_to_cr0, mov %rax, %cr0
    user_gp mov_from_cr2, mov %cr2, %rax
    user_gp mov_from_cr3, mov %cr3, %rax
    user_gp mov_to_cr3, mov %rax, %cr3
    user_gp mov_from_cr4, mov %cr4, %rax
    user_gp mov_to_cr4, mov %rax, %cr4
    user_gp mov_from_cr8, mov %cr8, %rax
    user_gp mov_to_cr8, mov %rax, %cr8
    user_gp mov_from_dr7, mov %dr7, %rax
    user_gp mov_to_dr0, mov %rax, %dr0
    user_gp swapgs, swapgs
    user_gp sysretq, sysretq
    user_gp sysexit, sysexitl
    user_gp in_al_denied, in $0x81, %al
    user_gp out_dx_denied, out %al, %dx
    user_gp in_eax_across_allowed, in $0x80, %eax
    user_gp in_ax_across_allowed, in $0x80, %ax
    user_gp outsb_denied, outsb
    user_gp insb_denied, insb

snippet user_smsw_is_allowed RAX
    enter_user
    smsw %eax
at; int $0x80
    kernel

snippet user_sgdt_sidt_are_allowed RAX|RCX
    enter_user
    sgdt user_area
    sidt user_area + 16
    movzwl user_area, %eax
    movzwl user_area + 16, %ecx
at; int $0x80
    kernel

snippet user_str_sldt_are_allowed RAX|RCX
    mov $SEL_LDT, %eax
    lldt %ax
    enter_user
    str %eax
    sldt %ecx
at; int $0x80
    kernel

/* The I/O permission bitmap of the TSS (vol. 1, 19.5.2): ring 3 with IOPL 0 has port 0x80 in this image. */
snippet user_out_allowed_by_bitmap
    enter_user
    out %al, $0x80
at; int $0x80
    kernel

/* The two bytes behind the TSS limit count: a port whose bits are beyond it is denied. */
snippet user_io_bitmap_beyond_limit
    enter_user
    mov $0x400, %edx
at; out %al, %dx
    kernel

snippet user_io_bitmap_base_beyond_limit
    movw $0x1000, tss + 102
    enter_user
at; out %al, $0x80
    kernel

snippet user_io_with_iopl_3
    enter_user IOPL_3+2
    out %al, $0xed
at; int $0x80
    kernel

snippet user_cli_sti_with_iopl_3
    enter_user IOPL_3+2
    sti
at; int $0x80
    kernel

snippet user_cli_with_iopl_3
    enter_user IOPL_3+FLAG_IF+2
    cli
at; int $0x80
    kernel

/* POPF outside ring 0 changes neither IOPL nor, with CPL > IOPL, IF; it does not fault (vol. 2B, POPF). */
snippet user_popf_cannot_change_if_and_iopl
    enter_user
    push $(IOPL_3 | FLAG_IF | FLAG_AC | 2)
    popfq
at; int $0x80
    kernel

snippet user_popf_cannot_clear_if
    enter_user FLAG_IF+2
    push $2
    popfq
at; int $0x80
    kernel

snippet user_popf_with_iopl_3_sets_if_not_iopl
    enter_user IOPL_3+2
    push $(FLAG_IF | 2)
    popfq
at; int $0x80
    kernel

/* IRETQ within ring 3 changes neither IF nor IOPL with CPL > IOPL. */
snippet user_iret_same_ring
    enter_user
    push $SEL_USER_DATA
    push $user_stack_top - 0x100
    push $(IOPL_3 | FLAG_IF | 2)
    push $SEL_USER_CODE
    push $1f
    iretq
1:
at; int $0x80
    kernel

snippet user_gp_iret_to_ring_0
    enter_user
    push $SEL_KERNEL_DATA
    push $user_stack_top
    push $2
    push $SEL_KERNEL_CODE
    push $1b
at; iretq
    kernel

/* Segment registers of a deeper privilege are nulled by IRET to ring 3 (vol. 3A, 5.8.2; vol. 2A, IRET). */
snippet iret_nulls_inner_data_segments RAX|RCX|RDX|RBX
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov $SEL_USER_DATA, %eax
    mov %eax, %fs
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %gs
    enter_user
    mov %ds, %eax
    mov %es, %ecx
    mov %fs, %edx
    mov %gs, %ebx
at; int $0x80
    kernel

/* #AC: ring 3, CR0.AM and RFLAGS.AC (vol. 3A, 6.15). The error code is 0. */
snippet user_ac_read
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %rax, %cr0
    enter_user FLAG_AC+2
at; mov user_area + 1, %eax
    kernel

snippet user_ac_write
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %rax, %cr0
    enter_user FLAG_AC+2
at; mov %ax, user_area + 3
    kernel

snippet user_no_ac_when_aligned
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %rax, %cr0
    enter_user FLAG_AC+2
    mov user_area + 2, %ax
    mov user_area + 8, %rax
    mov user_area + 3, %al
at; int $0x80
    kernel

snippet user_no_ac_without_am
    enter_user FLAG_AC+2
    mov user_area + 1, %eax
at; int $0x80
    kernel

snippet user_no_ac_without_flag
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %rax, %cr0
    enter_user
    mov user_area + 1, %eax
at; int $0x80
    kernel

/* RDTSC and RDTSCP with CR4.TSD. */
snippet user_gp_rdtsc_with_tsd
    mov $(CR4_INITIAL | CR4_TSD), %eax
    mov %rax, %cr4
    enter_user
at; rdtsc
    kernel

snippet user_rdtsc_without_tsd
    enter_user
    rdtsc
    xor %eax, %eax
    xor %edx, %edx
at; int $0x80
    kernel

snippet rdtsc_in_ring_0_ignores_tsd
    mov $(CR4_INITIAL | CR4_TSD), %eax
    mov %rax, %cr4
    rdtsc
at; ret

snippet rdtsc_is_monotonic RAX
    mov $1000, %ecx
    rdtsc
    shl $32, %rdx
    lea (%rdx, %rax), %rsi
1:  rdtsc
    shl $32, %rdx
    or %rdx, %rax
    cmp %rsi, %rax
    jb 2f
    mov %rax, %rsi
    loop 1b
    mov $1, %eax
    jmp 3f
2:  xor %eax, %eax
3:
at; int $0x80

/* SYSCALL: RCX = next RIP, R11 = RFLAGS, CS and SS from STAR[47:32], RFLAGS masked by FMASK, RSP unchanged (vol. 2B). */
snippet syscall RCX|R11
    set_msr MSR_LSTAR 1f
    enter_user
at; syscall
    kernel
1:
to; int $0x80

snippet syscall_masks_flags RCX|R11|FLAGS
    set_msr MSR_LSTAR 1f
    set_msr MSR_FMASK FLAG_IF|0x400|FLAG_AC|IOPL_3|1
    enter_user IOPL_3+FLAG_IF+FLAG_AC+0x400+0x45
at; syscall
    kernel
1:
to; int $0x80

snippet syscall_from_ring_0 RCX|R11
    set_msr MSR_LSTAR 1f
at; syscall
    nop
1:
to; int $0x80

/* SYSCALL loads fixed descriptor contents: that the table's entry is absent does not matter. */
snippet syscall_does_not_read_the_gdt
    set_msr MSR_LSTAR 1f
    enter_user
at; syscall
    kernel
1:
to; andb $0x7f, gdt + SEL_KERNEL_DATA + 5
    mov $test_stack_top - 64, %esp
    orb $0x80, gdt + SEL_KERNEL_DATA + 5
    int $0x80

snippet sysretq RCX|R11
    mov $1f, %ecx
    mov $(FLAG_IF | FLAG_AC | 0x402), %r11d
    mov $user_stack_top - 0x40, %esp
    sysretq
    user
1:
at; int $0x80
    kernel

/* RF and VM in R11 are ignored, bit 1 is set: RFLAGS := (R11 & 3C7FD7H) | 2. */
snippet sysretq_filters_flags FLAGS
    mov $1f, %ecx
    movabs $0xffffffffffffbeff, %r11
    mov $user_stack_top, %esp
    sysretq
    user
1:
at; int $0x81
    kernel

snippet sysretl RCX|R11
    mov $1f, %ecx
    mov $2, %r11d
    mov $user_stack_top - 0x40, %esp
    sysretl
    user
    .code32
1:
at; int $0x80
    .code64
    kernel

/* On Intel CPUs the #GP for a non-canonical RCX comes in ring 0, at the SYSRET. */
snippet gp_sysret_non_canonical
    movabs $NON_CANONICAL, %rcx
    mov $2, %r11d
at; sysretq

/* Intel CPUs have SYSCALL only in 64-bit mode. */
snippet ud_syscall_in_compatibility_mode
    set_msr MSR_CSTAR 1f
    enter_user 2, SEL_USER_CODE32
    .code32
at; syscall
    .code64
    kernel
1:
to; int $0x80

snippet syscall_there_and_back RCX|R11
    set_msr MSR_LSTAR 1f
    enter_user FLAG_IF+2
    push $0
    syscall
at; int $0x80
    kernel
1:  cli
    sysretq

/* SYSENTER and SYSEXIT (vol. 2B): CS = SYSENTER_CS, SS = + 8; back: + 16 and + 24, or + 32 and + 40 for 64 bit. */
snippet sysenter
    set_msr MSR_SYSENTER_EIP 1f
    set_msr MSR_SYSENTER_ESP test_stack_top-0x80
    enter_user FLAG_IF+2
at; sysenter
    kernel
1:
to; int $0x81

snippet sysenter_from_compatibility_mode
    set_msr MSR_SYSENTER_EIP 1f
    set_msr MSR_SYSENTER_ESP test_stack_top-0x80
    enter_user FLAG_IF+2, SEL_USER_CODE32
    .code32
at; sysenter
    .code64
    kernel
1:
to; int $0x81

snippet gp_sysenter_cs_null
    set_msr MSR_SYSENTER_CS 3
    enter_user
at; sysenter
    kernel

snippet sysexit_to_64_bit
    mov $1f, %edx
    mov $user_stack_top - 0x20, %ecx
    sysexitq
    user
1:
at; int $0x80
    kernel

snippet sysexit_to_32_bit
    mov $1f, %edx
    mov $user_stack_top - 0x20, %ecx
    sysexitl
    user
    .code32
1:
at; int $0x80
    .code64
    kernel

snippet gp_sysexit_cs_null
    set_msr MSR_SYSENTER_CS 0
at; sysexitl

snippet gp_sysexit_non_canonical
    movabs $NON_CANONICAL, %rdx
    mov $user_stack_top, %ecx
at; sysexitq

/* Call gates in long mode push SS, RSP, CS, RIP as 8 bytes each and copy no parameters (vol. 3A, 5.8.3.1). */
    .globl user_area
    user
    .balign 64
user_area:
    .fill 64
gate_pointer:
    .long 0
    .word SEL_GATE
gate_absent_pointer:
    .long 0
    .word SEL_GATE_ABSENT
gate_dpl_0_pointer:
    .long 0
    .word SEL_GATE_DPL0
kernel_pointer:
    .long 0
    .word SEL_KERNEL_CODE
conforming_pointer:
    .long conforming_target
    .word SEL_CONFORMING
data_pointer:
    .long 0
    .word SEL_USER_DATA
null_pointer:
    .long 0
    .word 0
    kernel

snippet user_call_gate
    enter_user
at; lcall *gate_pointer
    kernel

/* Here the gate does not change the privilege: only CS and RIP are pushed, and "return_rsp" is what was there before. */
snippet call_gate_from_ring_0
    push $0x5555
    push $0x4444
at; lcall *gate_pointer

/* Where the call gates of this image lead. */
.globl call_gate_target
call_gate_target:
    mov (%rsp), %rax
    report return_rip %rax
    mov 8(%rsp), %rax
    report return_cs %rax
    mov 16(%rsp), %rax
    report return_rsp %rax
    mov 24(%rsp), %rax
    report return_ss %rax
to; int $0x80

snippet user_gp_jump_through_gate_to_ring_0
    enter_user
at; ljmp *gate_pointer
    kernel

snippet user_np_call_gate_absent
    enter_user
at; lcall *gate_absent_pointer
    kernel

snippet user_gp_call_gate_dpl_0
    enter_user
at; lcall *gate_dpl_0_pointer
    kernel

snippet user_gp_far_jump_to_kernel
    enter_user
at; ljmp *kernel_pointer
    kernel

snippet user_gp_far_jump_to_data
    enter_user
at; ljmp *data_pointer
    kernel

snippet user_gp_far_jump_null
    enter_user
at; ljmp *null_pointer
    kernel

snippet user_far_jump_to_conforming_stays_in_ring_3
    enter_user
at; ljmp *conforming_pointer
conforming_target:
    int $0x80
    kernel

/* A far return to ring 3 takes RSP and SS from the stack. */
snippet far_return_to_ring_3
    push $SEL_USER_DATA
    push $user_stack_top - 0x10
    push $SEL_USER_CODE
    push $1f
    lretq
    user
1:
at; int $0x80
    kernel

snippet far_return_with_parameters_to_ring_3
    push $SEL_USER_DATA
    push $user_stack_top - 0x40
    push $0
    push $0
    push $SEL_USER_CODE
    push $1f
    lretq $16
    user
1:
at; int $0x80
    kernel

snippet gp_far_return_to_inner_ring
    enter_user
    push $SEL_KERNEL_CODE
    push $0
at; lretq
    kernel

/* Compatibility mode: 32-bit code under a 64-bit kernel. Frames are the 64-bit ones. */
    .macro enter_compatible flags=2
    enter_user \flags, SEL_USER_CODE32
    .code32
    .endm
    .macro leave_compatible
    .code64
    kernel
    .endm

snippet compatible_int_n
    enter_compatible
at; int $0x80
    leave_compatible

snippet compatible_int_n_and_back
    on_event_return
    enter_compatible
    push $0
    int $0x80
at; ud2
    leave_compatible

snippet compatible_div_by_zero
    enter_compatible
at; div %ecx
    leave_compatible

snippet compatible_into
    enter_compatible 0x802
at; into
    leave_compatible

snippet compatible_into_without_overflow
    enter_compatible
    into
at; int $0x80
    leave_compatible

snippet compatible_bound
    enter_compatible
    mov $9, %eax
at; bound %eax, user_bounds
    leave_compatible

snippet compatible_aam_by_zero
    enter_compatible
at; aam $0
    leave_compatible

snippet compatible_page_fault_cr2_has_32_bits
    enter_compatible
    mov $0x10, %eax
at; mov -0x20(%eax), %ecx
    leave_compatible

snippet compatible_gp_hlt
    enter_compatible
at; hlt
    leave_compatible

snippet compatible_ss_null
    enter_compatible
    xor %eax, %eax
at; mov %eax, %ss
    leave_compatible

snippet compatible_null_ds
    enter_compatible
    xor %eax, %eax
    mov %eax, %ds
at; mov user_area, %eax
    leave_compatible

snippet compatible_far_jump_to_64_bit
    enter_compatible
    ljmp $SEL_USER_CODE, $1f
    .code64
1:  movabs $0x123456789, %rax
at; int $0x80
    kernel

snippet compatible_in_ring_0
    movabs $0x5555555500000010, %rax
    push $SEL_CODE32
    push $1f
    lretq
    .code32
1:
at; int $0x80
    .code64

    user
user_bounds:
    .long 1, 8
    kernel

    snippets_end
