package trapframe.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.virtio.GuestDriver.read;
import static trapframe.device.virtio.GuestDriver.write;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.MemoryFile;

class VirtioBlockTest {
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;
    private static final long DATA = VirtioBench.BUFFERS + 0x1000;

    private VirtioBench bench = new VirtioBench();
    private GuestDriver driver = bench.start();

    @AfterEach
    void close() {
        bench.file.onWrite = MemoryFile.never();
        bench.close();
    }

    private void use(VirtioBench other) {
        bench.close();
        bench = other;
        driver = bench.start();
    }

    @Test
    void readsSectorsIntoBuffersInPieces() {
        assertThat(bench.request(driver, IN, 3, write(DATA, 100), write(DATA + 1000, 924))).isEqualTo(OK);
        assertThat(bench.ram.read(DATA, 100)).isEqualTo(Arrays.copyOf(bench.file.sectors(3, 2), 100));
        assertThat(bench.ram.read(DATA + 1000, 924)).isEqualTo(Arrays.copyOfRange(bench.file.sectors(3, 2), 100, 1024));
        assertThat(driver.lastLength()).isEqualTo(1025);
    }

    @Test
    void writesReachTheFileWithTheFlush() {
        bench.ram.fill(DATA, 1024, 0x5a);
        assertThat(bench.request(driver, OUT, 9, read(DATA, 512), read(DATA + 512, 512))).isEqualTo(OK);
        assertThat(bench.file.sectors(9, 1)).isNotEqualTo(bench.ram.read(DATA, 512));
        assertThat(bench.request(driver, FLUSH, 0)).isEqualTo(OK);
        assertThat(bench.file.sectors(9, 2)).containsOnly(0x5a);
        assertThat(bench.file.forces).isEqualTo(1);
    }

    @Test
    void withoutAWriteCacheAWriteIsInTheFileWhenItCompletes() {
        bench.write(VirtioBench.CONFIG + 32, 1, 0);
        assertThat(bench.read(VirtioBench.CONFIG + 32, 1)).isZero();
        bench.ram.fill(DATA, 512, 0x11);
        assertThat(bench.request(driver, OUT, 0, read(DATA, 512))).isEqualTo(OK);
        assertThat(bench.file.sectors(0, 1)).containsOnly(0x11);

        driver = bench.start(VirtioDevice.VERSION_1)[0];
        assertThat(bench.read(VirtioBench.CONFIG + 32, 1)).as("as at power-on").isEqualTo(1);
        bench.ram.fill(DATA, 512, 0x12);
        assertThat(bench.request(driver, OUT, 0, read(DATA, 512))).isEqualTo(OK);
        assertThat(bench.file.sectors(0, 1)).as("a driver that knows no flush").containsOnly(0x12);
    }

    @Test
    void tellsItsId() {
        assertThat(bench.request(driver, GET_ID, 0, write(DATA, 20))).isEqualTo(OK);
        assertThat(new String(bench.ram.read(DATA, 20), StandardCharsets.US_ASCII)).isEqualTo("drive0" + "\0".repeat(14));
    }

    @ParameterizedTest
    @ValueSource(ints = {DISCARD, WRITE_ZEROES})
    void clearsRanges(int type) {
        bench.ram.putLong(DATA, 4);
        bench.ram.putInt(DATA + 8, 3);
        bench.ram.putInt(DATA + 12, type == WRITE_ZEROES ? 1 : 0);
        bench.ram.putLong(DATA + 16, 1000);
        bench.ram.putInt(DATA + 24, 100);
        bench.ram.putInt(DATA + 28, 0);
        assertThat(bench.request(driver, type, 0, read(DATA, 32))).isEqualTo(OK);
        assertThat(bench.request(driver, IN, 3, write(DATA, 512 * 5))).isEqualTo(OK);
        assertThat(bench.ram.read(DATA, 512)).isEqualTo(bench.file.sectors(3, 1));
        assertThat(bench.ram.read(DATA + 512, 3 * 512)).containsOnly(0);
        assertThat(bench.ram.read(DATA + 4 * 512, 512)).isEqualTo(bench.file.sectors(7, 1));
        assertThat(bench.request(driver, IN, 1000, write(DATA, 100 * 512))).isEqualTo(OK);
        assertThat(bench.ram.read(DATA, 100 * 512)).containsOnly(0);
    }

