/* 32-bit paging with two levels, 4 MiB pages, and PAE with three levels (SDM vol. 3A, 4.3 and 4.4). */
#include "layout.h"
#include "snippet.inc"

    .set P, PTE_P
    .set W, PTE_W
    .set U, PTE_U

    .macro enable_paging cr4=0
    mov $CR4_INITIAL | CR4_PSE | \cr4, %eax
    mov %eax, %cr4
    mov $directory, %eax
    mov %eax, %cr3
    mov $CR0_INITIAL | CR0_PG, %eax
    mov %eax, %cr0
    xor %eax, %eax
    .endm

    .macro enable_pae cr4=0, efer=0
    mov $MSR_EFER, %ecx
    mov $\efer, %eax
    xor %edx, %edx
    wrmsr
    mov $CR4_INITIAL | CR4_PAE | \cr4, %eax
    mov %eax, %cr4
    mov $pae_pdpt, %eax
    mov %eax, %cr3
    mov $CR0_INITIAL | CR0_PG, %eax
    mov %eax, %cr0
    xor %eax, %eax
    .endm

    .macro map index, frame, bits
    movl $frames + 4096 * \frame + \bits, window_table + 4 * \index
    .endm

    .macro map_pae index, frame, bits, high=0
    movl $frames + 4096 * \frame + \bits, pae_window_table + 8 * \index
    movl $\high, pae_window_table + 8 * \index + 4
    .endm

    .macro report_entry key, address
    mov \address, %ecx
    and $0xfff, %ecx
    report \key %ecx
    .endm

    .macro enter_user
    push $SEL_USER_DATA
    push $user_stack_top
    push $2
    push $SEL_USER_CODE
    push $76f
    iret
    user
76:
    .endm

snippet paging_off_ignores_cr3
    mov $0x12345000, %eax
    mov %eax, %cr3
    movl $1, user_memory
at; ret

snippet read_absent
    enable_paging
at; mov WINDOW + 0x10, %ecx

snippet write_absent
    enable_paging
at; mov %ecx, WINDOW + 0x10

snippet execute_absent
    enable_paging
    mov $WINDOW, %ecx
at; jmp *%ecx

snippet write_read_only
    map 0, 0, P
    enable_paging
at; mov %ecx, WINDOW

snippet write_read_only_without_wp
    map 0, 0, P
    enable_paging
    mov $(CR0_INITIAL & ~CR0_WP) | CR0_PG, %eax
    mov %eax, %cr0
    movl $7, WINDOW
    mov frames, %ecx
    report value %ecx
at; ret

snippet user_reads_supervisor_page
    map 0, 0, P+W
    enable_paging
    enter_user
at; mov WINDOW, %ecx
    kernel

snippet user_writes_read_only_page
    map 0, 0, P+U
    enable_paging
    enter_user
at; mov %ecx, WINDOW
    kernel

snippet user_executes_absent_page_without_id_bit
    enable_paging
    mov $WINDOW, %ecx
    enter_user
at; jmp *%ecx
    kernel

snippet a_d_bits
    map 0, 0, P+W
    enable_paging
    mov WINDOW, %ecx
    report_entry read window_table
    movl $1, WINDOW
    report_entry write window_table
    report_entry directory directory+4*(WINDOW>>22)
at; ret

snippet page_4m
    movl $0x55, frames + 0x10
    movl $P+W+PTE_PS, directory + 4 * (WINDOW_LARGE >> 22)
    enable_paging
    mov frames + 0x10 + WINDOW_LARGE, %ecx
    report value %ecx
    report_entry entry directory+4*(WINDOW_LARGE>>22)
    movl $0x56, frames + 0x10 + WINDOW_LARGE
    report_entry entry directory+4*(WINDOW_LARGE>>22)
at; ret

snippet page_4m_reserved_bit_21
    movl $0x200000+P+W+PTE_PS, directory + 4 * (WINDOW_LARGE >> 22)
    enable_paging
at; mov WINDOW_LARGE, %ecx

snippet page_4m_without_pse_is_a_table
    movl $window_table+P+W+PTE_PS, directory + 4 * (WINDOW_LARGE >> 22)
    movl $P+W+PTE_PS, directory
    movl $identity_table+P+W+U, directory
    map 0, 0, P+W
    movl $0x57, frames
    mov $CR4_INITIAL, %eax
    mov %eax, %cr4
    mov $directory, %eax
    mov %eax, %cr3
    mov $CR0_INITIAL | CR0_PG, %eax
    mov %eax, %cr0
    mov WINDOW_LARGE, %ecx
    report value %ecx
at; ret

snippet read_across_into_absent_page
    map 0, 0, P+W
    enable_paging
at; mov WINDOW + 0xffe, %ecx

