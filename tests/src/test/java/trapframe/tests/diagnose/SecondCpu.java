package trapframe.tests.diagnose;

/** How a 32-bit guest's first CPU starts the second one: with a copy of its trampoline at 0x8000, INIT and SIPI (SDM vol. 3A, section 9.4.4). */
final class SecondCpu {
    /** Run by the first CPU, in flat segments; the trampoline is somewhere else in the program. */
    static final String STARTED = """
              cld
              mov esi, offset trampoline
              mov edi, 0x8000
              mov ecx, offset trampoline_end - trampoline
              rep movsb
              mov edi, 0xfee00300
              mov dword ptr [edi + 0x10], 0x1000000
              mov dword ptr [edi], 0x4500
              mov dword ptr [edi], 0x4608
            """;
    /** Takes the second CPU to {@code protected}, in 32-bit code with data at selector 0x10; {@code gdtr} is the program's, and {@code code_selector} names its code selector. */
    static final String TRAMPOLINE = """
            .code16
            trampoline:
              xor ax, ax
              mov ds, ax
              lgdt [0x8000 + trampoline_gdtr - trampoline]
              mov eax, 1
              mov cr0, eax
              .byte 0x66, 0xea
              .long protected
              .word code_selector
            trampoline_gdtr: .word 0x1f
                             .long gdt
            trampoline_end:
            .code32
            protected:
              mov eax, 0x10
              mov ds, ax
            """;

    private SecondCpu() { }
}
