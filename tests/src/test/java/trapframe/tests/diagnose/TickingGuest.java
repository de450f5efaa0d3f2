package trapframe.tests.diagnose;

import trapframe.tests.timeline.LongModeGuest;

/** The beginning of a 32-bit guest that takes the ticks of the 8254, from its label {@code begin} on. */
final class TickingGuest {
    /** Gates, the 8259s, and the 8254 as firmware leaves it, at 18.2 Hz: what follows runs with interrupts off. */
    static final String WITH_TICKS = """
            mov esp, 0x200000
            lidt [idtr]
            mov ecx, 0
            gates:
              mov eax, offset on_fault
              cmp ecx, 0x20
              jb gate
              mov eax, offset on_tick
            gate:
              mov word ptr [0x300000 + ecx * 8], ax
              mov word ptr [0x300002 + ecx * 8], cs
              mov word ptr [0x300004 + ecx * 8], 0x8e00
              shr eax, 16
              mov word ptr [0x300006 + ecx * 8], ax
              inc ecx
              cmp ecx, 0x30
              jb gates
            """ + LongModeGuest.ONLY_TICKS + """
            jmp begin
            idtr: .word 0x17f
                  .long 0x300000
            ticks: .long 0
            flag: .long 0
            on_fault: iretd
            succeed:
              mov al, 0x10
              out 0xf4, al
            """;
    static final String TICK = """
            on_tick:
              push eax
              inc dword ptr [ticks]
              mov al, 0x20
              out 0x20, al
              pop eax
              iretd
            """;

    /** The gate of {@link #local}, whose handler is at {@code on_local}. */
    static final String LOCAL_GATE = """
              mov eax, offset on_local
              mov word ptr [0x300000 + 0x21 * 8], ax
              shr eax, 16
              mov word ptr [0x300006 + 0x21 * 8], ax
            """;

    /** The local APIC's timer, at vector 0x21, in a mode and with a count in nanoseconds. */
    static String local(String mode, int count) {
        return """
                  mov dword ptr [0xfee003e0], 0xb
                  mov dword ptr [0xfee00320], %s
                  mov dword ptr [0xfee00380], %d
                """.formatted(mode, count);
    }

    private TickingGuest() { }
}
