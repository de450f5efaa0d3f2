/* Exceptions raised by single instructions in ring 0: vector, saved RIP, error code and frame (SDM vol. 3A, chapter 6). */
#include "layout.h"
#include "snippet.inc"

/* #DE is a fault: RIP is the division, and RF is set in the frame (vol. 3B, 18.3.1.1). */
snippet div_by_zero RAX|RDX
    mov $5, %eax
at; div %ecx

snippet div_quotient_too_large
    mov $1, %edx
    mov $1, %ecx
at; div %ecx

snippet idiv_smallest_by_minus_one
    mov $0x80000000, %eax
    cltd
    mov $-1, %ecx
at; idiv %ecx

/* A 64-bit frame is aligned to 16 bytes before anything is pushed (vol. 3A, 6.14.2). */
snippet frame_aligned_1
    sub $1, %rsp
at; div %ecx

snippet frame_aligned_8
    push $0
at; div %ecx

snippet frame_aligned_15
    sub $15, %rsp
at; ud2

/* INT3 is a trap: RIP is behind it. */
snippet int3
at; int3

snippet int3_two_bytes
at; .byte 0xcd, 3

snippet int_n
at; int $0x80

snippet int_n_through_trap_gate
    sti
    nop
at; int $0x81

snippet int_n_through_interrupt_gate
    sti
    nop
at; int $0x80

/* Delivery clears TF, NT, RF and VM, an interrupt gate IF too; AC and DF stay (vol. 3A, 6.12.1.3). */
snippet delivery_clears_nt
    push $(FLAG_NT | FLAG_AC | 0x402)
    popfq
at; int $0x81

snippet ud2
at; ud2

snippet ud_lock_on_move
at; .byte 0xf0, 0x89, 0x00

snippet ud_lock_on_register
at; .byte 0xf0, 0x01, 0xc0

/* One-byte instructions that 64-bit mode does not have (vol. 2, tables B). */
snippet ud_push_es
at; .byte 0x06

snippet ud_daa
at; .byte 0x27

snippet ud_aaa
at; .byte 0x37

snippet ud_pusha
at; .byte 0x60

snippet ud_into
at; .byte 0xce

snippet ud_aam
at; .byte 0xd4, 0x0a

snippet ud_salc
at; .byte 0xd6

snippet ud_far_jump_immediate
at; .byte 0xea, 0, 0, 0, 0, 8, 0

snippet ud_far_call_immediate
at; .byte 0x9a, 0, 0, 0, 0, 8, 0

snippet ud_group_1_alias_82
at; .byte 0x82, 0xc0, 1

snippet ud_mov_to_cs
    mov $SEL_KERNEL_CODE, %eax
at; .byte 0x8e, 0xc8

snippet ud_mov_from_segment_6
at; .byte 0x8c, 0xf0

snippet ud_mov_cr1
at; .byte 0x0f, 0x20, 0xc8

snippet ud_mov_cr5
at; .byte 0x0f, 0x20, 0xe8

snippet ud_ud1
at; .byte 0x0f, 0xb9, 0xc0

snippet ud_lock_on_read
at; .byte 0xf0, 0x39, 0x00

/* An instruction of more than 15 bytes is #GP(0) (vol. 2A, 2.3.11 and vol. 3A, 6.15, #GP). */
snippet gp_instruction_too_long
at; .fill 15, 1, 0x66
    nop

snippet syscall_without_sce
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_SCE), %eax
    xor %edx, %edx
    wrmsr
at; syscall

snippet sysret_without_sce
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_SCE), %eax
    xor %edx, %edx
    wrmsr
at; sysretq

/* Device not available (vol. 3A, 2.5, table 2-2). */
snippet nm_x87_with_ts
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %rax, %cr0
at; fld1

snippet nm_sse_with_ts
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %rax, %cr0
at; xorps %xmm0, %xmm0

snippet nm_x87_with_em
    mov $(CR0_INITIAL | CR0_EM), %eax
    mov %rax, %cr0
at; fld1

snippet ud_sse_with_em
    mov $(CR0_INITIAL | CR0_EM), %eax
    mov %rax, %cr0
at; xorps %xmm0, %xmm0

snippet nm_wait_with_mp_and_ts
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %rax, %cr0
at; fwait

snippet wait_with_ts_without_mp
    mov $((CR0_INITIAL & ~CR0_MP) | CR0_TS), %eax
    mov %rax, %cr0
at; fwait
    ret

snippet clts_ends_nm
    mov $(CR0_INITIAL | CR0_TS), %eax
    mov %rax, %cr0
    clts