    @Test
    void rangesThatAreNotAllowedAreRefusedAndNothingIsCleared() {
        bench.ram.putLong(DATA, 0);
        bench.ram.putInt(DATA + 8, 1);
        bench.ram.putInt(DATA + 12, 1);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 16))).as("discard has no unmap flag").isEqualTo(UNSUPPORTED);
        bench.ram.putInt(DATA + 12, 2);
        assertThat(bench.request(driver, WRITE_ZEROES, 0, read(DATA, 16))).isEqualTo(UNSUPPORTED);
        bench.ram.putInt(DATA + 12, 0);
        bench.ram.putLong(DATA, VirtioBench.SECTORS);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 16))).isEqualTo(IO_ERROR);
        bench.ram.putLong(DATA, -1);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 16))).isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 15))).as("half a range").isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 17 * 16))).as("too many").isEqualTo(IO_ERROR);
        assertThat(bench.drive.state().writes()).isZero();
    }

    @Test
    void whatIsNotThereCannotBeReadOrWritten() {
        for (long sector : new long[] {VirtioBench.SECTORS - 1, VirtioBench.SECTORS, 1L << 55, -1, Long.MAX_VALUE}) {
            assertThat(bench.request(driver, IN, sector, write(DATA, 1024))).isEqualTo(IO_ERROR);
            assertThat(bench.request(driver, OUT, sector, read(DATA, 1024))).isEqualTo(IO_ERROR);
        }
        assertThat(bench.request(driver, IN, 0, write(DATA, 100))).as("no whole sector").isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, IN, VirtioBench.SECTORS - 2, write(DATA, 1024))).isEqualTo(OK);
        assertThat(bench.request(driver, 77, 0)).isEqualTo(UNSUPPORTED);
        assertThat(bench.needsReset()).isFalse();
    }

    @Test
    void aReadOnlyDriveSaysSoAndRefusesWrites() {
        use(new VirtioBench(DriveSpec.Access.READ_ONLY, 1));
        assertThat(bench.deviceFeatures() & VirtioBlock.READ_ONLY).isNotZero();
        assertThat(bench.deviceFeatures() & (VirtioBlock.DISCARD | VirtioBlock.WRITE_ZEROES)).isZero();
        assertThat(bench.request(driver, OUT, 0, read(DATA, 512))).isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, DISCARD, 0, read(DATA, 16))).isEqualTo(UNSUPPORTED);
        assertThat(bench.request(driver, IN, 0, write(DATA, 512))).isEqualTo(OK);
        assertThat(bench.request(driver, FLUSH, 0)).isEqualTo(OK);
    }

    @Test
    void aRequestCompletesAtAPositionThatItAloneDecides() {
        assertCompletesAfter(VirtioBlock.READ_WRITE_NANOS + 4096, IN, write(DATA, 4096));
        assertCompletesAfter(VirtioBlock.READ_WRITE_NANOS + 512, OUT, read(DATA, 512));
        assertCompletesAfter(VirtioBlock.FLUSH_NANOS, FLUSH);
        assertCompletesAfter(VirtioBlock.OTHER_NANOS, GET_ID, write(DATA, 20));
        assertCompletesAfter(VirtioBlock.OTHER_NANOS, 77);
    }

    private void assertCompletesAfter(long nanos, int type, GuestDriver.Piece... data) {
        int before = driver.usedIndex();
        GuestDriver.Piece[] pieces = new GuestDriver.Piece[data.length + 2];
        pieces[0] = read(bench.header(VirtioBench.BUFFERS, type, 0), 16);
        System.arraycopy(data, 0, pieces, 1, data.length);
        pieces[data.length + 1] = write(VirtioBench.BUFFERS + 16, 1);
        driver.offer(pieces);
        bench.kick(0);
        bench.bench.advance(VirtioDevice.NOTIFICATION_NANOS + nanos - 1);
        assertThat(driver.usedIndex()).isEqualTo(before);
        bench.bench.advance(1);
        assertThat(driver.usedIndex()).isEqualTo(before + 1);
    }

    @Test
    void requestsThatAreUnderWayTogetherEachCompleteAtTheirOwnTime() {
        for (int i = 0; i < 4; i++) {
            int type = i == 0 ? FLUSH : IN;
            long at = VirtioBench.BUFFERS + i * 0x100;
            GuestDriver.Piece head = read(bench.header(at, type, i), 16);
            GuestDriver.Piece status = write(at + 0x80, 1);
            if (type == FLUSH) {
                driver.offer(head, status);
            } else {
                driver.offer(head, write(DATA + i * 0x1000, 4096 - 512 * i), status);
            }
        }
        bench.kick(0);
        bench.settle();
        assertThat(driver.taken()).as("shorter reads first, the flush last").containsExactly(8, 5, 2, 0);
    }

    @Test
    void hostFaultsFailTheRequestsThatMeetThem() {
        bench.file.onRead = MemoryFile.badSector(9);
        assertThat(bench.request(driver, IN, 8, write(DATA, 1024))).isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, IN, 10, write(DATA, 1024))).isEqualTo(OK);
        assertThat(bench.request(driver, OUT, 10, read(DATA, 1024))).isEqualTo(OK);
        bench.file.onWrite = MemoryFile.always("No space left on device");
        assertThat(bench.request(driver, FLUSH, 0)).isEqualTo(IO_ERROR);
        assertThat(bench.request(driver, IN, 20, write(DATA, 1024))).isEqualTo(OK);
        bench.file.onWrite = MemoryFile.never();
        assertThat(bench.request(driver, FLUSH, 0)).isEqualTo(OK);
        bench.file.onForce = MemoryFile.always("Input/output error");
        assertThat(bench.request(driver, FLUSH, 0)).isEqualTo(IO_ERROR);
        bench.file.onForce = MemoryFile.never();
        assertThat(bench.needsReset()).isFalse();
    }

    @Test
    void aReadThatFailsLeavesTheBufferAlone() {
        bench.ram.fill(DATA, 512, 0x77);
        bench.file.onRead = MemoryFile.badSector(0);
        assertThat(bench.request(driver, IN, 0, write(DATA, 512))).isEqualTo(IO_ERROR);
        assertThat(bench.ram.read(DATA, 512)).containsOnly(0x77);
    }

    @Test
    void everyQueueTakesRequests() {
        use(new VirtioBench(DriveSpec.Access.WRITE, 4));
        assertThat(bench.read(VirtioBench.CONFIG + 34, 2)).isEqualTo(4);
        GuestDriver[] drivers = bench.start(bench.deviceFeatures());
        assertThat(drivers).hasSize(4);
        for (int queue = 0; queue < 4; queue++) {
            long at = VirtioBench.BUFFERS + 0x100 * queue;
            drivers[queue].offer(read(bench.header(at, IN, queue), 16), write(DATA + queue * 512L, 512), write(at + 16, 1));
            bench.kick(queue);
        }
        bench.settle();
        for (int queue = 0; queue < 4; queue++) {
            assertThat(drivers[queue].taken()).containsExactly(0);
        }
        assertThat(bench.ram.read(DATA, 4 * 512)).isEqualTo(bench.file.sectors(0, 4));
    }

    @Test
    void describesTheDrive() {
        assertThat(bench.read(VirtioBench.CONFIG, 4)).isEqualTo(VirtioBench.SECTORS);
        assertThat(bench.read(VirtioBench.CONFIG + 4, 4)).isZero();
        assertThat(bench.read(VirtioBench.CONFIG + 12, 4)).as("segments").isEqualTo(254);
        assertThat(bench.read(VirtioBench.CONFIG + 20, 4)).as("block size").isEqualTo(512);
        assertThat(bench.read(VirtioBench.CONFIG + 24, 1)).as("physical blocks of 2^3 logical ones").isEqualTo(3);
        assertThat(bench.read(VirtioBench.CONFIG + 60, 4)).as("behind the end").isZero();
        bench.write(VirtioBench.CONFIG, 4, 7);
        assertThat(bench.read(VirtioBench.CONFIG, 4)).as("read-only").isEqualTo(VirtioBench.SECTORS);
    }

    @Test
    void aNewCapacityChangesTheConfigurationAndItsGenerationAndInterrupts() {
        long generation = bench.read(VirtioBench.COMMON + 0x15, 1);
        bench.block.resize(VirtioBench.SECTORS + 64);
        assertThat(bench.read(VirtioBench.CONFIG, 4)).isEqualTo(VirtioBench.SECTORS + 64);
        assertThat(bench.read(VirtioBench.COMMON + 0x15, 1)).isEqualTo(generation + 1);
        assertThat(bench.pci.irqs[VirtioBench.IRQ].level).isTrue();
        assertThat(bench.read(VirtioBench.ISR, 1)).isEqualTo(VirtioPci.ISR_CONFIGURATION);
        assertThat(bench.request(driver, OUT, VirtioBench.SECTORS + 63, read(DATA, 512))).isEqualTo(OK);
        bench.block.resize(16);
        assertThat(bench.request(driver, IN, 16, write(DATA, 512))).isEqualTo(IO_ERROR);
        assertThat(bench.file.length()).isEqualTo(16 * 512);
    }

    @Test
    void aResetForgetsWhatWasUnderWay() {
        driver.offer(read(bench.header(VirtioBench.BUFFERS, IN, 0), 16), write(DATA, 512), write(VirtioBench.BUFFERS + 16, 1));
        bench.kick(0);
        bench.bench.advance(1_000);
        bench.setStatus(0);
        bench.settle();
        assertThat(driver.usedIndex()).isZero();
        driver = bench.start();
        assertThat(bench.request(driver, IN, 0, write(DATA, 512))).isEqualTo(OK);
    }

    @Test
    void aRestoredDeviceCompletesWhatWasUnderWay() {
        use(new VirtioBench(DriveSpec.Access.SNAPSHOT, 1));
        driver.offer(read(bench.header(VirtioBench.BUFFERS, IN, 5), 16), write(DATA, 512), write(VirtioBench.BUFFERS + 16, 1));
        bench.kick(0);
        bench.bench.advance(1_000);
        VirtioBlock.State state = bench.block.state();
        byte[] memory = bench.ram.read(0, (int) bench.ram.size());
        try (VirtioBench other = new VirtioBench(DriveSpec.Access.SNAPSHOT, 1)) {
            other.ram.write(0, memory);
            other.drive.restore(bench.drive.state());
            other.block.restore(state);
            other.device.restore(bench.device.state());
            other.function.restore(bench.function.state());
            other.bench.restoreTime(bench.bench.clock.position(), bench.bench.deadlines());
            bench.settle();
            other.settle();
            assertThat(other.ram.read(0, memory.length)).isEqualTo(bench.ram.read(0, memory.length));
            assertThat(other.ram.read(DATA, 512)).isEqualTo(bench.file.sectors(5, 1));
            assertThat(other.pci.irqs[VirtioBench.IRQ].level).isTrue();
        }
    }

    @Test
    void requestsOfTooManyBytesWaitOrAreRefused() {
        use(new VirtioBench());
        GuestDriver.Piece[] large = new GuestDriver.Piece[14];
        Arrays.fill(large, write(VirtioBench.BUFFERS + 0x1000, 5 << 20));
        assertThat(bench.request(driver, IN, 0, large)).as("70 MiB").isEqualTo(IO_ERROR);
    }

    @Test
    void aRequestWithoutHeaderOrStatusNeedsAReset() {
        driver.offer(read(VirtioBench.BUFFERS, 15), write(VirtioBench.BUFFERS + 16, 1));
        bench.kick(0);
        bench.settle();
        assertThat(bench.needsReset()).isTrue();
        driver = bench.start();
        assertThat(bench.needsReset()).isFalse();
        driver.offer(read(VirtioBench.BUFFERS, 16));
        bench.kick(0);
        bench.settle();
        assertThat(bench.needsReset()).isTrue();
        assertThat(bench.device.violation()).isEqualTo("queue 0 has a request of 16 bytes to read and 0 to write");
    }
}
