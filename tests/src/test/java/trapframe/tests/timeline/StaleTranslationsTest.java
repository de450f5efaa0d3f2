package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;

/** A guest that clears accessed flags without telling the TLB sees in them when the TLB last asked: nobody may change that. */
class StaleTranslationsTest {
    private static final long END = 5 * Machine.MARK + 1_000_000;

    /** Clears the flags of 16 pages, reads the pages, waits, and looks at the flags, for ever; EBX is what it saw. */
    private static final String GUEST = GuestCode.PAGING + """
            again:
              mov ecx, 16
            2:
              and dword ptr [0x201c00 + ecx * 4 - 4], 0xffffffdf
              loop 2b
              mov ecx, 16
              mov edi, 0x300000
            3:
              mov eax, [edi]
              add edi, 0x1000
              loop 3b
              mov ecx, 10000
            4:
              dec ecx
              jnz 4b
              mov ecx, 16
            5:
              mov eax, [0x201c00 + ecx * 4 - 4]
              and eax, 0x20
              rol ebx, 1
              add ebx, eax
              loop 5b
              jmp again
            """;

    @Test
    void aSnapshotTakenChangesNothing() {
        try (Machine undisturbed = GuestCode.open(GUEST); Machine watched = GuestCode.open(GUEST)) {
            for (long position = 1_234_567; position < END; position += 1_234_567) {
                watched.run(new RunLimits(position));
                watched.snapshot();
                watched.stateHash();
            }

            assertThat(hashAtEnd(watched)).isEqualTo(hashAtEnd(undisturbed));
        }
    }

    @Test
    void aRunFromASnapshotOfAMarkIsTheRunThatFollowedIt() {
        try (Machine machine = GuestCode.open(GUEST)) {
            machine.run(new RunLimits(2 * Machine.MARK));
            Snapshot mark = machine.snapshot();
            machine.run(new RunLimits(2 * Machine.MARK + 500_000));
            Snapshot between = machine.snapshot();
            String hash = hashAtEnd(machine);

            machine.restore(mark);
            assertThat(hashAtEnd(machine)).isEqualTo(hash);
            machine.restore(between);
            assertThat(hashAtEnd(machine)).as("the guest does see when the TLB asks").isNotEqualTo(hash);
        }
    }

    private static String hashAtEnd(Machine machine) {
        machine.run(new RunLimits(END));
        return machine.stateHash();
    }
}
