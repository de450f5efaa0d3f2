/*
 * Interrupts from the 8254 through the 8259A: acceptance, HLT, and the shadows of STI and MOV SS (SDM vol. 3A, 6.8).
 * Vector 20h is line 0. Counter 0 counts in mode 0, so that the line rises once and stays up.
 */
#include "layout.h"
#include "snippet.inc"

#define PIC 0x20
#define PIC_MASK 0x21
#define PIT 0x40
#define PIT_CONTROL 0x43

    .macro write port, value
    mov $\value, %al
    out %al, $\port
    .endm

/* Line 0 unmasked, and one interrupt after a few microseconds; then waits until the 8259A has the request. */
raise_line_0:
    push %rax
    write PIC_MASK, 0xfe
    write PIT_CONTROL, 0x30
    write PIT, 20
    write PIT, 0
    write PIC, 0x0a         /* OCW3: read the request register */
1:  in $PIC, %al
    test $1, %al
    jz 1b
    pop %rax
    ret

/* The same without waiting: the interrupt comes when the CPU is halted already. */
start_counter_0:
    push %rax
    write PIC_MASK, 0xfe
    write PIT_CONTROL, 0x30
    write PIT, 0
    write PIT, 20
    pop %rax
    ret

end_of_interrupt:
    push %rax
    write PIC, 0x20
    pop %rax
    ret

snippet pending_interrupt_waits_for_if
    call raise_line_0
    nop
    nop
at; ret

snippet sti_takes_effect_after_next_instruction
    call raise_line_0
    sti
at; nop
    nop
    nop
    ret

snippet sti_cli_lets_nothing_in
    call raise_line_0
    sti
    cli
    nop
    nop
at; ret

snippet sti_ret_is_one_shadow
    call raise_line_0
    call 1f
at; nop
    ret
1:  sti
    ret

/* POPF that sets IF casts no shadow: the interrupt comes before the next instruction. */
snippet popf_has_no_shadow
    call raise_line_0
    push $(FLAG_IF | 2)
    popfq
at; nop
    ret

snippet iret_has_no_shadow
    call raise_line_0
    mov %rsp, %rcx
    push $SEL_KERNEL_DATA
    push %rcx
    push $(FLAG_IF | 2)
    push $SEL_KERNEL_CODE
    push $1f
    iretq
1:
at; nop
    ret

snippet iret_to_ring_3_has_no_shadow
    call raise_line_0
    push $SEL_USER_DATA
    push $user_stack_top
    push $(FLAG_IF | 2)
    push $SEL_USER_CODE
    push $1f
    iretq
    user
1:
at; nop
    kernel

snippet sysret_has_no_shadow
    call raise_line_0
    mov $1f, %ecx
    mov $(FLAG_IF | 2), %r11d
    mov $user_stack_top, %esp
    sysretq
    user
1:
at; nop
    kernel

/* MOV SS blocks interrupts behind itself: none of many interrupts of a loop comes between it and the next instruction. */
snippet mov_ss_blocks_interrupts
    mov $count_interrupts, %eax
    mov %ax, idt + 16 * IRQ_BASE
    shr $16, %eax
    mov %ax, idt + 16 * IRQ_BASE + 6
    mov $SEL_KERNEL_DATA, %edx
    xor %esi, %esi
    xor %edi, %edi
    write PIC_MASK, 0xfe
    write PIT_CONTROL, 0x30
    write PIT, 20
    write PIT, 0
    sti
1:
at; mov %edx, %ss
2:  nop
    nop
    cmp $40, %esi
    jb 1b
    cli
    report interrupts %rsi
    report in_shadow %rdi
    ret

count_interrupts:
    cmpq $2b, (%rsp)
    jne 1f
    inc %edi
1:  inc %esi
    write PIC, 0x20
    write PIT_CONTROL, 0x30
    lea 3(%rsi), %eax
    out %al, $PIT
    write PIT, 0
    iretq

/* HLT: RIP is behind it. STI's shadow covers HLT, so a pending interrupt wakes it at once. */
snippet sti_hlt_with_pending_interrupt
    call raise_line_0
    sti
at; hlt
    cli
    ret

snippet sti_hlt_wakes_later
    on_event_call end_of_interrupt
    call start_counter_0
    sti
at; hlt
    cli
    report awake $1
    ret

snippet hlt_twice
    on_event_call end_of_interrupt
    on_event_call end_of_interrupt
    call start_counter_0
    sti
at; hlt
    cli
    call start_counter_0
    sti
    hlt
    cli
    ret

snippet loop_is_interrupted
    call start_counter_0
    sti
    xor %ecx, %ecx
1:
at; jmp 1b

snippet interrupt_through_trap_gate_keeps_if
    movb $0x8f, idt + 16 * IRQ_BASE + 5
    call raise_line_0
    sti
    nop
at; nop
    ret

snippet interrupt_with_ist
    movb $6, idt + 16 * IRQ_BASE + 4
    call raise_line_0
    sti
    nop
at; nop
    ret

snippet interrupt_gate_absent_has_ext
    andb $0x7f, idt + 16 * IRQ_BASE + 5
    call raise_line_0
    sti
    nop
at; nop
    ret

snippet interrupt_gate_dpl_is_not_checked
    call raise_line_0
    push $SEL_USER_DATA
    push $user_stack_top
    push $(FLAG_IF | 2)
    push $SEL_USER_CODE
    push $1f
    iretq
    user
1:
at; jmp 1b
    kernel

/* A trap of the instruction comes before an interrupt that is pending at the same boundary (6.9). */
snippet single_step_comes_before_interrupt
    call raise_line_0
    push $(FLAG_IF | FLAG_TF | 2)
    push $(FLAG_TF | 2)
    on_event_return
    on_event_return
    popfq
at; popfq
    nop
    ret

/* One request at a time: until the EOI the line's interrupt is in service and the next one waits. */
snippet second_interrupt_waits_for_eoi
    on_event_return
    call raise_line_0
    sti
    nop
    cli
    call raise_line_0
    sti
    nop
    nop
    cli
    on_event_call end_of_interrupt
    call end_of_interrupt
    sti
at; nop
    nop
    cli
    ret

    snippets_end
