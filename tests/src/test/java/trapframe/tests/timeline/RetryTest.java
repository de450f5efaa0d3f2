package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;

/** A machine that goes back again and again keeps in its TLB what page tables still say, and nothing else. */
class RetryTest {
    private static final long END = Machine.MARK + 500_000;
    private static final int SNAPSHOTS = 64;
    private static final long BETWEEN = 999;

    /**
     * Maps one page after the other at 4 MiB, as it should: with INVLPG. It writes to each, reads it, now and then unmaps it, and uses other
     * pages besides. EBX is what it saw.
     */
    private static final String GUEST = GuestCode.PAGING + """
              mov dword ptr [0x200004], 0x202003
              xor esi, esi
            again:
              inc esi
              and esi, 15
              mov eax, esi
              shl eax, 12
              lea edi, [eax + 0x300003]
              mov [0x202000], edi
              invlpg [0x400000]
              add ebx, [0x400000 + esi * 4]
              add [0x400000 + esi * 4], ebx
              add ebx, [eax + 0x310000]
              rol ebx, 1
              test esi, 3
              jnz again
              mov dword ptr [0x202000], 0
              invlpg [0x400000]
              jmp again
            """;

    @Test
    void aRunFromARetryIsTheOneThatFollowedTheSnapshot() {
        try (Machine machine = GuestCode.open(GUEST)) {
            machine.run(new RunLimits(END));
            String hash = hashAt(machine, END + SNAPSHOTS * BETWEEN);
            Snapshot[] snapshots = new Snapshot[SNAPSHOTS];

            machine.restore(atPowerOn());
            for (int i = 0; i < SNAPSHOTS; i++) {
                machine.run(new RunLimits(END + i * BETWEEN));
                snapshots[i] = machine.snapshot();
            }
            for (int i = 0; i < SNAPSHOTS; i++) {
                machine.retry(snapshots[i * 37 % SNAPSHOTS]);
                assertThat(hashAt(machine, END + SNAPSHOTS * BETWEEN)).as("from snapshot %d", i * 37 % SNAPSHOTS).isEqualTo(hash);
            }
        }
    }

    @Test
    void fewerPagesAreAskedForThanBehindARestore() {
        try (Machine machine = GuestCode.open(GUEST)) {
            machine.run(new RunLimits(END));
            Snapshot snapshot = machine.snapshot();
            machine.restore(snapshot);
            long behindRestore = fillsUpTo(machine, END + BETWEEN);
            machine.retry(snapshot);
            machine.run(new RunLimits(END + BETWEEN));

            machine.retry(snapshot);

            assertThat(fillsUpTo(machine, END + BETWEEN)).isLessThan(behindRestore);
        }
    }

    @Test
    void marksEmptyTheTlbAgainBehindARestore() {
        try (Machine machine = GuestCode.open(GUEST)) {
            machine.run(new RunLimits(Machine.MARK - BETWEEN));
            Snapshot snapshot = machine.snapshot();
            machine.retry(snapshot);
            machine.run(new RunLimits(END));
            long kept = fillsUpTo(machine, END + BETWEEN);

            machine.restore(snapshot);
            machine.run(new RunLimits(Machine.MARK));

            assertThat(fillsUpTo(machine, Machine.MARK + BETWEEN)).isGreaterThan(kept);
        }
    }

    private static Snapshot atPowerOn() {
        try (Machine machine = GuestCode.open(GUEST)) {
            return machine.snapshot();
        }
    }

    private static long fillsUpTo(Machine machine, long position) {
        long before = machine.cpus().getFirst().tlbFills();
        machine.run(new RunLimits(position));
        return machine.cpus().getFirst().tlbFills() - before;
    }

    private static String hashAt(Machine machine, long position) {
        machine.run(new RunLimits(position));
        return machine.stateHash();
    }
}
