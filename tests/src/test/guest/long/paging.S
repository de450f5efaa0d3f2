/* 4-level paging: permissions, error codes, CR2, accessed and dirty bits, large pages (SDM vol. 3A, chapter 4). */
#include "layout.h"
#include "snippet.inc"

    .set P, PTE_P
    .set W, PTE_W
    .set U, PTE_U
#define NX 0x8000000000000000
#define RESERVED 0x0008000000000000     /* bit 51: reserved with every MAXPHYADDR below 52 */

    /* window page `index` maps `frame` with `bits`. */
    .macro map index, frame, bits
    movabs $frames + 4096 * \frame, %rax
    movabs $\bits, %r8
    or %r8, %rax
    mov %rax, window_pt + 8 * \index
    xor %r8d, %r8d
    movabs $WINDOW + 4096 * \index, %rax
    .endm

    .macro report_entry key, address
    mov \address, %rcx
    and $0xfff, %ecx
    report \key %rcx
    .endm

    .macro set_cr4 bits
    mov $CR4_INITIAL | \bits, %ecx
    mov %rcx, %cr4
    .endm

    .macro set_cr0 value
    mov $\value, %ecx
    mov %rcx, %cr0
    .endm

    .macro enter_user
    push $SEL_USER_DATA
    push $user_stack_top
    push $2
    push $SEL_USER_CODE
    push $76f
    iretq
    user
76:
    .endm

    .macro user_read
at; mov (%rax), %ecx
    int $0x80
    kernel
    .endm

    .macro user_write
at; mov %ecx, (%rax)
    int $0x80
    kernel
    .endm

    .macro user_execute
at; jmp *%rax
    kernel
    .endm

/* The error code: P (1), W/R (2), U/S (4), RSVD (8), I/D (10h) (4.7). */
snippet read_absent
    movabs $WINDOW + 0x10, %rax
at; mov (%rax), %ecx

snippet write_absent
    movabs $WINDOW + 0x10, %rax
at; mov %ecx, (%rax)

snippet execute_absent
    movabs $WINDOW + 0x10, %rax
at; jmp *%rax

snippet write_read_only
    map 0, 0, P
at; mov %ecx, (%rax)

snippet write_read_only_without_wp
    set_cr0 CR0_INITIAL & ~CR0_WP
    map 0, 0, P
    movl $7, (%rax)
    mov frames, %ecx
    report value %rcx
    report_entry entry window_pt
at; ret

snippet read_modify_write_read_only
    map 0, 0, P
at; incl (%rax)

snippet cmpxchg_that_fails_still_writes
    map 0, 0, P
    mov %rax, %rdx
    mov $5, %eax
at; cmpxchg %ecx, (%rdx)

snippet pop_to_read_only_memory
    map 0, 0, P
at; pop (%rax)

snippet execute_nx
    map 0, 0, P+NX
at; jmp *%rax

snippet nx_is_reserved_without_nxe
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_NXE), %eax
    xor %edx, %edx
    wrmsr
    map 0, 0, P+NX
at; mov (%rax), %ecx

snippet execute_nx_without_nxe_has_no_id_bit
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_NXE), %eax
    xor %edx, %edx
    wrmsr
    movabs $WINDOW, %rax
at; jmp *%rax

snippet nx_in_directory_counts
    map 0, 0, P
    movabs $NX, %rcx
    or %rcx, window_pd
at; jmp *%rax

snippet nx_in_pml4_counts
    map 0, 0, P
    movabs $NX, %rcx
    or %rcx, pml4 + 8
    on_event_kernel 1f
at; jmp *%rax
1:  movabs $NX, %rcx
    xor %rcx, pml4 + 8
    ret

snippet read_only_in_directory_counts
    map 0, 0, P+W
    andq $~2, window_pd
at; mov %ecx, (%rax)

snippet reserved_bit_in_entry
    map 0, 0, P+RESERVED
at; mov (%rax), %ecx

snippet reserved_bit_in_entry_write
    map 0, 0, P+W+RESERVED
at; mov %ecx, (%rax)

snippet reserved_bit_in_absent_entry_is_ignored
    map 0, 0, RESERVED
