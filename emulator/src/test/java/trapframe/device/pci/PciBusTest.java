package trapframe.device.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioDevice;

class PciBusTest {
    private static final int A = 3;
    private static final int B = 4;

    private final PciBench pci = new PciBench();
    private final List<String> accesses = new ArrayList<>();
    private final PciBench.Plain a = new PciBench.Plain("a", accesses, InterruptLine.UNCONNECTED, pci);
    private final PciBench.Plain b = new PciBench.Plain("b", accesses, InterruptLine.UNCONNECTED, pci);

    PciBusTest() {
        pci.bus.plug(A, 0, a);
        pci.bus.plug(B, 0, b);
    }

    @Test
    void theFunctionsOfBus0AreFoundAndNoOthers() {
        assertThat(pci.read(0, 0, 4)).isEqualTo(0x1237_8086);
        assertThat(pci.read(1, 0, 4)).isEqualTo(0x7000_8086);
        assertThat(pci.read(A, 0, 4)).isEqualTo(0x1234_1af4);
        assertThat(pci.read(A, 8, 4)).isEqualTo(0x0200_0007);
        assertThat(pci.read(A, 0x2c, 4)).isEqualTo(0x2222_1111);
        for (int address = 0; address < 1 << 16; address++) {
            int device = address >> 3;
            boolean there = (address & 7) == 0 && (device < 2 || device == A || device == B);
            pci.bench.ports.write(0xcf8, 4, 1 << 31 | address << 8);
            if (!there) {
                assertThat(pci.bench.ports.read(0xcfc, 4)).as("address %x", address).isEqualTo(-1);
            }
        }
    }

    @Test
    void withoutTheEnableBitTheDataPortReachesNothing() {
        pci.bench.ports.write(0xcf8, 4, A << 11);
        assertThat(pci.bench.ports.read(0xcfc, 4)).isEqualTo(-1);
        pci.bench.ports.write(0xcfc, 4, 0);
        assertThat(pci.read(A, 0, 4)).isEqualTo(0x1234_1af4);
    }

    @Test
    void registersCanBeReadAndWrittenInBytesAndWords() {
        assertThat(pci.read(A, 1, 1)).isEqualTo(0x1a);
        assertThat(pci.read(A, 2, 2)).isEqualTo(0x1234);
        assertThat(pci.read(A, 1, 2)).as("a word inside the dword").isEqualTo(0x341a);
        pci.write(A, PciConfiguration.INTERRUPT_LINE, 1, 0x0b);
        assertThat(pci.read(A, PciConfiguration.INTERRUPT_LINE, 2)).isEqualTo(0x010b);
        pci.write(A, PciConfiguration.COMMAND, 2, 0xffff);
        assertThat(pci.read(A, PciConfiguration.COMMAND, 2)).isEqualTo(0x0547);
    }

    @Test
    void whatIdentifiesAFunctionCannotBeWritten() {
        for (int register : new int[] {0x00, 0x02, 0x08, 0x2c}) {
            int before = pci.read(A, register & 0xfc, 4);
            pci.write(A, register & 0xfc, 4, ~before);
            assertThat(pci.read(A, register & 0xfc, 4)).isEqualTo(before);
        }
    }

    @Test
    void writingOnesToABaseAddressRegisterTellsItsSize() {
        pci.write(A, 0x10, 4, -1);
        pci.write(A, 0x14, 4, -1);
        pci.write(A, 0x20, 4, -1);
        pci.write(A, 0x24, 4, -1);
        pci.write(A, 0x1c, 4, -1);

        assertThat(pci.read(A, 0x10, 4)).isEqualTo(-32 | 1);
        assertThat(pci.read(A, 0x14, 4)).isEqualTo(-4096);
        assertThat(pci.read(A, 0x20, 4)).isEqualTo(-(1 << 20) | 0xc);
        assertThat(pci.read(A, 0x24, 4)).isEqualTo(-1);
        assertThat(pci.read(A, 0x1c, 4)).as("no such register").isZero();
    }

    @Test
    void aRangeAnswersWhereItWasPutAndOnlyWhileItsSpaceIsEnabled() {
        place(A, 0xd000, 0xd000_0000L, 0x1_2340_0000L);
        pci.write(A, PciConfiguration.COMMAND, 2, PciConfiguration.COMMAND_IO);
        assertThat(pci.bench.ports.read(0xd004, 4)).isEqualTo(4);
        assertThat(pci.memory.read(0xd000_0010L, 4)).isEqualTo(0xffff_ffffL);

        pci.write(A, PciConfiguration.COMMAND, 2, PciConfiguration.COMMAND_MEMORY);
        assertThat(pci.bench.ports.read(0xd004, 4)).isEqualTo(-1);
        assertThat(pci.memory.read(0xd000_0010L, 4)).isEqualTo(0x10);
        pci.memory.write(0x1_234f_fffcL, 4, 5);
        assertThat(accesses).containsExactly("a in 4/4", "a read memory 16/4", "a write high 1048572/4=5");
    }

    @Test
    void aRangeThatIsMovedLeavesNothingBehind() {
        enable(A);
        place(A, 0xd000, 0xd000_0000L, 0x1_2340_0000L);
        place(A, 0xe000, 0xe000_0000L, 0x2_0000_0000L);

        assertThat(pci.memory.read(0xd000_0000L, 4)).isEqualTo(0xffff_ffffL);
        assertThat(pci.memory.read(0x1_2340_0000L, 4)).isEqualTo(0xffff_ffffL);
        assertThat(pci.bench.ports.read(0xd000, 1)).isEqualTo(0xff);
        assertThat(accesses).isEmpty();
        assertThat(pci.memory.unassigned()).isEqualTo(2);
        pci.memory.read(0xe000_0000L, 4);
        pci.memory.read(0x2_0000_0000L, 4);
        pci.bench.ports.read(0xe000, 1);
        assertThat(accesses).containsExactly("a read memory 0/4", "a read high 0/4", "a in 0/1");
    }

