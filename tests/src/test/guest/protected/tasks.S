/* Task switches: by JMP, CALL, IRET, interrupt and exception, and #DF through a task gate (SDM vol. 3A, chapter 8). */
#include "layout.h"
#include "snippet.inc"

/* RF is left out of the old EFLAGS: the manual does not say whether a fault sets it in a TSS. The other task reports what the switch did, and goes back by IRET if it is nested, else by JMP. */
    .globl task_entry
task_entry:
    mov %esp, %ebp
    mov %eax, %ebx
    report esp %ebp
    report eax %ebx
    str %eax
    report tr %eax
    pushfl
    pop %eax
    and $0x7702, %eax
    report fl %eax
    movzwl task, %eax
    report link %eax
    mov tss + 32, %eax
    report old_eip %eax
    mov tss + 36, %eax
    and $0x27702, %eax
    report old_fl %eax
    mov tss + 56, %eax
    report old_esp %eax
    movzbl gdt + SEL_TSS + 5, %eax
    report old_type %eax
    movzbl gdt + SEL_TASK + 5, %eax
    report new_type %eax
    mov %cr0, %eax
    and $CR0_TS, %eax
    report ts %eax
    cmp $t_top, %ebp
    je 1f
    mov (%ebp), %eax
    report error_code %eax
    jmp test_abandoned
1:  pushfl
    testl $FLAG_NT, (%esp)
    lea 4(%esp), %esp
    jz 2f
    iret
    jmp task_entry
2:  ljmp $SEL_TSS, $0

snippet jump_to_task
at; ljmp $SEL_TASK, $0
    movzbl gdt + SEL_TASK + 5, %eax
    report type_after %eax
    ret

snippet call_task_and_iret
at; lcall $SEL_TASK, $0
    movzbl gdt + SEL_TASK + 5, %eax
    report type_after %eax
    pushfl
    pop %eax
    and $FLAG_NT, %eax
    report nt_after %eax
    ret

snippet call_through_task_gate
at; lcall $SEL_TASK_GATE, $0
    ret

snippet int_n_through_task_gate
    movl $0xe500, idt + 8 * 0x80 + 4
    movw $SEL_TASK, idt + 8 * 0x80 + 2
at; int $0x80
    ret

snippet exception_through_task_gate
    movl $0xe500, idt + 8 * 6 + 4
    movw $SEL_TASK, idt + 8 * 6 + 2
    movl $2f, task + 32
at; ud2
2:  mov tss + 32, %eax
    report old_eip %eax
    mov tss + 36, %eax
    and $0x27702, %eax
    report old_fl %eax
    jmp test_abandoned

snippet double_fault_through_task_gate
    movl $0xe500, idt + 8 * 8 + 4
    movw $SEL_TASK, idt + 8 * 8 + 2
    andb $0x7f, idt + 5
at; div %ecx

snippet gp_jump_to_own_busy_task
at; ljmp $SEL_TSS, $0

snippet np_jump_to_absent_task
at; ljmp $SEL_TSS_ABSENT, $0

snippet ts_task_is_too_short
at; ljmp $SEL_TSS_SHORT, $0

/* Debug trap on task switch: T of the new TSS gives #DB with DR6.BT before its first instruction (18.3.1.5). */
snippet task_trap_bit
    movw $1, task + 100
    movl $1f, task + 32
    ljmp $SEL_TASK, $0
1:
at; nop

snippet gp_ltr_busy
    mov $SEL_TSS, %eax
at; ltr %ax

/* The new task's registers, CR3 aside, all come from its TSS. */
snippet task_loads_all_registers RAX|RCX|RDX|RBX|RBP|RSI|RDI|SEGMENTS
    movl $1f, task + 32
    movl $0xa0, task + 40
    movl $0xa1, task + 44
    movl $0xa2, task + 48
    movl $0xa3, task + 52
    movl $0xa5, task + 60
    movl $0xa6, task + 64
    movl $0xa7, task + 68
    movl $SEL_USER_DATA, task + 88
    movl $SEL_KERNEL_DATA, task + 92
    movl $0x402, task + 36
    ljmp $SEL_TASK, $0
1:
at; int $0x80

snippet task_to_ring_3 SEGMENTS
    movl $1f, task + 32
    movl $user_stack_top, task + 56
    movl $SEL_USER_CODE, task + 76
    movl $SEL_USER_DATA, task + 72
    movl $SEL_USER_DATA, task + 80
    movl $SEL_USER_DATA, task + 84
    ljmp $SEL_TASK, $0
    user
1:
at; int $0x80
    kernel

    snippets_end