at; mov (%rax), %ecx

snippet reserved_bit_in_directory
    map 0, 0, P
    movabs $RESERVED, %rcx
    or %rcx, window_pd
at; mov (%rax), %ecx

snippet reserved_bit_in_pdpt
    map 0, 0, P
    movabs $RESERVED, %rcx
    or %rcx, window_pdpt
at; mov (%rax), %ecx

snippet reserved_ps_bit_in_pml4
    map 0, 0, P
    movabs $WINDOW * 2, %rax
    mov $window_pdpt + 0x87, %ecx
    mov %rcx, pml4 + 16
at; mov (%rax), %ecx

snippet absent_directory
    movq $0, window_pd
    movabs $WINDOW, %rax
at; mov (%rax), %ecx

snippet absent_pdpt_entry
    movabs $WINDOW_GIANT, %rax
at; mov (%rax), %ecx

snippet absent_pml4_entry
    movabs $WINDOW * 3 + 0x123, %rax
at; mov (%rax), %ecx

snippet upper_half_absent
    mov $-0x1000, %rax
at; mov (%rax), %ecx

/* Ring 3. */
snippet user_reads_absent
    movabs $WINDOW + 0x20, %rax
    enter_user
    user_read

snippet user_writes_absent
    movabs $WINDOW + 0x20, %rax
    enter_user
    user_write

snippet user_executes_absent
    movabs $WINDOW + 0x20, %rax
    enter_user
    user_execute

snippet user_reads_supervisor_page
    map 0, 0, P+W
    enter_user
    user_read

snippet user_writes_supervisor_page
    map 0, 0, P+W
    enter_user
    user_write

snippet user_executes_supervisor_page
    map 0, 0, P+W
    enter_user
    user_execute

snippet user_writes_read_only_page
    map 0, 0, P+U
    enter_user
    user_write

snippet user_writes_read_only_page_without_wp
    set_cr0 CR0_INITIAL & ~CR0_WP
    map 0, 0, P+U
    enter_user
    user_write

snippet user_executes_nx_page
    map 0, 0, P+W+U+NX
    enter_user
    user_execute

snippet user_reads_reserved
    map 0, 0, P+W+U+RESERVED
    enter_user
    user_read

snippet user_reads_user_page
    movl $0x1234, frames
    map 0, 0, P+U
    enter_user
    user_read

snippet user_page_under_supervisor_directory
    map 0, 0, P+W+U
    andq $~4, window_pd
    enter_user
    user_read

/* SMEP and SMAP (4.6.1): supervisor access to user pages. */
snippet smep_execute_user_page
    movb $0xc3, frames
    set_cr4 CR4_SMEP
    map 0, 0, P+W+U
at; jmp *%rax

snippet smep_execute_supervisor_page
    movb $0xc3, frames
    set_cr4 CR4_SMEP
    map 0, 0, P
at; call *%rax
    ret

snippet no_smep_execute_user_page
    movb $0xc3, frames
    map 0, 0, P+W+U
at; call *%rax
    ret

snippet smep_without_nxe_reports_id_bit
    set_cr4 CR4_SMEP
    mov $MSR_EFER, %ecx
    mov $(EFER_INITIAL & ~EFER_NXE), %eax
    xor %edx, %edx
    wrmsr
    map 0, 0, P+W+U
at; jmp *%rax

snippet smep_does_not_stop_reads
    set_cr4 CR4_SMEP
    map 0, 0, P+W+U
at; mov (%rax), %ecx
    ret

snippet smap_read_user_page
    set_cr4 CR4_SMAP
    map 0, 0, P+W+U
at; mov (%rax), %ecx

snippet smap_write_user_page
    set_cr4 CR4_SMAP
    map 0, 0, P+W+U
at; mov %ecx, (%rax)

snippet smap_stac_allows
    set_cr4 CR4_SMAP
    map 0, 0, P+W+U
    stac
    movl $9, (%rax)
    clac
    mov frames, %ecx
    report value %rcx
    movabs $WINDOW, %rax
at; mov (%rax), %ecx

snippet smap_popf_sets_ac
    set_cr4 CR4_SMAP
    map 0, 0, P+W+U
    push $(FLAG_AC | 2)
    popfq
    mov (%rax), %ecx
