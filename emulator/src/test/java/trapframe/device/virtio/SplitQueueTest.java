package trapframe.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static trapframe.device.virtio.GuestDriver.INDIRECT;
import static trapframe.device.virtio.GuestDriver.NEXT;
import static trapframe.device.virtio.GuestDriver.WRITE;
import static trapframe.device.virtio.GuestDriver.read;
import static trapframe.device.virtio.GuestDriver.write;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trapframe.memory.GuestMemory;

class SplitQueueTest {
    private static final long BUFFER = 0x4_0000;
    private static final long TABLE = 0x5_0000;

    private final GuestMemory ram = new GuestMemory(2 << 20);
    private final SplitQueue queue = new SplitQueue(0, 256, ram);
    private final GuestDriver driver = new GuestDriver(ram, 0x1_0000, 8);

    @BeforeEach
    void enable() throws ProtocolViolation {
        queue.setSize(8);
        queue.setAreas(driver.descriptors, driver.available, driver.used);
        queue.enable();
    }

    @AfterEach
    void close() {
        ram.close();
    }

    @Test
    void aChainIsWhatTheDeviceReadsAndThenWhatItWrites() throws ProtocolViolation {
        driver.offer(read(BUFFER, 16), read(BUFFER + 100, 4), write(BUFFER + 200, 8), write(BUFFER + 300, 1));
        DescriptorChain chain = queue.take(false);
        assertThat(chain.readableLength()).isEqualTo(20);
        assertThat(chain.writableLength()).isEqualTo(9);
        ram.write(BUFFER + 12, new byte[] {1, 2, 3, 4});
        ram.write(BUFFER + 100, new byte[] {5, 6, 7, 8});
        assertThat(chain.read(ram, 14, 4)).containsExactly(3, 4, 5, 6);
        chain.write(ram, 6, new byte[] {9, 10, 11});
        assertThat(ram.read(BUFFER + 206, 2)).containsExactly(9, 10);
        assertThat(ram.getByte(BUFFER + 300)).isEqualTo(11);
        assertThat(queue.take(false)).isNull();
        assertThatThrownBy(() -> chain.read(ram, 10, 11)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void anIndirectTableStandsForItsDescriptors() throws ProtocolViolation {
        driver.offer(driver.indirectChain(TABLE, read(BUFFER, 16), write(BUFFER + 16, 512), write(BUFFER + 600, 1)));
        DescriptorChain chain = queue.take(false);
        assertThat(chain.head()).isZero();
        assertThat(chain.readable()).hasSize(1);
        assertThat(chain.writableLength()).isEqualTo(513);
    }

    @Test
    void descriptorsMayComeBeforeAnIndirectOne() throws ProtocolViolation {
        driver.descriptor(TABLE, 0, BUFFER + 16, 8, WRITE, 0);
        driver.descriptor(driver.descriptors, 0, BUFFER, 16, NEXT, 3);
        driver.descriptor(driver.descriptors, 3, TABLE, 16, INDIRECT, 0);
        driver.offer(0);
        DescriptorChain chain = queue.take(false);
        assertThat(chain.readableLength()).isEqualTo(16);
        assertThat(chain.writableLength()).isEqualTo(8);
    }

    @Test
    void indexesWrapAround() throws ProtocolViolation {
        for (int i = 0; i < 70_000; i++) {
            driver.offer(write(BUFFER, 4));
            DescriptorChain chain = queue.take(false);
            assertThat(chain.head()).isEqualTo(i % 8);
            queue.give(chain.head(), 4, false);
            if (i % 5_000 == 0) {
                driver.taken();
            }
        }
        assertThat(driver.usedIndex()).isEqualTo(70_000 & 0xffff);
    }

    @Test
    void anInterruptIsWantedUnlessTheFlagSaysNo() {
        assertThat(queue.give(0, 0, false)).isTrue();
        driver.setNoInterrupt(true);
        assertThat(queue.give(0, 0, false)).isFalse();
    }

    @Test
    void withEventIndexesAnInterruptIsWantedAtTheIndexThatTheDriverNames() throws ProtocolViolation {
        driver.setNoInterrupt(true);
        driver.setUsedEvent(2);
        assertThat(queue.give(0, 0, true)).isFalse();
        assertThat(queue.give(0, 0, true)).isFalse();
        assertThat(queue.give(0, 0, true)).isTrue();
        assertThat(queue.give(0, 0, true)).isFalse();
        driver.offer(write(BUFFER, 1));
        queue.take(true);
        assertThat(driver.availableEvent()).isZero();
        assertThat(queue.take(true)).isNull();
        assertThat(driver.availableEvent()).as("the next buffer is to be notified").isEqualTo(1);
    }

    @Test
    void aLoopOfDescriptorsIsAViolation() {
        driver.descriptor(driver.descriptors, 0, BUFFER, 16, NEXT, 1);
        driver.descriptor(driver.descriptors, 1, BUFFER, 16, NEXT, 0);
        driver.offer(0);
        assertViolation("more than 8 descriptors");
    }

    @Test
    void aLoopInAnIndirectTableIsAViolation() {
        driver.descriptor(TABLE, 0, BUFFER, 16, NEXT, 0);
        driver.descriptor(driver.descriptors, 0, TABLE, 16, INDIRECT, 0);
        driver.offer(0);
        assertViolation("more than 8 descriptors");
    }

    @Test
    void anIndirectTableInAnIndirectTableIsAViolation() {
        driver.descriptor(TABLE, 0, TABLE, 16, INDIRECT, 0);
        driver.descriptor(driver.descriptors, 0, TABLE, 16, INDIRECT, 0);
        driver.offer(0);
        assertViolation("an indirect descriptor in a table");
    }

    @Test
    void indirectTablesOfWrongSizesAreViolations() {
        for (long length : new long[] {0, 8, 24, 9 * 16}) {
            driver.descriptor(driver.descriptors, 0, TABLE, length, INDIRECT, 0);
            driver.offer(0);
            assertViolation("a table of indirect descriptors of " + length + " bytes");
        }
    }

    @Test
    void anIndirectDescriptorWithASuccessorIsAViolation() {
        driver.descriptor(driver.descriptors, 0, TABLE, 16, INDIRECT | NEXT, 1);
        driver.offer(0);
        assertViolation("one with a successor");
    }

    @Test
    void whatIsNotRamIsAViolation() {
        for (long address : new long[] {2 << 20, (2 << 20) - 8, 0xa_0000, 0x9_fff8, -1, Long.MIN_VALUE, 0xfee0_0000L}) {
            driver.descriptor(driver.descriptors, 0, address, 16, 0, 0);
            driver.offer(0);
            assertViolation("which is not RAM");
        }
    }

    @Test
    void aHeadOrSuccessorThatIsNoDescriptorIsAViolation() {
        driver.offer(8);
        assertViolation("names descriptor 8 of 8");
        driver.descriptor(driver.descriptors, 0, BUFFER, 16, NEXT, 0xffff);
        ram.putShort(driver.available + 4, 0);
        assertViolation("names descriptor 65535 of 8");
    }

    @Test
    void readingBehindWritingIsAViolation() {
        driver.offer(write(BUFFER, 1), read(BUFFER, 1));
        assertViolation("a readable descriptor behind a writable one");
    }

    @Test
    void moreBuffersThanTheQueueHasAreAViolation() {
        ram.putShort(driver.available + 2, 9);
        assertViolation("offers 9 buffers at once");
    }

    @Test
    void aQueueWhosePartsAreNotRamOrNotAlignedIsAViolation() {
        assertRefused(8, 0x1_0008, driver.available, driver.used, "descriptor table at 0x10008");
        assertRefused(8, driver.descriptors, driver.available + 1, driver.used, "available ring");
        assertRefused(8, driver.descriptors, driver.available, driver.used + 2, "used ring");
        assertRefused(8, driver.descriptors, driver.available, 0xd000_0000L, "used ring at 0xd0000000");
        assertRefused(8, driver.descriptors, driver.available, (2 << 20) - 4, "used ring");
        assertRefused(8, -16, driver.available, driver.used, "descriptor table");
        assertRefused(8, 0x9_fff0, driver.available, driver.used, "descriptor table");
        for (int size : new int[] {0, 3, 12, 512, -8}) {
            assertRefused(size, driver.descriptors, driver.available, driver.used, "has " + size + " entries");
        }
    }

    private void assertRefused(int size, long descriptors, long available, long used, String complaint) {
        queue.disable();
        queue.setSize(size);
        queue.setAreas(descriptors, available, used);
        assertThatThrownBy(queue::enable).isInstanceOf(ProtocolViolation.class).hasMessageContaining(complaint);
        assertThat(queue.isReady()).isFalse();
    }

    @Test
    void anEnabledQueueCannotBeMoved() {
        SplitQueue.State before = queue.state();
        queue.setSize(16);
        queue.setAreas(0, 0, 0);
        assertThat(queue.state()).isEqualTo(before);
    }

    private void assertViolation(String complaint) {
        assertThatThrownBy(() -> queue.take(false)).isInstanceOf(ProtocolViolation.class).hasMessageContaining(complaint);
    }
}
