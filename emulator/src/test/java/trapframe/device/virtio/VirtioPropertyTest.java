package trapframe.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.virtio.GuestDriver.write;
import static trapframe.device.virtio.VirtioBench.BUFFERS;
import static trapframe.device.virtio.VirtioBench.COMMON;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.MemoryFile;
import trapframe.device.drive.Transfer;
import trapframe.device.pci.PciConfiguration;

/** Guests that know no rules: nothing of it reaches the host, and after a reset the device works as ever. */
class VirtioPropertyTest {
    private static final long[] ADDRESSES = {
        0, 8, 0x9_fff0, 0xa_0000, VirtioBench.QUEUES, VirtioBench.QUEUES + 0x1000, BUFFERS, BUFFERS + 0x1000, (8 << 20) - 16,
        (8 << 20) - 1, 8 << 20, VirtioBench.MODERN, VirtioBench.MSIX, 0xfee0_0000L, 1L << 40, -1, -16, Long.MIN_VALUE, Long.MAX_VALUE
    };
    private static final long[] LENGTHS = {0, 1, 15, 16, 17, 511, 512, 513, 4096, 1 << 20, 0x7fff_ffffL, 0xffff_ffffL};

    @Property(tries = 300)
    void randomRingsNeverDisturbTheHost(@ForAll long seed) {
        Random random = new Random(seed);
        try (VirtioBench bench = new VirtioBench(access(random), 1 + random.nextInt(3))) {
            GuestDriver[] drivers = bench.start(bench.deviceFeatures());
            for (int i = 0; i < 40; i++) {
                GuestDriver driver = drivers[random.nextInt(drivers.length)];
                for (int d = 0; d < 6; d++) {
                    scribbleDescriptor(random, driver, random.nextBoolean() ? driver.descriptors : BUFFERS + 0x8000);
                }
                randomHeader(random, bench, BUFFERS);
                if (random.nextInt(4) == 0) {
                    bench.ram.putShort(driver.available + 2, random.nextInt(0x10000));
                } else {
                    driver.offer(random.nextInt(20) == 0 ? random.nextInt(0x10000) : random.nextInt(driver.size));
                }
                driver.setUsedEvent(random.nextInt(0x10000));
                bench.kick(random.nextInt(drivers.length + 1));
                bench.changes.check();
                bench.bench.advance(random.nextInt(200_000));
                bench.changes.check();
                if (bench.needsReset()) {
                    drivers = bench.start(bench.deviceFeatures());
                }
            }
            assertWorksAfterReset(bench);
        }
    }

    @Property(tries = 300)
    void randomAccessesNeverDisturbTheHost(@ForAll long seed) {
        Random random = new Random(seed);
        try (VirtioBench bench = new VirtioBench(access(random), 1 + random.nextInt(3))) {
            if (random.nextBoolean()) {
                bench.start(bench.deviceFeatures());
            }
            for (int i = 0; i < 300; i++) {
                step(random, bench);
                bench.changes.check();
            }
            // Where BIOSes and drivers put them.
            bench.pci.write(VirtioBench.SLOT, 0x10, 4, VirtioBench.LEGACY);
            bench.pci.write(VirtioBench.SLOT, 0x14, 4, (int) VirtioBench.MSIX);
            bench.pci.write(VirtioBench.SLOT, 0x20, 4, (int) VirtioBench.MODERN);
            bench.pci.write(VirtioBench.SLOT, 0x24, 4, 0);
            bench.pci.write(VirtioBench.SLOT, PciConfiguration.COMMAND, 2, 7);
            assertWorksAfterReset(bench);
        }
    }