at; ret

snippet smap_does_not_stop_execution
    movb $0xc3, frames
    set_cr4 CR4_SMAP
    map 0, 0, P+U
at; call *%rax
    ret

snippet smap_user_mode_unaffected
    set_cr4 CR4_SMAP
    movl $0x77, frames
    map 0, 0, P+W+U
    enter_user
    user_read

snippet stac_and_clac_change_only_ac
    set_cr4 CR4_SMAP
    push $0xcd7
    popfq
    stac
    pushfq
    pop %rax
    clac
    pushfq
    pop %rbx
    push $2
    popfq
    report stac %rax
    report clac %rbx
at; ret

/* STAC and CLAC in ring 3 are #UD (vol. 2). */
snippet user_stac
    enter_user
at; stac
    kernel

/* Implicit supervisor accesses of ring 3 code: the descriptor tables need no U bit, and SMAP stops them (4.6). */
snippet user_segment_load_reads_gdt_as_supervisor RAX
    mov $SEL_USER_DATA, %edx
    enter_user
    mov %edx, %es
    mov %es, %eax
at; int $0x80
    kernel

snippet user_delivery_stack_is_supervisor_access
    map 0, 0, P+W
    add $0x1000, %rax
    mov %rax, tss + 4
    enter_user
at; int $0x80
    kernel

snippet smap_stops_implicit_access_despite_ac
    map 0, 0, P+W+U
    call ldt_into_window
    set_cr4 CR4_SMAP
    stac
    mov $4, %edx
at; mov %edx, %es

snippet smap_stops_implicit_access_of_ring_3
    map 0, 0, P+W+U
    call ldt_into_window
    set_cr4 CR4_SMAP
    mov $7, %edx
    enter_user
at; mov %edx, %es
    kernel

snippet no_smap_implicit_access_to_user_page
    map 0, 0, P+W+U
    call ldt_into_window
    mov $4, %edx
    mov %edx, %es
at; ret

ldt_into_window:
    movabs $0x00cff3000000ffff, %rcx
    mov %rcx, frames
    mov $WINDOW & 0xffffffff, %ecx
    movw %cx, gdt + SEL_LDT + 2
    movb $0, gdt + SEL_LDT + 4
    movb $0, gdt + SEL_LDT + 7
    movl $WINDOW >> 32, gdt + SEL_LDT + 8
    mov $SEL_LDT, %ecx
    lldt %cx
    ret

/* Accessed and dirty bits (4.8): 20h and 40h in what is printed. */
snippet a_d_after_read
    map 0, 0, P+W
    report_entry before window_pt
    mov (%rax), %ecx
    report_entry after window_pt
    report_entry directory window_pd
    report_entry pdpt window_pdpt
at; ret

snippet a_d_after_write
    map 0, 0, P+W
    mov %ecx, (%rax)
    report_entry after window_pt
    report_entry directory window_pd
at; ret

snippet a_d_after_read_then_write
    map 0, 0, P+W
    mov (%rax), %ecx
    report_entry read window_pt
    movl $1, (%rax)
    report_entry write window_pt
at; ret

snippet a_d_after_execute
    movb $0xc3, frames
    map 0, 0, P+W
    call *%rax
    report_entry after window_pt
at; ret

snippet a_d_after_denied_write
    map 0, 0, P
    on_event_kernel 1f
at; mov %ecx, (%rax)
1:  report_entry after window_pt
    ret

snippet a_d_after_fault_in_ring_3
    map 0, 0, P+W
    on_event_kernel 1f
    enter_user
    user_read
1:  report_entry after window_pt
    ret

snippet a_set_again_after_invlpg
    map 0, 0, P+W
    mov (%rax), %ecx
    andq $~PTE_A, window_pt
    invlpg (%rax)
    mov (%rax), %ecx
    report_entry after window_pt
at; ret

snippet d_set_again_after_invlpg
    map 0, 0, P+W
    movl $1, (%rax)
    andq $~PTE_D, window_pt
    invlpg (%rax)
    mov (%rax), %ecx
    report_entry read window_pt
    movl $1, (%rax)
    report_entry write window_pt
