    .text
    .cfi_sections .debug_frame

// Where a new task's trap frame leads. Debuggers, like backtraces, end here.
    .globl task_entry
    .type task_entry, @function
task_entry:
    .cfi_startproc
    .cfi_undefined rip
    xorl %ebp, %ebp
    call task_main
    ud2
    .cfi_endproc
    .size task_entry, . - task_entry

    .section .note.GNU-stack, "", @progbits