    @Test
    void whereTwoRangesOverlapTheLowerSlotAnswers() {
        enable(A);
        enable(B);
        place(A, 0xd000, 0xd000_1000L, 0x1_0000_0000L);
        place(B, 0xd000, 0xd000_1000L, 0x1_0000_0000L);
        pci.bench.ports.write(0xd000, 1, 1);
        pci.memory.write(0xd000_1004L, 4, 2);
        pci.write(A, PciConfiguration.COMMAND, 2, 0);
        pci.bench.ports.write(0xd000, 1, 3);
        pci.memory.write(0xd000_1004L, 4, 4);

        assertThat(accesses).containsExactly("a out 0/1=1", "a write memory 4/4=2", "b out 0/1=3", "b write memory 4/4=4");
    }

    @Test
    void theBoardsOwnDevicesComeBeforeARangeThatIsPutOverThem() {
        List<String> fixed = new ArrayList<>();
        pci.memory.attach("fixed", 0xfee0_0000L, 0x1000, new MmioDevice() {
            @Override
            public long read(long offset, int width) {
                fixed.add("read " + offset);
                return 1;
            }

            @Override
            public void write(long offset, int width, long value) { }
        });
        enable(A);
        place(A, 0xcf8 & -32, 0xfee0_0000L, 0xfed0_0000L);

        assertThat(pci.memory.read(0xfee0_0020L, 4)).isEqualTo(1);
        assertThat(fixed).containsExactly("read 32");
        assertThat(pci.read(B, 0, 4)).as("the configuration ports").isEqualTo(0x1234_1af4);
        assertThat(pci.memory.read(0xfed0_0010L, 4)).as("where no device of the board is").isEqualTo(0x10);
    }

    @Test
    void anAccessThatReachesBehindARangeIsSplit() {
        enable(A);
        place(A, 0xd000, 0, 0);
        assertThat(pci.bench.ports.read(0xd01e, 4)).isEqualTo(0xffff_001e);
        assertThat(accesses).containsExactly("a in 30/2");
    }

    @Test
    void aRangeThatReachesBehindThePortsAnswersNowhere() {
        enable(A);
        pci.write(A, 0x10, 4, 0x1_0000 | 1);
        assertThat(pci.bench.ports.read(0, 1)).isEqualTo(0xff);
        pci.write(A, 0x10, 4, -1);
        assertThat(pci.bench.ports.read(0xffe0, 1)).isEqualTo(0xff);
        assertThat(accesses).isEmpty();
    }

    @Test
    void aSlotTakesOneFunction() {
        assertThatThrownBy(() -> pci.bus.plug(A, 0, b)).hasMessageContaining("PCI slot 03.0");
    }

    @Test
    void firmwarePutsEveryRangeIntoTheWindowsWithoutOverlap() {
        PciFirmware.run(pci.bus, pci.isaBridge, new trapframe.device.InterruptController8259(InterruptLine.UNCONNECTED));

        for (PciBench.Plain function : List.of(a, b)) {
            PciConfiguration configuration = function.configuration();
            assertThat(configuration.commands(3)).isTrue();
            assertThat(configuration.commands(PciConfiguration.COMMAND_MASTER)).isFalse();
            for (PciBar bar : configuration.bars()) {
                long address = configuration.address(bar);
                assertThat(address % bar.size()).isZero();
                if (bar instanceof PciBar.Io) {
                    assertThat(address).isBetween((long) PciBus.IO_WINDOW_START, PciBus.IO_WINDOW_END - bar.size());
                    assertThat(pci.bus.function(A, 0).configuration().portAt(address, "a") == null).isEqualTo(function == b);
                } else {
                    assertThat(address).isBetween(PciBus.MEMORY_WINDOW_START, PciBus.MEMORY_WINDOW_END - bar.size());
                    assertThat(pci.bus.function(A, 0).configuration().memoryAt(address, "a") == null).isEqualTo(function == b);
                }
            }
        }
        assertThat(pci.read(A, PciConfiguration.INTERRUPT_LINE, 1)).isEqualTo(PciFirmware.irqOf(A, 1)).isEqualTo(11);
        assertThat(pci.read(B, PciConfiguration.INTERRUPT_LINE, 1)).isEqualTo(10);
    }

    @Property(tries = 200)
    void randomTrafficNeverDisturbsTheHost(@ForAll long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int slot = random.nextInt(6);
            int register = random.nextInt(256);
            int width = 1 << random.nextInt(3);
            switch (random.nextInt(5)) {
                case 0 -> pci.read(slot, register, width);
                case 1, 2 -> pci.write(slot, register, width, random.nextBoolean() ? random.nextInt() : -1);
                case 3 -> {
                    PciBar bar = a.configuration().bars().get(random.nextInt(4));
                    pci.memory.write(a.configuration().address(bar) + random.nextInt((int) bar.size() & -4), 4, random.nextInt());
                }
                default -> pci.bench.ports.write(random.nextInt(0x10000), width, random.nextInt());
            }
        }
        assertThat(pci.read(A, 0, 4)).isEqualTo(0x1234_1af4);
    }

    private void enable(int device) {
        pci.write(device, PciConfiguration.COMMAND, 2, 7);
    }

    private void place(int device, int io, long memory, long high) {
        pci.write(device, 0x10, 4, io);
        pci.write(device, 0x14, 4, (int) memory);
        pci.write(device, 0x20, 4, (int) high);
        pci.write(device, 0x24, 4, (int) (high >>> 32));
    }
}