at; ret

snippet lea_accesses_nothing
    map 0, 0, P+W
    lea 8(%rax), %rcx
    report_entry after window_pt
at; ret

/* Translations: INVLPG, CR3, and global pages (4.10). */
snippet invlpg_drops_a_translation
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W
    mov (%rax), %ecx
    report before %rcx
    map 0, 1, P+W
    invlpg (%rax)
    mov (%rax), %ecx
    report after %rcx
at; ret

snippet cr3_load_drops_translations
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W
    mov (%rax), %ecx
    map 0, 1, P+W
    mov %cr3, %rcx
    mov %rcx, %cr3
    mov (%rax), %ecx
    report after %rcx
at; ret

snippet global_page_dropped_by_pge_change
    set_cr4 CR4_PGE
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W+PTE_G
    mov (%rax), %ecx
    map 0, 1, P+W+PTE_G
    set_cr4 0
    mov (%rax), %ecx
    report after %rcx
at; ret

snippet global_page_dropped_by_invlpg
    set_cr4 CR4_PGE
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W+PTE_G
    mov (%rax), %ecx
    map 0, 1, P+W+PTE_G
    invlpg (%rax)
    mov (%rax), %ecx
    report after %rcx
at; ret

/* Whether a global translation outlives a CR3 load is the CPU's choice; that it is right again after INVLPG is not. */
snippet global_page_over_cr3_load_is_old_or_new
    set_cr4 CR4_PGE
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W+PTE_G
    mov (%rax), %ecx
    map 0, 1, P+W+PTE_G
    mov %cr3, %rcx
    mov %rcx, %cr3
    mov (%rax), %ecx
    cmp $0x11, %ecx
    je 1f
    cmp $0x22, %ecx
1:  setne %cl
    movzbl %cl, %ecx
    report wrong %rcx
at; ret

snippet more_rights_need_no_invlpg
    map 0, 0, P
    on_event_call grant_write
at; movl $5, (%rax)
    mov frames, %ecx
    report value %rcx
    ret

grant_write:
    orq $2, window_pt
    ret

snippet present_after_absent_needs_no_invlpg
    movl $0x33, frames + 8
    movabs $WINDOW + 8, %rax
    on_event_call grant_presence
at; mov (%rax), %ecx
    report value %rcx
    ret

grant_presence:
    movq $frames + PTE_P, window_pt
    ret

/* Large pages. */
snippet page_2m
    movl $0x44, frames + 0x10
    movq $PTE_P + PTE_W + PTE_PS, window_pd + 8
    movabs $WINDOW_LARGE, %rax
    mov frames + 0x10 - frames(%rax), %edx
    mov $frames + 0x10, %ecx
    mov (%rax, %rcx), %ecx
    report value %rcx
    report_entry entry window_pd+8
    mov $frames + 0x10, %ecx
    movl $0x45, (%rax, %rcx)
    report_entry entry window_pd+8
at; ret

snippet page_2m_reserved_address_bits
    movq $0x2000 + PTE_P + PTE_W + PTE_PS, window_pd + 8
    movabs $WINDOW_LARGE, %rax
at; mov (%rax), %ecx

snippet page_2m_pat_bit_is_not_reserved
    movq $0x1000 + PTE_P + PTE_W + PTE_PS, window_pd + 8
    movabs $WINDOW_LARGE, %rax
    mov (%rax), %ecx
at; ret

snippet page_2m_read_only
    movq $PTE_P + PTE_PS, window_pd + 8
    movabs $WINDOW_LARGE + 0x1fffff, %rax
at; movb $1, (%rax)

snippet page_2m_user_execute_nx
    movabs $NX + PTE_P + PTE_U + PTE_PS, %rax
    mov %rax, window_pd + 8
    movabs $WINDOW_LARGE, %rax
    enter_user
    user_execute

snippet page_1g
    movl $0x46, frames + 0x18
    movq $PTE_P + PTE_W + PTE_PS, window_pdpt + 8
    movabs $WINDOW_GIANT, %rax
    mov $frames + 0x18, %ecx
    mov (%rax, %rcx), %ecx
    report value %rcx
    report_entry entry window_pdpt+8