    @Property(tries = 100)
    void aRestoredDeviceBehavesAsTheOriginalUnderRandomAccesses(@ForAll long seed) {
        Random random = new Random(seed);
        try (VirtioBench original = new VirtioBench(DriveSpec.Access.SNAPSHOT, 2);
                VirtioBench restored = new VirtioBench(DriveSpec.Access.SNAPSHOT, 2)) {
            original.start(original.deviceFeatures());
            for (int i = 0; i < 100; i++) {
                step(random, original);
            }
            restored.ram.write(0, original.ram.read(0, (int) original.ram.size()));
            restored.drive.restore(original.drive.state());
            restored.block.restore(original.block.state());
            restored.device.restore(original.device.state());
            restored.function.restore(original.function.state());
            restored.pci.ports.restore(original.pci.ports.state());
            restored.pci.isaBridge.restore(original.pci.isaBridge.state());
            restored.pci.wires.restore(original.pci.wires.state());
            restored.bench.restoreTime(original.bench.clock.position(), original.bench.deadlines());
            original.pci.messages.clear();

            long next = random.nextLong();
            Random first = new Random(next);
            Random second = new Random(next);
            for (int i = 0; i < 100; i++) {
                assertThat(step(second, restored)).isEqualTo(step(first, original));
            }
            assertThat(restored.device.state()).isEqualTo(original.device.state());
            assertThat(restored.function.state()).isEqualTo(original.function.state());
            assertThat(restored.drive.state()).isEqualTo(original.drive.state());
            assertThat(restored.bench.deadlines()).isEqualTo(original.bench.deadlines());
            assertThat(restored.pci.messages).isEqualTo(original.pci.messages);
            assertThat(Arrays.equals(restored.ram.read(0, 8 << 20), original.ram.read(0, 8 << 20))).isTrue();
        }
    }

    private static DriveSpec.Access access(Random random) {
        return DriveSpec.Access.values()[random.nextInt(3)];
    }

    /** One access to something; returns what a guest could see of it. */
    private static long step(Random random, VirtioBench bench) {
        int width = 1 << random.nextInt(3);
        long register = random.nextInt(4) == 0 ? random.nextInt(0x4000) : random.nextInt(0x38);
        long address = ADDRESSES[random.nextInt(ADDRESSES.length)];
        switch (random.nextInt(16)) {
            case 0, 1 -> {
                return bench.read(VirtioBench.MODERN + register, width);
            }
            case 2, 3 -> bench.write(VirtioBench.MODERN + register, width, random.nextInt());
            case 4 -> bench.write(COMMON + 0x14, 1, random.nextInt(16));
            case 5 -> bench.write64(COMMON + 0x20 + 8 * random.nextInt(3), address);
            case 6 -> bench.write(COMMON + 0x18, 2, 1L << random.nextInt(10));
            case 7 -> bench.write(COMMON + 0x1c, 2, 1);
            case 8 -> bench.kick(random.nextInt(3));
            case 9 -> bench.bench.ports.write(VirtioBench.LEGACY + random.nextInt(random.nextBoolean() ? 24 : 128), width, random.nextInt(4) == 0 ? 0 : random.nextInt());
            case 10 -> {
                return bench.bench.ports.read(VirtioBench.LEGACY + random.nextInt(128), width);
            }
            case 11 -> bench.pci.write(VirtioBench.SLOT, random.nextInt(256), width, random.nextInt());
            case 12 -> bench.write(VirtioBench.MSIX + random.nextInt(random.nextBoolean() ? 0x30 : 0x1000), width, random.nextInt());
            case 13 -> bench.ram.putLong(VirtioBench.QUEUES + 8 * random.nextInt(0x400), random.nextBoolean() ? address : random.nextLong());
            default -> bench.bench.advance(random.nextInt(100_000));
        }
        return bench.bench.clock.position();
    }

    private static void scribbleDescriptor(Random random, GuestDriver driver, long table) {
        long address = random.nextInt(4) > 0 ? BUFFERS + random.nextInt(0x9000) : ADDRESSES[random.nextInt(ADDRESSES.length)];
        long length = random.nextInt(3) > 0 ? LENGTHS[random.nextInt(5)] : LENGTHS[random.nextInt(LENGTHS.length)];
        driver.descriptor(table, random.nextInt(driver.size), address, length, random.nextInt(8),
                random.nextInt(random.nextInt(10) == 0 ? 0x10000 : driver.size));
    }

    private static void randomHeader(Random random, VirtioBench bench, long at) {
        bench.header(at, random.nextInt(16), random.nextInt(3) == 0 ? random.nextLong() : random.nextInt(VirtioBench.SECTORS));
    }

    private static void assertWorksAfterReset(VirtioBench bench) {
        bench.file.onRead = MemoryFile.never();
        GuestDriver driver = bench.start();
        assertThat(bench.status()).isEqualTo(15);
        assertThat(bench.request(driver, 0, 7, write(BUFFERS + 0x1000, 512))).isZero();
        Transfer content = bench.drive.read(7, 1);
        assertThat(content.await()).isTrue();
        assertThat(bench.ram.read(BUFFERS + 0x1000, 512)).isEqualTo(content.data());
    }
}
