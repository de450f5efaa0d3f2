package trapframe.device.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import trapframe.device.CountedChanges;
import trapframe.freeze.Rendezvous;

class DriveTest {
    private static final int SECTORS = 256;

    private final DriveWorker worker = new DriveWorker(new Rendezvous());
    private final MemoryFile file = new MemoryFile(SECTORS);
    private final byte[] original = file.content.clone();

    @AfterEach
    void endWorker() {
        worker.close();
    }

    private Drive drive(DriveSpec.Access access) {
        return new Drive(file, access, worker);
    }

    private static byte[] sectors(int count, int value) {
        byte[] bytes = new byte[count * Drive.SECTOR];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] read(Drive drive, long sector, int count) {
        Transfer transfer = drive.read(sector, count);
        assertThat(transfer.await()).isTrue();
        return transfer.data();
    }

    private static boolean flush(Drive drive) {
        return flush(drive, () -> { });
    }

    private static boolean flush(Drive drive, Runnable underWay) {
        Transfer transfer = drive.flush();
        boolean done = transfer.await();
        underWay.run();
        drive.end(transfer, done);
        return done;
    }

    @Test
    void aReadSeesEveryWriteBeforeItAndNoneAfterIt() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        Transfer before = drive.read(0, 16);
        drive.write(3, sectors(2, 0xaa), false);
        Transfer between = drive.read(0, 16);
        drive.write(4, sectors(9, 0xbb), false);