at; ret

snippet page_1g_reserved_address_bits
    movq $0x200000 + PTE_P + PTE_W + PTE_PS, window_pdpt + 8
    movabs $WINDOW_GIANT, %rax
at; mov (%rax), %ecx

snippet page_2m_split_into_4k
    movl $0x47, frames
    movq $PTE_P + PTE_W + PTE_PS, window_pd + 8
    movabs $WINDOW_LARGE, %rax
    mov (%rax), %ecx
    movq $window_pt + PTE_P + PTE_W, window_pd + 8
    movq $frames + PTE_P, window_pt
    invlpg (%rax)
    mov (%rax), %ecx
    report value %rcx
at; ret

/* Accesses over a page boundary: CR2 is the first byte that could not be accessed. */
snippet read_across_into_absent_page
    map 0, 0, P+W
    add $0xffd, %rax
at; mov (%rax), %rcx

snippet write_across_into_absent_page
    movl $0x11111111, frames + 0xffc
    map 0, 0, P+W
    add $0xffc, %rax
    mov $-1, %rcx
    on_event_kernel 1f
at; mov %rcx, (%rax)
1:  mov frames + 0xffc, %eax
    report first_half %rax
    report_entry entry window_pt
    ret

snippet write_across_into_read_only_page
    map 0, 0, P+W
    map 1, 1, P
    movabs $WINDOW + 0xffe, %rax
at; mov %ecx, (%rax)

snippet read_across_out_of_absent_page
    map 1, 1, P+W
    movabs $WINDOW + 0xffa, %rax
at; mov (%rax), %rcx

snippet read_across_two_frames RCX
    movl $0x11223344, frames + 0x1ffc
    movl $0x55667788, frames
    map 0, 1, P+W
    map 1, 0, P+W
    movabs $WINDOW + 0xffc, %rax
    mov (%rax), %rcx
at; int $0x80

snippet instruction_across_into_absent_page
    movb $0xb8, frames + 0xffe      /* mov $imm32, %eax: two of its five bytes */
    map 0, 0, P
    add $0xffe, %rax
at; jmp *%rax

snippet instruction_across_into_nx_page
    movb $0xb8, frames + 0xfff
    map 0, 0, P
    map 1, 1, P+NX
    movabs $WINDOW + 0xfff, %rax
at; jmp *%rax

snippet instruction_across_two_frames RAX
    movb $0xb8, frames + 0x1fff
    movl $0x00abcdef, frames
    movw $0x80cd, frames + 4
    map 0, 1, P
    map 1, 0, P
    movabs $WINDOW + 0xfff, %rax
at; jmp *%rax

snippet push_across_into_absent_page
    map 1, 0, P+W
    movabs $WINDOW + 0x1004, %rsp
    movb $1, idt + 16 * 14 + 4
at; push %rax

/* A fault leaves the registers as they were before the instruction, or, in REP, before the iteration. */
snippet fault_leaves_registers RSP|RDI|RCX
    movabs $WINDOW, %rdi
    mov $7, %ecx
    movb $1, idt + 16 * 14 + 4
at; pop (%rdi)

snippet rep_movsb_faults_on_destination RCX|RSI|RDI
    map 0, 0, P+W
    mov $user_memory, %esi
    lea 0xff8(%rax), %rdi
    mov $32, %ecx
at; rep movsb

snippet rep_movsq_faults_on_source RCX|RSI
    map 0, 0, P+W
    lea 0xfe8(%rax), %rsi
    mov $user_memory, %edi
    mov $16, %ecx
at; rep movsq

snippet rep_stosq_goes_on_after_fault RCX
    map 0, 0, P+W
    lea 0xff0(%rax), %rdi
    mov $4, %ecx
    movabs $0x1111111111111111, %rax
    on_event_call map_second_page
at; rep stosq
    mov frames + 0x1008, %rdx
    report value %rdx
    report rcx %rcx
    movabs $WINDOW, %rax
    sub %rax, %rdi
    report distance %rdi
    ret

map_second_page:
    movq $frames + 4096 + PTE_P + PTE_W, window_pt + 8
    ret

