package trapframe.tests.diagnose;

import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

/** A 32-bit guest whose tasks take turns by ticks. */
final class TurnsGuest {
    static final String SAVE = "push eax\npush ecx\npush edx\npush ebx\npush ebp\npush esi\npush edi\n";
    static final String RESTORE = "pop edi\npop esi\npop ebp\npop ebx\npop edx\npop ecx\npop eax\n";

    /**
     * Each tick, or the last of some ticks, goes to the next one of some tasks.
     *
     * @param count of the tasks, whose code is at {@code task0} and so on
     * @param hook  what else each tick does; EAX, EBX, ECX, EDX, ESI, EDI and EBP are free
     */
    static String of(int count, int ticksOfASlice, String hook) {
        StringBuilder text = new StringBuilder(WITH_TICKS).append("on_tick:\n").append(SAVE).append("""
                  inc dword ptr [ticks]
                  mov al, 0x20
                  out 0x20, al
                """).append(hook).append("""
                  dec dword ptr [slice]
                  jnz same_turn
                  mov dword ptr [slice], %d
                  mov ebx, dword ptr [current]
                  mov dword ptr [saved + ebx * 4], esp
                  inc ebx
                  cmp ebx, %d
                  jne next
                  xor ebx, ebx
                next:
                  mov dword ptr [current], ebx
                  mov esp, dword ptr [saved + ebx * 4]
                same_turn:
                %s
                  iretd
                slice: .long %d
                current: .long 0
                """.formatted(ticksOfASlice, count, RESTORE, ticksOfASlice));
        text.append("begin:\n");
        for (int i = 1; i < count; i++) {
            text.append("""
                    mov esp, 0x%x
                    push 0x202
                    push cs
                    push offset task%d
                    %s
                    mov dword ptr [saved + %d], esp
                    """.formatted(0x20_0000 + 0x1_0000 * i, i, SAVE, 4 * i));
        }
        text.append("mov esp, 0x200000\nsti\njmp task0\n");
        text.append("saved: .fill ").append(count).append(", 4, 0\n");
        return text.toString();
    }

    private TurnsGuest() { }
}
