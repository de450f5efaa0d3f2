package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import trapframe.cpu.EntryState;
import trapframe.memory.GuestMemory;

class VmlinuxImageTest {
    private final GuestMemory ram = new GuestMemory(32 * Images.MIB);
    private final Images.Elf elf = new Images.Elf();

    {
        elf.note = null;
        elf.segments = new long[][] {{0xffff_ffff_8100_0000L, 0x100_0000, 0x2000}, {0xffff_ffff_8100_2000L, 0x100_2000, 0x100}};
        elf.entry = 0xffff_ffff_8100_0040L;
        elf.text = "Linux version 6.1.0";
    }

    @AfterEach
    void free() {
        ram.close();
    }

    private EntryState load(BootParameters parameters) {
        BootImage image = Images.parse(elf.build());
        assertThat(image).isInstanceOf(VmlinuxImage.class);
        return image.load(ram, Images.firmware(ram), parameters);
    }

    @Test
    void a64BitKernelIsEnteredInLongModeAtItsElfEntry() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.LONG);
        assertThat(entry.rip()).isEqualTo(0x100_0040);
        assertThat(ram.getByte(0x100_0000)).isEqualTo(Images.CODE_BYTE);
        assertThat(ram.getByte(0x100_2000)).isEqualTo(Images.CODE_BYTE + 1);
        assertThat(ram.getLong(entry.cr3()) & 1).as("page tables").isEqualTo(1);
        assertThat(Images.parse(elf.build()).protocol()).isEqualTo("Linux 64-bit boot protocol of vmlinux");
    }

    @Test
    void a32BitKernelIsEnteredInProtectedMode() {
        elf.is64 = false;
        elf.machine = 3;
        elf.segments = new long[][] {{0xc100_0000L, 0x100_0000, 0x2000}};
        elf.entry = 0x100_0000;
        EntryState entry = load(BootParameters.of("x", Images.module("initrd", 4096, "")));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.PROTECTED);
        assertThat(entry.rip()).isEqualTo(0x100_0000);
        assertThat(entry.cr3()).isZero();
        assertThat(ram.getInt(entry.rsi() + 0x218)).as("ramdisk_image").isEqualTo((int) (32 * Images.MIB - 4096));
        assertThat(Images.parse(elf.build()).protocol()).isEqualTo("Linux 32-bit boot protocol of vmlinux");
    }

    @Test
    void bootParametersSayWhatALoaderKnows() {
        BootModule initrd = Images.module("initrd", 5000, "");
        EntryState entry = load(BootParameters.of("console=ttyS0", initrd));
        long params = entry.rsi();
        assertThat(ram.getShort(params + 0x1fe)).isEqualTo(0xaa55);
        assertThat(ram.getInt(params + 0x202)).isEqualTo(0x5372_6448);
        assertThat(ram.getByte(params + 0x210)).as("type_of_loader").isEqualTo(0xff);
        assertThat(ram.getByte(params + 0x211)).as("LOADED_HIGH").isEqualTo(1);
        assertThat(ram.getLong(params + 0x70)).as("acpi_rsdp_addr").isEqualTo(0xf_0010);
        assertThat(Images.stringAt(ram, ram.getInt(params + 0x228))).isEqualTo("console=ttyS0");
        long at = ram.getInt(params + 0x218);
        assertThat(ram.getInt(params + 0x21c)).isEqualTo(5000);
        assertThat(ram.read(at, 5000)).isEqualTo(initrd.file().segment().toArray(ValueLayout.JAVA_BYTE));
        assertThat(ram.getByte(params + 0x1e8)).as("e820 entries").isEqualTo(4);
        assertThat(ram.getLong(params + 0x2d0 + 3 * 20)).isEqualTo(0x10_0000);
        assertThat(ram.getLong(params + 0x2d0 + 3 * 20 + 8)).isEqualTo(31 * Images.MIB);
    }

    @Test
    void aKernelWithAPvhNoteIsBootedByIt() {
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x100_0010));
        assertThat(Images.parse(elf.build())).isInstanceOf(PvhImage.class);
    }

    @Test
    void anEntryOutsideOfTheKernelIsRefused() {
        elf.entry = 0x4000;
        assertThatThrownBy(() -> Images.parse(elf.build())).isInstanceOf(BootException.class)
                .hasMessage("images/kernel: has the entry 0x4000, which is in none of its segments");
    }

    @Test
    void aLongCommandLineIsRefused() {
        assertThatThrownBy(() -> load(BootParameters.of("x".repeat(2048)))).isInstanceOf(BootException.class)
                .hasMessage("images/kernel: the command line has 2048 bytes, this kernel takes 2047");
    }
}
