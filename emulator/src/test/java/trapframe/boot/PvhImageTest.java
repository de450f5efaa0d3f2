package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import trapframe.cpu.EntryState;
import trapframe.memory.GuestMemory;

class PvhImageTest {
    private final GuestMemory ram = new GuestMemory(16 * Images.MIB);
    private final Images.Elf elf = new Images.Elf();

    @AfterEach
    void free() {
        ram.close();
    }

    private EntryState load(BootParameters parameters) {
        BootImage image = Images.parse(elf.build());
        assertThat(image).isInstanceOf(PvhImage.class);
        return image.load(ram, Images.firmware(ram), parameters);
    }

    @Test
    void entersThePhysicalAddressOfTheNoteIn32BitMode() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.PROTECTED);
        assertThat(entry.rip()).isEqualTo(0x10_0010);
        assertThat(entry.codeSelector()).isEqualTo(0x10);
        assertThat(entry.dataSelector()).isEqualTo(0x18);
    }

    @Test
    void theDescriptorTableHasFlatWritableDataAndExecutableCode() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.gdtLimit()).isEqualTo(0x1f);
        assertThat(ram.getLong(entry.gdtBase())).isZero();
        assertThat(ram.getLong(entry.gdtBase() + 0x10)).isEqualTo(0x00cf_9b00_0000_ffffL);
        assertThat(ram.getLong(entry.gdtBase() + 0x18)).isEqualTo(0x00cf_9300_0000_ffffL);
    }

    @Test
    void copiesSegmentsToPhysicalAddressesAndClearsTheRest() {
        elf.segments = new long[][] {{0xffff_ffff_8020_0000L, 0x20_0000, 0x2000}, {0xffff_ffff_8040_0000L, 0x40_0000, 0x100}};
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x20_0000));
        ram.fill(0x20_0000, 0x3000, 0xee);
        load(BootParameters.of(""));
        assertThat(ram.read(0x20_0000, 0x100)).containsOnly(Images.CODE_BYTE);
        assertThat(ram.read(0x20_0100, 0x1f00)).containsOnly(0);
        assertThat(ram.getByte(0x20_2000)).isEqualTo(0xee);
        assertThat(ram.read(0x40_0000, 0x100)).containsOnly(Images.CODE_BYTE + 1);
    }

    @Test
    void aSegmentOfZerosAloneMayHaveAnyOffset() {
        elf.segments = new long[][] {{0x10_0000, 0x10_0000, 0x100}, {0x20_0000, 0x20_0000, 0x1000}};
        byte[] image = elf.build();
        ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 56 + 8, 1L << 40).putLong(64 + 56 + 32, 0);
        ram.fill(0x20_0000, 0x1000, 0xee);
        Images.parse(image).load(ram, Images.firmware(ram), BootParameters.of(""));
        assertThat(ram.read(0x20_0000, 0x1000)).containsOnly(0);
    }

    @Test
    void startInfoIsVersion1WithCommandLineMemoryMapAndModules() {
        EntryState entry = load(new BootParameters("a=b c",
                List.of(Images.module("x/init.cpio", 5000, ""), Images.module("y", 10, "why not"))));
        long info = entry.rbx();
        assertThat(ram.getInt(info)).isEqualTo(0x336e_c578);
        assertThat(ram.getInt(info + 4)).as("version").isEqualTo(1);
        assertThat(ram.getInt(info + 8)).as("flags").isZero();
        assertThat(ram.getInt(info + 12)).as("nr_modules").isEqualTo(2);
        assertThat(Images.stringAt(ram, ram.getLong(info + 24))).isEqualTo("a=b c");
        assertThat(ram.getLong(info + 32)).as("rsdp_paddr").isEqualTo(0xf_0010);
        assertThat(ram.getInt(info + 48)).as("memmap_entries").isEqualTo(4);
        assertThat(ram.getInt(info + 52)).as("reserved").isZero();

        long map = ram.getLong(info + 40);
        long[][] regions = {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2}, {0x10_0000, 15 * Images.MIB, 1}};
        for (int i = 0; i < regions.length; i++) {
            assertThat(ram.getLong(map + 24 * i)).isEqualTo(regions[i][0]);
            assertThat(ram.getLong(map + 24 * i + 8)).isEqualTo(regions[i][1]);
            assertThat(ram.getInt(map + 24 * i + 16)).isEqualTo((int) regions[i][2]);
            assertThat(ram.getInt(map + 24 * i + 20)).isZero();
        }

        long modules = ram.getLong(info + 16);
        long first = ram.getLong(modules);
        assertThat(first).as("the highest page that holds it").isEqualTo(16 * Images.MIB - 8192);
        assertThat(ram.getLong(modules + 8)).isEqualTo(5000);
        assertThat(ram.getLong(modules + 16)).as("no command line").isZero();
        assertThat(ram.read(first, 5000)).isEqualTo(
                Images.module("", 5000, "").file().segment().toArray(ValueLayout.JAVA_BYTE));
        assertThat(ram.getLong(modules + 32)).isEqualTo(first - 4096);
        assertThat(ram.getLong(modules + 40)).isEqualTo(10);
        assertThat(Images.stringAt(ram, ram.getLong(modules + 48))).isEqualTo("why not");
    }

    @Test
    void withoutModulesTheModuleListIsNull() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(ram.getInt(entry.rbx() + 12)).isZero();
        assertThat(ram.getLong(entry.rbx() + 16)).isZero();
        assertThat(Images.stringAt(ram, ram.getLong(entry.rbx() + 24))).isEmpty();
    }

    @Test
    void takesAnEightByteDescriptor() {
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int64(0x10_0020));
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x10_0020);
    }

    @Test
    void findsTheNoteBehindOthers() {
        byte[] other = Images.Elf.note("GNU\0", 18, new byte[7]);
        byte[] wrongType = Images.Elf.note("Xen\0", 5, new byte[4]);
        byte[] right = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x10_0030));
        elf.note = Images.buffer(other.length + wrongType.length + right.length)
                .put(other).put(wrongType).put(right).array();
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x10_0030);
    }

    @Test
    void readsNotesPaddedToEightBytes() {
        byte[] other = Images.Elf.noteAligned("GNU\0", 5, new byte[4], 8);
        byte[] right = Images.Elf.noteAligned("Xen\0", 18, Images.Elf.int32(0x10_0040), 8);
        elf.note = Images.buffer(other.length + right.length).put(other).put(right).array();
        elf.noteAlign = 8;
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x10_0040);
    }

    @Test
    void readsNotesPaddedToFourBytesInASegmentAlignedToEight() {
        byte[] other = Images.Elf.note("GNU\0", 5, new byte[4]);
        byte[] right = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x10_0050));
        elf.note = Images.buffer(other.length + right.length).put(other).put(right).array();
        elf.noteAlign = 8;
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x10_0050);
    }

    @Test
    void loadsA32BitElf() {
        elf.is64 = false;
        elf.machine = 3;
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x10_0010);
        assertThat(ram.read(0x10_0000, 0x100)).containsOnly(Images.CODE_BYTE);
    }

    @Test
    void aSegmentMayLieInTheUpperMemoryBelow1Mib() {
        elf.segments = new long[][] {{0xf_f000, 0xf_f000, 0x1100}};
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x10_0000));
        load(BootParameters.of(""));
        assertThat(ram.read(0xf_f000, 0x100)).containsOnly(Images.CODE_BYTE);
    }

    @Test
    void structuresGiveWayToAKernelInLowMemory() {
        elf.segments = new long[][] {{0x8000, 0x8000, 0x9_7c00}};
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x8000));
        EntryState entry = load(BootParameters.of("x"));
        assertThat(entry.gdtBase()).isGreaterThanOrEqualTo(0x10_0000);
        assertThat(entry.rbx()).isGreaterThanOrEqualTo(0x10_0000);
        assertThat(ram.read(0x8000, 0x100)).containsOnly(Images.CODE_BYTE);
        assertThat(ram.read(0x8100, 0x9_7b00)).containsOnly(0);
    }

    @Test
    void anImageThatIsRefusedLeavesMemoryAlone() {
        elf.segments = new long[][] {{0x10_0000, 0x10_0000, 0x100}, {0, 64 * Images.MIB, 0x100}};
        assertThatThrownBy(() -> load(BootParameters.of(""))).isInstanceOf(BootException.class);
        assertThat(ram.segment().mismatch(MemorySegment.ofArray(new byte[(int) ram.size()]))).isEqualTo(-1);
    }
}
