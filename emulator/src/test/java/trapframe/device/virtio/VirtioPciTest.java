package trapframe.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.virtio.GuestDriver.read;
import static trapframe.device.virtio.GuestDriver.write;
import static trapframe.device.virtio.VirtioBench.BUFFERS;
import static trapframe.device.virtio.VirtioBench.COMMON;
import static trapframe.device.virtio.VirtioBench.IRQ;
import static trapframe.device.virtio.VirtioBench.ISR;
import static trapframe.device.virtio.VirtioBench.LEGACY;
import static trapframe.device.virtio.VirtioBench.MSIX;
import static trapframe.device.virtio.VirtioBench.SLOT;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import trapframe.device.pci.PciConfiguration;

/** The PCI transport: modern and legacy interface, interrupts, the status and the features. */
class VirtioPciTest {
    private static final int VENDOR_CAPABILITY = 9;
    private static final int MSIX_CAPABILITY = 0x11;
    private static final int IN = 0;
    private static final long DATA = BUFFERS + 0x1000;

    private final VirtioBench bench = new VirtioBench();

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void isATransitionalBlockDevice() {
        assertThat(bench.pci.read(SLOT, 0, 4)).isEqualTo(0x1001_1af4);
        assertThat(bench.pci.read(SLOT, 8, 1)).as("revision").isZero();
        assertThat(bench.pci.read(SLOT, 0xa, 2)).as("class").isEqualTo(0x0100);
        assertThat(bench.pci.read(SLOT, 0x2e, 2)).as("subsystem").isEqualTo(2);
    }

    @Test
    void itsCapabilitiesPointAtTheStructures() {
        List<String> found = new ArrayList<>();
        for (int at = bench.pci.read(SLOT, 0x34, 1); at != 0; at = bench.pci.read(SLOT, at + 1, 1)) {
            if (bench.pci.read(SLOT, at, 1) == VENDOR_CAPABILITY) {
                found.add(String.format("type %d bar %d offset %x length %x", bench.pci.read(SLOT, at + 3, 1),
                        bench.pci.read(SLOT, at + 4, 1), bench.pci.read(SLOT, at + 8, 4), bench.pci.read(SLOT, at + 12, 4)));
            }
        }
        assertThat(found).containsExactly("type 1 bar 4 offset 0 length 38", "type 3 bar 4 offset 1000 length 1",
                "type 4 bar 4 offset 2000 length 3c", "type 2 bar 4 offset 3000 length 4", "type 5 bar 0 offset 0 length 0");
    }

    @Test
    void featuresThatWereNotOfferedAreNotAccepted() {
        long offered = bench.deviceFeatures();
        assertThat(offered & VirtioDevice.VERSION_1).isNotZero();
        for (long features : new long[] {offered | 1L << 34, offered & ~VirtioDevice.VERSION_1, 0}) {
            bench.setStatus(0);
            bench.setStatus(3);
            bench.acceptFeatures(features);
            bench.setStatus(11);
            assertThat(bench.status()).as("%x", features).isEqualTo(3);
        }
        bench.acceptFeatures(offered);
        bench.setStatus(11);
        assertThat(bench.status()).isEqualTo(11);
        bench.acceptFeatures(0);
        assertThat(bench.device.driverFeatures()).as("settled").isEqualTo(offered);
    }

    @Test
    void theStatusResetsAndKeepsWhatIsTheDevices() {
        bench.start();
        bench.placeQueue(0, 3, 0, 0, 0);
        assertThat(bench.read(COMMON + 0x1c, 2)).as("enabled, and so not moved").isEqualTo(1);
        bench.setStatus(0);
        assertThat(bench.status()).isZero();
        assertThat(bench.read(COMMON + 0x1c, 2)).isZero();
        assertThat(bench.read(COMMON + 0x18, 2)).isEqualTo(VirtioBlock.QUEUE_SIZE);
        bench.placeQueue(0, 3, 0, 0, 0);
        assertThat(bench.needsReset()).isTrue();
        bench.setStatus(7);
        assertThat(bench.status()).as("only a reset clears it").isEqualTo(7 | 64);
        bench.setStatus(0);
        assertThat(bench.status()).isZero();
    }

    @Test
    void thePinInterruptsAndReadingTheIsrAcknowledges() {
        GuestDriver driver = bench.start();
        bench.request(driver, IN, 0, write(DATA, 512));
        assertThat(bench.pci.irqs[IRQ].level).isTrue();
        assertThat(bench.read(ISR, 1)).isEqualTo(VirtioPci.ISR_QUEUE);
        assertThat(bench.pci.irqs[IRQ].level).isFalse();
        assertThat(bench.read(ISR, 1)).isZero();
    }