snippet write_across_into_read_only_page
    map 0, 0, P+W
    map 1, 1, P
    enable_paging
at; mov %ecx, WINDOW + 0xffd

snippet invlpg
    movl $0x11, frames
    movl $0x22, frames + 4096
    map 0, 0, P+W
    enable_paging
    mov WINDOW, %ecx
    report before %ecx
    map 0, 1, P+W
    invlpg WINDOW
    mov WINDOW, %ecx
    report after %ecx
at; ret

snippet smep
    map 0, 0, P+U
    enable_paging CR4_SMEP
    mov $WINDOW, %ecx
at; jmp *%ecx

snippet page_fault_of_ring_3_has_five_words
    enable_paging
    enter_user
at; push WINDOW
    kernel

/* The frame's push faults: the #PF comes through a task gate, which needs no stack of this task. */
snippet stack_absent_task_gate
    movl $0xe500, idt + 8 * 14 + 4
    movw $SEL_TASK, idt + 8 * 14 + 2
    movl $directory, task + 28
    enable_paging
    mov $WINDOW + 0x1000, %esp
at; push %eax

/* PAE. */
snippet pae_read_absent
    enable_pae
at; mov WINDOW, %ecx

snippet pae_write_read_only
    map_pae 0, 0, P
    enable_pae
at; mov %ecx, WINDOW

snippet pae_nx
    map_pae 0, 0, P, 0x80000000
    enable_pae 0, EFER_NXE
    mov $WINDOW, %ecx
at; jmp *%ecx

snippet pae_nx_is_reserved_without_nxe
    map_pae 0, 0, P, 0x80000000
    enable_pae
at; mov WINDOW, %ecx

snippet pae_reserved_high_bit
    map_pae 0, 0, P, 0x80000
    enable_pae
at; mov WINDOW, %ecx

/* Bits 62:52 are reserved in PAE entries, other than with 4 levels (table 4-11). */
snippet pae_reserved_bit_52
    map_pae 0, 0, P, 0x100000
    enable_pae
at; mov WINDOW, %ecx

snippet pae_directory_entry_a_bit
    map_pae 0, 0, P+W
    enable_pae
    movl $1, WINDOW
    report_entry entry pae_window_table
    report_entry directory pae_window_directory
    report_entry pdpte pae_pdpt+8
at; ret

snippet pae_page_2m
    movl $0x66, frames + 0x20
    movl $P+W+PTE_PS, pae_window_directory + 8 * 4
    enable_pae
    mov frames + 0x20 + WINDOW_LARGE, %ecx
    report value %ecx
    report_entry entry pae_window_directory+32
at; ret

snippet pae_page_2m_reserved_bits
    movl $0x2000+P+W+PTE_PS, pae_window_directory + 8 * 4
    enable_pae
at; mov WINDOW_LARGE, %ecx

/* PDPTEs are loaded, and checked, by the MOV to CR3 (4.4.1): reserved bits of a present one are #GP(0) there. */
snippet gp_pdpte_reserved_bit_on_cr3_load
    enable_pae
    orl $2, pae_pdpt + 8
    mov $pae_pdpt, %eax
at; mov %eax, %cr3

snippet gp_pdpte_reserved_bit_on_enabling
    orl $0x20, pae_pdpt + 8
    mov $CR4_INITIAL | CR4_PAE, %eax
    mov %eax, %cr4
    mov $pae_pdpt, %eax
    mov %eax, %cr3
    mov $CR0_INITIAL | CR0_PG, %eax
at; mov %eax, %cr0

snippet pdpte_absent
    movl $0, pae_pdpt + 8
    enable_pae
at; mov WINDOW, %ecx

/* A PDPTE that changes in memory counts only after the next load of CR3. */
snippet pdpte_is_cached
    map_pae 0, 0, P+W
    enable_pae
    movl $0, pae_pdpt + 8
    invlpg WINDOW
    movl $0x77, WINDOW
    mov frames, %ecx
    report value %ecx
    mov $pae_pdpt, %eax
    mov %eax, %cr3
at; mov WINDOW, %ecx

snippet pae_user_page
    map_pae 0, 0, P+U
    enable_pae
    enter_user
at; mov %ecx, WINDOW
    kernel

snippet pae_read_across_into_absent_page
    map_pae 0, 0, P+W
    enable_pae
at; mov WINDOW + 0xffd, %ecx

snippet gp_enable_paging_without_protection
    mov $CR0_PG | 0x10, %eax
at; mov %eax, %cr0

    .bss
    .balign 4096
    .globl frames, directory, identity_table, window_table, pae_pdpt, pae_window_table, pae_window_directory
frames:
    .skip 4096 * 4
    snippets_end
