package trapframe.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.virtio.GuestDriver.read;
import static trapframe.device.virtio.GuestDriver.write;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import trapframe.device.DeviceBench;
import trapframe.memory.GuestMemory;

/** The MMIO transport, with the entropy device behind it. */
class VirtioMmioTest {
    private static final long BUFFER = 0x8_0000;

    private final GuestMemory ram = new GuestMemory(2 << 20);
    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe line = new DeviceBench.Probe();
    private final VirtioDevice device = new VirtioDevice("virtio-rng", bench.events, ram, new VirtioEntropy(7));
    private VirtioMmio mmio = new VirtioMmio(device, line, false);

    @AfterEach
    void close() {
        ram.close();
    }

    private int in(int register) {
        return (int) mmio.read(register, 4);
    }

    private void out(int register, long value) {
        mmio.write(register, 4, value & 0xffff_ffffL);
    }

    private void start() {
        out(0x70, 0);
        out(0x70, 3);
        out(0x14, 1);
        out(0x24, 1);
        out(0x20, in(0x10));
        out(0x14, 0);
        out(0x24, 0);
        out(0x20, in(0x10) & ~(int) VirtioDevice.EVENT_INDEX);
        out(0x70, 11);
    }

    private GuestDriver setUpQueue() {
        GuestDriver driver = new GuestDriver(ram, 0x1_0000, 8);
        out(0x30, 0);
        out(0x38, 8);
        out(0x80, driver.descriptors);
        out(0x84, 0);
        out(0x90, driver.available);
        out(0xa0, driver.used);
        out(0x44, 1);
        return driver;
    }

    @Test
    void saysWhatItIs() {
        assertThat(in(0x000)).isEqualTo(0x7472_6976);
        assertThat(in(0x004)).isEqualTo(2);
        assertThat(in(0x008)).isEqualTo(4);
        assertThat(in(0x034)).isEqualTo(64);
        assertThat(in(0x0b0)).as("no shared memory").isEqualTo(-1);
        out(0x30, 1);
        assertThat(in(0x034)).as("no such queue").isZero();
        assertThat(mmio.read(0, 1)).as("registers are accessed as words").isZero();
    }

    @Test
    void fillsBuffersWithBytesThatTheSeedDecides() {
        start();
        GuestDriver driver = setUpQueue();
        out(0x70, 15);
        assertThat(in(0x70)).isEqualTo(15);
        driver.offer(write(BUFFER, 40), write(BUFFER + 100, 8));
        driver.offer(write(BUFFER + 200, 100_000));
        out(0x50, 0);
        bench.advance(10_000);
        assertThat(driver.taken()).containsExactly(0, 2);
        assertThat(driver.lastLength()).as("the most at once").isEqualTo(4096);
        assertThat(ram.getLong(BUFFER)).isEqualTo(firstBytesOfSeed7());
        assertThat(ram.getLong(BUFFER + 100)).isNotZero();
        assertThat(in(0x60)).isEqualTo(1);
        assertThat(line.level).isTrue();
        out(0x64, 1);
        assertThat(line.level).isFalse();
        assertThat(in(0x60)).isZero();
    }

    /** SHA-256 of the seed and block number 0, as 64-bit big-endian numbers; the first 8 bytes read as the guest does. */
    private static long firstBytesOfSeed7() {
        try {
            byte[] digest = java.security.MessageDigest.getInstance("SHA-256")
                    .digest(java.nio.ByteBuffer.allocate(16).putLong(7).putLong(0).array());
            return Bytes.get(digest, 0, 8);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBufferToReadNeedsAReset() {
        start();
        GuestDriver driver = setUpQueue();
        out(0x70, 15);
        driver.offer(read(BUFFER, 4));
        out(0x50, 0);
        bench.advance(10_000);
        assertThat(in(0x70) & 64).isNotZero();
        assertThat(in(0x60)).as("told as a change of the configuration").isEqualTo(2);
        start();
        assertThat(in(0x70)).isEqualTo(11);
    }

    @Test
    void aDisabledQueueIsLeftAlone() {
        start();
        GuestDriver driver = setUpQueue();
        out(0x70, 15);
        out(0x44, 0);
        assertThat(in(0x44)).isZero();
        driver.offer(write(BUFFER, 4));
        out(0x50, 0);
        bench.advance(10_000);
        assertThat(driver.usedIndex()).isZero();
    }

    @Test
    void aLegacyDriverUsesPageNumbers() {
        mmio = new VirtioMmio(device, line, true);
        assertThat(in(0x004)).isEqualTo(1);
        out(0x70, 3);
        out(0x14, 1);
        assertThat(in(0x10)).as("no features above 32").isZero();
        out(0x28, 4096);
        out(0x30, 0);
        out(0x38, 8);
        out(0x3c, 4096);
        GuestDriver driver = new GuestDriver(ram, 0x1_0000, 8);
        out(0x40, 0x10);
        assertThat(in(0x40)).isEqualTo(0x10);
        out(0x70, 7);
        driver.offer(write(BUFFER, 16));
        out(0x50, 0);
        bench.advance(10_000);
        assertThat(driver.taken()).containsExactly(0);
        assertThat(line.level).isTrue();
        out(0x28, 0);
        assertThat(in(0x40)).as("a page size of 0").isZero();
    }

    @Test
    void legacyPagesOfNoPowerOfTwoNeedAReset() {
        mmio = new VirtioMmio(device, line, true);
        out(0x30, 0);
        out(0x38, 8);
        for (int[] wrong : new int[][] {{0, 4096}, {4096, 0}, {3, 4096}, {4096, Integer.MIN_VALUE}}) {
            out(0x70, 0);
            out(0x28, wrong[0]);
            out(0x3c, wrong[1]);
            out(0x40, 0x10);
            assertThat(in(0x70) & 64).isNotZero();
        }
    }

    @Test
    void aRestoredDeviceIsTheSame() {
        start();
        GuestDriver driver = setUpQueue();
        out(0x70, 15);
        driver.offer(write(BUFFER, 4));
        out(0x50, 0);
        bench.advance(10_000);
        VirtioMmio other = new VirtioMmio(new VirtioDevice("copy", bench.events, ram, new VirtioEntropy(7)), line, false);
        other.restore(mmio.state());
        assertThat(other.state()).isEqualTo(mmio.state());
        assertThat(other.read(0x60, 4)).isEqualTo(1);
    }
}