    @Test
    void aDriverThatWantsNoInterruptGetsNone() {
        GuestDriver driver = bench.start(bench.deviceFeatures() & ~VirtioDevice.EVENT_INDEX)[0];
        driver.setNoInterrupt(true);
        bench.request(driver, IN, 0, write(DATA, 512));
        assertThat(bench.pci.irqs[IRQ].rises).isZero();
    }

    @Test
    void withMsixEachCauseHasItsMessage() {
        enableMsix();
        GuestDriver driver = bench.start();
        bench.write(COMMON + 0x10, 2, 1);
        bench.write(COMMON + 0x1a, 2, 0);
        assertThat(bench.read(COMMON + 0x10, 2)).isEqualTo(1);
        bench.request(driver, IN, 0, write(DATA, 512));
        bench.block.resize(4096);
        assertThat(bench.pci.messages).containsExactly("fee00000=40", "fee00000=41");
        assertThat(bench.pci.irqs[IRQ].rises).isZero();
        bench.write(COMMON + 0x1a, 2, 2);
        assertThat(bench.read(COMMON + 0x1a, 2)).as("a vector that is not there").isEqualTo(VirtioPci.NO_VECTOR);
        bench.request(driver, IN, 0, write(DATA, 512));
        assertThat(bench.pci.messages).as("no vector, no message").hasSize(2);
    }

    @Test
    void aDeviceThatIsNoBusMasterWaits() {
        GuestDriver driver = bench.start();
        bench.pci.write(SLOT, PciConfiguration.COMMAND, 2, 3);
        bench.request(driver, IN, 1, write(DATA, 512));
        assertThat(driver.usedIndex()).isZero();
        bench.pci.write(SLOT, PciConfiguration.COMMAND, 2, 7);
        bench.bench.advance(1_000);
        assertThat(driver.usedIndex()).isZero();
        bench.pci.write(SLOT, PciConfiguration.COMMAND, 2, 3);
        bench.settle();
        assertThat(driver.usedIndex()).as("nor does it complete").isZero();
        bench.pci.write(SLOT, PciConfiguration.COMMAND, 2, 7);
        bench.settle();
        assertThat(driver.usedIndex()).isEqualTo(1);
        assertThat(bench.ram.read(DATA, 512)).isEqualTo(bench.file.sectors(1, 1));
    }

    @Test
    void theConfigurationWindowReachesTheStructuresWithoutMemoryOrPorts() {
        bench.pci.write(SLOT, PciConfiguration.COMMAND, 2, 4);
        int window = bench.pci.read(SLOT, 0x34, 1);
        while (bench.pci.read(SLOT, window, 1) != VENDOR_CAPABILITY || bench.pci.read(SLOT, window + 3, 1) != 5) {
            window = bench.pci.read(SLOT, window + 1, 1);
        }
        assertThat(throughWindow(window, 4, 0x2000, 4)).as("capacity").isEqualTo(VirtioBench.SECTORS);
        assertThat(throughWindow(window, 4, 0x2014, 2)).as("block size").isEqualTo(512);
        bench.pci.write(SLOT, window + 4, 1, 4);
        bench.pci.write(SLOT, window + 8, 4, 0x14);
        bench.pci.write(SLOT, window + 12, 4, 1);
        bench.pci.write(SLOT, window + 16, 1, 3);
        assertThat(bench.device.status()).isEqualTo(3);
        assertThat(throughWindow(window, 0, 18, 1)).as("the status in the legacy ports").isEqualTo(3);
        throughWindow(window, 4, 0x4000, 4);
        throughWindow(window, 4, 0x2001, 4);
        throughWindow(window, 4, -4, 4);
        throughWindow(window, 1, 0, 4);
        throughWindow(window, 4, 0, 3);
        assertThat(bench.device.status()).isEqualTo(3);
    }

    private int throughWindow(int window, int bar, int offset, int length) {
        bench.pci.write(SLOT, window + 4, 1, bar);
        bench.pci.write(SLOT, window + 8, 4, offset);
        bench.pci.write(SLOT, window + 12, 4, length);
        return bench.pci.read(SLOT, window + 16, length == 3 ? 1 : length);
    }