at; fld1
    mov %cr0, %rax
    report cr0 %rax
    ret

snippet ud_sse_without_osfxsr
    mov $(CR4_INITIAL & ~CR4_OSFXSR), %eax
    mov %rax, %cr4
at; xorps %xmm0, %xmm0

/* #MF comes at the next waiting instruction, not at the one that failed. */
snippet mf_zero_divide
    movw $0x37b, -16(%rsp)
    fldcw -16(%rsp)
    fld1
    fldz
    fdivrp
    nop
at; fwait

snippet mf_at_next_x87_instruction
    movw $0x37b, -16(%rsp)
    fldcw -16(%rsp)
    fld1
    fldz
    fdivrp
at; fld1

snippet mf_not_at_fnstsw RAX
    movw $0x37b, -16(%rsp)
    fldcw -16(%rsp)
    fld1
    fldz
    fdivrp
    fnstsw %ax
    fnclex
    fwait
at; int $0x80

snippet xm_divide_by_zero
    movl $0x1d80, -16(%rsp)
    ldmxcsr -16(%rsp)
    mov $1, %eax
    cvtsi2ss %eax, %xmm0
    xorps %xmm1, %xmm1
at; divss %xmm1, %xmm0

snippet ud_for_xm_without_osxmmexcpt
    mov $(CR4_INITIAL & ~CR4_OSXMMEXCPT), %eax
    mov %rax, %cr4
    movl $0x1d80, -16(%rsp)
    ldmxcsr -16(%rsp)
    mov $1, %eax
    cvtsi2ss %eax, %xmm0
    xorps %xmm1, %xmm1
at; divss %xmm1, %xmm0

snippet gp_mxcsr_reserved_bit
    movl $0x11f80, -16(%rsp)
at; ldmxcsr -16(%rsp)

snippet gp_movaps_misaligned
at; movaps -15(%rsp), %xmm0

/* Non-canonical addresses: #SS for accesses by RSP and RBP, else #GP (vol. 1, 3.3.7.1). */
snippet gp_non_canonical_load
    movabs $NON_CANONICAL, %rax
at; mov (%rax), %ecx

snippet ss_non_canonical_by_rbp
    movabs $NON_CANONICAL, %rbp
at; mov 0(%rbp), %ecx

snippet ss_non_canonical_push
    movabs $NON_CANONICAL, %rbx
    movb $1, idt + 16 * 12 + 4
    movb $2, idt + 16 * 13 + 4
    lea 0x100(%rbx), %rsp
at; push %rax

/* A near branch checks its target: RIP is the branch, and RSP is as before it. */
snippet gp_non_canonical_jump
    movabs $NON_CANONICAL, %rax
at; jmp *%rax

snippet gp_non_canonical_call
    movabs $NON_CANONICAL, %rax
at; call *%rax

snippet gp_non_canonical_ret
    movabs $NON_CANONICAL, %rax
    push %rax
at; ret

snippet gp_iret_non_canonical
    movabs $NON_CANONICAL, %rax
    mov %rsp, %rcx
    push $SEL_KERNEL_DATA
    push %rcx
    push $2
    push $SEL_KERNEL_CODE
    push %rax
at; iretq

/* Control registers (vol. 2B, MOV to/from Control Registers). */
snippet gp_cr0_pg_without_pe
    mov $(CR0_INITIAL & ~CR0_PE), %eax
at; mov %rax, %cr0

snippet gp_cr0_clear_pg_in_64_bit_code
    mov $(CR0_INITIAL & ~CR0_PG), %eax
at; mov %rax, %cr0

snippet gp_cr4_clear_pae
    mov $(CR4_INITIAL & ~CR4_PAE), %eax
at; mov %rax, %cr4

snippet gp_cr4_reserved_bit
    mov $(CR4_INITIAL | 0x8000), %eax
at; mov %rax, %cr4

snippet gp_cr0_nw_without_cd
    mov $(CR0_INITIAL | CR0_NW), %eax
at; mov %rax, %cr0

snippet gp_cr0_upper_bits
    movabs $0x180050033, %rax
at; mov %rax, %cr0

snippet gp_cr4_upper_bits
    movabs $0x100000620, %rax
at; mov %rax, %cr4

snippet gp_cr3_reserved_bits
    movabs $0x10000000000000, %rax
    mov %cr3, %rcx
    or %rcx, %rax
at; mov %rax, %cr3

snippet gp_cr8_reserved_bits
    mov $0x10, %eax
at; mov %rax, %cr8

snippet cr8_holds_four_bits
    mov $0xa, %eax
    mov %rax, %cr8
    xor %eax, %eax
    mov %cr8, %rax
    report cr8 %rax
