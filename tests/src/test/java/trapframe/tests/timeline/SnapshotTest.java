package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.Statistics;
import trapframe.machine.StopReason;

/** A snapshot is the whole machine, and taking one changes nothing. */
class SnapshotTest {
    private static final int SNAPSHOTS = 40;

    /** Everything that can be said of the end of a run. */
    private record End(StopReason reason, String hash, long position, long skipped, Statistics statistics) {
        static End of(Machine machine) {
            StopReason reason = machine.run(SproutMachine.LIMIT);
            return new End(reason, machine.stateHash(), machine.clock().position(), machine.skippedPositions(), machine.statistics());
        }
    }

    @Test
    void aRunOfWhichSnapshotsAreTakenEndsAsOneThatNobodyLookedAt() {
        try (Machine watched = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            End undisturbed = undisturbed();

            takeSnapshots(watched, undisturbed.position());

            assertThat(End.of(watched)).isEqualTo(undisturbed);
        }
    }

    @Test
    void aRunFromAnySnapshotEndsAsTheRunItWasTakenOf() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            End undisturbed = undisturbed();
            List<Snapshot> snapshots = takeSnapshots(machine, undisturbed.position());

            Random random = new Random(1);
            for (int i = 0; i < 2 * SNAPSHOTS; i++) {
                Snapshot snapshot = snapshots.get(random.nextInt(snapshots.size()));
                machine.restore(snapshot);
                assertThat(End.of(machine)).as("from position " + snapshot.position()).isEqualTo(undisturbed);
            }
        }
    }

    @Test
    void aSnapshotCanBeRestoredInAnotherMachine() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder());
                Machine other = SproutMachine.open("", new StringBuilder())) {
            End undisturbed = undisturbed();
            other.run(new RunLimits(undisturbed.position() / 3));

            for (Snapshot snapshot : takeSnapshots(machine, undisturbed.position())) {
                other.restore(snapshot);
                assertThat(End.of(other)).as("from position " + snapshot.position()).isEqualTo(undisturbed);
            }
        }
    }

    @Test
    void theHashThatFollowsChangesIsTheHashOfTheWhole() {
        try (Machine followed = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            long end = undisturbed().position();
            for (int i = 1; i < 10; i++) {
                RunLimits limits = new RunLimits(end * i / 10);
                followed.run(limits);
                String hash = followed.stateHash();
                try (Machine fresh = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
                    fresh.run(limits);
                    assertThat(hash).isEqualTo(fresh.stateHash());
                }
            }
        }
    }

    private static End undisturbed() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            return End.of(machine);
        }
    }

    /** Snapshots at positions all over a run that ends at a position. */
    private static List<Snapshot> takeSnapshots(Machine machine, long end) {
        List<Snapshot> snapshots = new ArrayList<>(List.of(machine.snapshot()));
        Random random = new Random(end);
        for (int i = 1; i < SNAPSHOTS; i++) {
            machine.run(new RunLimits(end * i / SNAPSHOTS + random.nextInt(1000)));
            snapshots.add(machine.snapshot());
        }
        return snapshots;
    }
}
