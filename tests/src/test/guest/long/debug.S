/* Single steps, breakpoints and the debug registers (SDM vol. 3B, chapter 18). */
#include "layout.h"
#include "snippet.inc"
#include "user.inc"

#define DR7_FIXED 0x400
#define L0 0x1
#define G0 0x2
#define L1 0x4
#define L3 0x40
#define GD 0x2000
#define RW_EXECUTE 0
#define RW_WRITE 1
#define RW_IO 2
#define RW_ACCESS 3
#define LEN_1 0
#define LEN_2 4
#define LEN_4 12
#define LEN_8 8
#define BP0(kind, length) ((kind | length) << 16)
#define BP1(kind, length) ((kind | length) << 20)
#define BP3(kind, length) ((kind | length) << 28)

    .macro set_tf
    pushfq
    orl $FLAG_TF, (%rsp)
    popfq
    .endm

    .macro clear_tf
    pushfq
    andl $~FLAG_TF, (%rsp)
    popfq
    .endm

    .macro set_dr number, value
    movabs $\value, %rax
    mov %rax, %dr\number
    xor %eax, %eax
    .endm

/* TF: a trap after each instruction that began with TF set: not after the POPF that sets it (18.3.1.4). */
snippet step_after_popf
    set_tf
at; nop
    nop

snippet step_several
    on_event_return 3
    set_tf
at; nop
    mov $1, %eax
    add %eax, %eax
    nop

/* POPF that clears TF began with TF set: one more trap follows it. */
snippet step_over_popf_that_clears_tf
    on_event_return 4
    push $2
    set_tf
at; nop
    popfq
    nop
    nop
    ret

/* DR6.BS (bit 14) says why; the CPU never clears DR6 by itself. */
snippet step_keeps_other_dr6_bits
    set_dr 6 0xffff0ff5
    set_tf
at; nop

/* PUSHF shows TF to the guest that set it. */
snippet step_pushf_shows_tf RAX
    on_event_return 1
    set_tf
at; pushfq
    pop %rax

/* A fault is delivered with TF in its frame, and there is no trap for the instruction that did not complete. */
snippet step_fault_comes_without_trap
    set_tf
at; ud2

/* INT n clears TF for its handler; the trap for INT n is taken neither before nor in the handler. */
snippet step_int_n
    on_event_return 1
    set_tf
at; int $0x80
    nop

snippet step_int3
    set_tf
at; int3

/* The instruction behind MOV SS is stepped together with it (6.8.3). */
snippet step_mov_ss_is_skipped
    mov $SEL_KERNEL_DATA, %ecx
    set_tf
at; mov %ecx, %ss
    nop
    nop

snippet step_pop_ss_in_compatibility_mode
    enter_user 2, SEL_USER_CODE32
    .code32
    push $SEL_USER_DATA
    pushf
    orl $FLAG_TF, (%esp)
    popf
at; pop %ss
    nop
    nop
    .code64
    kernel

/* Each iteration of a repeated string instruction traps; RIP is the instruction until the last one. */
snippet step_rep_stosb RCX
    on_event_return 3
    mov $user_memory, %edi
    mov $3, %ecx
    set_tf
at; rep stosb
    nop

snippet step_rep_with_rcx_zero RCX
    mov $user_memory, %edi
    set_tf
at; rep stosb
    nop

/* IRET that sets TF: the first instruction at the target is stepped, and no trap comes before it. */
snippet step_iret_sets_tf
    mov %rsp, %rcx
    push $SEL_KERNEL_DATA
    push %rcx
    push $(FLAG_TF | 2)
    push $SEL_KERNEL_CODE
    push $1f
    iretq
1:
at; nop
    nop

snippet step_iret_to_ring_3
    enter_user FLAG_TF+2
at; nop
    nop
    kernel

/* IRET that clears TF began with it: a trap follows, at its target. */
snippet step_over_iret_that_clears_tf
    mov %rsp, %rcx
    push $SEL_KERNEL_DATA
    push %rcx
    push $2
    push $SEL_KERNEL_CODE
    push $1f
    on_event_return 1
    set_tf
at; iretq
1:  nop
    nop
    ret