        assertThat(before.await() && between.await()).isTrue();
        assertThat(before.data()).isEqualTo(file.sectors(0, 16));
        assertThat(Arrays.copyOfRange(between.data(), 3 * 512, 5 * 512)).containsOnly(0xaa);
        assertThat(Arrays.copyOfRange(between.data(), 5 * 512, 16 * 512)).isEqualTo(file.sectors(5, 11));
        assertThat(Arrays.copyOfRange(read(drive, 0, 16), 4 * 512, 13 * 512)).containsOnly(0xbb);
    }

    @Test
    void writesReachTheFileByAFlushAndNotBefore() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(10, sectors(1, 1), false);
        drive.write(100, sectors(20, 2), false);
        assertThat(file.content).isEqualTo(original);

        assertThat(flush(drive)).isTrue();

        assertThat(file.sectors(10, 1)).containsOnly(1);
        assertThat(file.sectors(100, 20)).containsOnly(2);
        assertThat(file.sectors(11, 89)).isEqualTo(Arrays.copyOfRange(original, 11 * 512, 100 * 512));
        assertThat(file.forces).isEqualTo(1);
        assertThat(file.writes).as("consecutive sectors at once").isEqualTo(2);
        assertThat(drive.state().clusters()).as("nothing is kept twice").isEmpty();
        assertThat(read(drive, 100, 20)).containsOnly(2);
    }

    @Test
    void aWriteDuringAFlushWaitsForTheNextOne() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(0, sectors(1, 1), false);
        Transfer flush = drive.flush();
        drive.write(1, sectors(1, 2), false);
        boolean done = flush.await();
        drive.end(flush, done);

        assertThat(file.sectors(0, 1)).containsOnly(1);
        assertThat(file.sectors(1, 1)).isEqualTo(Arrays.copyOfRange(original, 512, 1024));
        assertThat(read(drive, 1, 1)).containsOnly(2);
        flush(drive);
        assertThat(file.sectors(1, 1)).containsOnly(2);
    }

    @Test
    void aDurableWriteIsInTheFileWhenItIsDone() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        assertThat(drive.write(7, sectors(3, 9), true).await()).isTrue();
        assertThat(file.sectors(7, 3)).containsOnly(9);
        assertThat(file.forces).isEqualTo(1);
    }

    @Test
    void aSnapshotLeavesTheFileAlone() {
        Drive drive = drive(DriveSpec.Access.SNAPSHOT);
        drive.write(0, sectors(SECTORS, 5), true);
        drive.clear(8, 8, false);
        assertThat(flush(drive)).isTrue();
        assertThat(read(drive, 0, 8)).containsOnly(5);
        assertThat(read(drive, 8, 8)).containsOnly(0);
        drive.close();
        assertThat(file.content).isEqualTo(original);
        assertThat(file.writes + file.forces).isZero();
        assertThat(file.closed).isTrue();
    }

    @Test
    void closingStoresWhatWaits() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(50, sectors(1, 3), false);
        drive.close();
        assertThat(file.sectors(50, 1)).containsOnly(3);
        assertThat(file.forces).isEqualTo(1);
    }

    @Test
    void closingSaysWhatTheHostRefused() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(50, sectors(1, 3), false);
        file.onWrite = MemoryFile.always("No space left on device");
        assertThatThrownBy(drive::close).isInstanceOf(DriveException.class)
                .hasMessage("memory.img: No space left on device (what the guest wrote last is lost)");
        assertThat(file.closed).isTrue();
    }

    @Test
    void aFlushThatFailsKeepsTheDataForTheNextOne() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(0, sectors(1, 1), false);
        file.onWrite = MemoryFile.always("No space left on device");
        assertThat(flush(drive)).isFalse();
        assertThat(drive.failure()).isEqualTo("memory.img: No space left on device");
        assertThat(read(drive, 0, 1)).containsOnly(1);

        file.onWrite = MemoryFile.never();
        assertThat(flush(drive)).isTrue();
        assertThat(file.sectors(0, 1)).containsOnly(1);
    }

    @Test
    void aBadSectorFailsTheReadsOfItAndNoOthers() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        file.onRead = MemoryFile.badSector(9);
        assertThat(drive.read(8, 4).await()).isFalse();
        assertThat(drive.read(10, 4).await()).isTrue();
        drive.write(9, sectors(1, 1), false);
        assertThat(read(drive, 8, 4)).as("what was written over it").hasSize(2048);
    }

    @Test
    void aFileThatBecameShorterFailsReadsBehindItsEnd() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        file.setLength(100 * 512);
        assertThat(drive.read(99, 1).await()).isTrue();
        assertThat(drive.read(99, 2).await()).isFalse();
        assertThat(drive.failure()).isEqualTo("memory.img: the file ends at 51200");
    }

    @Test
    void moreThan64MebibytesThatWaitAreStoredWithoutAFlush() {
        MemoryFile large = new MemoryFile(160 * 2048);
        Drive drive = new Drive(large, DriveSpec.Access.WRITE, worker);
        for (int mebibyte = 0; mebibyte < 160; mebibyte++) {
            assertThat(drive.write(mebibyte * 2048L, sectors(2048, mebibyte), false).await()).isTrue();
            assertThat(drive.state().clusters().size()).isLessThanOrEqualTo(16_384 + 256);
        }
        assertThat(large.writes).isBetween(128, 140);
        assertThat(large.forces).isZero();
        for (int mebibyte = 0; mebibyte < 160; mebibyte += 13) {
            assertThat(read(drive, mebibyte * 2048L, 2048)).containsOnly(mebibyte);
        }
    }

    @Test
    void whenTheyCannotBeStoredFurtherWritesFailAndMemoryIsBounded() {
        MemoryFile large = new MemoryFile(160 * 2048);
        Drive drive = new Drive(large, DriveSpec.Access.WRITE, worker);
        large.onWrite = MemoryFile.always("No space left on device");
        for (int mebibyte = 0; mebibyte < 160; mebibyte++) {
            assertThat(drive.write(mebibyte * 2048L, sectors(2048, mebibyte), false).await()).isEqualTo(mebibyte < 64);
        }
        assertThat(drive.state().clusters().size()).isEqualTo(16_384);
        large.onWrite = MemoryFile.never();
        assertThat(drive.write(0, sectors(1, 1), false).await()).isTrue();
    }

    @Test
    void clearingWhatIsZeroAlreadyDoesNotWriteIt() {
        Arrays.fill(file.content, 0, 64 * 512, (byte) 0);
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.clear(0, 64, false);
        flush(drive);
        assertThat(file.writes).isZero();
        drive.clear(0, 128, false);
        flush(drive);
        assertThat(file.sectors(0, 128)).containsOnly(0);
        assertThat(file.writes).isPositive();
    }

    @Test
    void aDriveThatGrowsHasZerosThereAndOneThatShrinksForgets() {
        for (DriveSpec.Access access : new DriveSpec.Access[] {DriveSpec.Access.WRITE, DriveSpec.Access.SNAPSHOT}) {
            Drive drive = drive(access);
            drive.write(SECTORS - 3, sectors(3, 6), false);
            drive.resize(SECTORS - 2);
            assertThat(drive.sectors()).isEqualTo(SECTORS - 2);
            drive.resize(SECTORS + 8);
            byte[] end = read(drive, SECTORS - 3, 11);
            assertThat(Arrays.copyOf(end, 512)).containsOnly(6);
            assertThat(Arrays.copyOfRange(end, 512, 11 * 512)).containsOnly(0);
            file.content = original.clone();
        }
    }

    @Test
    void aReadIsOfWhatWasThereThoughTheDriveBecomesShorterBeforeTheHostIsReady() {
        Drive drive = drive(DriveSpec.Access.SNAPSHOT);
        CompletableFuture<Void> ready = new CompletableFuture<>();
        worker.submit(ready::join);
        Transfer read = drive.read(SECTORS - 2, 2);
        drive.resize(SECTORS / 2);
        ready.complete(null);
        assertThat(read.await()).isTrue();
        assertThat(read.data()).isEqualTo(file.sectors(SECTORS - 2, 2));
    }

    @Test
    void theStateTellsApartWhatWasWrittenEvenAfterAFlush() {
        Drive one = drive(DriveSpec.Access.WRITE);
        Drive other = new Drive(new MemoryFile(SECTORS), DriveSpec.Access.WRITE, worker);
        Drive third = new Drive(new MemoryFile(SECTORS), DriveSpec.Access.WRITE, worker);
        one.write(5, sectors(1, 1), false);
        other.write(5, sectors(1, 1), false);
        third.write(5, sectors(1, 2), false);
        assertThat(other.state()).isEqualTo(one.state());
        assertThat(third.state()).isNotEqualTo(one.state());
        flush(one);
        flush(other);
        flush(third);
        assertThat(other.state()).isEqualTo(one.state());
        assertThat(third.state()).isNotEqualTo(one.state());
    }

    @Test
    void aSnapshotGoesBackToAnyState() {
        Drive snapshot = drive(DriveSpec.Access.SNAPSHOT);
        snapshot.write(0, sectors(1, 1), false);
        Drive.State early = snapshot.state();
        snapshot.write(0, sectors(1, 2), false);
        flush(snapshot);
        snapshot.restore(early);
        assertThat(read(snapshot, 0, 1)).containsOnly(1);
        assertThat(snapshot.state()).isEqualTo(early);
    }

    @Test
    void aWrittenFileGoesBackToStatesThatHadOfItWhatItHolds() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(0, sectors(1, 1), false);
        Drive.State first = drive.state();
        drive.write(0, sectors(1, 2), false);
        Drive.State second = drive.state();
        drive.restore(first);
        assertThat(read(drive, 0, 1)).containsOnly(1);
        assertThat(drive.state()).isEqualTo(first);

        drive.restore(second);
        Transfer flush = drive.flush();
        assertRefused(drive, first, "the flush may have stored it");
        assertThat(flush.await()).isTrue();
        drive.end(flush, true);
        Drive.State flushed = drive.state();
        drive.restore(second);
        assertThat(drive.state()).as("all of it is in the file").isEqualTo(second);
        assertThat(read(drive, 0, 1)).containsOnly(2);
        drive.restore(flushed);

        drive.write(1, sectors(1, 3), false);
        drive.restore(flushed);
        assertThat(read(drive, 1, 1)).isEqualTo(Arrays.copyOfRange(original, 512, 1024));
    }

    @Test
    void aWrittenFileDoesNotGoToAnotherPastThatHadAsManyWrites() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        Drive.State empty = drive.state();
        drive.write(5, sectors(1, 1), false);
        drive.write(6, sectors(1, 2), false);
        Drive.State one = drive.state();
        drive.restore(empty);
        drive.write(7, sectors(1, 3), false);
        assertThat(flush(drive)).isTrue();

        assertRefused(drive, one, "sector 7 would have what was never written");
        assertThat(read(drive, 7, 1)).containsOnly(3);
    }

    @Test
    void aFileThatDoesNotHoldWhatAStateStoredIsRefused() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        drive.write(5, sectors(1, 1), false);
        assertThat(flush(drive)).isTrue();
        drive.write(6, sectors(1, 1), false);
        assertRefused(new Drive(new MemoryFile(SECTORS), DriveSpec.Access.WRITE, worker), drive.state(), "another file");
    }

    @Test
    void aFileThatBecameShorterAndLongerAgainDoesNotGoBackOverThat() {
        Drive drive = drive(DriveSpec.Access.WRITE);
        Drive.State before = drive.state();
        drive.resize(SECTORS / 2);
        Drive.State half = drive.state();
        drive.restore(half);
        drive.resize(SECTORS);
        assertRefused(drive, before, "its second half is gone");
        assertRefused(drive, half, "it has another length");
    }

    @Test
    void whereWritesGoMakesNoDifferenceToWhatTwoEqualRunsHaveInCommon() {
        Drive written = drive(DriveSpec.Access.WRITE);
        Drive kept = new Drive(new MemoryFile(SECTORS), DriveSpec.Access.SNAPSHOT, worker);
        for (Drive drive : List.of(written, kept)) {
            drive.write(5, sectors(1, 1), false);
            flush(drive);
            drive.resize(SECTORS / 2);
            drive.write(6, sectors(1, 2), true);
        }
        assertThat(written.essence(written.state())).isEqualTo(kept.essence(kept.state()));
    }

    private static void assertRefused(Drive drive, Drive.State state, String why) {
        Drive.State now = drive.state();
        assertThatThrownBy(() -> drive.restore(state)).as(why).isInstanceOf(DriveException.class)
                .hasMessage("memory.img: was written since; only a drive with snapshot=on can go back over that");
        assertThat(drive.state()).isEqualTo(now);
    }

    @Test
    void aFileThatIsNoWholeNumberOfSectorsIsRefused() {
        file.content = new byte[1000];
        assertThatThrownBy(() -> drive(DriveSpec.Access.WRITE))
                .hasMessage("memory.img: has 1000 bytes, which is no whole number of sectors of 512");
        assertThat(file.closed).isTrue();
        file.content = new byte[0];
        assertThatThrownBy(() -> drive(DriveSpec.Access.WRITE)).hasMessage("memory.img: is empty");
    }

    /** Against an array, with reads whose results are looked at late, and a host that fails at times. */
    @Property(tries = 200)
    void behavesAsAnArrayWhateverTheOrderInWhichTheHostIsDone(@ForAll long seed) {
        try (DriveWorker own = new DriveWorker(new Rendezvous())) {
            checkAgainstArray(new Random(seed), new MemoryFile(SECTORS), own);
        }
    }

    private static void checkAgainstArray(Random random, MemoryFile file, DriveWorker worker) {
        DriveSpec.Access access = random.nextBoolean() ? DriveSpec.Access.WRITE : DriveSpec.Access.SNAPSHOT;
        Drive drive = new Drive(file, access, worker);
        byte[] model = file.content.clone();
        CountedChanges changes = new CountedChanges(drive);
        for (int step = 0; step < 60; step++) {
            int sector = random.nextInt(SECTORS);
            int count = 1 + random.nextInt(Math.min(40, SECTORS - sector));
            switch (random.nextInt(5)) {
                case 0 -> {
                    byte[] bytes = new byte[count * 512];
                    random.nextBytes(bytes);
                    assertThat(drive.write(sector, bytes, random.nextInt(4) == 0).await()).isTrue();
                    System.arraycopy(bytes, 0, model, sector * 512, bytes.length);
                }
                case 1 -> {
                    drive.clear(sector, count, false);
                    Arrays.fill(model, sector * 512, (sector + count) * 512, (byte) 0);
                }
                case 2 -> {
                    boolean fails = random.nextInt(3) == 0;
                    synchronized (file) {
                        file.onWrite = fails ? MemoryFile.badSector(random.nextInt(SECTORS)) : MemoryFile.never();
                    }
                    if (flush(drive, changes::check)) {
                        assertThat(drive.state().clusters().isEmpty() || access == DriveSpec.Access.SNAPSHOT).isTrue();
                    }
                    synchronized (file) {
                        file.onWrite = MemoryFile.never();
                    }
                }
                default -> {
                    Transfer early = drive.read(sector, count);
                    byte[] expected = Arrays.copyOfRange(model, sector * 512, (sector + count) * 512);
                    drive.write(sector, sectors(1, step), false);
                    Arrays.fill(model, sector * 512, (sector + 1) * 512, (byte) step);
                    assertThat(early.await()).isTrue();
                    assertThat(early.data()).isEqualTo(expected);
                }
            }
            changes.check();
        }
        assertThat(read(drive, 0, SECTORS)).isEqualTo(model);
    }
}
