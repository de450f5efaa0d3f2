package trapframe.tests.timeline;

/**
 * The beginning of a 64-bit guest that takes the ticks of the 8254, which firmware leaves at 18.2 Hz, at its label {@code on_tick}. It goes on at its
 * label {@code begin}, with interrupts off; {@code on_double_fault} has an interrupt stack.
 */
public final class LongModeGuest {
    /** The first 8259 has its interrupts from vector 0x20 on, and all but the tick's are masked. */
    public static final String ONLY_TICKS = """
            mov al, 0x11
            out 0x20, al
            mov al, 0x20
            out 0x21, al
            mov al, 4
            out 0x21, al
            mov al, 1
            out 0x21, al
            mov al, 0xfe
            out 0x21, al
            """;
    /**
     * Goes on in 64-bit code (SDM vol. 3A, section 10.8.5), with page tables at 0x200000, and a GDT that has code at selector 8 and data at 0x10.
     */
    public static final String INTO_LONG_MODE = """
            mov eax, cr4
            or eax, 0x20
            mov cr4, eax
            mov eax, 0x200000
            mov cr3, eax
            mov ecx, 0xc0000080
            rdmsr
            or eax, 0x100
            wrmsr
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
            .byte 0xea
            .long long_mode
            .word 8
            .code64
            long_mode:
              mov eax, 0x10
              mov ss, eax
              mov ds, eax
              mov es, eax
            """;
    /** Long mode, with memory mapped from 0 to 4 and from 6 to 8 MiB, and ticks at vector 0x20. */
    public static final String START = """
            mov dword ptr [0x200000], 0x201003
            mov dword ptr [0x201000], 0x202003
            mov dword ptr [0x202000], 0x000083
            mov dword ptr [0x202008], 0x200083
            mov dword ptr [0x202018], 0x600083
            lgdt [gdtr]
            """ + INTO_LONG_MODE + """
              mov eax, 0x18
              ltr ax
              mov esp, 0x280000
              mov dword ptr [0x203024], 0x290000
              xor ecx, ecx
              mov edx, 0x204000
            gates:
              mov eax, offset on_fault
              xor ebx, ebx
              cmp ecx, 8
              jne no_double_fault
              mov eax, offset on_double_fault
              mov ebx, 1
            no_double_fault:
              cmp ecx, 0x20
              jb gate
              mov eax, offset on_tick
            gate:
              mov word ptr [rdx], ax
              mov word ptr [rdx + 2], 8
              mov byte ptr [rdx + 4], bl
              mov byte ptr [rdx + 5], 0x8e
              shr eax, 16
              mov word ptr [rdx + 6], ax
              add edx, 16
              inc ecx
              cmp ecx, 0x30
              jb gates
              lidt [idtr]
            """ + ONLY_TICKS + """
              jmp begin
            gdt: .quad 0, 0x00209b0000000000, 0x00cf93000000ffff, 0x0000892030000067, 0
            gdtr: .word 0x27
                  .long gdt
            idtr: .word 0x2ff
                  .quad 0x204000
            ticks: .long 0
            flag: .long 0
            on_fault: iretq
            succeed:
              mov al, 0x10
              out 0xf4, al
            """;
    /** Counts the ticks. */
    public static final String TICK = """
            on_tick:
              push rax
              inc dword ptr [ticks]
              mov al, 0x20
              out 0x20, al
              pop rax
              iretq
            """;

    /** Starts CPU 1 at 0x8000, in real mode (SDM vol. 3A, section 9.4.4.1), by the local APIC, which is mapped first. */
    public static final String START_OTHER = """
              mov dword ptr [0x201018], 0x208003
              mov dword ptr [0x208fb8], 0xfee00083
              mov edx, 0xfee00000
              mov dword ptr [rdx + 0xf0], 0x1ff
              mov dword ptr [rdx + 0x310], 0x01000000
              mov dword ptr [rdx + 0x300], 0x4500
              mov dword ptr [rdx + 0x310], 0x01000000
              mov dword ptr [rdx + 0x300], 0x4608
            """;

    private LongModeGuest() { }
}