/* SYSCALL saves TF in R11; FMASK clears it for the kernel before anything there is stepped. */
snippet step_syscall_masked R11
    mov $MSR_LSTAR, %ecx
    mov $1f, %eax
    xor %edx, %edx
    wrmsr
    mov $MSR_FMASK, %ecx
    mov $FLAG_TF, %eax
    wrmsr
    on_event_return 1
    enter_user FLAG_TF+2
at; nop
    syscall
    kernel
1:  nop
to; int $0x80

/* SYSRET that sets TF traps on the instruction boundary behind it, before the first user instruction (vol. 2B, SYSRET). */
snippet step_sysret_sets_tf
    mov $1f, %ecx
    mov $(FLAG_TF | 2), %r11d
    mov $user_stack_top, %esp
    sysretq
    user
1:
at; nop
    nop
    kernel

snippet step_in_ring_3_then_int_n
    on_event_return 2
    enter_user FLAG_TF+2
at; nop
    int $0x81
    nop
    kernel

snippet step_jumps_and_calls
    on_event_return 2
    set_tf
at; jmp 1f
    nop
1:  call 2f
    nop
2:  nop

snippet step_cli
    sti
    set_tf
at; cli
    nop

snippet step_cpuid_rdtsc_in_out RCX
    xor %ecx, %ecx
    on_event_return 3
    set_tf
at; in $0x80, %al
    out %al, $0x80
    rdtsc
    nop

/* ICEBP (INT1) raises #DB without a bit in DR6, and RIP is behind it. */
snippet int1
at; .byte 0xf1

/* Instruction breakpoints are faults: before the instruction, RF as it was; RF = 1 in the frame lets it run (18.3.1.1). */
snippet execute_breakpoint
    movq $1f, %rax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0)
    nop
1:
at; mov $1, %eax
    ret

snippet execute_breakpoint_global_enable
    movq $1f, %rax
    mov %rax, %dr3
    set_dr 7 (DR7_FIXED|0x80)
    nop
1:
at; nop
    ret

snippet execute_breakpoint_goes_on_with_rf
    movq $1f, %rax
    mov %rax, %dr0
    on_event_call set_rf
    set_dr 7 (DR7_FIXED|L0)
    nop
1:
at; mov $7, %eax
    report rax %rax
    ret

/* With the frame in RDI: the saved RFLAGS are at 184. */
set_rf:
    orl $FLAG_RF, 184(%rdi)
    ret

/* RF is cleared by the instruction that completes: the breakpoint hits again the next time. */
snippet execute_breakpoint_hits_again
    movq $1f, %rax
    mov %rax, %dr0
    on_event_call set_rf
    set_dr 7 (DR7_FIXED|L0)
    mov $2, %ecx
1:
at; loop 1b
    ret

snippet execute_breakpoint_in_ring_3
    movq $1f, %rax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0)
    enter_user
    nop
1:
at; nop
    kernel

snippet execute_breakpoint_before_fault
    movq $1f, %rax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0)
    nop
1:
at; ud2

/* Data breakpoints are traps: behind the instruction that accessed. */
snippet write_breakpoint
    mov $user_memory, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_4))
    mov user_memory, %eax
at; movl $1, user_memory
    nop
    ret

snippet write_breakpoint_ignores_reads
    mov $user_memory, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_4))
    mov user_memory, %eax
at; ret

snippet access_breakpoint_on_read
    mov $user_memory, %eax
    mov %rax, %dr1
    set_dr 7 (DR7_FIXED|L1|BP1(RW_ACCESS,LEN_4))
at; mov user_memory, %ecx
    nop
    ret

snippet access_breakpoint_on_write
    mov $user_memory, %eax
    mov %rax, %dr3
    set_dr 7 (DR7_FIXED|L3|BP3(RW_ACCESS,LEN_1))
at; movb $1, user_memory
    nop
    ret

snippet access_breakpoint_ignores_execution
    mov $1f, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_ACCESS,LEN_1))
1:  nop
at; ret

snippet breakpoint_overlaps_by_one_byte
    mov $user_memory + 4, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_4))
    movl $1, user_memory