snippet rep_with_rcx_zero_touches_nothing
    movabs $WINDOW, %rdi
    movabs $WINDOW, %rsi
    xor %ecx, %ecx
    rep movsb
    repne scasb
at; ret

snippet rep_cmpsb_faults RCX|RSI|RDI
    map 0, 0, P
    lea 0xffe(%rax), %rsi
    lea 0xff0(%rax), %rdi
    mov $16, %ecx
at; repe cmpsb

snippet rep_outsb_faults RCX|RSI
    map 0, 0, P
    lea 0xffe(%rax), %rsi
    mov $16, %ecx
    mov $0x80, %edx
at; rep outsb

snippet insb_into_read_only_page RDI
    map 0, 0, P
    mov %rax, %rdi
    mov $0x80, %edx
at; insb

snippet enter_and_leave_fault RSP|RBP
    movabs $WINDOW + 8, %rbp
at; leave

snippet call_memory_absent RSP
    movabs $WINDOW, %rax
at; call *(%rax)

snippet iret_from_absent_stack
    movb $1, idt + 16 * 14 + 4
    movabs $WINDOW, %rsp
at; iretq

snippet sgdt_to_absent_page
    movabs $WINDOW + 4, %rax
at; sgdt (%rax)

snippet fxsave_to_absent_page
    movabs $WINDOW, %rax
at; fxsave (%rax)

/* Code that changes: in place, through an alias, and over a page boundary (11.6). */
snippet self_modifying_code
    mov $user_code, %esi
    movl $0x0001b8, (%rsi)
    movb $0, 4(%rsi)
    movb $0xc3, 5(%rsi)
    call *%rsi
    report first %rax
    movb $2, 1(%rsi)
    call *%rsi
    report second %rax
at; ret

snippet self_modifying_code_in_the_same_block RAX
    mov $1f + 1, %esi
    movl $0x55, (%rsi)
    jmp 1f
1:  mov $0x11, %eax
at; int $0x80

snippet code_written_through_alias
    movl $0x0001b8, frames
    movl $0xc300, frames + 4
    map 0, 0, P+W
    map 1, 0, P+W
    movabs $WINDOW, %rsi
    movabs $WINDOW + 0x1000, %rdi
    call *%rsi
    report first %rax
    movb $2, 1(%rdi)
    call *%rsi
    report second %rax
    movb $3, frames + 1
    call *%rsi
    report third %rax
    call *%rdi
    report alias %rax
at; ret

snippet code_remapped_with_invlpg
    movl $0x0001b8, frames
    movl $0xc300, frames + 4
    movl $0x0002b8, frames + 0x1000
    movl $0xc300, frames + 0x1004
    map 0, 0, P
    mov %rax, %rsi
    call *%rsi
    report first %rax
    map 0, 1, P
    mov %rax, %rsi
    invlpg (%rsi)
    call *%rsi
    report second %rax
at; ret

snippet code_changed_on_second_page
    movb $0xb8, frames + 0xfff
    movl $1, frames + 0x1000
    movb $0xc3, frames + 0x1004
    map 0, 0, P+W
    map 1, 1, P+W
    movabs $WINDOW + 0xfff, %rsi
    call *%rsi
    report first %rax
    movl $2, 1(%rsi)
    call *%rsi
    report second %rax
at; ret

snippet code_becomes_nx
    movb $0xc3, frames
    map 0, 0, P+W
    call *%rax
    map 0, 0, P+W+NX
    invlpg (%rax)
at; jmp *%rax

snippet code_written_by_rep_movs
    mov $user_code, %edi
    mov $replacement, %esi
    mov $6, %ecx
    rep movsb
    mov $user_code, %esi
    call *%rsi
    report first %rax
    mov $user_code, %edi
    mov $replacement + 6, %esi
    mov $6, %ecx
    rep movsb
    mov $user_code, %esi
    call *%rsi
    report second %rax
at; ret
replacement:
    mov $0x61, %eax
    ret
    mov $0x62, %eax
    ret

    user
    .balign 4096
user_code:
    .fill 64
    kernel

    user
    .balign 4096
    .globl user_memory
user_memory:
    .fill 4096
    kernel

    snippets_end