at; ret

/* Model-specific registers (vol. 2B, WRMSR and RDMSR). */
snippet gp_rdmsr_unknown
    mov $0x12345678, %ecx
at; rdmsr

snippet gp_wrmsr_unknown
    mov $0x12345678, %ecx
at; wrmsr

    .macro non_canonical_msr name, msr
snippet gp_wrmsr_non_canonical_\name
    mov $\msr, %ecx
    mov $0x8000, %edx
at; wrmsr
    .endm
    non_canonical_msr lstar MSR_LSTAR
    non_canonical_msr cstar MSR_CSTAR
    non_canonical_msr fs_base MSR_FS_BASE
    non_canonical_msr gs_base MSR_GS_BASE
    non_canonical_msr kernel_gs_base MSR_KERNEL_GS_BASE
    non_canonical_msr sysenter_eip MSR_SYSENTER_EIP
    non_canonical_msr sysenter_esp MSR_SYSENTER_ESP

snippet gp_efer_reserved_bit
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL | 2), %eax
at; wrmsr

snippet gp_efer_lme_while_paging
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_LME), %eax
at; wrmsr

snippet efer_reads_back RAX|RDX
    mov $MSR_EFER, %ecx
    rdmsr
at; int $0x80

snippet gp_lgdt_non_canonical
    movabs $NON_CANONICAL, %rax
    mov %rax, -8(%rsp)
    movw $0xff, -10(%rsp)
at; lgdt -10(%rsp)

snippet gp_lidt_non_canonical
    movabs $NON_CANONICAL, %rax
    mov %rax, -8(%rsp)
    movw $0xff, -10(%rsp)
at; lidt -10(%rsp)

snippet invlpg_is_not_checked_for_canonical
    movabs $NON_CANONICAL, %rax
    invlpg (%rax)
at; ret

/* CMPXCHG16B wants 16-byte alignment: #GP(0). */
snippet gp_cmpxchg16b_misaligned
at; cmpxchg16b -16(%rsp)

snippet gp_fxsave_misaligned
at; fxsave user_data + 8

/* No #AC in ring 0, whatever the flags say. */
snippet no_ac_in_ring_0
    mov $(CR0_INITIAL | CR0_AM), %eax
    mov %rax, %cr0
    push $(FLAG_AC | 2)
    popfq
at; mov -13(%rsp), %eax
    ret

/* DF and the string instructions: no event, but the restart state of REP is the registers. */
snippet rep_movs_moves_backwards
    mov $user_data + 24, %esi
    mov $user_data + 56, %edi
    mov $4, %ecx
    std
    rep movsq
    cld
    report rcx %rcx
    mov $user_data + 24, %eax
    sub %rsi, %rax
    report moved %rax
at; ret

snippet interrupts_stay_off_after_fault
    cli
at; ud2

snippet rflags_in_frame FLAGS
    push $0xcd7
    popfq
at; ud2

snippet rflags_reserved_bits_read_as_fixed
    push $-1 - FLAG_TF - 0x4200
    popfq
    pushfq
    pop %rax
    push $2
    popfq
    report rflags %rax
at; ret

snippet popf_16_bit_keeps_upper_half
    push $(0x200002 | FLAG_AC)
    popfq
    pushw $0x46
    popfw
    pushfq
    pop %rax
    report rflags %rax
at; ret

/* What a deterministic machine must not offer: host randomness, x2APIC, TSC deadline, MONITOR (vol. 2A, CPUID). */
snippet cpuid_offers_nothing_of_the_host
    mov $1, %eax
    cpuid
    mov %ecx, %eax
    and $(1 << 3 | 1 << 21 | 1 << 24 | 1 << 30), %eax
    report monitor_x2apic_deadline_rdrand %rax
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    and $(1 << 18), %ebx
    report rdseed %rbx
at; ret

/* What kernels for this mode ask for, and what the paging snippets use: FXSR, SSE2, NX, SYSCALL, 1 GiB pages, long mode, SMEP, SMAP. */
snippet cpuid_offers_long_mode
    mov $1, %eax
    cpuid
    and $(1 << 24 | 1 << 26), %edx
    report fxsr_sse2 %rdx
    mov $0x80000001, %eax
    cpuid
    and $(1 << 11 | 1 << 20 | 1 << 26 | 1 << 29), %edx
    report syscall_nx_1g_lm %rdx
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    and $(1 << 7 | 1 << 20), %ebx
    report smep_smap %rbx
at; ret

    user
    .balign 64
    .globl user_data
user_data:
    .fill 64
    kernel

    snippets_end