at; movl $1, user_memory + 1
    nop
    ret

/* The low bits of the address are ignored as the length says. */
snippet breakpoint_address_is_aligned_to_its_length
    mov $user_memory + 7, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_8))
at; movb $1, user_memory
    nop
    ret

snippet breakpoint_of_two_bytes
    mov $user_memory + 2, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_2))
    movb $1, user_memory + 4
    movb $1, user_memory + 1
at; movb $1, user_memory + 3
    nop
    ret

snippet breakpoint_on_push
    mov $test_stack_top - 0x10, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_8))
at; push $5
    pop %rax
    ret

/* In REP each iteration can trap; the frame has RF = 1 while there are iterations to come. */
snippet breakpoint_in_rep_stosb RCX
    mov $user_memory + 2, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_1))
    mov $user_memory, %edi
    mov $5, %ecx
at; rep stosb
    ret

snippet two_breakpoints_at_once
    mov $user_memory, %eax
    mov %rax, %dr0
    mov %rax, %dr1
    set_dr 7 (DR7_FIXED|L0|L1|BP0(RW_WRITE,LEN_1)|BP1(RW_ACCESS,LEN_1))
at; movb $1, user_memory
    nop
    ret

snippet breakpoint_with_step
    mov $user_memory, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_WRITE,LEN_1))
    set_tf
at; movb $1, user_memory
    nop
    ret

/* MOV SS holds the breakpoint of its own operand back until after the next instruction. */
snippet breakpoint_on_mov_ss_is_held_back
    movl $SEL_KERNEL_DATA, user_memory
    mov $user_memory, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_ACCESS,LEN_2))
at; mov user_memory, %ss
    nop
    nop
    ret

/* I/O breakpoints need CR4.DE (18.2.4). */
snippet io_breakpoint
    mov $(CR4_INITIAL | CR4_DE), %eax
    mov %rax, %cr4
    mov $0x80, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_IO,LEN_1))
at; out %al, $0x80
    nop
    ret

snippet io_breakpoint_on_in_wider_than_it
    mov $(CR4_INITIAL | CR4_DE), %eax
    mov %rax, %cr4
    mov $0xed, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_IO,LEN_1))
at; in $0xec, %ax
    nop
    ret

snippet no_io_breakpoint_on_memory
    mov $(CR4_INITIAL | CR4_DE), %eax
    mov %rax, %cr4
    mov $user_memory, %eax
    mov %rax, %dr0
    set_dr 7 (DR7_FIXED|L0|BP0(RW_IO,LEN_1))
    movb $1, user_memory
at; ret

/* DR7.GD: any access to a debug register is #DB before it, with DR6.BD, and the CPU clears GD (18.2.4). */
snippet general_detect
    set_dr 7 (DR7_FIXED|GD)
at; mov %dr0, %rax
    ret

snippet general_detect_is_cleared_on_entry
    on_event_return
    set_dr 7 (DR7_FIXED|GD)
at; mov %dr7, %rax
    report dr7 %rax
    ret

/* The registers themselves. */
snippet dr4_is_dr6_without_de
    mov %dr4, %rax
    report dr4 %rax
    mov %dr5, %rax
    report dr5 %rax
at; ret

snippet ud_dr4_with_de
    mov $(CR4_INITIAL | CR4_DE), %eax
    mov %rax, %cr4
at; mov %dr4, %rax

snippet gp_dr6_upper_half
    movabs $0x1ffff0ff0, %rax
at; mov %rax, %dr6

snippet gp_dr7_upper_half
    movabs $0x100000400, %rax
at; mov %rax, %dr7

snippet dr6_fixed_bits
    xor %eax, %eax
    mov %rax, %dr6
    mov %dr6, %rax
    report dr6 %rax
at; ret

snippet dr7_fixed_bits
    xor %eax, %eax
    mov %rax, %dr7
    mov %dr7, %rax
    report dr7 %rax
at; ret

snippet dr0_holds_64_bits
    movabs $0x123456789abc, %rax
    mov %rax, %dr0
    xor %eax, %eax
    mov %dr0, %rax
    report dr0 %rax
at; ret

    snippets_end
