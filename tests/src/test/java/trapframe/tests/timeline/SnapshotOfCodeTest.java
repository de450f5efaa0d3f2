package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;

/** What the engine keeps beside the guest's state follows a restored snapshot: translated code, and its list of breakpoints. */
class SnapshotOfCodeTest {
    private static final long END = 300_000;
    private static final int SNAPSHOTS = 30;

    @Test
    void codeThatWasChangedSinceIsThatOfTheSnapshotAgain() {
        restoresInAnyOrder("""
                  mov esp, 0x90000
                  mov edi, 0x200000
                  mov dword ptr [edi], 0x00c381
                  mov byte ptr [edi + 6], 0xc3
                  xor ecx, ecx
                again:
                  inc ecx
                  mov [edi + 2], ecx
                  mov edx, 100
                1:
                  call edi
                  dec edx
                  jnz 1b
                  jmp again
                """);
    }

    /** The breakpoint at "watched" is on for some rounds and off for some; the handler counts in EBP. */
    @Test
    void instructionBreakpointsAreThoseOfTheSnapshotAgain() {
        restoresInAnyOrder("""
                  mov esp, 0x90000
                  lgdt [gdtr]
                  ljmp 8, offset reloaded
                reloaded:
                  mov eax, 0x10
                  mov ss, eax
                  mov eax, offset handler
                  mov word ptr [0x201008], ax
                  mov dword ptr [0x20100a], 8
                  mov byte ptr [0x20100d], 0x8e
                  shr eax, 16
                  mov word ptr [0x20100e], ax
                  lidt [idtr]
                  mov eax, offset watched
                  mov dr0, eax
                  xor ecx, ecx
                  xor ebp, ebp
                again:
                  inc ecx
                  mov eax, ecx
                  shr eax, 6
                  and eax, 1
                  or eax, 0x400
                  mov dr7, eax
                  mov edx, 20
                watched:
                  dec edx
                  jnz watched
                  jmp again
                handler:
                  inc ebp
                  iret
                  .balign 8
                gdt:
                  .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
                gdtr:
                  .word 23
                  .long gdt
                idtr:
                  .word 0x7f
                  .long 0x201000
                """);
    }

    private static void restoresInAnyOrder(String guest) {
        try (Machine machine = GuestCode.open(guest)) {
            List<Snapshot> snapshots = new ArrayList<>();
            for (int i = 0; i < SNAPSHOTS; i++) {
                machine.run(new RunLimits(END * i / SNAPSHOTS));
                snapshots.add(machine.snapshot());
            }
            String hash = hashAtEnd(machine);
            assertThat(machine.clock().position()).as("the guest still runs").isBetween(END, END + 15);
            Collections.shuffle(snapshots, new Random(2));
            for (Snapshot snapshot : snapshots) {
                machine.restore(snapshot);
                assertThat(hashAtEnd(machine)).as("from position " + snapshot.position()).isEqualTo(hash);
            }
        }
    }

    private static String hashAtEnd(Machine machine) {
        machine.run(new RunLimits(END));
        return machine.stateHash();
    }
}