    @Test
    void aLegacyDriverUsesThePorts() {
        out(18, 1, 0);
        out(18, 1, 3);
        assertThat(in(0, 4) & (int) VirtioDevice.INDIRECT_DESCRIPTORS).isNotZero();
        out(4, 4, 0);
        out(14, 2, 0);
        assertThat(in(12, 2)).isEqualTo(VirtioBlock.QUEUE_SIZE);
        GuestDriver driver = new GuestDriver(bench.ram, VirtioBench.QUEUES, VirtioBlock.QUEUE_SIZE);
        out(8, 4, (int) (VirtioBench.QUEUES / 4096));
        assertThat(in(8, 4)).isEqualTo((int) (VirtioBench.QUEUES / 4096));
        assertThat(in(20, 4)).as("the configuration, without vectors before it").isEqualTo(VirtioBench.SECTORS);
        out(18, 1, 7);
        driver.offer(read(bench.header(BUFFERS, IN, 2), 16), write(DATA, 512), write(BUFFERS + 16, 1));
        out(16, 2, 0);
        bench.settle();
        assertThat(driver.taken()).containsExactly(0);
        assertThat(bench.ram.read(DATA, 512)).isEqualTo(bench.file.sectors(2, 1));
        assertThat(bench.pci.irqs[IRQ].level).isTrue();
        assertThat(in(19, 1)).isEqualTo(VirtioPci.ISR_QUEUE);
        assertThat(bench.pci.irqs[IRQ].level).isFalse();
        out(8, 4, 0);
        assertThat(in(8, 4)).isZero();
    }

    @Test
    void withMsixTheLegacyPortsHaveVectorsBeforeTheConfiguration() {
        enableMsix();
        assertThat(in(20, 2)).isEqualTo(VirtioPci.NO_VECTOR);
        out(20, 2, 1);
        out(22, 2, 0);
        assertThat(in(20, 2)).isEqualTo(1);
        assertThat(in(22, 2)).isZero();
        assertThat(in(24, 4)).isEqualTo(VirtioBench.SECTORS);
    }

    @Test
    void aLegacyQueueOutsideOfRamNeedsAReset() {
        out(8, 4, 0x7fff_ffff);
        assertThat(bench.needsReset()).isTrue();
        out(18, 1, 0);
        assertThat(bench.needsReset()).isFalse();
    }

    @Test
    void whenTheDriverBreaksTheProtocolItIsToldAndNothingMoreIsDone() {
        GuestDriver driver = bench.start();
        driver.offer(200);
        bench.kick(0);
        bench.settle();
        assertThat(bench.needsReset()).isTrue();
        assertThat(bench.device.violation()).isEqualTo("queue 0 names descriptor 200 of 16");
        assertThat(bench.read(ISR, 1)).isEqualTo(VirtioPci.ISR_CONFIGURATION);
        bench.request(driver, IN, 0, write(DATA, 512));
        assertThat(driver.usedIndex()).isZero();
        driver = bench.start();
        assertThat(bench.request(driver, IN, 0, write(DATA, 512))).isZero();
    }

    @Test
    void aUsedRingOverTheDevicesOwnRegistersNeedsAReset() {
        bench.setStatus(3);
        bench.acceptFeatures(bench.deviceFeatures());
        bench.setStatus(11);
        bench.placeQueue(0, 16, VirtioBench.QUEUES, VirtioBench.QUEUES + 0x1000, VirtioBench.MODERN);
        assertThat(bench.needsReset()).isTrue();
        assertThat(bench.device.violation()).contains("used ring at 0xd0000000");
    }

    @Test
    void aQueueThatIsNotThereHasSizeZero() {
        bench.write(COMMON + 0x16, 2, 5);
        assertThat(bench.read(COMMON + 0x18, 2)).isZero();
        bench.write(COMMON + 0x1c, 2, 1);
        bench.kick(5);
        bench.settle();
        assertThat(bench.needsReset()).isFalse();
    }

    private void enableMsix() {
        int capability = bench.pci.capability(SLOT, MSIX_CAPABILITY);
        bench.pci.write(SLOT, capability + 2, 2, 0x8000);
        for (int vector = 0; vector < 2; vector++) {
            bench.write64(MSIX + 16L * vector, 0xfee0_0000L);
            bench.write(MSIX + 16L * vector + 8, 4, 0x40 + vector);
            bench.write(MSIX + 16L * vector + 12, 4, 0);
        }
    }

    private int in(int offset, int width) {
        return bench.bench.ports.read(LEGACY + offset, width);
    }

    private void out(int offset, int width, int value) {
        bench.bench.ports.write(LEGACY + offset, width, value);
    }
}
