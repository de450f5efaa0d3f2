package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import trapframe.cpu.EntryState;
import trapframe.memory.GuestMemory;

class MultibootImageTest {
    private final GuestMemory ram = new GuestMemory(16 * Images.MIB);

    @AfterEach
    void free() {
        ram.close();
    }

    private EntryState load(byte[] bytes, BootParameters parameters) {
        BootImage image = Images.parse(bytes);
        assertThat(image).isInstanceOf(MultibootImage.class);
        return image.load(ram, Images.firmware(ram), parameters);
    }

    private static Images.Elf elf() {
        Images.Elf elf = new Images.Elf();
        elf.is64 = false;
        elf.machine = 3;
        elf.note = null;
        elf.multiboot = new Images.MultibootFields();
        return elf;
    }

    @Test
    void entersAnElfIn32BitModeWithMagicAndInformation() {
        EntryState entry = load(elf().build(), BootParameters.of(""));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.PROTECTED);
        assertThat(entry.rip()).isEqualTo(0x10_0000);
        assertThat(entry.rax()).isEqualTo(0x2bad_b002);
        assertThat(entry.rbx() % 4).isZero();
        assertThat(ram.getInt(0x10_0000)).isEqualTo(0x1bad_b002);
        assertThat(ram.read(0x10_0100, 0x1f00)).containsOnly(0);
        assertThat(ram.getLong(entry.gdtBase() + 0x10)).isEqualTo(0x00cf_9b00_0000_ffffL);
    }

    @Test
    void entersA64BitElfToo() {
        Images.Elf elf = elf();
        elf.is64 = true;
        elf.machine = 62;
        assertThat(load(elf.build(), BootParameters.of("")).rip()).isEqualTo(0x10_0000);
    }

    @Test
    void aVirtualEntryIsEnteredAtItsPhysicalAddress() {
        Images.Elf elf = elf();
        elf.segments = new long[][] {{0xc010_0000L, 0x10_0000, 0x2000}};
        elf.entry = 0xc010_0024L;
        assertThat(load(elf.build(), BootParameters.of("")).rip()).isEqualTo(0x10_0024);
    }

    @Test
    void theInformationHasMemoryCommandLineAndLoaderName() {
        long info = load(elf().build(), BootParameters.of("a b")).rbx();
        assertThat(ram.getInt(info)).as("memory, command line, modules, memory map, loader").isEqualTo(0b10_0100_1101);
        assertThat(ram.getInt(info + 4)).as("mem_lower").isEqualTo(639);
        assertThat(ram.getInt(info + 8)).as("mem_upper").isEqualTo(15 * 1024);
        assertThat(Images.stringAt(ram, ram.getInt(info + 16))).as("without folders").isEqualTo("kernel a b");
        assertThat(ram.getInt(info + 20)).as("mods_count").isZero();
        assertThat(Images.stringAt(ram, ram.getInt(info + 64))).isEqualTo("Trapframe");
    }

    @Test
    void theMemoryMapsEntriesAreChainedByTheirSizes() {
        long info = load(elf().build(), BootParameters.of("")).rbx();
        long[][] regions = {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2}, {0x10_0000, 15 * Images.MIB, 1}};
        long at = ram.getInt(info + 48);
        long end = at + ram.getInt(info + 44);
        for (long[] region : regions) {
            assertThat(ram.getInt(at)).isEqualTo(20);
            assertThat(ram.getLong(at + 4)).isEqualTo(region[0]);
            assertThat(ram.getLong(at + 12)).isEqualTo(region[1]);
            assertThat(ram.getInt(at + 20)).isEqualTo((int) region[2]);
            at += ram.getInt(at) + 4;
        }
        assertThat(at).isEqualTo(end);
    }

    @Test
    void modulesFollowTheKernelAtPageBoundaries() {
        BootModule first = Images.module("dir/one", 5000, "");
        long info = load(elf().build(), BootParameters.of("", first, Images.module("two", 3, "x y"))).rbx();
        assertThat(ram.getInt(info + 20)).isEqualTo(2);
        long mods = ram.getInt(info + 24);
        assertThat(ram.getInt(mods)).isEqualTo(0x10_2000);
        assertThat(ram.getInt(mods + 4)).isEqualTo(0x10_2000 + 5000);
        assertThat(Images.stringAt(ram, ram.getInt(mods + 8))).isEqualTo("one");
        assertThat(ram.getInt(mods + 12)).isZero();
        assertThat(ram.read(0x10_2000, 5000)).isEqualTo(first.file().segment().toArray(ValueLayout.JAVA_BYTE));
        assertThat(ram.getInt(mods + 16)).isEqualTo(0x10_4000);
        assertThat(ram.getInt(mods + 20)).isEqualTo(0x10_4003);
        assertThat(Images.stringAt(ram, ram.getInt(mods + 24))).isEqualTo("two x y");
    }

    @Test
    void modulesWithoutRoomBehindTheKernelLieBelowIt() {
        Images.Elf elf = elf();
        elf.entry = 0xff_f000;
        elf.segments = new long[][] {{0xff_f000, 0xff_f000, 0x1000}};
        long info = load(elf.build(), BootParameters.of("", Images.module("one", 5000, ""))).rbx();
        assertThat(ram.getInt(ram.getInt(info + 24))).isEqualTo(0x10_0000);
    }

    @Test
    void aFlatFileIsLoadedByTheAddressesOfItsHeader() {
        ram.fill(0x10_0000, 0x4000, 0xee);
        EntryState entry = load(Images.flat(Images.flatFields()), BootParameters.of(""));
        assertThat(entry.rip()).isEqualTo(0x10_0080);
        assertThat(ram.getInt(0x10_0040)).isEqualTo(0x1bad_b002);
        assertThat(ram.read(0x10_0080, 0x180)).containsOnly(Images.CODE_BYTE);
        assertThat(ram.read(0x10_0200, 0x2e00)).containsOnly(0);
        assertThat(ram.getByte(0x10_3000)).isEqualTo(0xee);
    }

    @Test
    void aFlatFileMayBeLoadedFromItsMiddle() {
        Images.MultibootFields fields = Images.flatFields();
        fields.load = 0x10_0020;
        fields.header = 0x10_0020;
        fields.entry = 0x10_0060;
        load(Images.flat(fields), BootParameters.of(""));
        assertThat(ram.getInt(0x10_0020)).isEqualTo(0x1bad_b002);
    }

    @Test
    void withoutEndAddressesTheWholeFileIsLoadedAndThereIsNoBss() {
        Images.MultibootFields fields = Images.flatFields();
        fields.loadEnd = 0;
        fields.bssEnd = 0;
        ram.fill(0x10_0000, 0x4000, 0xee);
        load(Images.flat(fields), BootParameters.of(""));
        assertThat(ram.getByte(0x10_02ff)).isEqualTo(Images.CODE_BYTE);
        assertThat(ram.getByte(0x10_0300)).isEqualTo(0xee);
    }

    @Test
    void theAddressesOfTheHeaderGoBeforeTheElfSegments() {
        Images.Elf elf = elf();
        Images.MultibootFields fields = Images.flatFields();
        fields.header = 0x20_0000;
        fields.load = 0x20_0000;
        fields.loadEnd = 0x20_0100;
        fields.bssEnd = 0x20_0100;
        fields.entry = 0x20_0020;
        elf.multiboot = fields;
        assertThat(load(elf.build(), BootParameters.of("")).rip()).isEqualTo(0x20_0020);
        assertThat(ram.getInt(0x20_0000)).isEqualTo(0x1bad_b002);
        assertThat(ram.getInt(0x10_0000)).isZero();
    }

    @Test
    void aVideoModeRequestIsAcceptedWithoutVideoInformation() {
        Images.Elf elf = elf();
        elf.multiboot.flags = 7;
        long info = load(elf.build(), BootParameters.of("")).rbx();
        assertThat(ram.getInt(info) & 0x1800).isZero();
    }

    @Test
    void aPvhNoteGoesBeforeAMultibootHeader() {
        Images.Elf elf = new Images.Elf();
        elf.multiboot = new Images.MultibootFields();
        assertThat(Images.parse(elf.build())).isInstanceOf(PvhImage.class);
    }
}
